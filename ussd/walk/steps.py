"""One walk: breadth first through every place that one world, one language and one width can show.

A place is a session without what it only remembers: which amount, payer and voucher do not matter, but whether there
are any, and whether the amount is less than the line owes. All else that a session holds tells places apart.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

from topup.errors import RedialError
from ussd.engine import BACK, HOME, MORE
from ussd.screens import DOORS, Kind, Menu
from ussd.session import Session, dropped_of
from ussd.walk import checks
from ussd.walk.phone import Phone
from ussd.walk.worlds import WRONG_KEYS, World
from words.width import Width

_RESUME = "resume"
_NOT_A_PLACE = frozenset(
    {"seen", "reply", "open", "why", "recent", "amount", "payer", "pin", "dropped", "draft", "lent"}
)
_TOLD_APART = tuple(found.name for found in fields(Session) if found.name not in _NOT_A_PLACE)

Place = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What must never be, and the keys that lead there from the dial."""

    world: str
    language: str
    keys: str
    what: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way: the keys that led there. `is_played`: a direct dial of those keys leads there too."""

    at: Session
    keys: tuple[str, ...]
    is_played: bool = True


@dataclass(slots=True)
class Seen:
    """What a walk has seen. `widest` is each screen's fullest page: how full, and its size in words."""

    places: int = 0
    presses: int = 0
    screens: set[str] = field(default_factory=set)
    arrows: set[tuple[str, str]] = field(default_factory=set)
    widest: dict[str, tuple[float, str]] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)


def place_of(at: Session) -> Place:
    """What tells a session's place from others."""
    owed = at.line.owes
    too_little = at.amount is not None and owed is not None and at.amount < owed
    told_apart = tuple(getattr(at, name) for name in _TOLD_APART)
    return (
        *told_apart,
        _shape_of(at),
        at.amount is not None,
        too_little,
        at.payer is not None,
        at.pin is not None,
        at.dropped is not None,
    )


def _shape_of(at: Session) -> object:
    """How far an auto top-up has been put together: which amounts it has does not matter, nor does it elsewhere."""
    draft = at.draft
    if draft is None or not at.screen.startswith("auto_"):
        return None
    return draft.amount is not None, type(draft.when), draft.cap is not None, draft.standing_id


