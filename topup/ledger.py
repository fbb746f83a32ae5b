"""Double entry, in whole minor units.

A transfer takes one amount from one account to another, so every transaction sums to zero by its very shape. Nothing is
edited: a refund is the transfer the other way round. An order's move and its transfer are committed together.

The accounts of one top-up:

    clearing:PROVIDER   what a payment provider has taken for us and owes us
    holding             what we hold for the people who ordered; empty for every order that has ended
    float:PROVIDER      the credit that we bought from the operator and hand on to lines
    refunds_payable     what we owe to payers
    fees, suspense      what was kept as a fee; what came and belongs to nobody yet
"""

from dataclasses import dataclass
from enum import Enum

from topup.money import Money

HOLDING = "holding"
REFUNDS_PAYABLE = "refunds_payable"
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
    GIVE = "give"  # The line was credited: what was held has been given.
    OWE_BACK = "owe_back"  # What was held is owed to the payer.
    TAKE_BACK = "take_back"  # The payer was charged when nothing may be sold: the money is owed at once.
    GIVE_BACK = "give_back"  # The payer has the money again.
    KEEP = "keep"  # What was owed to the payer is held for the order again.


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` goes from account `source` (credited) to account `target` (debited). Always above zero."""

    source: str
    target: str
    amount: Money


def transfer_for(books: Books, *, amount: Money, payment_provider: str, credit_provider: str) -> Transfer:
    """The transfer that `books` stands for. A balance is what was debited less what was credited."""
    taken, given = clearing(payment_provider), operator_float(credit_provider)
    source, target = {
        Books.TAKE: (HOLDING, taken),
        Books.GIVE: (given, HOLDING),
        Books.OWE_BACK: (REFUNDS_PAYABLE, HOLDING),
        Books.TAKE_BACK: (REFUNDS_PAYABLE, taken),
        Books.GIVE_BACK: (taken, REFUNDS_PAYABLE),
        Books.KEEP: (HOLDING, REFUNDS_PAYABLE),
    }[books]
    return Transfer(source, target, amount)
