"""Sentences: their values in the reader's way, nested, and in a language that there is."""

from datetime import UTC, datetime

import pytest

from tests.unit.orders import kes
from topup.errors import RedialError
from topup.life import State
from topup.limits import (
    AmountNotWhole,
    AmountTooLarge,
    AmountTooSmall,
    LineHasEnough,
    PayerHasPaidEnough,
    SameAgain,
)
from topup.money import UnableToReadAmount
from topup.phone import NotAMobileNumber, UnableToReadNumber
from words.mistakes import sentence_for
from words.states import state_in_words
from words.text import LANGUAGES, CatalogueMissing, ToTheCent, rendered, say, translated


def test_values_are_shown_as_what_they_are() -> None:
    at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    sentence = say(
        "{money} {cents} {at} {word} {number}", money=kes(50), cents=ToTheCent(kes(50)), at=at, word="x", number=3
    )
    assert rendered(sentence, "en") == "KES 50 KES 50.00 3 Nov 14:05 x 3"


def test_a_sentence_may_stand_in_a_sentence() -> None:
    inner = say("The payment was cancelled.")
    outer = say("{why} Nothing was taken. Dial {code} to try again.", why=inner, code="*384*55#")
    assert rendered(outer, "en") == "The payment was cancelled. Nothing was taken. Dial *384*55# to try again."
    assert rendered(outer, "sw") == "Malipo yameghairiwa. Hakuna kilichotozwa. Piga *384*55# kujaribu tena."


def test_what_a_person_typed_is_never_a_placeholder() -> None:
    assert rendered(say("{why} x", why="{amount} {0} {why}"), "en") == "{amount} {0} {why} x"


def test_a_sentence_that_no_catalogue_has_stays_as_it_is() -> None:
    assert translated("Never said anywhere.", "sw") == "Never said anywhere."


def test_a_language_without_a_catalogue_is_said_aloud() -> None:
    with pytest.raises(CatalogueMissing, match="'xx' are not compiled"):
        translated("Help", "xx")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State, language: str) -> None:
    words = rendered(state_in_words(state), language)
    assert words
    assert words == words.lower()


MISTAKES: dict[type[RedialError], tuple[RedialError, str]] = {
    type(error): (error, sentence)
    for error, sentence in [
        (UnableToReadAmount(typed="x"), "That is not an amount."),
        (AmountTooSmall(amount=kes(1), smallest=kes(10)), "The smallest top-up is KES 10."),
        (AmountTooLarge(amount=kes(10**6), largest=kes(10_000)), "The largest top-up is KES 10,000."),
        (AmountNotWhole(amount=kes(1), step=kes(1)), "Please use a multiple of KES 1."),
        (LineHasEnough(amount=kes(1), largest=kes(20_000)), "A line may get KES 20,000 a day."),
        (PayerHasPaidEnough(amount=kes(1), largest=kes(30_000)), "A payer may pay KES 30,000 a day."),
        (UnableToReadNumber(typed="x"), "That is not a phone number."),
        (NotAMobileNumber(typed="x"), "Only a mobile number can pay by M-PESA."),
    ]
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_persons_mistake_has_its_sentence(kind: type[RedialError]) -> None:
    error, expected = MISTAKES[kind]
    sentence = sentence_for(error)
    assert sentence is not None
    assert rendered(sentence, "en") == expected
    assert rendered(sentence, "sw") != expected


@pytest.mark.parametrize("error", [SameAgain(amount=kes(1)), CatalogueMissing(language="xx"), RedialError()])
def test_what_is_no_mistake_of_a_person_has_none(error: RedialError) -> None:
    assert sentence_for(error) is None