class Walk:
    """Walks one world in one language on one width of screen."""

    def __init__(self, menu: Menu, *, world: World, language: str, width: Width) -> None:
        self.seen = Seen()
        self._menu = menu
        self._phone = Phone(menu, world=world, language=language, width=width)
        self._ahead: deque[Stop] = deque()
        self._known: set[Place] = set()
        self._leads_to: dict[Place, set[Place]] = {}
        self._ends: set[Place] = set()
        self._resumed: set[str] = set()
        self._homes: dict[object, str] = {}

    def go(self) -> Seen:
        """Walk until nothing new is left."""
        first = self._phone.dial()
        self._meet(Stop(first, (), is_played=first.screen == self._menu.first))  # A direct dial passes by every door.
        while self._ahead:
            stop = self._ahead.popleft()
            try:
                self._stand_at(stop)
            except RedialError as error:
                self._blame(stop.keys, str(error))
        self._find_dead_ends()
        self.seen.presses, self.seen.places = self._phone.presses, len(self._known)
        return self.seen

    def _meet(self, stop: Stop) -> None:
        """Take note of a place, and go there later when it is new."""
        at, place = stop.at, place_of(stop.at)
        if place in self._known:
            return
        self._known.add(place)
        self.seen.screens.add(at.screen)
        if at.language == self._phone.language and at.open:
            self._ahead.append(stop)
        elif not at.open:
            self._blame_all(stop.keys, checks.of_an_end(self._phone, at))
        if not at.open or at.language != self._phone.language:
            self._ends.add(place)
        self._measure(at)

    def _stand_at(self, stop: Stop) -> None:
        """Press everything here, and look at what came of it."""
        at, phone = stop.at, self._phone
        pages = phone.pages(at)
        if self._screen_is(at, Kind.END):
            self._read_to_the_end(stop, pages)
            return
        offered = phone.offered(pages) if self._screen_is(at, Kind.CHOICE) else []
        came = {}
        for key in self._keys(at, offered):
            orders = phone.desk.orders
            came[key] = phone.press(at, key)
            self._follow(stop, key, came[key], is_played=stop.is_played and phone.desk.orders == orders)
        self.seen.pages[at.screen] = max(self.seen.pages.get(at.screen, 0), len(pages))
        for flaws in self._checks(stop, pages, offered, came):
            self._blame_all(stop.keys, flaws)
        self._drop(stop)

    def _read_to_the_end(self, stop: Stop, pages: Sequence[Session]) -> None:
        """Last words that are too long for a narrow screen are turned, and the last page ends the call."""
        for page in pages:
            self._measure(page)
        self.seen.pages[stop.at.screen] = max(self.seen.pages.get(stop.at.screen, 0), len(pages))
        if pages[-1].open:
            self._blame(stop.keys, f"the last words of {stop.at.screen} do not end the call: {pages[-1].reply!r}")
        self._ends.add(place_of(stop.at))

    def _checks(
        self, stop: Stop, pages: Sequence[Session], offered: Sequence[str], came: dict[str, Session]
    ) -> Iterator[Iterator[str]]:
        at, phone = stop.at, self._phone
        yield checks.of_pages(phone, pages, offered, came)
        yield checks.of_options(self._menu, at, offered, came)
        yield checks.of_wrong_keys(phone, pages, offered, came)
        yield checks.of_going_back(phone, at, came)
        if at.screen not in (self._menu.first, *DOORS):
            yield checks.of_back_and_home(self._menu, at, came, homes=self._homes)
        elif at.screen == self._menu.first:
            self._homes.setdefault((at.language, at.line), at.reply)
        if stop.is_played:
            yield checks.of_direct_dial(phone, at, stop.keys)

    def _keys(self, at: Session, offered: Sequence[str]) -> Iterator[str]:
        yield from offered
        yield from (BACK, HOME, MORE)
        reads = self._menu.screens[at.screen].read is not None
        yield from self._phone.world.entries if reads else WRONG_KEYS

    def _follow(self, stop: Stop, key: str, after: Session, *, is_played: bool) -> None:
        """Note where a key led. A wrong one, and a page turned, lead nowhere."""
        self._measure(after)
        if after.wrong or after.page:
            return
        if key not in (BACK, HOME):
            self.seen.arrows.add((stop.at.screen, after.screen))
        self._leads_to.setdefault(place_of(stop.at), set()).add(place_of(after))
        self._meet(Stop(after, (*stop.keys, key), is_played))

    def _drop(self, stop: Stop) -> None:
        """Ring off here and dial again: what is offered must lead back to this very place."""
        if stop.at.screen in DOORS or dropped_of(stop.at) is None:
            return None
        offer = self._phone.dial(after=stop.at)
        keys = (*stop.keys, "(dial again)")
        if offer.screen in DOORS and offer.screen != _RESUME:
            return self._go_through(offer, keys)
        self._blame_all(keys, checks.of_resuming(self._phone, stop.at, offer, first=self._menu.first))
        if offer.screen == _RESUME and stop.at.screen not in self._resumed:
            self._resumed.add(stop.at.screen)
            self._known.discard(place_of(offer))
            self._meet(Stop(offer, keys, is_played=False))
        return None

    def _go_through(self, door: Session, keys: tuple[str, ...]) -> None:
        """Behind another door stands the offer to go on: once is enough to see that it leads there."""
        if door.screen not in self._resumed:
            self._resumed.add(door.screen)
            self._meet(Stop(door, keys, is_played=False))

    def _find_dead_ends(self) -> None:
        """Every place must lead to an end of the call by some keys. So no loop is without a way out, either."""
        come_from: dict[Place, set[Place]] = {}
        for place, targets in self._leads_to.items():
            for target in targets:
                come_from.setdefault(target, set()).add(place)
        ahead, saved = list(self._ends), set(self._ends)
        while ahead:
            for place in come_from.get(ahead.pop(), set()) - saved:
                saved.add(place)
                ahead.append(place)
        for place in self._known - saved:
            self._blame((), f"from {place[_TOLD_APART.index('screen')]} no key leads to an end of the call")

    def _measure(self, at: Session) -> None:
        """Keep the widest page of each screen, and refuse what does not fit."""
        if at.language != self._phone.language:
            return
        full = checks.fullness_of(at.reply, self._phone.width)
        self.seen.widest[at.screen] = max(self.seen.widest.get(at.screen, (0.0, "")), full)
        if full[0] > 1:
            self._blame((), f"{at.screen} is too wide, {full[1]}: {at.reply!r}")

    def _screen_is(self, at: Session, kind: Kind) -> bool:
        return self._menu.screens[at.screen].kind is kind

    def _blame_all(self, keys: Sequence[str], flaws: Iterator[str]) -> None:
        for what in flaws:
            self._blame(keys, what)

    def _blame(self, keys: Sequence[str], what: str) -> None:
        world, language = self._phone.world.name, self._phone.language
        self.seen.flaws.append(Flaw(world=world, language=language, keys=" ".join(keys), what=what))
