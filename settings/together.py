"""The settings of all subjects together: read, and checked against each other."""

from functools import lru_cache

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.channels import Channels, SmsBy
from settings.charging import Charging
from settings.gate import Gate
from settings.guide import Guide
from settings.installation import Installation
from settings.payments import Payments
from settings.running import Running
from settings.sale import CreditBy, Sale
from topup.money import MINOR_DIGITS


# The bases stand from the last to the first: pydantic begins with the fields of the last one, and in its order the
# README's table and a refusal list them.
class Settings(Running, Charging, Payments, Channels, Gate, Guide, Sale, Installation, BaseSettings):
    """The settings of one installation."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    # What must fit together, in the order in which it is looked at: the first that does not is told.

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
    def _sells_what_can_be_asked_for_and_credited(self) -> "Settings":
        """Else the provider would refuse the call when the order is committed as sent, and a person had to find out."""
        unit_minor, step_minor = 10 ** MINOR_DIGITS[self.currency], self.top_up_step_minor
        of_whole_units = {"M-PESA": self.daraja_consumer_key, "Airtel Money": self.airtel_client_id}
        offered = [name for name, key in of_whole_units.items() if key.get_secret_value()]
        if offered and step_minor % unit_minor:
            raise ValueError(
                f"{offered[0]} takes whole {self.currency} only: TOP_UP_STEP_MINOR is a multiple of {unit_minor}"
            )
        if self.credit_by is CreditBy.UCIP and step_minor % self.ucip_minor_per_unit:
            raise ValueError(
                "what UCIP credits are whole units: TOP_UP_STEP_MINOR is a multiple of UCIP_MINOR_PER_UNIT"
            )
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


@lru_cache(maxsize=1)
def load() -> Settings:
    """The settings of this process. Raises pydantic's ValidationError, which names what is missing."""
    return Settings()
