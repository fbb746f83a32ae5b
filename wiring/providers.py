"""The providers: the charging system, the payment providers, and those that carry our messages and calls."""

from dataclasses import dataclass
from functools import cached_property

from providers.africastalking import AfricasTalkingAccount, AfricasTalkingAirtime, AfricasTalkingSms
from providers.airtel_money import AirtelAccount, AirtelMoney
from providers.daraja import Daraja, DarajaAccount
from providers.daraja_token import TokenKeeper
from providers.gate_webhook import GateWebhook
from providers.http import Channel, Limits
from providers.kannel import KannelAccount, KannelSms
from providers.mtn_momo import MomoAccount, MomoUser, MtnMomo
from providers.ucip import Ucip, UcipNode
from store.outages import Outages
from topup.clock import utc_now
from topup.ports import PaymentProvider
from wiring.connections import Connections
from workers.metrics import observe_provider


@dataclass(frozen=True)
class Providers(Connections):
    """Every provider with its account, and which of them do not answer just now."""

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
        # Read by whoever dials, and by every hand that looks at a line: one that waited for a reader would be late.
        readers = max(s.web_threads, s.worker_hands)
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
            reads=self._channel("ucip", s.ucip_url, Limits(connections=readers)),
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
    def gate_webhook(self) -> GateWebhook | None:
        """What tells packet gateways at once that a line is back, where they have an address for it."""
        s = self.settings
        if not s.gate_webhook_url:
            return None
        return GateWebhook(
            secret=s.gate_webhook_secret.get_secret_value(),
            channel=self._channel("gate", s.gate_webhook_url),
            now=utc_now,
        )

    @cached_property
    def outages(self) -> Outages:
        """Which providers do not answer just now."""
        return Outages(self.redis)

    @cached_property
    def _africas_talking(self) -> AfricasTalkingAccount:
        s = self.settings
        return AfricasTalkingAccount(
            username=s.at_username, api_key=s.at_api_key.get_secret_value(), sender_id=s.at_sender_id
        )

    def _channel(self, provider: str, url: str, limits: Limits | None = None) -> Channel:
        # Two kinds of work may ask one provider in one process (credit and enquire, settle and refund): no hand waits.
        ours = limits or Limits(connections=2 * self.settings.worker_hands)
        return Channel(provider=provider, url=url, limits=ours, observe=observe_provider, notice=self.outages.note)
