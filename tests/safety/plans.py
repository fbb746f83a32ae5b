"""What the outside world is told to do: how each call is answered, what truly becomes of it, and how that is told."""

from dataclasses import dataclass
from enum import Enum


class Reply(Enum):
    """What our call gets to hear at once."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"  # The reply is lost.


class End(Enum):
    """What truly becomes of a request that was accepted, or whose reply was lost."""

    HAPPENS = "happens"
    REFUSED = "is refused"
    BUSY = "finds a busy phone"
    NOTHING = "never arrived"


class Told(Enum):
    """How the callback tells it."""

    COMES = "a callback"
    NEVER = "no callback"
    EARLY = "a callback before the reply"
    TWICE = "two callbacks"
    LATE = "a late callback"
    WRONG_AMOUNT = "another amount was paid"
    FORGED_AMOUNT = "a forged amount first"
    SECOND_PAYMENT = "paid twice"
    SECOND_PAYMENT_LATE = "paid once more, told late"
    DENIED_FIRST = "denied, then told"
    DENIED_AFTER = "told, then denied"


class Asked(Enum):
    """How enquiries are answered."""

    BY_NAME = "true by the provider's name"  # As Daraja: without its name there is no answer, and never a receipt.
    BY_REFERENCE = "true by our reference"  # As MoMo: with the receipt.
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Deed:
    """How one call goes. `after_s` is when, after the call, it ends in truth."""

    reply: Reply = Reply.ACCEPTED
    end: End = End.HAPPENS
    told: Told = Told.COMES
    after_s: float = 5.0

    def __str__(self) -> str:
        if self.reply in (Reply.ACCEPTED, Reply.UNKNOWN):
            return f"{self.reply.value}, {self.end.value}, {self.told.value}, after {self.after_s:g} s"
        return str(self.reply.value)


PLAIN: dict[str, Deed] = {
    "charge": Deed(),
    "credit": Deed(Reply.CONFIRMED),
    "refund": Deed(),
    "airtime": Deed(),
    "redeem": Deed(Reply.CONFIRMED),
    "look": Deed(Reply.CONFIRMED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the world treats one order. After the deeds that are listed, calls of a kind go plainly.

    `redeem` is a voucher's first time, `look` its second ones; `has_voucher` whether there is such a voucher at all.
    `unreadable` is how often the line cannot be read before it is credited; `wants_credit` is what a person asks for
    when both the credit and the money back are right.
    """

    charge: tuple[Deed, ...] = ()
    credit: tuple[Deed, ...] = ()
    refund: tuple[Deed, ...] = ()
    sms: tuple[Deed, ...] = ()
    redeem: tuple[Deed, ...] = ()
    look: tuple[Deed, ...] = ()
    has_voucher: bool = True
    asked: Asked = Asked.BY_NAME
    unreadable: int = 0
    line_returns: bool = True
    wants_credit: bool = True

    def deed(self, kind: str, number: int) -> Deed:
        """How the `number`th call (from 0) of a kind goes."""
        listed: tuple[Deed, ...] = getattr(self, "credit" if kind == "airtime" else kind)
        return listed[number] if number < len(listed) else PLAIN[kind]
