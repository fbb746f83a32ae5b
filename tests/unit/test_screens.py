"""The kinds of screen, and the menus that are refused when they are imported."""

from collections.abc import Callable

import pytest

from ussd.call import Call
from ussd.menu import menu
from ussd.screens import DOORS, Choice, Kind, Menu, MenuIsBroken, NotAnOption, Option, Wrong
from words.text import Text, rendered, say


def choice(_call: Call) -> Choice:
    return Choice(say("Help"), [Option(say("Yes"), "last")])


def text(_call: Call) -> Text:
    return say("Help")


def nothing(_call: Call, _typed: str) -> str:
    return "last"


def named(name: str, draw: Callable[..., object]) -> Callable[..., object]:
    """The same function under another name, which is the name of its screen."""

    def renamed(call: Call) -> object:
        return draw(call)

    renamed.__name__ = name
    return renamed


def a_menu() -> Menu:
    """Two screens: the first leads to the last."""
    made = Menu(first="first")
    made.choice("last")(named("first", choice))  # type: ignore[arg-type]
    made.end()(named("last", text))  # type: ignore[arg-type]
    return made


def test_a_menu_that_is_whole_passes() -> None:
    a_menu().check()


def test_an_unknown_screen_is_refused() -> None:
    broken = a_menu()
    broken.choice("first", "nowhere")(named("other", choice))  # type: ignore[arg-type]
    with pytest.raises(MenuIsBroken, match=r"other leads to \['nowhere'\]"):
        broken.check(entries=["other"])


def test_an_unreachable_screen_is_refused_unless_the_engine_enters_it() -> None:
    broken = a_menu()
    broken.end()(named("island", text))  # type: ignore[arg-type]
    with pytest.raises(MenuIsBroken, match=r"nothing leads to \['island'\]"):
        broken.check()
    broken.check(entries=["island"])


def test_screens_that_only_lead_to_each_other_are_unreachable() -> None:
    broken = a_menu()
    for name, other in (("one", "two"), ("two", "one")):
        broken.choice(other)(named(name, choice))  # type: ignore[arg-type]
    with pytest.raises(MenuIsBroken, match=r"nothing leads to \['one', 'two'\]"):
        broken.check()


def test_a_question_that_nobody_reads_the_answer_of_is_refused() -> None:
    broken = a_menu()
    asked = broken.ask("last")(named("question", text))  # type: ignore[arg-type]
    with pytest.raises(MenuIsBroken, match="question asks, but nothing reads the answer"):
        broken.check(entries=["question"])
    asked.answer(nothing)
    broken.check(entries=["question"])


@pytest.mark.parametrize("kind", ["choice", "ask"])
def test_a_screen_that_leads_nowhere_is_refused(kind: str) -> None:
    broken = a_menu()
    screen = getattr(broken, kind)()(named("dead", text))
    screen.answer(nothing)
    with pytest.raises(MenuIsBroken, match="dead leads nowhere"):
        broken.check(entries=["dead"])


def test_two_screens_of_one_name_are_refused() -> None:
    broken = a_menu()
    with pytest.raises(MenuIsBroken, match="two screens called last"):
        broken.end()(named("last", text))  # type: ignore[arg-type]


def test_a_menu_without_its_first_screen_is_refused() -> None:
    broken = Menu(first="missing")
    broken.end()(named("last", text))  # type: ignore[arg-type]
    with pytest.raises(MenuIsBroken, match=r"nothing leads to \['last'\]"):
        broken.check()


def test_what_is_wrong_is_said_to_the_person() -> None:
    assert isinstance(NotAnOption(), Wrong)
    assert rendered(NotAnOption().why, "en") == "Please choose a number from the list."


def test_the_menu_is_whole_and_each_of_its_screens_says_what_it_is_for() -> None:
    menu.check(entries=DOORS)
    assert all(screen.title for screen in menu.screens.values())
    ends = {name for name, screen in menu.screens.items() if screen.kind is Kind.END}
    assert ends == {"placed", "cannot_help", "asked", "voucher_sent", "auto_agreed", "wait", "advance_promised"}
