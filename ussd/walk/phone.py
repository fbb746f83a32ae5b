"""A phone that can be put back into any call it has been in: what the walk presses keys on.

It is the real engine over a memory of one call. A place in the menu is a session, so any place can be taken up again
without dialling the way to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ussd.call import Dropped
from ussd.drawing import FOOT, MORE_LINE
from ussd.engine import MORE, Engine, Hop
from ussd.screens import Menu
from ussd.session import Loaded, Session, dropped_of
from ussd.told import Whole
from ussd.walk.worlds import World, desk_of
from words.text import rendered
from words.width import Width

_CHANNEL, _CONVERSATION = "ussd:walk", "walk"

# What a session has seen does not matter to where it stands: every place is kept as if one key had led there.
_SEEN = "1"


@dataclass
class _OneCall:
    """A memory of one call, and of the one that dropped before it, where the providers `down` do not answer."""

    session: Session | None = None
    stands_at: Session = field(init=False)
    dropped: Dropped | None = None
    down: frozenset[str] = frozenset()

    def load(self, *, channel: str, conversation: str, msisdn: str) -> Loaded:
        """What is remembered."""
        return Loaded(raw=b"", session=self.session, dropped=self.dropped, line=None, hops=0, down=self.down)

    def save(
        self, session: Session, *, channel: str, conversation: str, msisdn: str, raw: bytes, line_is_new: bool
    ) -> Loaded | None:
        """Remember the session."""
        self.session = self.stands_at = session
        return None


class Phone:
    """A phone in a world, whose owner has chosen a language. `presses` counts the hops."""

    def __init__(self, menu: Menu, *, world: World, language: str, width: Width) -> None:
        self.menu = menu
        self.world = world
        self.language = language
        self.width = width
        self.presses = 0
        self.desk = desk_of(world, language=language)
        self._memory = _OneCall(down=world.down)
        self._engine = Engine(menu, sessions=self._memory, desk=self.desk, hops_a_minute=1)

    def dial(self, behind: str = "", *, after: Session | None = None) -> Session:
        """Dial, with keys behind the code, and with a call that dropped (`after`) a moment ago."""
        self._memory.session, self._memory.dropped = None, dropped_of(after) if after else None
        return self._hop(behind, is_dialling=True)

    def press(self, at: Session, key: str) -> Session:
        """Press one key in a call that stands at `at`."""
        self._memory.session = at
        return self._hop(f"{at.seen}*{key}", is_dialling=False)

    def pages(self, at: Session) -> list[Session]:
        """The screen at `at`, page by page, as 98 turns them."""
        found = [at]
        while found[-1].open and self.has_more(found[-1]):
            found.append(self.press(found[-1], MORE))
        return found

    def offered(self, pages: Sequence[Session]) -> list[str]:
        """The numbers of the options on these pages, as a person reads them: the last lines, counted from 1."""
        beside = {rendered(MORE_LINE, pages[0].language), rendered(FOOT, pages[0].language)}
        lines = [line for page in pages for line in page.reply.split("\n") if line not in beside]
        numbers = [line.partition(" ")[0] for line in lines]
        begins = max((at for at, number in enumerate(numbers) if number == "1"), default=len(numbers))
        return numbers[begins:]

    def has_more(self, at: Session) -> bool:
        """Whether the page says that another follows."""
        return rendered(MORE_LINE, at.language) in at.reply.split("\n")

    def _hop(self, text: str, *, is_dialling: bool) -> Session:
        self.presses += 1
        self.desk.language, self.desk.is_dialling = self.language, is_dialling
        self._engine.hop(
            Hop(
                channel=_CHANNEL,
                conversation=_CONVERSATION,
                msisdn=self.world.msisdn,
                told=Whole(text),
                width=self.width,
            )
        )
        return replace(self._memory.stands_at, seen=_SEEN)
