"""The web: the recharge guide, and what packet gateways ask and are told."""

from dataclasses import dataclass
from functools import cached_property

from settings import Door
from store.codes import Codes
from store.gate import GateMemory
from store.gate_events import LineEvents
from store.rates import Rates
from topup.clock import utc_now
from web.gate.following import Followers
from web.gate.keeper import Keeper, Policy
from web.guard import networks_of
from web.guide.answering import Guide
from web.guide.draft import Seal
from web.guide.proving import Proving
from web.guide.who import Who
from wiring.business import Business
from workers.house import Gate


@dataclass(frozen=True)
class Web(Business):
    """What answers a phone's browser and a packet gateway."""

    @cached_property
    def guide(self) -> Guide:
        """The recharge guide."""
        s = self.settings
        secret = s.order_secret.get_secret_value()
        seal, rates = Seal(secret=secret), Rates(self.redis)
        return Guide(
            engine=self.engine,
            desk=self.desk,
            who=Who(
                header=s.guide_msisdn_header,
                gateways=networks_of(s.guide_gateway_addresses),
                phones=networks_of(s.guide_phone_addresses),
                memory=self.gate_memory,
                seal=seal,
                country=s.country,
                proof_s=s.guide_signed_in_s,
            ),
            seal=seal,
            proving=Proving(
                engine=self.engine,
                codes=Codes(self.redis, secret=secret),
                rates=rates,
                seal=seal,
                clock=utc_now,
                country=s.country,
                an_address_an_hour=s.guide_codes_an_hour,
            ),
            rates=rates,
            down=self.outages.down,
            pages_a_minute=s.guide_pages_a_minute,
            is_secure=s.guide_address.startswith("https:"),
        )

    @cached_property
    def gate_memory(self) -> GateMemory:
        """What is remembered for packet gateways."""
        return GateMemory(self.gate_redis, session_s=self.settings.gate_session_s)

    @cached_property
    def gate_events(self) -> LineEvents:
        """The lines that came back."""
        return LineEvents(self.redis)

    @cached_property
    def gate_followers(self) -> Followers:
        """Those who follow them."""
        return Followers(self.gate_events, most=self.settings.gate_followers)

    @cached_property
    def gate_keeper(self) -> Keeper:
        """What decides whether a phone passes."""
        s = self.settings
        policy = Policy(
            guide_url=s.guide_address,
            permitted=s.gate_permitted_list,
            fails_open=s.gate_fails is Door.OPEN,
            strangers_pass=s.gate_unknown is Door.OPEN,
            active_s=s.gate_active_s,
            cut_off_s=s.gate_cut_off_s,
        )
        return Keeper(memory=self.gate_memory, lines=self.ucip, policy=policy)

    @cached_property
    def gate(self) -> Gate | None:
        """The packet gateways that are told when a line is back, where there are any."""
        s = self.settings
        if not s.gate_secret.get_secret_value():
            return None
        return Gate(
            memory=self.gate_memory, events=self.gate_events, active_s=s.gate_active_s, webhook=self.gate_webhook
        )
