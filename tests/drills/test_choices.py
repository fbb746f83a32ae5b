"""What a drill chooses: always the same for a seed, and nothing that the sandbox does not know."""

from random import Random

from drills.chaos.evidence import Fate
from drills.chaos.mischief import draw_rules
from drills.chaos.people import draw_person
from sandbox.faults import OPERATIONS, FaultPlan


def test_a_seed_always_draws_the_same_people() -> None:
    friends = ["+254711000001", "+254711000002"]
    first, again = ([draw_person(7, number, friends=friends) for number in range(50)] for _ in range(2))
    assert first == again
    assert {person.way for person in first} == {"menu", "direct", "sms"}


def test_some_people_have_cards_of_every_kind_and_some_borrow_and_repay() -> None:
    people = [draw_person(7, number, friends=["+254711000001"]) for number in range(400)]
    cards = [person.card for person in people if person.card]
    assert {card.fate for card in cards} == set(Fate)
    assert len({card.tail for card in cards}) == len({card.pin for card in cards}) == len(cards)
    loans = [person.loan for person in people if person.loan]
    assert all(loan.repays for loan in loans)
    assert {loan.hastily for loan in loans} == {loan.by_sms for loan in loans} == {True, False}


def test_some_people_agree_to_auto_top_ups_in_every_way_and_some_of_them_stop_again() -> None:
    people = [draw_person(7, number, friends=["+254711000001"]) for number in range(400)]
    autos = [person.auto for person in people if person.auto]
    assert all(auto.cap >= auto.amount for auto in autos)
    assert {auto.by_sms for auto in autos} == {auto.helper is None for auto in autos} == {True, False}
    assert {auto.stops_by for auto in autos} == {None, "sms", "menu"}
    assert not {auto.amount for auto in autos} & {person.amount for person in people}


def test_every_fault_that_the_world_knows_is_drawn_and_is_possible() -> None:
    dice, drawn = Random(7), set()
    for _ in range(500):
        plan = FaultPlan.model_validate({"seed": 7, "rules": draw_rules(dice)})
        drawn |= {(operation, fault.kind) for operation, faults in plan.rules.items() for fault in faults}
    assert drawn == {(operation, kind) for operation, kinds in OPERATIONS.items() for kind in kinds}


def test_a_seed_always_draws_the_same_weather() -> None:
    assert [draw_rules(Random(7)) for _ in range(3)] == [draw_rules(Random(7))] * 3
