"""How wide texts are on the wire, and how they are cut into pages."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from words.width import (
    GSM_BASIC,
    GSM_EXTENDED,
    UnableToFit,
    Width,
    pages,
    septets_of,
    sms_segments,
    ucs2_of,
    wrapped,
)

PHONE = Width(septets=160, ucs2=70)
FOOT, MORE = "0 Back 00 Home", "98 More"


@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("", 0),
        ("Top up", 6),
        ("a\nb", 3),
        ("@£$¥", 4),
        ("É", 1),
        ("€", 2),
        ("^{}\\[~]|\f", 18),
        ("KES {50}", 10),
        ("ê", None),
        ("ç", None),
        ("Ç", 1),
        ("`", None),
        ("\t", None),
        ("\u00a0", None),
        ("’", None),
        ("中", None),
        ("a" * 159 + "€", 161),
    ],
)
def test_septets_are_counted_and_not_characters(text: str, septets: int | None) -> None:
    assert septets_of(text) == septets


@pytest.mark.parametrize(("text", "units"), [("", 0), ("中文", 2), ("é", 1), ("😀", 2), ("a😀b", 4), ("e\u0301", 2)])
def test_a_character_beyond_the_basic_plane_takes_two(text: str, units: int) -> None:
    assert ucs2_of(text) == units


def test_the_alphabets_do_not_overlap_and_have_as_many_letters_as_the_standard() -> None:
    assert len(GSM_BASIC) == 127  # One of the 128 places is the escape.
    assert len(GSM_EXTENDED) == 10
    assert not GSM_BASIC & GSM_EXTENDED


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 160, True),
        ("a" * 161, False),
        ("a" * 158 + "€", True),
        ("a" * 159 + "€", False),
        ("中" * 70, True),
        ("中" * 71, False),
        ("a" * 69 + "中", True),
        ("a" * 70 + "中", False),
        ("😀" * 35, True),
        ("😀" * 36, False),
    ],
)
def test_a_page_holds_160_septets_or_70_of_ucs2(text: str, fits: bool) -> None:
    assert PHONE.holds(text) is fits


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("中" * 134, 2),
        ("中" * 135, 3),
    ],
)
def test_an_sms_is_counted_in_the_parts_that_it_is_sent_as(text: str, segments: int) -> None:
    assert sms_segments(text) == segments


letters = st.sampled_from("abc XYZ019€[é中😀.")
line = st.text(letters, min_size=1, max_size=90)


@st.composite
def screens(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A heading and lines, each of which fits on a page beside the foot."""
    head, *rest = draw(st.lists(line, min_size=1, max_size=12))
    assume(all(PHONE.holds(f"{one}\n{MORE}\n{FOOT}") for one in (head, *rest)))
    return head, tuple(rest)


@given(screens())
def test_no_page_is_too_wide_and_nothing_is_lost_or_shown_twice(screen: tuple[str, tuple[str, ...]]) -> None:
    head, lines = screen
    cut = pages(head, lines, FOOT, MORE, PHONE)
    assert all(PHONE.holds(page) for page in cut)
    shown = []
    for number, page in enumerate(cut, start=1):
        *text, foot = page.split("\n")
        assert foot == FOOT
        if number < len(cut):
            assert text.pop() == MORE
        assert text
        shown += text
    assert shown == [head, *lines]


@given(screens())
def test_what_fits_on_one_page_is_not_cut(screen: tuple[str, tuple[str, ...]]) -> None:
    head, lines = screen
    whole = "\n".join([head, *lines, FOOT])
    assert (pages(head, lines, FOOT, MORE, PHONE) == (whole,)) == PHONE.holds(whole)


def test_a_line_that_fits_nowhere_is_said_aloud() -> None:
    with pytest.raises(UnableToFit):
        pages("head", ("a" * 150,), FOOT, MORE, PHONE)


def test_an_end_has_no_foot() -> None:
    assert pages("That is all.", (), "", MORE, PHONE) == ("That is all.",)


@given(st.lists(st.text(st.sampled_from("abcé😀"), min_size=1, max_size=12), min_size=1, max_size=60))
def test_a_long_text_is_wrapped_between_words_and_none_is_lost(words: list[str]) -> None:
    found = wrapped(" ".join(words), PHONE, spare=FOOT)
    assert all(PHONE.holds(f"{line}\n{FOOT}") for line in found)
    assert " ".join(found).split(" ") == words


@given(st.text(st.sampled_from("充值余额，。：（）“” KES0,"), max_size=300))
def test_chinese_is_wrapped_between_its_characters_and_nothing_is_lost(text: str) -> None:
    found = wrapped(text, PHONE, spare=FOOT)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(PHONE.holds(f"{line}\n{FOOT}") for line in found) or any(len(word) > 40 for word in text.split(" "))


def test_a_line_of_chinese_neither_begins_with_what_closes_nor_ends_with_what_opens() -> None:
    narrow = Width(septets=160, ucs2=11)
    assert wrapped("请拨充值余额号码，再“付款”（充值）。谢", narrow, spare="") == (
        "请拨充值余额号码，再",
        "“付款”（充值）。谢",
    )
    assert wrapped("充值号码KES 999,999.99。谢谢", narrow, spare="") == ("充值号码KES", "999,999.99。", "谢谢")
