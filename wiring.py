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
from providers.airtel_money import AirtelAccount, AirtelMoney
from providers.daraja import Daraja, DarajaAccount
from providers.daraja_token import TokenKeeper
from providers.gate_webhook import GateWebhook
from providers.http import Channel
from providers.http import Limits as CallLimits
from providers.kannel import KannelAccount, KannelSms
from providers.mtn_momo import MomoAccount, MomoUser, MtnMomo
from providers.ucip import Ucip, UcipNode
from settings import Door, Settings, SmsBy
from sms.answers import Answers
from sms.gateways.africastalking import AfricasTalking
from sms.gateways.kannel import Kannel
from sms.gateways.port import Gateway as SmsGateway
from store.codes import Codes
from store.desk import Desk, Shop
from store.engine import make_engine
from store.gate import GateMemory
from store.gate_events import LineEvents
from store.outages import Outages
from store.rates import Rates
from store.seal import seal_of
from store.unfinished import UnfinishedCalls
from topup.advances import Lending
from topup.auto import Rhythm
from topup.clock import utc_now
from topup.limits import Limits
from topup.money import Money
from topup.ports import PaymentProvider
from topup.schedule import Timing
from ussd.engine import Engine as MenuEngine
from ussd.gateway import Gateway
from ussd.gateways import GATEWAYS
from ussd.languages import Languages
from ussd.menu import menu
from ussd.routes import Switchboard
from ussd.session import Lifetimes, Sessions
from web.gate.following import Followers
from web.gate.keeper import Keeper, Policy
from web.guard import networks_of
from web.guide.answering import Guide
from web.guide.draft import Seal
from web.guide.proving import Proving
from web.guide.who import Who
from workers.house import Gate, House
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
    def gate_redis(self) -> Redis:
        """The connections for packet gateways, which cannot wait: a Redis that does not answer is none."""
        return Redis.from_url(self.settings.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)

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
    def answers(self) -> Answers:
        """What answers an SMS."""
        return Answers(self.engine, desk=self.desk, clock=utc_now, down=self.outages.down, unfinished=self.unfinished)

    @cached_property
    def unfinished(self) -> UnfinishedCalls | None:
        """The calls that dropped, where people are reminded of them."""
        return UnfinishedCalls(self.redis) if self.settings.dropped_call_sms else None

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
    def gate(self) -> Gate | None:
        """The packet gateways that are told when a line is back, where there are any."""
        s = self.settings
        if not s.gate_secret.get_secret_value():
            return None
        webhook = (
            GateWebhook(
                secret=s.gate_webhook_secret.get_secret_value(),
                channel=self._channel("gate", s.gate_webhook_url),
                now=utc_now,
            )
            if s.gate_webhook_url
            else None
        )
        return Gate(memory=self.gate_memory, events=self.gate_events, active_s=s.gate_active_s, webhook=webhook)

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
    def outages(self) -> Outages:
        """Which providers do not answer just now."""
        return Outages(self.redis)

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

    @cached_property
    def sms_gateways(self) -> tuple[SmsGateway, ...]:
        """All that may tell us of messages: what went out by one is reported by it, whichever is used now."""
        return AfricasTalking(), Kannel(suspended_errors=self.settings.kannel_suspended_list)

    @cached_property
    def africas_talking_sms(self) -> AfricasTalkingSms:
        """Africa's Talking's SMS."""
        return AfricasTalkingSms(
            account=self._africas_talking, channel=self._channel("africastalking", self.settings.at_url)
        )

    @cached_property
    def kannel(self) -> KannelSms:
        """SMS by the operator's own SMSC link."""
        s = self.settings
        return KannelSms(
            account=KannelAccount(
                username=s.kannel_username,
                password=s.kannel_password.get_secret_value(),
                sender=s.kannel_from or s.sms_short_code,
                smsc=s.kannel_smsc,
                report_url=f"{s.public_url}/sms/kannel/{s.gateway_secret.get_secret_value()}/delivery",
            ),
            channel=self._channel("kannel", s.kannel_url),
        )

    @cached_property
    def payments(self) -> dict[str, PaymentProvider]:
        """The payment providers that are set up, by name."""
        s = self.settings
        made: dict[str, PaymentProvider] = {}
        if s.daraja_consumer_key.get_secret_value():
            made["daraja"] = self.daraja
        if s.momo_collection_user:
            made["mtn_momo"] = self.mtn_momo
        if s.airtel_client_id.get_secret_value():
            made["airtel_money"] = self.airtel_money
        return made

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
    def mtn_momo(self) -> MtnMomo:
        """MTN MoMo."""
        s = self.settings
        collection = MomoUser(
            user=s.momo_collection_user,
            api_key=s.momo_collection_api_key.get_secret_value(),
            subscription_key=s.momo_collection_subscription_key.get_secret_value(),
        )
        disbursement = MomoUser(
            user=s.momo_disbursement_user,
            api_key=s.momo_disbursement_api_key.get_secret_value(),
            subscription_key=s.momo_disbursement_subscription_key.get_secret_value(),
        )
        return MtnMomo(
            account=MomoAccount(
                target_environment=s.momo_target_environment,
                callback_url=f"{s.public_url}/callbacks/mtn_momo/{s.callback_secret.get_secret_value()}",
                collection=collection,
                disbursement=disbursement if disbursement.user else None,
            ),
            channel=self._channel("mtn_momo", s.momo_url),
            now=utc_now,
        )

    @cached_property
    def airtel_money(self) -> AirtelMoney:
        """Airtel Money."""
        s = self.settings
        return AirtelMoney(
            account=AirtelAccount(
                client_id=s.airtel_client_id.get_secret_value(),
                client_secret=s.airtel_client_secret.get_secret_value(),
            ),
            channel=self._channel("airtel_money", s.airtel_url),
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
            reads=self._channel("ucip", s.ucip_url, CallLimits(connections=max(s.web_threads, s.worker_hands))),
            refills=self._channel("ucip", s.ucip_url),
            now=utc_now,
            read_deadline_s=s.line_read_deadline_s,
            readers=s.web_threads,
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
        # Two kinds of work may ask one provider in one process (credit and enquire, settle and refund): no hand waits.
        ours = limits or CallLimits(connections=2 * self.settings.worker_hands)
        return Channel(provider=provider, url=url, limits=ours, observe=observe_provider, notice=self.outages.note)
