"""M-PESA itself: who pays whom, when, and what the payer's phone shows. daraja.py is its front door."""

import random
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sandbox.clock import NAIROBI, iso, utc_now
from sandbox.money import major
from sandbox.network import Callback
from sandbox.outside import Outside
from sandbox.world import CurrencyDiffers, NotEnoughMoney, Wallet

CURRENCY = "KES"

# What a payment can end with, in Daraja's words.
RESULTS: dict[int | str, str] = {
    0: "The service request is processed successfully.",
    1: "The balance is insufficient for the transaction.",
    17: "The transaction is declined by a rule limit.",
    1001: "Unable to lock subscriber, a transaction is already in process for the current subscriber.",
    1019: "Transaction has expired.",
    1025: "An error occurred while sending a push request.",
    1032: "Request cancelled by user.",
    1037: "DS timeout user cannot be reached.",
    2001: "The initiator information is invalid.",
    4999: "The transaction is still under processing.",
    9999: "An error occurred while sending a push request.",
}
PAID, NOT_ENOUGH, BUSY, EXPIRED, CANCELLED = 0, 1, 1001, 1019, 1032
_BY_ANSWER = {"pin": PAID, "wrong_pin": 2001, "cancel": CANCELLED, "expired": 1037}


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One request for a payment. `result` is None until its end; `reference` is the end of the callback's path."""

    merchant_request_id: str
    checkout_request_id: str
    msisdn: str
    amount_minor: int
    callback_url: str
    reference: str
    account: str
    at: str
    result: int | None = None
    receipt: str | None = None
    ended_at: str | None = None


class Mpesa:
    """The wallets' operator. Money moves in one transaction with its book entry and the end of its request."""

    def __init__(self, outside: Outside, *, in_session: Callable[[str], bool]) -> None:
        self._outside = outside
        self._in_session = in_session
        outside.prompts.provider("mpesa", self._answered)

    def resume(self) -> None:
        """End what was under way when the sandbox was stopped, and is on no phone's screen any more."""
        shown = {body["request"] for body in self._outside.store.all("prompt").values()}
        for body in self._outside.store.all("push").values():
            if body["result"] is None and body["checkout_request_id"] not in shown:
                self._end_later(Push(**body), EXPIRED, after_s=0)

    def push(self, checkout_request_id: str) -> Push | None:
        """The request of that id."""
        body = self._outside.store.get("push", checkout_request_id)
        return Push(**body) if body else None

    async def begin(self, push: Push, *, forced: int | None) -> None:
        """Take a request on: show the prompt, or end it by itself (`forced` is a result to end with)."""
        settings = self._outside.settings.now
        busy = self._in_session(push.msisdn) or bool(self._outside.prompts.open_for(push.msisdn))
        known = forced if forced is not None else BUSY if busy else None
        self._save(push)
        self._outside.network.maybe_forge(
            "daraja.callback", msisdn=push.msisdn, url=push.callback_url, lie=partial(_lie, push)
        )
        if self._outside.faults.take("daraja.callback", "callback_before_reply", push.msisdn):
            await self._outside.network.send(_callback(self.end(push, known or PAID)))
        elif known is None:
            self._show(push)
        else:
            after_s = settings.prompt_answer_after_s if forced is not None else settings.callback_after_s
            self._end_later(push, known, after_s=after_s)

    def end(self, push: Push, result: int) -> Push:
        """Let the request end so, once: money moves on 0. What had ended already stays as it ended."""
        with self._outside.store.transaction():
            current = self.push(push.checkout_request_id)
            if current is None or current.result is not None:
                return current or push
            ended = replace(push, result=result, ended_at=iso(utc_now()))
            if result == PAID:
                ended = self._pay(ended)
            self._save(ended)
        return ended

    def _pay(self, push: Push) -> Push:
        people = self._outside.people
        try:
            wallet = people.wallet(push.msisdn).paid(push.amount_minor, currency=CURRENCY)
        except (NotEnoughMoney, CurrencyDiffers):
            return replace(push, result=NOT_ENOUGH)
        paid = replace(push, receipt=make_receipt())
        people.save_wallet(push.msisdn, wallet)
        self._write_down(paid)
        people.take_message(push.msisdn, sender="MPESA", text=_message(paid, wallet), at=utc_now())
        return paid

    def _write_down(self, push: Push) -> None:
        receipt = str(push.receipt)
        self._outside.store.put("receipt", receipt, {"checkout_request_id": push.checkout_request_id})
        self._outside.books.enter(
            "charges",
            reference=push.reference,
            msisdn=push.msisdn,
            amount_minor=push.amount_minor,
            currency=CURRENCY,
            at=utc_now(),
            provider="mpesa",
            receipt=receipt,
            account=push.account,
            merchant_request_id=push.merchant_request_id,
            checkout_request_id=push.checkout_request_id,
        )

    def _show(self, push: Push) -> None:
        amount = major(push.amount_minor, CURRENCY, 0)
        self._outside.prompts.ask(
            msisdn=push.msisdn,
            provider="mpesa",
            request=push.checkout_request_id,
            text=f"Do you want to pay Ksh{amount} to REDIAL Account no. {push.account}? Enter M-PESA PIN:",
            amount_minor=push.amount_minor,
            currency=CURRENCY,
        )

    def _answered(self, request: str, answer: str) -> None:
        push = self.push(request)
        if push is not None and push.result is None:
            ended = self.end(push, _BY_ANSWER[answer])
            self._outside.network.send_later(_callback(ended), after_s=0)

    def _end_later(self, push: Push, result: int, *, after_s: float) -> None:
        async def end_and_tell() -> None:
            await self._outside.network.send(_callback(self.end(push, result)))

        self._outside.later.after(after_s, end_and_tell)

    def _save(self, push: Push) -> None:
        self._outside.store.put("push", push.checkout_request_id, asdict(push))


