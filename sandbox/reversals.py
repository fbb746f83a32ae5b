"""Money that goes back: a charge reversed, once, and the end of it posted."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.books import Books
from sandbox.clock import NAIROBI, iso, utc_now
from sandbox.faults import Fault, Faults
from sandbox.money import major
from sandbox.mpesa import CURRENCY, RESULTS, Mpesa, Push, make_receipt, spoken
from sandbox.network import Callback, Network
from sandbox.people import People
from sandbox.settings import SettingsNow
from sandbox.store import Store

Code = int | str

_WORDS: Mapping[Code, str] = {
    **RESULTS,
    2006: "Declined due to account rule: the amount is not the one of the transaction.",
    "R000001": "The transaction has already been reversed.",
    "R000002": "The OriginalTransactionID is invalid.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """One request to give a charge back. `reference` is the path of its ResultURL before the last element."""

    originator_conversation_id: str
    conversation_id: str
    receipt: str
    amount_minor: int
    result_url: str
    timeout_url: str
    reference: str
    at: str
    msisdn: str = ""
    result: Code | None = None
    transaction_id: str | None = None


class Reversals:
    """Gives charges back."""

    def __init__(
        self,
        *,
        store: Store,
        people: People,
        books: Books,
        mpesa: Mpesa,
        network: Network,
        faults: Faults,
        settings: SettingsNow,
    ) -> None:
        self._store = store
        self._people = people
        self._books = books
        self._mpesa = mpesa
        self._network = network
        self._faults = faults
        self._settings = settings

    def charge(self, receipt: str) -> Push | None:
        """The payment that has this receipt."""
        body = self._store.get("receipt", receipt)
        return self._mpesa.push(body["checkout_request_id"]) if body else None

    async def begin(
        self, *, receipt: str, amount_minor: int, result_url: str, timeout_url: str, forced: Code | None
    ) -> Reversal:
        """Take a request on; its end comes a moment later."""
        charge = self.charge(receipt)
        msisdn = charge.msisdn if charge else ""
        reversal = Reversal(
            originator_conversation_id=f"{secrets.token_hex(2)}-{secrets.token_hex(4)}-1",
            conversation_id=f"AG_{utc_now().astimezone(NAIROBI):%Y%m%d}_{secrets.token_hex(10)}",
            receipt=receipt,
            amount_minor=amount_minor,
            result_url=result_url,
            timeout_url=timeout_url,
            reference=_reference(result_url),
            at=iso(utc_now()),
            msisdn=msisdn,
        )
        if fault := self._faults.take("daraja.reversal_callback", "forged", msisdn):
            self._forge(reversal, fault)
        if self._faults.take("daraja.reversal_callback", "callback_before_reply", msisdn):
            await self._end_and_tell(reversal, forced)
        else:
            after_s = self._settings.now.reversal_after_s
            self._network.later.after(after_s, lambda: self._end_and_tell(reversal, forced))
        return reversal

    async def _end_and_tell(self, reversal: Reversal, forced: Code | None) -> None:
        if self._faults.take("daraja.reversal_callback", "queue_timeout", reversal.msisdn):
            late = replace(reversal, result=1037)
            await self._network.post(reversal.timeout_url, result_body(late), form=False)
            return
        ended = self._end(reversal) if forced in (None, 0, "0") else replace(reversal, result=forced)
        await self._network.send(_callback(ended))

    def _end(self, reversal: Reversal) -> Reversal:
        charge = self.charge(reversal.receipt)
        if charge is None:
            return replace(reversal, result="R000002")
        if self._store.get("reversal", reversal.receipt) is not None:
            return replace(reversal, result="R000001")
        if reversal.amount_minor != charge.amount_minor:
            return replace(reversal, result=2006)
        with self._store.transaction():
            return self._give_back(replace(reversal, result=0, transaction_id=make_receipt()), charge)

    def _give_back(self, reversal: Reversal, charge: Push) -> Reversal:
        now = utc_now()
        wallet = self._people.wallet(charge.msisdn).received(reversal.amount_minor, currency=CURRENCY)
        self._people.save_wallet(charge.msisdn, wallet)
        self._store.put("reversal", reversal.receipt, asdict(reversal))
        self._books.enter(
            "reversals",
            reference=reversal.reference,
            msisdn=charge.msisdn,
            amount_minor=reversal.amount_minor,
            currency=CURRENCY,
            at=now,
            provider="mpesa",
            receipt=reversal.receipt,
            transaction_id=reversal.transaction_id,
            charge_reference=charge.reference,
            conversation_id=reversal.conversation_id,
            originator_conversation_id=reversal.originator_conversation_id,
        )
        text = (
            f"{reversal.transaction_id} Confirmed. Transaction {reversal.receipt} of "
            f"Ksh{major(reversal.amount_minor, CURRENCY)} was reversed on {spoken(now)}. "
            f"New M-PESA balance is Ksh{major(wallet.balance_minor, CURRENCY)}."
        )
        self._people.take_message(charge.msisdn, sender="MPESA", text=text, at=now)
        return reversal

    def _forge(self, reversal: Reversal, fault: Fault) -> None:
        lie = replace(reversal, result=0, transaction_id=make_receipt())
        if not fault.real_ids:
            lie = replace(lie, conversation_id=f"AG_{secrets.token_hex(10)}", receipt=make_receipt())

        async def post() -> None:
            await self._network.post(reversal.result_url, result_body(lie), form=False)

        self._network.later.after(0.05, post)


def result_body(reversal: Reversal) -> dict[str, Any]:
    """The body that Daraja posts when a reversal has ended."""
    result: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": reversal.result,
        "ResultDesc": _WORDS.get(reversal.result or 0, "Failed."),
        "OriginatorConversationID": reversal.originator_conversation_id,
        "ConversationID": reversal.conversation_id,
        "TransactionID": reversal.transaction_id or "0000000000",
    }
    if reversal.result == 0:
        moment = int(utc_now().astimezone(NAIROBI).strftime("%Y%m%d%H%M%S"))
        result["ResultParameters"] = {
            "ResultParameter": [
                {"Key": "Amount", "Value": major(reversal.amount_minor, CURRENCY)},
                {"Key": "TransCompletedTime", "Value": moment},
                {"Key": "OriginalTransactionID", "Value": reversal.receipt},
                {"Key": "Charge", "Value": 0},
                {"Key": "CreditPartyPublicName", "Value": reversal.msisdn.lstrip("+")},
            ]
        }
    return {"Result": result}


def _callback(reversal: Reversal) -> Callback:
    opposite = replace(reversal, result=2006) if reversal.result == 0 else replace(reversal, result=0)
    return Callback(
        operation="daraja.reversal_callback",
        msisdn=reversal.msisdn,
        url=reversal.result_url,
        body=result_body(reversal),
        altered={"wrong_amount": lambda fault: result_body(replace(reversal, amount_minor=fault.amount_minor or 0))},
        opposite=lambda: result_body(replace(opposite, transaction_id=make_receipt())),
    )


def _reference(result_url: str) -> str:
    parts = [part for part in result_url.split("?", 1)[0].split("/") if part]
    return parts[-2] if len(parts) > 1 and parts[-1] == "result" else parts[-1]
