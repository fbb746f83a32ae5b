"""Reading what MTN MoMo says of a request to pay or of a refund: one object, when it is asked and when it tells."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import Any

from providers.codes import Also
from providers.mtn_momo_codes import STATUSES, refusal_reason
from providers.payload import decimal_of, money_of, name_in, read_json, words_in
from topup.money import Money
from topup.outcomes import Answer, Confirmed, Pending, Refused, Unknown
from topup.ports import Event

_DIGITS = re.compile(r"[0-9]{7,15}")
_CODE = re.compile(r"[A-Z_]{1,60}")


def reference_id(reference: str) -> str:
    """The X-Reference-Id of our attempt: a UUID of version 4, as MTN demands, and always the same for the same attempt.

    So nothing of a lost reply is needed to ask by it, and nothing that is sent twice can be taken twice.
    """
    return str(uuid.UUID(bytes=hashlib.sha256(reference.encode()).digest()[:16], version=4))


def read_result(fields: Mapping[str, Any]) -> Answer:
    """What became of a request: `{status, reason, financialTransactionId, amount, currency ...}`. Raises Unreadable."""
    status = name_in(fields, "status")
    meaning = STATUSES.get(status, Also.UNCERTAIN)
    if meaning is Also.HAPPENED:
        return Confirmed(name_in(fields, "financialTransactionId"), _amount(fields))
    if meaning is Also.AT_WORK:
        return Pending(status)
    code, says = _reason(fields.get("reason"))
    if meaning is Also.UNCERTAIN:
        return Unknown(f"answered {status} {code}".rstrip())
    return Refused(refusal_reason(status=status, reason=code), code or status, {"says": says} if says else {})


def read_end(fields: Mapping[str, Any], *, topic: str, reference: str | None) -> Event:
    """The end of a request to pay or of a refund, as the callback tells it. Raises Unreadable."""
    answer, external = read_result(fields), name_in(fields, "externalId")
    status, moved = name_in(fields, "status"), ""
    if isinstance(answer, Confirmed) and answer.amount is not None:
        moved = f"{answer.receipt}:{answer.amount.minor}"
    return Event(
        key=f"{topic}:{reference}:{external}:{status}:{moved}",
        reference=reference,
        provider_ref=reference_id(external),
        answer=answer,
        msisdn=_party(fields.get("payer")),
    )


def read_error(body: bytes) -> tuple[str, str]:
    """The `code` and the words of an error's body. Both may be empty: some errors have no body, or none with a code.

    Raises Unreadable for a page of somebody between MoMo and us, which says nothing about what MoMo did.
    """
    fields = read_json(body) if body.strip() else {}
    code, says = fields.get("code"), words_in(fields, "message")
    return (code if isinstance(code, str) and _CODE.fullmatch(code) else ""), says


def _amount(fields: Mapping[str, Any]) -> Money | None:
    if "amount" not in fields:
        return None
    return money_of(decimal_of(fields["amount"], "amount"), currency=name_in(fields, "currency"))


def _reason(reason: object) -> tuple[str, str]:
    """The code and the words of a reason, which is a bare code or `{code, message}`."""
    if isinstance(reason, dict):
        return (name_in(reason, "code") if "code" in reason else "", words_in(reason, "message"))
    return (name_in({"reason": reason}, "reason"), "") if reason is not None else ("", "")


def _party(payer: object) -> str | None:
    """The payer's number in E.164; None when the party is not told, or is none."""
    party = payer.get("partyId") if isinstance(payer, dict) else None
    digits = party.lstrip("+") if isinstance(party, str) else ""
    return f"+{digits}" if _DIGITS.fullmatch(digits) else None
