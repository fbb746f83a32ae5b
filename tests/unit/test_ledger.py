"""Double entry: what each kind of transfer does to the accounts."""

from collections import Counter

import pytest

from tests.unit.orders import kes
from topup.ledger import (
    ADVANCES,
    FEES,
    HOLDING,
    REFUNDS_PAYABLE,
    Books,
    Transfer,
    clearing,
    operator_float,
    transfers_for,
)

WAYS = {
    "sold": ([Books.TAKE, Books.GIVE], {"clearing:daraja": 10_000, "float:ucip": -10_000}),
    "given back": ([Books.TAKE, Books.OWE_BACK, Books.GIVE_BACK], {}),
    "late money given back": ([Books.TAKE_BACK, Books.GIVE_BACK], {}),
    "kept after all": (
        [Books.TAKE, Books.OWE_BACK, Books.KEEP, Books.GIVE],
        {"clearing:daraja": 10_000, "float:ucip": -10_000},
    ),
    "lent": ([Books.LEND], {ADVANCES: 10_000, "float:ucip": -10_000}),
    "lent and repaid by a whole top-up": (
        [Books.LEND, Books.TAKE, Books.REPAY],
        {"clearing:daraja": 10_000, "float:ucip": -10_000},
    ),
    "held": ([Books.TAKE], {"clearing:daraja": 10_000, HOLDING: -10_000}),
    "owed": ([Books.TAKE, Books.OWE_BACK], {"clearing:daraja": 10_000, REFUNDS_PAYABLE: -10_000}),
}


def balances(ways: list[Books]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for books in ways:
        for transfer in transfers_for(books, amount=kes(100), payment_provider="daraja", credit_provider="ucip"):
            found[transfer.target] += transfer.amount.minor
            found[transfer.source] -= transfer.amount.minor
    return {account: balance for account, balance in found.items() if balance}


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_on_the_accounts(way: str) -> None:
    books, expected = WAYS[way]
    assert balances(books) == expected
    assert sum(balances(books).values()) == 0


@pytest.mark.parametrize("books", Books)
def test_a_transfer_goes_between_two_accounts_and_is_above_zero(books: Books) -> None:
    (transfer,) = transfers_for(books, amount=kes(1), payment_provider="daraja", credit_provider="airtime")
    assert transfer.source != transfer.target
    assert transfer.amount == kes(1)


@pytest.mark.parametrize("books", [Books.GIVE, Books.LEND])
def test_what_is_set_apart_is_a_leg_of_its_own(books: Books) -> None:
    legs = transfers_for(books, amount=kes(100), apart=kes(10), payment_provider="daraja", credit_provider="ucip")
    expected = {
        Books.GIVE: [Transfer("float:ucip", HOLDING, kes(90)), Transfer(ADVANCES, HOLDING, kes(10))],
        Books.LEND: [Transfer("float:ucip", ADVANCES, kes(100)), Transfer(FEES, ADVANCES, kes(10))],
    }
    assert legs == expected[books]


def test_every_provider_has_accounts_of_its_own() -> None:
    assert clearing("daraja") == "clearing:daraja"
    assert operator_float("airtime") == "float:airtime"
