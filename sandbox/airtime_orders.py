"""What becomes of airtime after it was accepted: validated with the project, delivered, reported."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial

from sandbox.africastalking import airtime_url, make_id, written
from sandbox.money import digits, major
from sandbox.network import Callback
from sandbox.outside import Outside
from sandbox.refills import Refills
from sandbox.world import CurrencyDiffers, LineIsClosed, TooMuchCredit

OPERATION = "africastalking.airtime_status"
DISCOUNT_PERCENT = 4

SENT, SUCCESS, FAILED = "Sent", "Success", "Failed"
NOT_VALIDATED = "Validation failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Airtime for one person. `status` is Sent until it is delivered (Success) or surely will not be (Failed).

    `refusal` is why it will not be delivered; it stands from before the project was asked, so that an order whose
    validation was cut short by the end of the process fails.
    """

    id: str
    msisdn: str
    amount_minor: int
    currency: str
    at: str
    idempotency_key: str | None
    status: str = SENT
    description: str = ""
    refusal: str | None = NOT_VALIDATED

    @property
    def value(self) -> str:
        """How much, as Africa's Talking writes it."""
        return written(self.currency, self.amount_minor)

    @property
    def discount(self) -> str:
        """What the sender gets back, as Africa's Talking writes it."""
        return written(self.currency, discount_minor(self.amount_minor))


class AirtimeOrders:
    """The orders that were accepted."""

    def __init__(self, outside: Outside, *, refills: Refills) -> None:
        self._outside = outside
        self._refills = refills

    def find(self, order_id: str) -> Order | None:
        """The order of that id."""
        body = self._outside.store.get("airtime", order_id)
        return Order(**body) if body else None

    def resume(self) -> None:
        """Go on with what was on its way when the sandbox was stopped."""
        for body in self._outside.store.all("airtime").values():
            if body["status"] == SENT:
                self._deliver_later(Order(**body))

    async def accept(self, order: Order) -> None:
        """Take an order on: ask the project whether it meant it, and deliver it a moment later."""
        self._save(order)
        url, form = airtime_url(self._outside.config, "status"), self._as_form()
        self._outside.network.maybe_forge(OPERATION, msisdn=order.msisdn, url=url, lie=partial(_lie, order), form=form)
        forced = self._outside.faults.take(OPERATION, "result_code", order.msisdn)
        decided = replace(order, refusal=str(forced.code) if forced else await self._validate(order))
        self._save(decided)
        if self._outside.faults.take(OPERATION, "callback_before_reply", order.msisdn):
            await self._deliver(decided)
        else:
            self._deliver_later(decided)

    async def _validate(self, order: Order) -> str | None:
        if not self._outside.settings.now.airtime_validation:
            return None
        body = {
            "transactionId": order.id,
            "phoneNumber": order.msisdn,
            "sourceIpAddress": "127.0.0.1",
            "currencyCode": order.currency,
            "amount": major(order.amount_minor, order.currency, digits(order.currency)),
        }
        url = airtime_url(self._outside.config, "validation")
        heard = await self._outside.network.post("africastalking.validation", url, body, form=self._as_form())
        return None if heard.status == 200 and _is_validated(heard.text) else NOT_VALIDATED

    def _deliver_later(self, order: Order) -> None:
        self._outside.later.after(self._outside.settings.now.airtime_after_s, lambda: self._deliver(order))

    async def _deliver(self, order: Order) -> None:
        if order.refusal is None:
            ended = self._credit(order)
        else:
            ended = replace(order, status=FAILED, description=order.refusal)
            self._save(ended)
        await self._outside.network.send(self._callback(ended))

    def _credit(self, order: Order) -> Order:
        delivered = replace(order, status=SUCCESS, description="Airtime Delivered Successfully")
        try:
            with self._outside.store.transaction():
                self._refills.by_amount(
                    book="airtime",
                    reference=order.id,
                    msisdn=order.msisdn,
                    amount_minor=order.amount_minor,
                    currency=order.currency,
                    idempotency_key=order.idempotency_key,
                )
                self._save(delivered)
        except (LineIsClosed, CurrencyDiffers, TooMuchCredit) as error:
            delivered = replace(order, status=FAILED, description=str(error))
            self._save(delivered)
        return delivered

    def _save(self, order: Order) -> None:
        self._outside.store.put("airtime", order.id, asdict(order))

    def _as_form(self) -> bool:
        return self._outside.settings.now.airtime_callback_format == "form"

    def _callback(self, order: Order) -> Callback:
        other = FAILED if order.status == SUCCESS else SUCCESS
        return Callback(
            operation=OPERATION,
            msisdn=order.msisdn,
            url=airtime_url(self._outside.config, "status"),
            body=status_body(order),
            form=self._as_form(),
            altered={
                "wrong_amount": lambda fault: status_body(replace(order, amount_minor=fault.amount_minor)),
                "wrong_number": lambda fault: status_body(replace(order, msisdn=fault.number)),
            },
            opposite=lambda: status_body(replace(order, status=other, description="")),
        )


def discount_minor(amount_minor: int) -> int:
    """What the sender gets back of an amount."""
    return amount_minor * DISCOUNT_PERCENT // 100


def status_body(order: Order) -> dict[str, str]:
    """What Africa's Talking posts when airtime has ended."""
    return {
        "requestId": order.id,
        "status": order.status,
        "phoneNumber": order.msisdn,
        "description": order.description,
        "value": order.value,
        "discount": order.discount,
    }


def _lie(order: Order, real_ids: bool) -> Mapping[str, str]:
    lie = replace(order, status=SUCCESS)
    return status_body(lie if real_ids else replace(lie, id=make_id("ATQid")))


def _is_validated(text: str) -> bool:
    try:
        body = json.loads(text)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("status") == "Validated"