def stk_callback(push: Push) -> dict[str, Any]:
    """The body that Daraja posts when a request has ended."""
    result = push.result or PAID
    callback: dict[str, Any] = {
        "MerchantRequestID": push.merchant_request_id,
        "CheckoutRequestID": push.checkout_request_id,
        "ResultCode": result,
        "ResultDesc": RESULTS.get(result, "Failed."),
    }
    if result == PAID:
        ended = datetime.fromisoformat(push.ended_at or push.at).astimezone(NAIROBI)
        callback["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": push.amount_minor / 100},
                {"Name": "MpesaReceiptNumber", "Value": push.receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": int(ended.strftime("%Y%m%d%H%M%S"))},
                {"Name": "PhoneNumber", "Value": int(push.msisdn[1:])},
            ]
        }
    return {"Body": {"stkCallback": callback}}


def _callback(push: Push) -> Callback:
    return Callback(
        operation="daraja.callback",
        msisdn=push.msisdn,
        url=push.callback_url,
        body=stk_callback(push),
        altered={
            "wrong_amount": lambda fault: stk_callback(replace(push, amount_minor=fault.amount_minor)),
            "wrong_number": lambda fault: stk_callback(replace(push, msisdn=fault.number)),
        },
        opposite=lambda: stk_callback(_opposite(push)),
    )


def _opposite(push: Push) -> Push:
    return replace(push, result=CANCELLED) if push.result == PAID else _as_if_paid(push)


def _lie(push: Push, real_ids: bool) -> dict[str, Any]:
    lie = _as_if_paid(push)
    if not real_ids:
        lie = replace(lie, merchant_request_id=make_merchant_id(), checkout_request_id=make_checkout_id())
    return stk_callback(lie)


def _as_if_paid(push: Push) -> Push:
    return replace(push, result=PAID, receipt=make_receipt(), ended_at=iso(utc_now()))


def _message(push: Push, wallet: Wallet) -> str:
    amount, left = major(push.amount_minor, CURRENCY), major(wallet.balance_minor, CURRENCY)
    return (
        f"{push.receipt} Confirmed. Ksh{amount} paid to REDIAL for account {push.account} on {spoken(utc_now())}. "
        f"New M-PESA balance is Ksh{left}."
    )


def spoken(at: datetime) -> str:
    """A time as M-PESA's messages write it."""
    return at.astimezone(NAIROBI).strftime("%-d/%-m/%y at %-I:%M %p")


_RANDOM = random.SystemRandom()
_LETTERS = string.ascii_uppercase
_DAYS = string.digits[1:] + _LETTERS


def make_receipt() -> str:
    """A receipt in M-PESA's form: ten capital letters and digits, the first three telling the day."""
    now = utc_now().astimezone(NAIROBI)
    head = _LETTERS[(now.year - 2007) % 26] + _LETTERS[now.month - 1] + _DAYS[now.day - 1]
    return head + "".join(_RANDOM.choices(_LETTERS + string.digits, k=7))


def make_merchant_id() -> str:
    """A MerchantRequestID in Daraja's form."""
    return f"{_RANDOM.randrange(10**4, 10**5)}-{_RANDOM.randrange(10**7, 10**9)}-1"


def make_checkout_id() -> str:
    """A CheckoutRequestID in Daraja's form."""
    moment = utc_now().astimezone(NAIROBI).strftime("%d%m%Y%H%M%S%f")[:-3]
    return f"ws_CO_{moment}{_RANDOM.randrange(10**8, 10**9)}"
