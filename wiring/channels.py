"""The channels: USSD, with its menu and gateways, and SMS."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sms.answers import Answers
from sms.gateways.africastalking import AfricasTalking
from sms.gateways.kannel import Kannel
from sms.gateways.port import Gateway as SmsGateway
from store.seal import seal_of
from store.unfinished import UnfinishedCalls
from topup.clock import utc_now
from ussd.engine import Engine as MenuEngine
from ussd.gateway import Gateway
from ussd.gateways import GATEWAYS
from ussd.languages import Languages
from ussd.menu import menu
from ussd.routes import Switchboard
from ussd.session import Lifetimes, Sessions
from wiring.business import Business


@dataclass(frozen=True)
class Channels(Business):
    """What answers a key and a text."""

    @cached_property
    def sessions(self) -> Sessions:
        """What calls remember."""
        s = self.settings
        lifetimes = Lifetimes(
            session_s=s.session_s,
            dropped_s=s.resume_s,
            line_s=s.line_cache_s,
            remind_s=s.dropped_call_sms_after_s if s.dropped_call_sms else None,
        )
        return Sessions(self.redis, lifetimes=lifetimes, seal=seal_of(s.order_secret.get_secret_value()))

    @cached_property
    def menu_engine(self) -> MenuEngine:
        """What answers the keys."""
        return MenuEngine(menu, sessions=self.sessions, desk=self.desk, hops_a_minute=self.settings.hops_a_minute)

    @cached_property
    def ussd_gateways(self) -> list[Gateway]:
        """The gateways that may post here."""
        return [GATEWAYS[name] for name in self.settings.ussd_gateway_list]

    @cached_property
    def switchboard(self) -> Switchboard:
        """What the gateways are connected to."""
        s = self.settings
        return Switchboard(
            engine=self.menu_engine,
            languages=Languages(sessions=self.sessions, desk=self.desk),
            clock=utc_now,
            country=s.country,
            short_codes=s.short_code_list,
            repeats_within=timedelta(seconds=s.ussd_repeat_s),
            unfinished=self.unfinished,
        )

    @cached_property
    def unfinished(self) -> UnfinishedCalls | None:
        """The calls that dropped, where people are reminded of them."""
        return UnfinishedCalls(self.redis) if self.settings.dropped_call_sms else None

    @cached_property
    def answers(self) -> Answers:
        """What answers an SMS."""
        return Answers(self.engine, desk=self.desk, clock=utc_now, down=self.outages.down, unfinished=self.unfinished)

    @cached_property
    def sms_gateways(self) -> tuple[SmsGateway, ...]:
        """All that may tell us of messages: what went out by one is reported by it, whichever is used now."""
        return AfricasTalking(), Kannel(suspended_errors=self.settings.kannel_suspended_list)
