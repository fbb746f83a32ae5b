"""The workers' house: all that is there, for those who do what is owed."""

from dataclasses import dataclass
from functools import cached_property

from settings import SmsBy
from topup.clock import utc_now
from wiring.channels import Channels
from wiring.web import Web
from workers.house import House


@dataclass(frozen=True)
class Workers(Channels, Web):
    """What the workers and the clock are given."""

    @cached_property
    def house(self) -> House:
        """What the workers work with."""
        return House(
            engine=self.engine,
            shop=self.shop,
            timing=self.timing,
            clock=utc_now,
            payments=self.payments,
            credits={"ucip": self.ucip, "airtime": self.airtime},
            vouchers={"ucip": self.ucip},
            lines=self.ucip,
            sms=self.kannel if self.settings.sms_gateway is SmsBy.KANNEL else self.africas_talking_sms,
            reports={gateway.name: gateway.read_report for gateway in self.sms_gateways},
            gate=self.gate,
        )
