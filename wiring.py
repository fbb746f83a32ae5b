"""Puts the parts together from the settings. The one place that knows every package.

`app.py` takes from here what the web process needs, `cli.py` what the workers and the clock need.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from providers.africastalking import AfricasTalkingAccount, AfricasTalkingAirtime, AfricasTalkingSms
from providers.daraja import Daraja, DarajaAccount
from providers.daraja_token import TokenKeeper
from providers.http import Channel
from providers.http import Limits as CallLimits
from providers.ucip import Ucip, UcipNode
from settings import Settings
from sms.answers import Answers
from store.desk import Desk, Shop
from store.engine import make_engine
from topup.advances import Lending
from topup.clock import utc_now
from topup.limits import Limits
from topup.money import Money
from topup.schedule import Timing
from ussd.engine import Engine as MenuEngine
from ussd.menu import menu
from ussd.session import Lifetimes, Sessions
from workers.house import House
from workers.metrics import observe_provider


@dataclass(frozen=True)
class Wiring:
    """Every part, made when it is first asked for."""

    settings: Settings

    @cached_property
    def engine(self) -> Engine:
        """The connections to PostgreSQL."""
        return make_engine(self.settings.database_url, size=self.settings.database_connections)

    @cached_property
    def redis(self) -> Redis:
        """The connections to Redis. A connection that broke is made anew; a command is tried three times."""
        return Redis.from_url(
            self.settings.redis_url,
            socket_timeout=5,
            socket_connect_timeout=2,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=3),
        )

    @cached_property
    def queue_redis(self) -> Redis:
        """The connection that RQ keeps, which waits for jobs longer than any command may take."""
        return Redis.from_url(self.settings.redis_url, socket_connect_timeout=2, health_check_interval=30)

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
            payment_provider="daraja",
            credit_provider=s.credit_by.value,
            again_within=timedelta(seconds=s.again_within_s),
            lending=self.lending,
            order_secret=s.order_secret.get_secret_value(),
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

    @cached_property
    def menu_engine(self) -> MenuEngine:
        """What answers the keys."""
        s = self.settings
        lifetimes = Lifetimes(session_s=s.session_s, dropped_s=s.resume_s, line_s=s.line_cache_s)
        return MenuEngine(
            menu,
            sessions=Sessions(self.redis, lifetimes=lifetimes),
            desk=self.desk,
            hops_a_minute=s.hops_a_minute,
        )

    @cached_property
    def answers(self) -> Answers:
        """What answers an SMS."""
        return Answers(self.engine, desk=self.desk, clock=utc_now)

    @cached_property
    def house(self) -> House:
        """What the workers work with."""
        return House(
            engine=self.engine,
            shop=self.shop,
            timing=self.timing,
            clock=utc_now,
            payments={"daraja": self.daraja},
            credits={"ucip": self.ucip, "airtime": self.airtime},
            lines=self.ucip,
            sms=AfricasTalkingSms(
                account=self._africas_talking, channel=self._channel("africastalking", self.settings.at_url)
            ),
        )

    @cached_property
    def daraja(self) -> Daraja:
        """M-PESA."""
        s = self.settings
        channel = self._channel("daraja", s.daraja_url)
        return Daraja(
            account=DarajaAccount(
                short_code=s.daraja_short_code,
                passkey=s.daraja_passkey.get_secret_value(),
                callback_url=f"{s.public_url}/callbacks/daraja/{s.callback_secret.get_secret_value()}",
                transaction_type=s.daraja_transaction_type,
                till=s.daraja_till,
                initiator=s.daraja_initiator,
                security_credential=s.daraja_security_credential.get_secret_value(),
            ),
            tokens=TokenKeeper(
                key=s.daraja_consumer_key.get_secret_value(),
                secret=s.daraja_consumer_secret.get_secret_value(),
                channel=channel,
                now=utc_now,
            ),
            channel=channel,
            now=utc_now,
        )

    @cached_property
    def ucip(self) -> Ucip:
        """The operator's charging system."""
        s = self.settings
        return Ucip(
            node=UcipNode(
                username=s.ucip_username,
                password=s.ucip_password.get_secret_value(),
                user_agent=s.ucip_user_agent,
                host_name=s.ucip_host_name,
                refill_profile=s.ucip_refill_profile,
                currency=s.currency,
                minor_per_unit=s.ucip_minor_per_unit,
            ),
            reads=self._channel("ucip", s.ucip_url, CallLimits(connections=s.web_threads)),
            refills=self._channel("ucip", s.ucip_url),
            now=utc_now,
            read_deadline_s=s.line_read_deadline_s,
        )

    @cached_property
    def airtime(self) -> AfricasTalkingAirtime:
        """Africa's Talking's airtime."""
        return AfricasTalkingAirtime(
            account=self._africas_talking, channel=self._channel("airtime", self.settings.at_url)
        )

    @cached_property
    def _africas_talking(self) -> AfricasTalkingAccount:
        s = self.settings
        return AfricasTalkingAccount(
            username=s.at_username, api_key=s.at_api_key.get_secret_value(), sender_id=s.at_sender_id
        )

    def _channel(self, provider: str, url: str, limits: CallLimits | None = None) -> Channel:
        return Channel(provider=provider, url=url, limits=limits, observe=observe_provider)
