"""Double entry, in whole minor units.

A transfer takes one amount from one account to another, so every transaction sums to zero by its very shape. Nothing is
edited: a refund is the transfer the other way round. An order's move and its transfer are committed together.

The accounts of one top-up:

    clearing:PROVIDER   what a payment provider has taken for us and owes us
    holding             what we hold for the people who ordered; empty for every order that has ended
    float:PROVIDER      the credit that we bought from the operator and hand on to lines
    refunds_payable     what we owe to payers
    advances            what lines were lent and, with the fees, owe us: each line's own debt is never below nothing
    fees, suspense      what was kept as a fee; what came and belongs to nobody yet
"""

from dataclasses import dataclass
from enum import Enum

from topup.money import Money

HOLDING = "holding"
REFUNDS_PAYABLE = "refunds_payable"
ADVANCES = "advances"
FEES = "fees"
SUSPENSE = "suspense"


def clearing(provider: str) -> str:
    """The account of what this payment provider owes us."""
    return f"clearing:{provider}"


def operator_float(provider: str) -> str:
    """The account of the credit that lines are topped up from."""
    return f"float:{provider}"


class Books(Enum):
    """The transfers that an order's moves make."""

    TAKE = "take"  # The payer was charged: the money is held for the order.
    GIVE = "give"  # The line was credited: what was held has been given, or has repaid an advance.
    OWE_BACK = "owe_back"  # What was held is owed to the payer.
    TAKE_BACK = "take_back"  # The payer was charged when nothing may be sold: the money is owed at once.
    GIVE_BACK = "give_back"  # The payer has the money again.
    KEEP = "keep"  # What was owed to the payer is held for the order again.
    LEND = "lend"  # The line was credited with an advance: it owes us that, and the fee.
    REPAY = "repay"  # All that was held has repaid an advance.


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` goes from account `source` (credited) to account `target` (debited). Always above zero."""

    source: str
    target: str
    amount: Money


def transfers_for(
    books: Books, *, amount: Money, apart: Money | None = None, payment_provider: str, credit_provider: str
) -> list[Transfer]:
    """The transfers that `books` stands for, of an order of `amount`. A balance is debits less credits.

    `apart` is what does not go with the amount: of GIVE what repays an advance, of LEND the fee; nothing when absent.
    """
    taken, given = clearing(payment_provider), operator_float(credit_provider)
    aside = apart or Money(0, amount.currency)
    legs = {
        Books.TAKE: [Transfer(HOLDING, taken, amount)],
        Books.GIVE: [Transfer(given, HOLDING, amount - aside), Transfer(ADVANCES, HOLDING, aside)],
        Books.OWE_BACK: [Transfer(REFUNDS_PAYABLE, HOLDING, amount)],
        Books.TAKE_BACK: [Transfer(REFUNDS_PAYABLE, taken, amount)],
        Books.GIVE_BACK: [Transfer(taken, REFUNDS_PAYABLE, amount)],
        Books.KEEP: [Transfer(HOLDING, REFUNDS_PAYABLE, amount)],
        Books.LEND: [Transfer(given, ADVANCES, amount), Transfer(FEES, ADVANCES, aside)],
        Books.REPAY: [Transfer(ADVANCES, HOLDING, amount)],
    }[books]
    return [leg for leg in legs if leg.amount.minor]
