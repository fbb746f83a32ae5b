"""The business of this installation: its schedule, what it sells and lends, and where every channel orders."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from store.desk import Desk, Shop
from topup.advances import Lending
from topup.auto import Rhythm
from topup.clock import utc_now
from topup.limits import Limits
from topup.money import Money
from topup.schedule import Timing
from wiring.providers import Providers


@dataclass(frozen=True)
class Business(Providers):
    """What is sold here, by which rules."""

    @cached_property
    def timing(self) -> Timing:
        """The schedule of this installation."""
        return Timing(scale=self.settings.schedule_scale, prompt_s=self.settings.prompt_delay_s)

    @cached_property
    def lease(self) -> timedelta:
        """How long a job may be under way before it is handed out again."""
        return timedelta(seconds=self.settings.lease_s)

    @cached_property
    def shop(self) -> Shop:
        """What this installation sells."""
        s = self.settings
        return Shop(
            limits=Limits(
                smallest=Money(s.smallest_top_up_minor, s.currency),
                largest=Money(s.largest_top_up_minor, s.currency),
                step_minor=s.top_up_step_minor,
                presets=tuple(Money(int(preset), s.currency) for preset in s.presets_minor.split(",")),
                line_a_day=Money(s.line_a_day_minor, s.currency),
                payer_a_day=Money(s.payer_a_day_minor, s.currency),
            ),
            country=s.country,
            currency=s.currency,
            zone=ZoneInfo(s.timezone),
            short_code=s.short_code_list[0],
            sms_code=s.sms_short_code,
            care_number=s.care_number,
            payments=frozenset(self.payments),
            credit_provider=s.credit_by.value,
            again_within=timedelta(seconds=s.again_within_s),
            lending=self.lending,
            order_secret=s.order_secret.get_secret_value(),
            auto=Rhythm(begins=s.auto_from_hour, ends=s.auto_until_hour, every=timedelta(seconds=s.auto_every_s)),
        )

    @cached_property
    def lending(self) -> Lending | None:
        """The terms of advances, where they are offered."""
        s = self.settings
        if not s.advance_presets:
            return None
        return Lending(
            amounts=tuple(Money(preset, s.currency) for preset in s.advance_presets),
            fee_percent=s.advance_fee_percent,
            days=s.advance_after_days,
            top_ups=s.advance_after_top_ups,
            share_percent=s.advance_share_percent,
            below=Money(s.advance_below_minor, s.currency),
        )

    @cached_property
    def desk(self) -> Desk:
        """Where every channel asks and orders."""
        return Desk(self.engine, shop=self.shop, lines=self.ucip, timing=self.timing, clock=utc_now)
