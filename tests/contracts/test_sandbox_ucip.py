"""The charging system in the sandbox: lines that are read and refilled, compared with the world's own books."""

import pytest

from providers.ucip import Ucip, transaction_id
from tests.contracts.attempts import an_attempt
from tests.contracts.conftest import World
from tests.contracts.sandboxes import MSISDN, new_reference, ucip_with
from topup.line import NOT_KNOWN, Line, LineState
from topup.money import Money
from topup.outcomes import Confirmed, NotSent, Reason, Refused, Unknown


@pytest.fixture
def ucip(world: World) -> Ucip:
    return ucip_with(world)


@pytest.mark.parametrize("state", ["active", "suspended", "barred", "gone"])
def test_a_line_is_read_as_it_is(world: World, ucip: Ucip, state: str) -> None:
    balance_minor = -5000 if state == "suspended" else 5000
    world.outside.put(f"/lines/{MSISDN}", {"state": state, "balance_minor": balance_minor})
    line = ucip.read_line(MSISDN)
    assert line == Line(LineState(state), None if state == "gone" else Money(balance_minor, "KES"))


@pytest.mark.parametrize("kind", ["http_500", "reset_before_effect", "garbage"])
def test_a_line_that_cannot_be_read_is_not_known(world: World, ucip: Ucip, kind: str) -> None:
    world.faults.add("ucip.read", kind)
    assert ucip.read_line(MSISDN) is NOT_KNOWN


def test_a_refill_brings_a_line_back(world: World, ucip: Ucip) -> None:
    world.outside.put(f"/lines/{MSISDN}", {"state": "suspended", "balance_minor": -5000})
    attempt = an_attempt(reference=new_reference("credit"))
    sent = ucip.credit(attempt)
    facts = {"response_code": 0, "balance_after_minor": 5000}
    assert sent == Confirmed(transaction_id(attempt.reference), None, facts)
    assert ucip.read_line(MSISDN) == Line(LineState.ACTIVE, Money(5000, "KES"))
    booked = world.entry("refills", reference=transaction_id(attempt.reference))
    assert booked is not None
    assert booked["external_data1"] == attempt.reference


@pytest.mark.parametrize(
    ("kind", "landed"), [("reset_after_effect", True), ("garbage", True), ("reset_before_effect", False)]
)
def test_a_lost_refill_is_settled_by_the_balance(world: World, ucip: Ucip, kind: str, landed: bool) -> None:
    world.outside.put(f"/lines/{MSISDN}", {"balance_minor": -5000})
    attempt = an_attempt(reference=new_reference("credit"))
    facts = ucip.before_credit(attempt)
    assert not isinstance(facts, NotSent)
    world.faults.add("ucip.refill", kind, times=1)
    assert isinstance(ucip.credit(attempt), Unknown)
    answer = ucip.enquire_credit(an_attempt(reference=attempt.reference, facts=facts))
    assert isinstance(answer, Confirmed if landed else Unknown)
    assert len(world.outside.get("/books")["refills"]) == int(landed)


@pytest.mark.parametrize(
    ("code", "meaning"), [(103, Refused), (126, Refused), (100, Unknown), (1005, Unknown), (1007, NotSent)]
)
def test_a_refill_that_is_refused(world: World, ucip: Ucip, code: int, meaning: type) -> None:
    world.faults.add("ucip.refill", "result_code", code=code)
    assert isinstance(ucip.credit(an_attempt(reference=new_reference("credit"))), meaning)
    assert world.outside.get("/books")["refills"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, "http_401"),
        ({"user_agent": "Redial/4.0/1.0"}, "http_403"),
        ({"refill_profile": "OTHER"}, "120"),
    ],
)
def test_a_node_that_does_not_know_us_refuses(world: World, change: dict[str, str], code: str) -> None:
    assert ucip_with(world, **change).credit(an_attempt()) == Refused(Reason.PROVIDER, code)
