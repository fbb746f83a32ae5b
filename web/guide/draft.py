"""What a person has chosen so far. It travels in the forms themselves, sealed: nothing of it is kept here.

All of it may be read by whoever has the page, save the number of a voucher, which is money to whoever reads it: that is
encrypted, and no page shows more than its end again.

The seal says whose draft it is and which page it was made for, so that a form of another number, of another page, or of
another site is none. The conversation in it, made with the first page and anew for each voucher, is that from which
the order's id is minted: the same form sent twice places one order.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Any, Self

from itsdangerous import BadData, URLSafeTimedSerializer

from store.seal import seal_of
from topup.errors import RedialError
from topup.kinds import Kind
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.orders import Wanted
from topup.vouchers import Pin

CHANNEL = "web:guide"

# Longer than somebody needs who borrows a phone to ask who could pay; what the line owed by then is old.
LASTS_S = 900

# Counted up whenever a row has other parts than before, so that a form from before is too old, and no fault of ours.
_SHAPE = 2


class DraftTooOld(RedialError):
    """This form is too old, or was never made here for this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A top-up that is being put together by `msisdn`. `line` is what the line to top up was when last read.

    `language` (a key of LANGUAGES) is that of the pages, and will be the order's. `pin` is that of a voucher.
    """

    msisdn: str
    conversation: str
    language: str
    line: Line = NOT_KNOWN
    other_line: str | None = None
    amount: Money | None = None
    payer: str | None = None
    kind: Kind = Kind.TOPUP
    pin: Pin | None = None

    @classmethod
    def begun(cls, msisdn: str, *, line: Line, language: str) -> Self:
        """A new one, with a conversation of its own."""
        return cls(msisdn=msisdn, conversation=_new_conversation(), line=line, language=language)

    @property
    def line_to_top_up(self) -> str:
        """Whose line it is about."""
        return self.other_line or self.msisdn

    @property
    def payer_or_self(self) -> str:
        """Who pays."""
        return self.payer or self.msisdn

    @property
    def agreed(self) -> Money:
        """The amount. Raises DraftTooOld where none was chosen: no page of ours made such a form."""
        if self.amount is None:
            raise DraftTooOld()
        return self.amount

    def with_payer(self, payer: str | None, *, kind: Kind = Kind.TOPUP) -> Self:
        """The same, paid by this number (None: the person's own)."""
        return replace(self, payer=payer, kind=kind)

    def with_voucher(self, pin: Pin, *, currency: str) -> Self:
        """The same line, for a voucher, which nobody pays. What it is worth in `currency` is not known yet.

        It has a conversation of its own: whoever goes back and types the next voucher means another order.
        """
        return replace(
            self,
            conversation=_new_conversation(),
            kind=Kind.VOUCHER,
            pin=pin,
            amount=Money(0, currency),
            payer=None,
        )

    def without_voucher(self) -> Self:
        """The same line, with everything else to be chosen anew."""
        return replace(self, kind=Kind.TOPUP, pin=None, amount=None)

    def wanted(self, *, again: bool) -> Wanted:
        """The order of this draft, as it has been agreed to."""
        return Wanted(
            channel=CHANNEL,
            conversation=self.conversation,
            asked_by=self.msisdn,
            payer=self.payer_or_self,
            amount=self.agreed,
            language=self.language,
            line_was=self.line.state,
            kind=self.kind,
            line=self.other_line,
            again=again,
            pin=self.pin,
        )


class Seal:
    """Seals drafts, and whatever else must come back as it went out."""

    def __init__(self, *, secret: str) -> None:
        self._secret = secret
        self._encrypting = seal_of(secret)

    def seal(self, draft: Draft, *, page: str) -> str:
        """The draft as a field of the form on `page`."""
        return self.written([draft.msisdn, *_row(draft), self._hidden(draft)], about=_form(page))

    def open(self, sealed: str, *, page: str, msisdn: str) -> Draft:
        """The draft of a form on `page` that was made for this number. Raises DraftTooOld."""
        row = self.read(sealed, about=_form(page), within_s=LASTS_S)
        if row is None or row[0] != msisdn:
            raise DraftTooOld()
        *shown, hidden = row
        draft = _draft(shown)
        return replace(draft, pin=self._pin(hidden, draft)) if hidden else draft

    def written(self, value: list[Any], *, about: str) -> str:
        """A value that anybody may read and nobody can change, nor use for anything else than what it is `about`."""
        return str(self._serializer(about).dumps(value))

    def read(self, sealed: str, *, about: str, within_s: int) -> list[Any] | None:
        """What was sealed not longer than that ago; None for anything else."""
        try:
            value: list[Any] = self._serializer(about).loads(sealed, max_age=within_s)
        except BadData:
            return None
        return value

    def mark(self, msisdn: str) -> str:
        """What stands in links that only pages for this number have. The number cannot be read from it."""
        return hmac.new(self._secret.encode(), f"redial guide: mark\0{msisdn}".encode(), hashlib.sha256).hexdigest()[
            :16
        ]

    def _hidden(self, draft: Draft) -> str | None:
        if draft.pin is None:
            return None
        return base64.b64encode(self._encrypting.seal(draft.pin.digits, of=_voucher_of(draft))).decode()

    def _pin(self, hidden: str, draft: Draft) -> Pin:
        return Pin(self._encrypting.open(base64.b64decode(hidden), of=_voucher_of(draft)))

    def _serializer(self, about: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt=f"redial guide: {about}")


def _new_conversation() -> str:
    return secrets.token_urlsafe(12)


def _form(page: str) -> str:
    return f"form {page} {_SHAPE}"


def _voucher_of(draft: Draft) -> str:
    return f"guide {draft.conversation}"


def _row(draft: Draft) -> list[Any]:
    balance, amount = draft.line.balance, draft.amount
    return [
        draft.conversation,
        draft.language,
        draft.line.state.value,
        [balance.minor, balance.currency] if balance else None,
        draft.other_line,
        [amount.minor, amount.currency] if amount else None,
        draft.payer,
        draft.kind.value,
    ]


def _draft(row: list[Any]) -> Draft:
    msisdn, conversation, language, state, balance, other_line, amount, payer, kind = row
    return Draft(
        msisdn=msisdn,
        conversation=conversation,
        language=language,
        line=Line(LineState(state), Money(*balance) if balance else None),
        other_line=other_line,
        amount=Money(*amount) if amount else None,
        payer=payer,
        kind=Kind(kind),
    )
