"""The few kinds of screen, and the menu that holds them together.

A screen is a function of the call. Its decorator says of which kind it is and where it may lead; what is typed on it is
read by the function that `.answer` registers. `Menu.check` refuses a menu with an unknown, unreachable or answerless
screen when it is imported, and the engine refuses a move that was not declared.

    @menu.choice(...)   a heading and numbered options
    @menu.ask(...)      a question that is answered by typing
    @menu.pages(...)    a text to read, over as many pages as it takes
    @menu.end()         the last words of a call
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from topup.errors import RedialError
from topup.kinds import Kind as OrderKind
from ussd.call import Call
from words.text import Text, say


class MenuIsBroken(RedialError):
    """The menu is wrong: {why}."""


class Wrong(RedialError):
    """The key or the entry does not do here: {why}."""

    def __init__(self, why: Text) -> None:
        super().__init__(why=why)
        self.why = why


class NotAnOption(Wrong):
    """The key is none of the options."""

    def __init__(self) -> None:
        super().__init__(say("Please choose a number from the list."))


class Kind(Enum):
    """What a screen is to the person who reads it."""

    CHOICE = "choice"
    ASK = "ask"
    PAGES = "pages"
    END = "end"


@dataclass(frozen=True, slots=True)
class Option:
    """One numbered line of a choice: what it says, where it leads, what of the call it sets, and what it does.

    What it does happens first; it may name another screen than `goto` to lead to, or raise, and then nothing follows.
    An option that `pays` is only taken by a person who has the screen before their eyes, never by playing keys.
    """

    label: Text
    goto: str
    sets: Mapping[str, Any] = field(default_factory=dict)
    does: Callable[[Call], str | None] | None = None
    pays: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A heading with its options, numbered from 1."""

    head: Text
    options: Sequence[Option]


# The screens that a call may begin with in the place of home. Nothing lies behind them to go back to.
DOORS = ("under_way", "resume")

Drawn = Text | Choice | Sequence[Text]
Draw = Callable[[Call], Drawn]
Answer = Callable[[Call, str], str]


@dataclass(slots=True)
class Screen:
    """A screen of the menu: how it is drawn, where it may lead, and how what is typed there is read."""

    name: str
    kind: Kind
    draw: Draw
    edges: frozenset[str]
    read: Answer | None = None

    def answer(self, read: Answer) -> Answer:
        """Register the function that reads what is typed here. It returns the next screen, or raises."""
        self.read = read
        return read

    @property
    def title(self) -> str:
        """The first sentence of the screen's docstring, for people who read the menu's map."""
        return (self.draw.__doc__ or "").strip().split("\n")[0]


class Menu:
    """All screens of a service, by name. The name of a screen is the name of its function."""

    def __init__(self, *, first: str) -> None:
        self.first = first
        self.screens: dict[str, Screen] = {}
        self.tells: dict[OrderKind, str] = {}

    def choice(self, *edges: str) -> Callable[[Callable[[Call], Choice]], Screen]:
        """A screen of numbered options. `.answer` may read what is typed besides a number of an option."""
        return self._register(Kind.CHOICE, edges)

    def ask(self, *edges: str) -> Callable[[Callable[[Call], Text]], Screen]:
        """A screen that asks for something to be typed."""
        return self._register(Kind.ASK, edges)

    def pages(self) -> Callable[[Callable[[Call], Sequence[Text]]], Screen]:
        """A screen to read, which leads only back and home."""
        return self._register(Kind.PAGES, ())

    def end(self, *, tells: OrderKind | None = None) -> Callable[[Callable[[Call], Text]], Screen]:
        """A screen that ends the call. `tells` is the kind of order that it tells of, when it was just placed."""

        def register(draw: Callable[[Call], Text]) -> Screen:
            if tells is not None:
                self.tells[tells] = draw.__name__
            return self._register(Kind.END, ())(draw)

        return register

    def check(self, *, entries: Sequence[str] = ()) -> None:
        """Raise MenuIsBroken unless every screen is known, reachable and answerable.

        `entries` are screens that the engine enters by itself.
        """
        for screen in self.screens.values():
            if unknown := screen.edges - set(self.screens):
                raise MenuIsBroken(why=f"{screen.name} leads to {sorted(unknown)}, which are no screens")
            if screen.kind is Kind.ASK and screen.read is None:
                raise MenuIsBroken(why=f"{screen.name} asks, but nothing reads the answer")
            if screen.kind in (Kind.CHOICE, Kind.ASK) and not screen.edges:
                raise MenuIsBroken(why=f"{screen.name} leads nowhere")
        if lost := set(self.screens) - self._reachable([self.first, *entries]):
            raise MenuIsBroken(why=f"nothing leads to {sorted(lost)}")

    def _reachable(self, entries: Sequence[str]) -> set[str]:
        found: set[str] = set()
        ahead = list(entries)
        while ahead:
            name = ahead.pop()
            if name not in found and name in self.screens:
                found.add(name)
                ahead.extend(self.screens[name].edges)
        return found

    def _register(self, kind: Kind, edges: Sequence[str]) -> Callable[[Callable[[Call], Any]], Screen]:
        def register(draw: Callable[[Call], Any]) -> Screen:
            name = draw.__name__
            if name in self.screens:
                raise MenuIsBroken(why=f"there are two screens called {name}")
            self.screens[name] = Screen(name, kind, draw, frozenset(edges))
            return self.screens[name]

        return register
