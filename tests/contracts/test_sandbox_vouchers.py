"""Vouchers on the charging system in the sandbox: each is used once, whatever is lost on the way."""

import secrets
from typing import Any

import pytest

from providers.ucip import Ucip, transaction_id
from tests.contracts.attempts import an_attempt
from tests.contracts.conftest import World
from tests.contracts.sandboxes import HUNDRED, MSISDN, new_reference, ucip_with
from topup.line import Line, LineState
from topup.money import Money
from topup.outcomes import Confirmed, Reason, Refused, Unknown
from topup.ports import Attempt
from topup.vouchers import Pin


@pytest.fixture
def ucip(world: World) -> Ucip:
    return ucip_with(world)


def printed(world: World, **changes: Any) -> Pin:
    """A voucher of KES 100 that nobody has used, and whose number nobody has had."""
    pin = Pin(str(10**13 + secrets.randbelow(10**13)))
    world.outside.put(f"/vouchers/{pin.digits}", {"amount_minor": 10_000, **changes})
    world.outside.put(f"/lines/{MSISDN}", {"state": "suspended", "balance_minor": -5000})
    return pin


def a_voucher_attempt() -> Attempt:
    return an_attempt(reference=new_reference("redeem"), amount=Money(0, "KES"))


def used_up(world: World, reference: str) -> int:
    """How many refills the books have with this reference."""
    return len([one for one in world.outside.get("/books")["refills"] if one["external_data1"] == reference])


def test_a_voucher_brings_a_line_back_and_tells_its_worth(world: World, ucip: Ucip) -> None:
    attempt = a_voucher_attempt()
    sent = ucip.redeem(attempt, pin=printed(world))
    assert isinstance(sent, Confirmed)
    assert (sent.amount, sent.facts["balance_after_minor"]) == (HUNDRED, 5000)
    assert ucip.read_line(MSISDN) == Line(LineState.ACTIVE, Money(5000, "KES"))
    assert used_up(world, attempt.reference) == 1


@pytest.mark.parametrize(
    ("kind", "landed"), [("reset_after_effect", True), ("garbage", True), ("reset_before_effect", False)]
)
def test_a_lost_voucher_is_settled_by_sending_it_once_more_and_counts_once(
    world: World, ucip: Ucip, kind: str, landed: bool
) -> None:
    attempt, pin = a_voucher_attempt(), printed(world)
    world.faults.add("ucip.refill", kind, times=1)
    assert isinstance(ucip.redeem(attempt, pin=pin), Unknown)
    looked = ucip.look_again(attempt, pin=pin)
    assert isinstance(looked, Confirmed)
    assert (looked.receipt == transaction_id(attempt.reference)) == landed
    for _ in range(3):
        assert isinstance(ucip.look_again(attempt, pin=pin), Confirmed)
    assert used_up(world, attempt.reference) == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("used", Reason.VOUCHER_USED),
        ("unavailable", Reason.VOUCHER_NOT_ON_SALE),
        ("expired", Reason.VOUCHER_EXPIRED),
        ("stolen", Reason.VOUCHER_STOLEN),
        ("damaged", Reason.VOUCHER_DAMAGED),
        ("pending", Reason.VOUCHER_BUSY),
    ],
)
def test_a_voucher_that_is_no_good_is_refused_with_why(world: World, ucip: Ucip, state: str, reason: Reason) -> None:
    sent = ucip.redeem(a_voucher_attempt(), pin=printed(world, state=state))
    assert isinstance(sent, Refused)
    assert sent.reason is reason


def test_a_voucher_that_was_never_printed_and_one_of_another_line_are_refused(world: World, ucip: Ucip) -> None:
    assert ucip.redeem(a_voucher_attempt(), pin=Pin("99999999999999")) == Refused(Reason.NO_VOUCHER, "119")
    pin = printed(world, state="used", used_by="+254711000009")
    for found in (ucip.redeem(a_voucher_attempt(), pin=pin), ucip.look_again(a_voucher_attempt(), pin=pin)):
        assert found == Refused(Reason.VOUCHER_OF_ANOTHER, "108")
