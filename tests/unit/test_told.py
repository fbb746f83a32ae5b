"""What is new at a hop, for gateways that tell everything, number their hops, or do neither."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd.told import News, Numbered, Told, Unnumbered, Whole

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WITHIN = timedelta(seconds=1.5)


def numbered(hop: int, keys: str = "", *, first: bool = False) -> Numbered:
    return Numbered(keys=keys, hop=hop, first=first)


def unnumbered(keys: str, *, after_s: float = 0, first: bool = False) -> Unnumbered:
    return Unnumbered(keys=keys, first=first, at=AT + timedelta(seconds=after_s), within=WITHIN)


def news_of(told: Told, mark: str, *, is_open: bool = True) -> News:
    found = told.since(mark, is_open=is_open)
    assert found is not None
    return found


# Everything typed so far.


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
    assert Whole(text).behind(behind) == Whole(typed)


@pytest.mark.parametrize(
    ("mark", "text", "key"), [("", "1", "1"), ("1", "1*5", "5"), ("1", "1*5*2", "5*2"), ("1", "1*", "")]
)
def test_of_a_whole_text_what_follows_the_mark_is_new(mark: str, text: str, key: str) -> None:
    assert news_of(Whole(text), mark) == News(keys=(key,), mark=text)


@pytest.mark.parametrize(("mark", "text"), [("1", "1"), ("1*5", "1"), ("1*5", ""), ("", "")])
def test_a_whole_text_that_was_seen_is_not_new(mark: str, text: str) -> None:
    assert Whole(text).since(mark, is_open=True) is None
    assert Whole(text).since(mark, is_open=False) is None


def test_a_whole_text_that_does_not_follow_is_played_from_its_start() -> None:
    played = News(keys=("2", "7"), mark="2*7", anew=True)
    assert (
        Whole("2*7").since("1*5", is_open=True)
        == Whole("2*7").since("2", is_open=False)
        == Whole("2*7").anew()
        == played
    )


# The last entry, numbered.


def test_a_higher_number_is_new_also_when_one_between_was_never_heard() -> None:
    assert news_of(numbered(2, "1"), "1") == News(keys=("1",), mark="2")
    assert news_of(numbered(4, "1"), "2") == News(keys=("1",), mark="4")


@given(hop=st.integers(min_value=1, max_value=99), mark=st.integers(min_value=1, max_value=99), keys=st.text())
def test_of_numbered_hops_each_is_new_once_whatever_was_typed(hop: int, mark: int, keys: str) -> None:
    assert (numbered(hop, keys).since(str(mark), is_open=True) is None) == (hop <= mark)


def test_the_dial_is_never_new_in_a_call_that_is_known() -> None:
    for told in (numbered(7, first=True), unnumbered("", first=True, after_s=60)):
        assert told.since(news_mark(told), is_open=True) is None


def news_mark(told: Told) -> str:
    return told.anew().mark


def test_a_call_that_has_ended_stays_ended() -> None:
    assert numbered(9, "1").since("3", is_open=False) is None
    assert unnumbered("1", after_s=60).since(unnumbered("2").anew().mark, is_open=False) is None


@pytest.mark.parametrize("first", [numbered(1, first=True), unnumbered("", first=True)], ids=["numbered", "unnumbered"])
def test_the_dial_plays_what_was_dialled_behind_the_code(first: Numbered | Unnumbered) -> None:
    news = first.behind("100*0711000002").anew()
    assert (news.keys, news.anew, news.lost) == (("100", "0711000002"), True, False)
    assert first.behind("").anew().keys == ()


@pytest.mark.parametrize("later", [numbered(3, "1"), unnumbered("1")], ids=["numbered", "unnumbered"])
def test_an_entry_of_a_call_that_nobody_remembers_is_not_pressed_on_another_screen(
    later: Numbered | Unnumbered,
) -> None:
    news = later.behind("100").anew()
    assert (news.keys, news.anew, news.lost) == ((), True, True)


# The last entry alone.


@pytest.mark.parametrize("after_s", [0, 0.001, 1.499, -1.499])
def test_the_same_entry_within_a_moment_is_one_hop_whichever_copy_comes_first(after_s: float) -> None:
    mark = news_of(unnumbered("1"), news_mark(unnumbered("", first=True, after_s=-9))).mark
    assert unnumbered("1", after_s=after_s).since(mark, is_open=True) is None


@pytest.mark.parametrize(("keys", "after_s"), [("1", 1.5), ("1", 60), ("2", 0), ("11", 0), ("", 0)])
def test_the_same_entry_later_and_any_other_at_once_is_new(keys: str, after_s: float) -> None:
    mark = unnumbered("1").anew().mark
    assert news_of(unnumbered(keys, after_s=after_s), mark).keys == (keys,)


def test_the_first_entry_is_new_however_fast() -> None:
    assert news_of(unnumbered("1"), news_mark(unnumbered("", first=True))).keys == ("1",)


def test_a_mark_does_not_keep_what_was_typed() -> None:
    assert "12345678901234" not in unnumbered("12345678901234").anew().mark
