"""Money that goes back: a charge reversed, once, and the end of it posted."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from sandbox.clock import NAIROBI, utc_now
from sandbox.money import major
from sandbox.mpesa import CURRENCY, RESULTS, Mpesa, Push, make_receipt, spoken
from sandbox.network import Callback
from sandbox.outside import Outside
from sandbox.world import Wallet

Code = int | str

OPERATION = "daraja.reversal_callback"
DONE, AMOUNT_DIFFERS, ALREADY_REVERSED, NO_SUCH_RECEIPT = 0, 2006, "R000001", "R000002"
_WORDS: Mapping[Code, str] = {
    **RESULTS,
    AMOUNT_DIFFERS: "Declined due to account rule: the amount is not the one of the transaction.",
    ALREADY_REVERSED: "The transaction has already been reversed.",
    NO_SUCH_RECEIPT: "The OriginalTransactionID is invalid.",
}
_NOT_A_TRANSACTION = "0000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """One request to give a charge back. `reference` is the element before `result` in the path of its ResultURL."""

    originator_conversation_id: str
    conversation_id: str
    receipt: str
    amount_minor: int
    result_url: str
    timeout_url: str
    reference: str
    msisdn: str
    result: Code | None = None
    transaction_id: str | None = None


class Reversals:
    """Gives charges back."""

    def __init__(self, outside: Outside, *, mpesa: Mpesa) -> None:
        self._outside = outside
        self._mpesa = mpesa

    def charge(self, receipt: str) -> Push | None:
        """The payment that has this receipt."""
        body = self._outside.store.get("receipt", receipt)
        return self._mpesa.push(body["checkout_request_id"]) if body else None

    async def begin(
        self, *, receipt: str, amount_minor: int, result_url: str, timeout_url: str, forced: Code | None
    ) -> Reversal:
        """Take a request on; its end comes a moment later. `forced` is a result to end with, doing nothing."""
        charge = self.charge(receipt)
        reversal = Reversal(
            originator_conversation_id=f"{secrets.token_hex(2)}-{secrets.token_hex(4)}-1",
            conversation_id=_make_conversation_id(),
            receipt=receipt,
            amount_minor=amount_minor,
            result_url=result_url,
            timeout_url=timeout_url,
            reference=_reference(result_url),
            msisdn=charge.msisdn if charge else "",
        )
        self._outside.network.maybe_forge(
            OPERATION, msisdn=reversal.msisdn, url=result_url, lie=partial(_lie, reversal)
        )
        if self._outside.faults.take(OPERATION, "callback_before_reply", reversal.msisdn):
            await self._end_and_tell(reversal, forced)
        else:
            after_s = self._outside.settings.now.reversal_after_s
            self._outside.later.after(after_s, lambda: self._end_and_tell(reversal, forced))
        return reversal

    async def _end_and_tell(self, reversal: Reversal, forced: Code | None) -> None:
        network = self._outside.network
        if self._outside.faults.take(OPERATION, "queue_timeout", reversal.msisdn):
            body = result_body(replace(reversal, result=1037))
            await network.post("daraja.reversal_timeout", reversal.timeout_url, body, form=False)
            return
        ended = self.end(reversal) if forced is None else replace(reversal, result=forced)
        await network.send(_callback(ended))

    def end(self, reversal: Reversal) -> Reversal:
        """Give the charge back, once and whole, or say why not."""
        charge = self.charge(reversal.receipt)
        if charge is None:
            return replace(reversal, result=NO_SUCH_RECEIPT)
        if self._outside.store.get("reversal", reversal.receipt) is not None:
            return replace(reversal, result=ALREADY_REVERSED)
        if reversal.amount_minor != charge.amount_minor:
            return replace(reversal, result=AMOUNT_DIFFERS)
        with self._outside.store.transaction():
            return self._give_back(replace(reversal, result=DONE, transaction_id=make_receipt()), charge)

    def _give_back(self, reversal: Reversal, charge: Push) -> Reversal:
        people = self._outside.people
        wallet = people.wallet(charge.msisdn).received(reversal.amount_minor, currency=CURRENCY)
        people.save_wallet(charge.msisdn, wallet)
        people.take_message(charge.msisdn, sender="MPESA", text=_message(reversal, wallet), at=utc_now())
        self._outside.store.put("reversal", reversal.receipt, asdict(reversal))
        self._outside.books.enter(
            "reversals",
            reference=reversal.reference,
            msisdn=charge.msisdn,
            amount_minor=reversal.amount_minor,
            currency=CURRENCY,
            at=utc_now(),
            provider="mpesa",
            receipt=reversal.receipt,
            transaction_id=reversal.transaction_id,
            charge_reference=charge.reference,
            conversation_id=reversal.conversation_id,
            originator_conversation_id=reversal.originator_conversation_id,
        )
        return reversal


def result_body(reversal: Reversal) -> dict[str, Any]:
    """The body that Daraja posts when a reversal has ended."""
    result: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": str(reversal.result),
        "ResultDesc": _WORDS.get(reversal.result or DONE, "Failed."),
        "OriginatorConversationID": reversal.originator_conversation_id,
        "ConversationID": reversal.conversation_id,
        "TransactionID": reversal.transaction_id or _NOT_A_TRANSACTION,
    }
    if reversal.result == DONE:
        rows = [{"Key": key, "Value": value} for key, value in _parameters(reversal).items()]
        result["ResultParameters"] = {"ResultParameter": rows}
    result["ReferenceData"] = {"ReferenceItem": {"Key": "QueueTimeoutURL", "Value": reversal.timeout_url}}
    return {"Result": result}


def _parameters(reversal: Reversal) -> dict[str, str]:
    return {
        "Amount": major(reversal.amount_minor, CURRENCY),
        "TransCompletedTime": utc_now().astimezone(NAIROBI).strftime("%Y%m%d%H%M%S"),
        "OriginalTransactionID": reversal.receipt,
        "Charge": "0",
        "CreditPartyPublicName": reversal.msisdn.lstrip("+"),
    }


def _callback(reversal: Reversal) -> Callback:
    other = AMOUNT_DIFFERS if reversal.result == DONE else DONE
    return Callback(
        operation=OPERATION,
        msisdn=reversal.msisdn,
        url=reversal.result_url,
        body=result_body(reversal),
        altered={"wrong_amount": lambda fault: result_body(replace(reversal, amount_minor=fault.amount_minor))},
        opposite=lambda: result_body(replace(reversal, result=other, transaction_id=make_receipt())),
    )


def _lie(reversal: Reversal, real_ids: bool) -> dict[str, Any]:
    lie = replace(reversal, result=DONE, transaction_id=make_receipt())
    if not real_ids:
        lie = replace(lie, conversation_id=_make_conversation_id(), receipt=make_receipt())
    return result_body(lie)


def _message(reversal: Reversal, wallet: Wallet) -> str:
    amount, left = major(reversal.amount_minor, CURRENCY), major(wallet.balance_minor, CURRENCY)
    return (
        f"{reversal.transaction_id} Confirmed. Transaction {reversal.receipt} of Ksh{amount} was reversed on "
        f"{spoken(utc_now())}. New M-PESA balance is Ksh{left}."
    )


def _make_conversation_id() -> str:
    return f"AG_{utc_now().astimezone(NAIROBI):%Y%m%d}_{secrets.token_hex(10)}"


def _reference(result_url: str) -> str:
    parts = [part for part in result_url.split("?", 1)[0].split("/") if part]
    return parts[-2] if len(parts) > 1 and parts[-1] == "result" else parts[-1]
