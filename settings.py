"""Every setting, typed, from the environment or `.env`. The README's table is made from this file.

Secrets have no default: without them Redial does not start. `make run` makes local ones.
"""

import ipaddress
import re
from collections.abc import Container
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from topup.money import MINOR_DIGITS
from ussd.gateways import GATEWAYS

_SHORTEST_SECRET = 16

# IPFilterRule of RFC 6733, 4.3.1, without its options: action, direction, protocol, and from where to where.
_FILTER_RULE = re.compile(
    r"(permit|deny) (in|out) (ip|\d{1,3}) from (!?[0-9a-fA-F.:/]+|any|assigned)( [\d,-]+)?"
    r" to (!?[0-9a-fA-F.:/]+|any|assigned)( [\d,-]+)?",
    re.ASCII,
)


class CreditBy(Enum):
    """Through what a line is credited."""

    UCIP = "ucip"
    AIRTIME = "airtime"


class Door(Enum):
    """Whether somebody passes of whom nothing is known."""

    OPEN = "open"
    CLOSED = "closed"


class SmsBy(Enum):
    """Through which gateway messages go out."""

    AFRICASTALKING = "africastalking"
    KANNEL = "kannel"


class Settings(BaseSettings):
    """The settings of one installation."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    # Where things are.
    database_url: str = Field(description="PostgreSQL, as `postgresql+psycopg://user:password@host/name`.")
    redis_url: str = Field(description="Redis, as `redis://host:6379/0`, or `unix:///path`.")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="How the outside world reaches this application: callbacks come here."
    )
    sandbox_url: str | None = Field(
        None, description="The sandbox that stands in for the outside world. Never set it in production."
    )
    database_connections: int = Field(10, ge=1, description="How many connections a process keeps to PostgreSQL.")

    # Secrets of this installation.
    gateway_secret: SecretStr = Field(
        min_length=16, description="Part of the USSD and SMS addresses; tell it to the gateway only."
    )
    callback_secret: SecretStr = Field(
        min_length=16, description="Part of the payment callback addresses; tell it to the providers only."
    )
    order_secret: SecretStr = Field(
        min_length=16,
        description="Order ids are minted and vouchers sealed with it. Changing it while calls run could place an "
        "order twice, and vouchers that are under way could no longer be read.",
    )

    # What is sold.
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

    # The recharge guide page, and packet gateways (docs/gate.md).
    guide_url: str = Field(
        "", description="The guide's address as phones reach it; left out, `PUBLIC_URL` with `/guide` behind it."
    )
    guide_msisdn_header: str = Field(
        "MSISDN", pattern="^[A-Za-z0-9]+$", description="The header by which the gateway tells the guide who calls."
    )
    guide_gateway_addresses: str = Field(
        "", description="Networks from which that header is believed, by commas; empty believes nobody."
    )
    guide_phone_addresses: str = Field(
        "",
        description="Networks that gateways give phones addresses from, by commas: whoever comes from one untranslated "
        "is who `/gate/sessions` said; empty believes nobody.",
    )
    guide_signed_in_s: int = Field(
        1800, ge=60, description="How long whoever typed a code from an SMS stays known to the guide, seconds."
    )
    guide_pages_a_minute: int = Field(60, ge=1, description="How many pages one number may ask for a minute.")
    guide_codes_an_hour: int = Field(
        60, ge=1, description="How many codes one address may let the guide send an hour; a number gets at most four."
    )
    gate_secret: SecretStr = Field(
        SecretStr(""), description="Part of the addresses for packet gateways; without one there are none."
    )
    gate_addresses: str = Field("", description="Networks that packet gateways ask from, by commas; empty allows all.")
    gate_permitted: str = Field(
        "",
        description="What stays reachable for a phone that is led to the guide: IPFilterRules of RFC 6733, "
        "by semicolons.",
    )
    gate_webhook_url: str = Field(
        "", description="Where a packet gateway is told at once that a line is back; left out, only the stream tells."
    )
    gate_webhook_secret: SecretStr = Field(SecretStr(""), description="What the webhook's calls are signed with.")
    gate_followers: int = Field(
        2, ge=1, description="How many may follow the stream at a web process; each holds one of its threads."
    )
    gate_fails: Door = Field(
        Door.OPEN, description="Whether phones pass (`open`) or not (`closed`) while their line cannot be read."
    )
    gate_unknown: Door = Field(Door.OPEN, description="The same for an address that no gateway has told of.")
    gate_active_s: float = Field(30.0, gt=0, description="How long an active line passes without being read, seconds.")
    gate_cut_off_s: float = Field(5.0, gt=0, description="How long a line that is cut off is not read again, seconds.")
    gate_session_s: int = Field(
        86400, ge=60, description="How long an address is a phone's after the gateway last said so, seconds."
    )

    # USSD gateways.
    ussd_gateways: str = Field(
        "africastalking", description="The USSD gateways that may post here, by commas (docs/gateways.md)."
    )
    ussd_repeat_s: float = Field(
        1.5,
        ge=0,
        description="The same entry again within this many seconds is one hop posted twice, "
        "at gateways that do not number their hops.",
    )

    # SMS.
    sms_gateway: SmsBy = Field(
        SmsBy.AFRICASTALKING, description="Through what messages go out: `africastalking` or `kannel`."
    )

    # Africa's Talking.
    at_url: str = Field("https://api.africastalking.com", description="Africa's Talking's API.")
    at_username: str = Field("sandbox", description="The application's user name at Africa's Talking.")
    at_api_key: SecretStr = Field(SecretStr(""), description="The application's API key at Africa's Talking.")
    at_sender_id: str | None = Field(None, description="Whom messages come from: a short code or an alphanumeric.")

    # Kannel: an SMSC link of the operator's own (docs/kannel.md).
    kannel_url: str = Field("http://127.0.0.1:13013/cgi-bin/sendsms", description="The sendsms address of the smsbox.")
    kannel_username: str = Field("", description="Our sendsms-user there.")
    kannel_password: SecretStr = Field(SecretStr(""), description="Its password.")
    kannel_from: str | None = Field(None, description="Whom messages come from; left out, `SMS_SHORT_CODE`.")
    kannel_smsc: str | None = Field(
        None, description="The smsc-id that messages are routed by; left out, Kannel chooses."
    )
    kannel_suspended_errors: str = Field(
        "", description="The `err` of delivery receipts that mean a suspended line at this SMSC, by commas."
    )

    # Safaricom Daraja (M-PESA).
    daraja_url: str = Field("https://api.safaricom.co.ke", description="Daraja's API.")
    daraja_consumer_key: SecretStr = Field(
        SecretStr(""), description="The app's consumer key; without one M-PESA is not offered."
    )
    daraja_consumer_secret: SecretStr = Field(SecretStr(""), description="The app's consumer secret.")
    daraja_short_code: str = Field("174379", description="The paybill or till that takes the money.")
    daraja_passkey: SecretStr = Field(SecretStr(""), description="The passkey of the short code.")
    daraja_transaction_type: str = Field(
        "CustomerPayBillOnline", description="`CustomerPayBillOnline` or `CustomerBuyGoodsOnline`."
    )
    daraja_till: str | None = Field(None, description="The till that is paid, with `CustomerBuyGoodsOnline`.")
    daraja_initiator: str = Field("", description="The API operator that may reverse payments.")
    daraja_security_credential: SecretStr = Field(SecretStr(""), description="That operator's encrypted password.")

    # MTN MoMo.
    momo_url: str = Field("https://proxy.momoapi.mtn.com", description="MTN MoMo's API.")
    momo_target_environment: str = Field(
        "mtnuganda", description="X-Target-Environment: `mtnuganda`, `mtnghana` ...; `sandbox` at MTN's sandbox."
    )
    momo_collection_user: str = Field(
        "", description="The API user (a UUID) of Collection; without one MTN MoMo is not offered."
    )
    momo_collection_api_key: SecretStr = Field(SecretStr(""), description="That user's API key.")
    momo_collection_subscription_key: SecretStr = Field(SecretStr(""), description="The subscription of Collection.")
    momo_disbursement_user: str = Field(
        "", description="The API user of Disbursement; without one refunds wait for a person."
    )
    momo_disbursement_api_key: SecretStr = Field(SecretStr(""), description="That user's API key.")
    momo_disbursement_subscription_key: SecretStr = Field(
        SecretStr(""), description="The subscription of Disbursement."
    )

    # Airtel Money.
    airtel_url: str = Field("https://openapi.airtel.africa", description="Airtel Money's API.")
    airtel_client_id: SecretStr = Field(
        SecretStr(""), description="The app's client id; without one Airtel Money is not offered."
    )
    airtel_client_secret: SecretStr = Field(SecretStr(""), description="The app's client secret.")

    # The operator's charging system.
    ucip_url: str = Field("http://127.0.0.1:10010/Air", description="The charging system's UCIP address.")
    ucip_username: str = Field("", description="Its user.")
    ucip_password: SecretStr = Field(SecretStr(""), description="Its password.")
    ucip_user_agent: str = Field("Redial/5.0/1.0", description="NAME/PROTOCOL/VERSION, as the node expects it.")
    ucip_host_name: str = Field("redial", description="originHostName: how we call ourselves to the node.")
    ucip_refill_profile: str = Field("TOPUP", description="refillProfileID of a top-up.")
    ucip_minor_per_unit: int = Field(1, gt=0, description="How many minor units one unit of accountValue1 is.")

    # How long, how often, how many.
    line_read_deadline_s: float = Field(
        1.5, gt=0, description="How long a dial waits to learn the line's state, seconds."
    )
    line_cache_s: int = Field(5, ge=1, description="How long a line's state is remembered between dials, seconds.")
    session_s: int = Field(300, ge=30, description="How long a USSD session is remembered, seconds.")
    resume_s: int = Field(600, ge=1, description="How long a dropped call is offered again, seconds.")
    dropped_call_sms: bool = Field(
        False, description="Whether somebody whose call dropped before the yes gets one SMS that a `1` answers."
    )
    dropped_call_sms_after_s: int = Field(
        60, ge=1, description="How long after the last key it goes out, seconds; longer than a gateway waits for keys."
    )
    hops_a_minute: int = Field(60, ge=1, description="How many USSD hops one number may make a minute.")
    schedule_scale: float = Field(
        1.0, gt=0, description="Stretches every wait of the retry schedules; drills shrink it."
    )
    prompt_delay_s: float = Field(3.0, ge=0, description="From the end of a call to the payment prompt, seconds.")
    lease_s: float = Field(
        60.0, gt=0, description="How long a job may be under way before it is handed out again, seconds."
    )

    # Running.
    worker_hands: int = Field(
        32, ge=1, description="How many jobs of one kind, and of one provider, a worker process does at a time."
    )
    web_threads: int = Field(16, ge=2, description="How many requests a web process answers at a time.")
    log_json: bool = Field(True, description="Logs as JSON lines; false for people.")
    trusted_proxies: int = Field(0, ge=0, description="How many proxies stand before the web process.")
    gateway_addresses: str = Field(
        "", description="Networks that USSD and SMS gateways post from, by commas; empty allows all."
    )
    callback_addresses: str = Field(
        "", description="Networks that callbacks come from, by commas (`196.201.214.0/24`); empty allows all."
    )

    @property
    def short_code_list(self) -> list[str]:
        """The USSD codes served here; the first is the one that people are told."""
        return _listed(self.short_codes)

    @property
    def guide_address(self) -> str:
        """Where the guide is, without a slash at its end."""
        return self.guide_url or f"{self.public_url}/guide"

    @property
    def gate_permitted_list(self) -> tuple[str, ...]:
        """The rules of what stays reachable."""
        return tuple(rule.strip() for rule in self.gate_permitted.split(";") if rule.strip())

    @property
    def ussd_gateway_list(self) -> list[str]:
        """The names of the USSD gateways that may post here."""
        return list(dict.fromkeys(_listed(self.ussd_gateways)))

    @field_validator("ussd_gateways")
    @classmethod
    def _are_gateways(cls, names: str) -> str:
        for name in _listed(names):
            _one_of(name, GATEWAYS)
        return names

    @property
    def kannel_suspended_list(self) -> list[str]:
        """The errors by which the operator's SMSC says that a line is suspended."""
        return _listed(self.kannel_suspended_errors)

    @field_validator("public_url", "sandbox_url", "at_url", "daraja_url", "momo_url", "airtel_url", "guide_url")
    @classmethod
    def _without_slash(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else url

    @field_validator("country")
    @classmethod
    def _is_a_country(cls, country: str) -> str:
        return _one_of(country, SUPPORTED_REGIONS)

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, currency: str) -> str:
        return _one_of(currency, MINOR_DIGITS)

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

    @field_validator("kannel_username", "kannel_password", "kannel_from", "kannel_smsc")
    @classmethod
    def _can_stand_in_a_header(cls, value: str | SecretStr | None) -> str | SecretStr | None:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value or ""
        if not re.fullmatch(r"[ -~]*", plain) or plain != plain.strip():
            raise ValueError("only printable ASCII can be told to Kannel, without blanks around it")
        return value

    @field_validator("presets_minor", "advance_presets_minor")
    @classmethod
    def _are_amounts(cls, presets: str, info: ValidationInfo) -> str:
        if not presets and info.field_name == "advance_presets_minor":
            return presets
        if not re.fullmatch(r"\s*[1-9]\d*\s*(,\s*[1-9]\d*\s*)*", presets, re.ASCII):
            raise ValueError("amounts are whole minor units above zero, separated by commas")
        return presets

    @field_validator(
        "gateway_addresses", "callback_addresses", "gate_addresses", "guide_gateway_addresses", "guide_phone_addresses"
    )
    @classmethod
    def _are_networks(cls, networks: str) -> str:
        for network in networks.split(","):
            ipaddress.ip_network(network.strip() or "::")
        return networks

    @field_validator("gate_secret", "gate_webhook_secret")
    @classmethod
    def _is_long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"a secret has at least {_SHORTEST_SECRET} characters")
        return secret

    @field_validator("gate_permitted")
    @classmethod
    def _are_filter_rules(cls, rules: str) -> str:
        for rule in rules.split(";"):
            if rule.strip() and not _FILTER_RULE.fullmatch(rule.strip()):
                raise ValueError(f"{rule.strip()!r} is no IPFilterRule, like `permit in 6 from any to 10.0.0.1 80`")
        return rules

    @property
    def advance_presets(self) -> list[int]:
        """The advances on offer, in minor units."""
        return [int(preset) for preset in self.advance_presets_minor.split(",") if preset.strip()]

    @model_validator(mode="after")
    def _asks_at_some_hour(self) -> "Settings":
        if self.auto_until_hour <= self.auto_from_hour:
            raise ValueError("AUTO_UNTIL_HOUR comes after AUTO_FROM_HOUR")
        return self

    @model_validator(mode="after")
    def _sells_what_it_offers(self) -> "Settings":
        offered = [self.smallest_top_up_minor, self.largest_top_up_minor, *map(int, self.presets_minor.split(","))]
        if not min(offered) == self.smallest_top_up_minor <= max(offered) == self.largest_top_up_minor:
            raise ValueError("what is offered lies between SMALLEST_TOP_UP_MINOR and LARGEST_TOP_UP_MINOR")
        if any(amount % self.top_up_step_minor for amount in offered):
            raise ValueError("what is offered are multiples of TOP_UP_STEP_MINOR")
        return self

    @model_validator(mode="after")
    def _signs_what_it_tells(self) -> "Settings":
        if self.gate_webhook_url and not (
            self.gate_secret.get_secret_value() and self.gate_webhook_secret.get_secret_value()
        ):
            raise ValueError("with GATE_WEBHOOK_URL, GATE_SECRET and GATE_WEBHOOK_SECRET must be set")
        return self

    @model_validator(mode="after")
    def _has_an_account_at_its_gateway(self) -> "Settings":
        if self.sms_gateway is SmsBy.KANNEL and not (self.kannel_username and self.kannel_password.get_secret_value()):
            raise ValueError("with SMS_GATEWAY=kannel, KANNEL_USERNAME and KANNEL_PASSWORD must be set")
        return self

    @model_validator(mode="after")
    def _lends_what_can_be_repaid(self) -> "Settings":
        """Debts are multiples of the step: then what is left of a top-up after it repaid one is something sold."""
        unit_minor = 10 ** MINOR_DIGITS[self.currency]
        for preset in self.advance_presets:
            fee = -(-preset * self.advance_fee_percent // (100 * unit_minor)) * unit_minor
            if not self.smallest_top_up_minor <= preset <= self.largest_top_up_minor:
                raise ValueError("advances lie between SMALLEST_TOP_UP_MINOR and LARGEST_TOP_UP_MINOR")
            if preset % self.top_up_step_minor or fee % self.top_up_step_minor:
                raise ValueError("advances and their fees are multiples of TOP_UP_STEP_MINOR")
        return self


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _one_of(name: str, known: Container[str]) -> str:
    if name not in known:
        raise ValueError(f"{name!r} is not known")
    return name


def settings_table() -> str:
    """The settings as a Markdown table: name, default, what it is."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "**must be set**" if field.is_required() else _shown(field.default)
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    value = default.value if isinstance(default, Enum) else default
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "" if plain in (None, "") else f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"


@lru_cache(maxsize=1)
def load() -> Settings:
    """The settings of this process. Raises pydantic's ValidationError, which names what is missing."""
    return Settings()
