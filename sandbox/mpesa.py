"""M-PESA itself: who pays whom, when, and what the payer's phone shows. daraja.py is its front door."""

import random
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.books import Books
from sandbox.clock import NAIROBI, iso, utc_now
from sandbox.faults import Faults
from sandbox.money import major
from sandbox.network import Callback, Network
from sandbox.people import People
from sandbox.prompts import Prompts
from sandbox.settings import SettingsNow
from sandbox.store import Store
from sandbox.world import CurrencyDiffers, NotEnoughMoney

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
_BY_ANSWER = {"pin": 0, "wrong_pin": 2001, "cancel": 1032, "expired": 1037}


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

    def __init__(
        self,
        *,
        store: Store,
        people: People,
        books: Books,
        prompts: Prompts,
        network: Network,
        faults: Faults,
        settings: SettingsNow,
        in_session: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._people = people
        self._books = books
        self._prompts = prompts
        self._network = network
        self._faults = faults
        self._settings = settings
        self._in_session = in_session
        prompts.provider("mpesa", self._answered)

    def push(self, checkout_request_id: str) -> Push | None:
        """The request of that id."""
        body = self._store.get("push", checkout_request_id)
        return Push(**body) if body else None

    async def begin(self, push: Push, *, forced: int | None) -> None:
        """Take a request on: show the prompt, or know at once how it will end (`forced` is a result to end with)."""
        self._save(push)
        if fault := self._faults.take("daraja.callback", "forged", push.msisdn):
            self._forge(push, real_ids=fault.real_ids)
        if self._faults.take("daraja.callback", "callback_before_reply", push.msisdn):
            await self._network.send(self._callback(self.end(push, forced or 0)))
            return
        if forced is not None:
            self._end_later(push, forced, after_s=self._settings.now.prompt_answer_after_s)
        elif self._in_session(push.msisdn) or self._prompts.open_for(push.msisdn):
            self._end_later(push, 1001, after_s=self._settings.now.callback_after_s)
        else:
            self._show(push)

    def end(self, push: Push, result: int) -> Push:
        """Let the request end so, once: money moves on 0. What had ended already stays as it ended."""
        with self._store.transaction():
            current = self.push(push.checkout_request_id)
            if current is None or current.result is not None:
                return current or push
            ended = replace(push, result=result, ended_at=iso(utc_now()))
            if result == 0:
                ended = self._pay(ended)
            self._save(ended)
        return ended

    def _pay(self, push: Push) -> Push:
        wallet = self._people.wallet(push.msisdn)
        try:
            wallet = wallet.paid(push.amount_minor, currency=CURRENCY)
        except (NotEnoughMoney, CurrencyDiffers):
            return replace(push, result=1)
        paid, now = replace(push, receipt=make_receipt()), utc_now()
        self._people.save_wallet(push.msisdn, wallet)
        self._store.put("receipt", str(paid.receipt), {"checkout_request_id": push.checkout_request_id})
        self._books.enter(
            "charges",
            reference=push.reference,
            msisdn=push.msisdn,
            amount_minor=push.amount_minor,
            currency=CURRENCY,
            at=now,
            provider="mpesa",
            receipt=paid.receipt,
            account=push.account,
            merchant_request_id=push.merchant_request_id,
            checkout_request_id=push.checkout_request_id,
        )
        text = (
            f"{paid.receipt} Confirmed. Ksh{major(push.amount_minor, CURRENCY)} paid to REDIAL for account "
            f"{push.account} on {spoken(now)}. New M-PESA balance is Ksh{major(wallet.balance_minor, CURRENCY)}."
        )
        self._people.take_message(push.msisdn, sender="MPESA", text=text, at=now)
        return paid

    def _show(self, push: Push) -> None:
        amount = major(push.amount_minor, CURRENCY, 0)
        self._prompts.ask(
            msisdn=push.msisdn,
            provider="mpesa",
            request=push.checkout_request_id,
            text=f"Do you want to pay Ksh{amount} to REDIAL Account no. {push.account}? Enter M-PESA PIN:",
            amount_minor=push.amount_minor,
            currency=CURRENCY,
        )

    async def _answered(self, request: str, answer: str) -> None:
        push = self.push(request)
        if push is not None and push.result is None:
            self._end_later(push, _BY_ANSWER[answer], after_s=0)

    def _end_later(self, push: Push, result: int, *, after_s: float) -> None:
        async def end_and_tell() -> None:
            await self._network.send(self._callback(self.end(push, result)))

        self._network.later.after(after_s, end_and_tell)

    def _save(self, push: Push) -> None:
        self._store.put("push", push.checkout_request_id, asdict(push))

    def _callback(self, push: Push) -> Callback:
        return Callback(
            operation="daraja.callback",
            msisdn=push.msisdn,
            url=push.callback_url,
            body=stk_callback(push),
            altered={
                "wrong_amount": lambda fault: stk_callback(replace(push, amount_minor=fault.amount_minor or 0)),
                "wrong_number": lambda fault: stk_callback(replace(push, msisdn=fault.number or "+254700000000")),
            },
            opposite=lambda: stk_callback(_opposite(push)),
        )

    def _forge(self, push: Push, *, real_ids: bool) -> None:
        lie = _paid_in_appearance(push)
        if not real_ids:
            lie = replace(lie, merchant_request_id=make_merchant_id(), checkout_request_id=make_checkout_id())

        async def post() -> None:
            await self._network.post(push.callback_url, stk_callback(lie), form=False)

        self._network.later.after(0.05, post)


def stk_callback(push: Push) -> dict[str, Any]:
    """The body that Daraja posts when a request has ended."""
    result = 0 if push.result is None else push.result
    callback: dict[str, Any] = {
        "MerchantRequestID": push.merchant_request_id,
        "CheckoutRequestID": push.checkout_request_id,
        "ResultCode": result,
        "ResultDesc": RESULTS.get(result, "Failed."),
    }
    if result == 0:
        amount = push.amount_minor / 100
        ended = datetime.fromisoformat(push.ended_at or push.at).astimezone(NAIROBI)
        callback["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": amount},
                {"Name": "MpesaReceiptNumber", "Value": push.receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": int(ended.strftime("%Y%m%d%H%M%S"))},
                {"Name": "PhoneNumber", "Value": int(push.msisdn[1:])},
            ]
        }
    return {"Body": {"stkCallback": callback}}


