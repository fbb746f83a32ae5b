"""Reading Daraja's callbacks. None is signed: what they say is read here, and believed elsewhere."""

import re
from collections.abc import Mapping
from typing import Any

from providers.codes import Also, without_success
from providers.daraja_codes import PROMPT_RESULTS, REVERSAL_RESULTS
from providers.http import as_answer
from providers.payload import as_object, decimal_of, money_of, name_in, words_in
from topup.money import Money
from topup.outcomes import Answer, Confirmed, Pending, Unknown
from topup.ports import Event

_DIGITS_OR_STARS = re.compile(r"[0-9*]{7,15}")


def read_prompt_end(fields: Mapping[str, Any], reference: str | None) -> Event:
    """The end of a prompt: `{"Body": {"stkCallback": {...}}}`. Raises Unreadable."""
    callback = as_object(as_object(fields.get("Body"), "Body").get("stkCallback"), "stkCallback")
    checkout, code = name_in(callback, "CheckoutRequestID"), name_in(callback, "ResultCode")
    items = _items(callback.get("CallbackMetadata"), rows="Item", name="Name")
    answer = _prompt_answer(callback, code, items)
    moved = f"{answer.receipt}:{answer.amount.minor}" if isinstance(answer, Confirmed) and answer.amount else ""
    return Event(
        key=f"stk:{reference}:{checkout}:{code}:{moved}",
        reference=reference,
        provider_ref=checkout,
        answer=answer,
        msisdn=_msisdn(items.get("PhoneNumber")),
    )


def read_reversal_end(fields: Mapping[str, Any], reference: str | None) -> Event:
    """The end of a reversal: `{"Result": {...}}`. Raises Unreadable."""
    result = as_object(fields.get("Result"), "Result")
    conversation, code = name_in(result, "ConversationID"), name_in(result, "ResultCode")
    answer = _reversal_answer(result, code, conversation)
    receipt = answer.receipt if isinstance(answer, Confirmed) else ""
    return Event(
        key=f"reversal:{reference}:{conversation}:{code}:{receipt}",
        reference=reference,
        provider_ref=conversation,
        answer=answer,
    )


def read_reversal_timeout(fields: Mapping[str, Any], reference: str | None) -> Event:
    """M-PESA's queue timed out; whether the reversal is carried out all the same, nobody says. Raises Unreadable."""
    result = as_object(fields.get("Result", fields), "Result")
    conversation = name_in(result, "ConversationID") if "ConversationID" in result else None
    return Event(
        key=f"reversal_timeout:{reference}:{conversation}",
        reference=reference,
        provider_ref=conversation,
        answer=Unknown("M-PESA's queue timed out"),
    )


def _prompt_answer(callback: Mapping[str, Any], code: str, items: Mapping[str, Any]) -> Answer:
    meaning, says = PROMPT_RESULTS.get(code, Also.UNCERTAIN), words_in(callback, "ResultDesc")
    if meaning is Also.AT_WORK:
        return Pending(says)
    if meaning is not Also.HAPPENED:
        return as_answer(without_success(meaning, code=code, says=says))
    if "MpesaReceiptNumber" not in items or "Amount" not in items:
        return Unknown("said to be paid, without a receipt or an amount")
    return Confirmed(name_in(items, "MpesaReceiptNumber"), _shillings(items["Amount"]), {"receipt_is_derived": False})


def _reversal_answer(result: Mapping[str, Any], code: str, conversation: str) -> Answer:
    meaning, says = REVERSAL_RESULTS.get(code, Also.UNCERTAIN), words_in(result, "ResultDesc")
    if meaning is not Also.HAPPENED:
        return as_answer(without_success(meaning, code=code, says=says))
    if code != "0":
        return Confirmed(f"reversed-before:{conversation}", None, {"says": says})
    rows = _items(result.get("ResultParameters"), rows="ResultParameter", name="Key")
    amount = _shillings(rows["Amount"]) if "Amount" in rows else None
    return Confirmed(name_in(result, "TransactionID"), amount)


def _items(holder: object, *, rows: str, name: str) -> dict[str, Any]:
    """The values in M-PESA's lists of names and values, by name. A single row may come without its list."""
    found = as_object(holder, rows).get(rows) if holder is not None else []
    listed = found if isinstance(found, list) else [found]
    objects = [as_object(row, rows) for row in listed]
    return {name_in(row, name): row.get("Value") for row in objects if row.get("Value") is not None}


def _shillings(value: object) -> Money:
    return money_of(decimal_of(value, "Amount"), currency="KES")


def _msisdn(value: object) -> str | None:
    """The payer's number in E.164, with stars where M-PESA masks it; None when it is no number."""
    digits = str(value) if isinstance(value, int | str) else ""
    return f"+{digits}" if _DIGITS_OR_STARS.fullmatch(digits) else None
