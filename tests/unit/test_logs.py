"""Logs: one line an event, and no whole phone number in any of them."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from logs import configure, mask_numbers
from tests.unit.houses import a_receipt
from topup.ids import mint_order_id, mint_token

NUMBERS = ["+254711000001", "254711000001", "0711000001", "+256772000001"]


def masked_line(value: object) -> object:
    return mask_numbers(None, "info", {"value": value})["value"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "around",
    ["{}", "from {} to", "'{}'", '{{"msisdn": "{}"}}', "tel:{}", "({})", "{},{}", "/phones/{}", "ATUid_{}_7", "{}\n{}"],
)
def test_a_number_is_masked_wherever_it_stands(number: str, around: str) -> None:
    shown = masked_line(around.format(number, number))
    assert isinstance(shown, str)
    assert number not in shown
    assert number.lstrip("+") not in shown
    assert "***" in shown


@pytest.mark.parametrize("digits", ["12345678", "1234567890123456", "12345678901234567890"])
@pytest.mark.parametrize("around", ["{}", "*384*55*{}#", "VOUCHER {}", "['{}']", "text={}&id=1"])
def test_a_voucher_is_masked_wherever_it_stands(digits: str, around: str) -> None:
    shown = str(masked_line(around.format(digits)))
    assert digits[:-3] not in shown
    assert f"***{digits[-3:]}" in shown


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_within_a_list_or_a_record_is_masked(number: str) -> None:
    shown = str(masked_line({"people": [number, {"payer": (number,)}], "count": 3}))
    assert number.lstrip("+") not in shown
    assert "'count': 3" in shown


@pytest.mark.parametrize(
    "word",
    ["*384*55#", "1032", "100", "2026-11-03T11:05:00Z", "KES 1,000.00", "ws_CO_191220191020363925", "0.0015"],
)
def test_what_is_no_number_stays_as_it_is(word: str) -> None:
    assert masked_line(word) == word


@given(st.text(min_size=1, max_size=20))
def test_our_own_names_are_never_taken_for_numbers(conversation: str) -> None:
    order = mint_order_id(secret="s", channel="ussd:a", conversation=conversation)
    for name in (order, f"{order}-charge-1", mint_token(), a_receipt()):
        assert masked_line(name) == name


def test_the_time_of_a_line_is_not_masked() -> None:
    assert mask_numbers(None, "info", {"timestamp": "20261103110500"})["timestamp"] == "20261103110500"


@pytest.fixture
def untouched() -> Iterator[None]:
    """Whatever is configured here ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("as_json", [True, False])
def test_neither_a_line_nor_a_traceback_nor_another_library_tells_a_number(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    configure(as_json=as_json)
    log = structlog.get_logger("test")
    structlog.contextvars.bind_contextvars(request="r123", msisdn="+254711000001")
    log.info("hop", payer="0711000002", text="from 254711000003")
    try:
        int("parameters: {'msisdn': '+254711000004'}")
    except ValueError:
        log.exception("job_failed")
    logging.getLogger("other").warning("no route to %s", "+254711000005")
    said = "".join(capsys.readouterr())
    assert not [digit for digit in "12345" if f"71100000{digit}" in said], said
    assert "ValueError" in said
    assert "no route to" in said
    assert said.count("r123") == 3


@pytest.mark.usefixtures("untouched")
def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    structlog.get_logger("test").info("hop", screen="home", open=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert {"event": "hop", "screen": "home", "open": True, "level": "info"}.items() <= json.loads(line).items()
