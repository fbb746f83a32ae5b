"""Africa's Talking's USSD form in, and its answer out; and which codes are ours."""

import pytest

from ussd.engine import Reply
from ussd.gateways.africastalking import UnableToReadHop, read, write
from ussd.routes import _all_typed, _dialled_behind

FORM = {
    "sessionId": "ATUid_1",
    "phoneNumber": "+254711000001",
    "networkCode": "63902",
    "serviceCode": "*384*55#",
    "text": "1*2",
}


def test_a_hop_is_read() -> None:
    assert read(FORM) == ("ATUid_1", "+254711000001", "*384*55#", "1*2")


def test_a_text_that_is_absent_is_the_first_one() -> None:
    assert read({name: value for name, value in FORM.items() if name != "text"})[3] == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sessionId": ""}, "sessionId"),
        ({"sessionId": "x" * 129}, "sessionId"),
        ({"sessionId": "a\x00b"}, "sessionId"),
        ({"sessionId": "a\nb"}, "sessionId"),
        ({"phoneNumber": ""}, "phoneNumber"),
        ({"text": "1" * 481}, "481 characters"),
        ({"serviceCode": "*384*55" * 30}, "serviceCode has 210 characters"),
    ],
)
def test_a_hop_that_cannot_be_used_says_why(changes: dict[str, str], why: str) -> None:
    with pytest.raises(UnableToReadHop, match=why):
        read({**FORM, **changes})


@pytest.mark.parametrize("name", ["sessionId", "phoneNumber"])
def test_a_hop_without_what_names_it_is_refused(name: str) -> None:
    with pytest.raises(UnableToReadHop, match=name):
        read({found: value for found, value in FORM.items() if found != name})


def test_the_answer_says_whether_the_call_goes_on() -> None:
    assert write(Reply("Yes?", open=True, screen="home")) == "CON Yes?"
    assert write(Reply("Bye.", open=False, screen="placed")) == "END Bye."


@pytest.mark.parametrize(
    ("code", "behind"),
    [
        ("*384*55#", ""),
        ("*384*55*100#", "100"),
        ("*384*55*100*0711000002#", "100*0711000002"),
        ("*384*77#", ""),
        ("*384*77*1#", "1"),
        ("*384*77*8#", ""),
        ("*384*77*8*1#", "1"),
        ("*384*551#", None),
        ("*384*5#", None),
        ("*384#", None),
        ("", None),
        ("384*55#", None),
    ],
)
def test_a_code_is_ours_with_whatever_stands_behind_it(code: str, behind: str | None) -> None:
    assert _dialled_behind(code, ["*384*55#", "*384*77#", "*384*77*8#"]) == behind


@pytest.mark.parametrize(
    ("text", "behind", "typed"),
    [
        ("", "", ""),
        ("1", "", "1"),
        ("", "100", "100"),
        ("100", "100", "100"),
        ("100*1", "100", "100*1"),
        ("1", "100", "100*1"),
        ("1001", "100", "100*1001"),
        ("1*2", "100*0711000002", "100*0711000002*1*2"),
    ],
)
def test_a_direct_dial_stands_in_the_text_or_in_the_code_or_in_both(text: str, behind: str, typed: str) -> None:
    assert _all_typed(text, behind) == typed
