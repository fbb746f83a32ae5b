"""The whole walk: every world, language and width, with what it must have seen in the end, and the table of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ussd.screens import Menu
from ussd.walk.steps import Flaw, Seen, Walk
from ussd.walk.worlds import worlds_in
from words.text import LANGUAGES
from words.width import Width


@dataclass(slots=True)
class Proof:
    """What was seen in one language on one width, over all worlds. `gateways` are those that have this width."""

    language: str
    width: Width
    gateways: Sequence[str]
    worlds: int = 0
    seen: Seen = field(default_factory=Seen)

    def add(self, seen: Seen) -> None:
        """Add what one walk has seen."""
        mine = self.seen
        self.worlds += 1
        mine.places += seen.places
        mine.presses += seen.presses
        mine.screens |= seen.screens
        mine.arrows |= seen.arrows
        mine.flaws += seen.flaws
        for screen, full in seen.widest.items():
            mine.widest[screen] = max(mine.widest.get(screen, full), full)
        for screen, pages in seen.pages.items():
            mine.pages[screen] = max(mine.pages.get(screen, 1), pages)


def prove(menu: Menu, *, language: str, width: Width, gateways: Sequence[str] = ()) -> Proof:
    """Walk every world in this language on this width. Flaws stand in the proof."""
    proof = Proof(language, width, gateways)
    for world in worlds_in(language):
        proof.add(Walk(menu, world=world, language=language, width=width).go())
    proof.seen.flaws += _never_seen(menu, proof)
    return proof


def prove_all(menu: Menu, widths: Mapping[str, Width]) -> Iterator[Proof]:
    """Walk in every language on every width; gateways of one width share a walk."""
    for width in dict.fromkeys(widths.values()):
        gateways = [name for name, its in widths.items() if its == width]
        for language in LANGUAGES:
            yield prove(menu, language=language, width=width, gateways=gateways)


def _never_seen(menu: Menu, proof: Proof) -> Iterator[Flaw]:
    """Every screen was reached, and every arrow that a screen declares was followed, in some world."""
    for name, screen in menu.screens.items():
        missed = [f"no key leads to {name}"] if name not in proof.seen.screens else []
        missed += [
            f"no key leads from {name} to {edge}" for edge in screen.edges if (name, edge) not in proof.seen.arrows
        ]
        yield from (Flaw(world="every world", language=proof.language, keys="", what=what) for what in missed)


def table(menu: Menu, proofs: Sequence[Proof]) -> Iterator[str]:
    """What was seen: each screen's fullest page (`u`: UCS-2) and how many pages it took, the counts, the flaws."""
    for width in dict.fromkeys(proof.width for proof in proofs):
        of_width = [proof for proof in proofs if proof.width == width]
        yield f"{', '.join(of_width[0].gateways)}: {width.septets} septets or {width.ucs2} UCS-2 characters"
        yield f"{'fullest page (pages)':<22}" + "".join(f"{proof.language:>12}" for proof in of_width)
        for name in menu.screens:
            yield f"{name:<22}" + "".join(f"{_shown(proof.seen, name):>12}" for proof in of_width)
        yield ""
    seen = [proof.seen for proof in proofs]
    arrows = sum(len(screen.edges) for screen in menu.screens.values())
    yield (
        f"{len(menu.screens)} screens, {arrows} arrows, {len({proof.language for proof in proofs})} languages; "
        f"{sum(proof.worlds for proof in proofs)} worlds, {sum(one.places for one in seen):,} places, "
        f"{sum(one.presses for one in seen):,} keys pressed."
    )
    flaws = [flaw for one in seen for flaw in one.flaws]
    yield from (f"{flaw.what} ({flaw.language}, {flaw.world}; keys: {flaw.keys or 'none'})" for flaw in flaws)
    yield f"{len(flaws)} flaws." if flaws else "No screen is too wide, no call is lost, every way leads back and home."


def _shown(seen: Seen, screen: str) -> str:
    _, size = seen.widest.get(screen, (0.0, "-"))
    pages = seen.pages.get(screen, 1)
    return f"{size} ({pages})" if pages > 1 else f"{size:<4}"
