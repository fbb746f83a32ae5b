"""Ids: the same request always makes the same one, and nobody outside can."""

import string

from hypothesis import given
from hypothesis import strategies as st

from topup.ids import attempt_references, mint_order_id, mint_token, short_reference

LETTERS = set(string.ascii_lowercase + "234567")
words = st.text(min_size=1, max_size=40)


@given(words, words, words)
def test_the_same_request_mints_the_same_id(secret: str, channel: str, conversation: str) -> None:
    first = mint_order_id(secret=secret, channel=channel, conversation=conversation)
    assert first == mint_order_id(secret=secret, channel=channel, conversation=conversation)
    assert len(first) == 20
    assert set(first) <= LETTERS


def test_another_secret_channel_conversation_or_person_mints_another_id() -> None:
    ids = {
        mint_order_id(secret=secret, channel=channel, conversation=conversation, asked_by=asked_by)
        for secret in ("one", "two")
        for channel in ("ussd:a", "sms:a")
        for conversation in ("x", "y")
        for asked_by in (None, "+254711000001", "+254711000002")
    }
    assert len(ids) == 24


def test_where_the_channel_ends_cannot_be_confused() -> None:
    one = mint_order_id(secret="s", channel="ussd:a", conversation="bc")
    assert one != mint_order_id(secret="s", channel="ussd:ab", conversation="c")


def test_an_attempt_is_named_by_its_order_its_purpose_and_its_number() -> None:
    assert attempt_references(order_id="abc", purpose="charge") + "2" == "abc-charge-2"


def test_a_reference_fits_into_a_callback_address() -> None:
    longest = attempt_references(order_id="a" * 20, purpose="refund") + "999"
    assert len(longest) <= 40


def test_tokens_are_never_the_same() -> None:
    assert len({mint_token() for _ in range(1000)}) == 1000


def test_a_person_reads_eight_letters() -> None:
    assert short_reference("h4daueh7qqqqqqqqqqqq") == "H4DAUEH7"