def _opposite(push: Push) -> Push:
    return replace(push, result=1032) if push.result == 0 else _paid_in_appearance(push)


def _paid_in_appearance(push: Push) -> Push:
    return replace(push, result=0, receipt=make_receipt(), ended_at=iso(utc_now()))


def spoken(at: datetime) -> str:
    """A time as M-PESA's messages write it."""
    return at.astimezone(NAIROBI).strftime("%d/%m/%y at %I:%M %p").lstrip("0")


def make_receipt() -> str:
    """A receipt in M-PESA's form: ten capital letters and digits, the first three telling the day."""
    now = utc_now().astimezone(NAIROBI)
    day = string.digits[1:] + string.ascii_uppercase
    head = string.ascii_uppercase[(now.year - 2007) % 26] + string.ascii_uppercase[now.month - 1] + day[now.day - 1]
    return head + "".join(_RANDOM.choices(string.ascii_uppercase + string.digits, k=7))


def make_merchant_id() -> str:
    """A MerchantRequestID in Daraja's form."""
    return f"{_RANDOM.randrange(10**4, 10**5)}-{_RANDOM.randrange(10**7, 10**9)}-1"


def make_checkout_id() -> str:
    """A CheckoutRequestID in Daraja's form."""
    moment = utc_now().astimezone(NAIROBI).strftime("%d%m%Y%H%M%S%f")[:-3]
    return f"ws_CO_{moment}{_RANDOM.randrange(10**8, 10**9)}"


_RANDOM = random.SystemRandom()
