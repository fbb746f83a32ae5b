"""What is sold: to whom, how much at once and a day, what is lent, and when auto top-ups ask."""

import re
from enum import Enum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import Field, ValidationInfo, field_validator

from settings.kinds import Part, listed, one_of
from topup.money import MINOR_DIGITS


class CreditBy(Enum):
    """Through what a line is credited."""

    UCIP = "ucip"
    AIRTIME = "airtime"


class Sale(Part):
    """What is sold. What it must fit together with is checked by the whole (together.py)."""

    country: str = Field("KE", pattern="^[A-Z]{2}$", description="ISO 3166 country of the operator's numbers.")
    currency: str = Field("KES", pattern="^[A-Z]{3}$", description="ISO 4217 currency of the operator's lines.")
    timezone: str = Field("Africa/Nairobi", description="The zone in which times are shown to people.")
    short_codes: str = Field(
        "*384*55#", description="The USSD codes served here, separated by commas; the first is shown."
    )
    sms_short_code: str = Field("38455", description="The short code that people write to.")
    care_number: str = Field("100", description="Whom a person calls when Redial cannot help.")
    smallest_top_up_minor: int = Field(1000, gt=0, description="The smallest top-up, in minor units.")
    largest_top_up_minor: int = Field(1_000_000, gt=0, description="The largest top-up, in minor units.")
    top_up_step_minor: int = Field(100, gt=0, description="Top-ups are multiples of this, in minor units.")
    presets_minor: str = Field("5000,10000,25000,50000", description="The amounts on offer, in minor units, by commas.")
    line_a_day_minor: int = Field(2_000_000, gt=0, description="The most that one line may get a day, in minor units.")
    payer_a_day_minor: int = Field(
        3_000_000, gt=0, description="The most that one payer may pay a day, in minor units."
    )
    advance_presets_minor: str = Field(
        "", description="The advances on offer, in minor units, by commas; empty offers none."
    )
    advance_fee_percent: int = Field(10, ge=0, le=100, description="The fee of an advance, percent of its amount.")
    advance_after_days: int = Field(30, ge=0, description="How old a line's first top-up here must be, days.")
    advance_after_top_ups: int = Field(3, ge=1, description="How many finished top-ups an advance needs.")
    advance_share_percent: int = Field(
        50, gt=0, description="How much may be lent, percent of what was topped up within 30 days."
    )
    advance_below_minor: int = Field(2000, description="An advance is for balances below this, in minor units.")
    again_within_s: float = Field(
        120.0, ge=0, description="The same line, payer and amount again within this many seconds asks first."
    )
    auto_from_hour: int = Field(
        8, ge=0, le=23, description="From this hour on auto top-ups may ask; those of a weekday do so at it."
    )
    auto_until_hour: int = Field(21, ge=1, le=24, description="Until this hour auto top-ups may ask.")
    auto_every_s: float = Field(
        3600.0, gt=0, le=86400, description="How often the line of an auto top-up by balance is read, seconds."
    )
    auto_looks_a_minute: float = Field(
        120.0, gt=0, description="How many auto top-ups one clock process looks at a minute, at most."
    )
    credit_by: CreditBy = Field(CreditBy.UCIP, description="How a line is credited: `ucip` or `airtime`.")

    @property
    def short_code_list(self) -> list[str]:
        """The USSD codes served here; the first is the one that people are told."""
        return listed(self.short_codes)

    @property
    def advance_presets(self) -> list[int]:
        """The advances on offer, in minor units."""
        return [int(preset) for preset in self.advance_presets_minor.split(",") if preset.strip()]

    @field_validator("country")
    @classmethod
    def _is_a_country(cls, country: str) -> str:
        return one_of(country, SUPPORTED_REGIONS)

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, currency: str) -> str:
        return one_of(currency, MINOR_DIGITS)

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, timezone: str) -> str:
        try:
            return ZoneInfo(timezone).key
        except ZoneInfoNotFoundError as error:
            raise ValueError(f"{timezone!r} is not known") from error

    @field_validator("short_codes")
    @classmethod
    def _can_be_dialled(cls, codes: str) -> str:
        if not re.fullmatch(r"\s*\*[\d*]*\d#\s*(,\s*\*[\d*]*\d#\s*)*", codes, re.ASCII):
            raise ValueError("a code looks like *384*55#; several are separated by commas")
        return codes

    @field_validator("presets_minor", "advance_presets_minor")
    @classmethod
    def _are_amounts(cls, presets: str, info: ValidationInfo) -> str:
        if not presets and info.field_name == "advance_presets_minor":
            return presets
        if not re.fullmatch(r"\s*[1-9]\d*\s*(,\s*[1-9]\d*\s*)*", presets, re.ASCII):
            raise ValueError("amounts are whole minor units above zero, separated by commas")
        return presets
