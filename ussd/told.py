"""What a gateway tells at a hop, and what of it is new.

Gateways tell a call in three ways: everything typed so far (`Whole`), the last entry with the number of its hop
(`Numbered`), or the last entry alone (`Unnumbered`). Each knows which hops are one and the same, so that the engine
needs to know none of this: a hop leaves a mark with the session, and the next one is compared with that mark.

What is guaranteed where is written beside each of them. Nowhere can a hop that comes again order twice: the order's id
is minted from the gateway and its session.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import Protocol, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The keys that are new, and the mark that this hop leaves.

    `anew` says that the call begins at its first screen and the keys are played, not pressed by somebody who sees the
    screens; `lost` that keys pressed earlier are known to nobody any more.
    """

    keys: tuple[str, ...]
    mark: str
    anew: bool = False
    lost: bool = False


class Told(Protocol):
    """What a gateway told at a hop."""

    def behind(self, dialled: str) -> Self:
        """The same when `dialled` (`100*0711000002`) stood behind our code in what was dialled."""
        ...

    def since(self, mark: str, *, is_open: bool) -> News | None:
        """What is new since the hop that left `mark`; None for a hop that was answered before, or comes too late.

        `is_open` says whether the call still went on after that hop.
        """
        ...

    def anew(self) -> News:
        """What is known of a call of which we remember nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything typed in the call so far, joined by `*`.

    A repeated or late hop is always known as such, and a call that we forgot is played from its start. A person can
    type a `*` too, so what is new is what follows the text of the hop before.
    """

    text: str

    def behind(self, dialled: str) -> Self:
        """A direct dial stands in the text, in the service code, or in both."""
        if not dialled or self.text == dialled or self.text.startswith(f"{dialled}*"):
            return self
        return replace(self, text=f"{dialled}*{self.text}" if self.text else dialled)

    def since(self, mark: str, *, is_open: bool) -> News | None:
        """The text of an earlier hop is the beginning of this one's mark; a longer text goes on."""
        if self.text in (mark, "") or mark.startswith(f"{self.text}*"):
            return None
        if is_open and (not mark or self.text.startswith(f"{mark}*")):
            return News(keys=(self.text[len(mark) :].removeprefix("*"),), mark=self.text)
        return self.anew()

    def anew(self) -> News:
        """Every key from the first one on."""
        return News(keys=_split(self.text), mark=self.text, anew=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """The last entry, and which hop of the call it is: 1, 2, 3 ..., or from whatever number the gateway begins at.

    A repeated or late hop is always known as such. What was typed before is not told, so a call that we forgot begins
    again at its first screen.
    """

    keys: str
    hop: int
    first: bool

    def behind(self, dialled: str) -> Self:
        """What was dialled behind the code is the first hop's entry."""
        return replace(self, keys=dialled) if self.first else self

    def since(self, mark: str, *, is_open: bool) -> News | None:
        """A higher number goes on. A call that has ended stays ended."""
        if self.first or not is_open or self.hop <= int(mark):
            return None
        return News(keys=(self.keys,), mark=str(self.hop))

    def anew(self) -> News:
        """Only the first hop tells all that was typed."""
        return _first_or_lost(self.keys, first=self.first, mark=str(self.hop))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnumbered:
    """The last entry alone, as it came at `at`.

    The same entry again `within` a moment is the same hop, since nobody reads a screen and answers it that fast. So
    copies at once are known as such, whichever comes first. A copy that comes later cannot be told from the same key
    pressed once more, nor a late copy of an older hop from a key. A call that we forgot begins again.
    """

    keys: str
    first: bool
    at: datetime
    within: timedelta

    def behind(self, dialled: str) -> Self:
        """What was dialled behind the code is the first hop's entry."""
        return replace(self, keys=dialled) if self.first else self

    def since(self, mark: str, *, is_open: bool) -> News | None:
        """Another entry, or the same one after a while, goes on. A call that has ended stays ended."""
        before, _, at_s = mark.partition("@")
        earlier = datetime.fromtimestamp(float(at_s), UTC)
        # The copy that is compared may be the one that came first: clocks of two hosts, and threads of one, differ.
        is_copy = before == _fingerprint(self.keys) and abs(self.at - earlier) < self.within
        if self.first or not is_open or is_copy:
            return None
        return News(keys=(self.keys,), mark=self._mark())

    def anew(self) -> News:
        """Only the first hop tells all that was typed."""
        return _first_or_lost(self.keys, first=self.first, mark=self._mark())

    def _mark(self) -> str:
        return f"{'' if self.first else _fingerprint(self.keys)}@{self.at.timestamp():.3f}"


def _first_or_lost(keys: str, *, first: bool, mark: str) -> News:
    return News(keys=_split(keys) if first else (), mark=mark, anew=True, lost=not first)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("*")) if text else ()


def _fingerprint(keys: str) -> str:
    """Enough of the entry to know it again, and not the entry itself: what is typed may be secret."""
    return blake2s(keys.encode("utf-8"), digest_size=3).hexdigest()
