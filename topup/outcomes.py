"""What may come of asking the outside world for something that moves money or sends a message.

The four kinds are kept apart by type, because each calls for something else: what is Confirmed or Refused is final,
what was NotSent may be tried again, and what is Unknown must never be repeated, only asked about.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from topup.money import Money


class Reason(Enum):
    """Why something was refused, in the terms of the person who is told."""

    NOT_ENOUGH = "not_enough"  # The payer's wallet holds too little.
    WRONG_PIN = "wrong_pin"
    CANCELLED = "cancelled"  # The payer said no.
    NO_ANSWER = "no_answer"  # The payer let the prompt pass, or their phone was off.
    BUSY = "busy"  # The payer's phone was in another session: worth another try.
    LIMIT = "limit"  # A limit of the wallet or of the line.
    NO_WALLET = "no_wallet"  # The payer has no wallet with this provider.
    SAID_NO = "said_no"  # Whoever was asked to pay does not want to.
    SAID_NOTHING = "said_nothing"  # Whoever was asked to pay did not answer in time.
    NO_VOUCHER = "no_voucher"  # There is no voucher of this number.
    VOUCHER_USED = "voucher_used"  # The line has had this voucher already.
    VOUCHER_OF_ANOTHER = "voucher_of_another"  # Another line has had it.
    VOUCHER_NOT_ON_SALE = "voucher_not_on_sale"  # It was printed, but nobody may have bought it yet.
    VOUCHER_EXPIRED = "voucher_expired"
    VOUCHER_STOLEN = "voucher_stolen"
    VOUCHER_DAMAGED = "voucher_damaged"
    VOUCHER_BUSY = "voucher_busy"  # It is just being used elsewhere.
    VOUCHER_NOT_FOR_LINE = "voucher_not_for_line"  # Lines of this kind do not take vouchers of that kind.
    NO_MORE_VOUCHERS = "no_more_vouchers"  # Too many wrong ones: the operator takes none for this line any more.
    NO_FIRST_CALL = "no_first_call"  # The line has not made its first call yet.
    LINE_RAN_OUT = "line_ran_out"  # The line was not topped up for so long that its time is over.
    BARRED = "barred"  # The line may not be topped up.
    GONE = "gone"  # There is no such line.
    PROVIDER = "provider"  # The provider failed, or will not serve us: nothing that a person can mend.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the request and will tell the end later. `provider_ref` is its name for the request."""

    provider_ref: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """It surely happened. `receipt` is unique at the provider; `amount` is what the provider says moved."""

    receipt: str
    amount: Money | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """It surely did not happen, and will not."""

    reason: Reason
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotSent:
    """It surely did not leave this house: it may be tried again."""

    why: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider says that it is still at work."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it happened. It must not be repeated; it may be asked about."""

    why: str


Sent = Accepted | Confirmed | Refused | NotSent | Unknown
Answer = Confirmed | Refused | Pending | Unknown


def is_plain(answer: Answer) -> bool:
    """Whether an answer tells an end, be it good or bad."""
    return isinstance(answer, Confirmed | Refused)
