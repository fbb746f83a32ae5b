"""Drawing a screen in the caller's language, cut into pages that the phone can show."""

from collections.abc import Sequence

from ussd.call import Call
from ussd.screens import DOORS, Choice, Drawn, Kind, Menu
from words.text import Text, rendered, say
from words.width import Width, pages, wrapped

FOOT = say("0 Back 00 Home")
MORE_LINE = say("98 More")


def drawn_pages(menu: Menu, call: Call, width: Width) -> tuple[str, ...]:
    """The pages of the call's screen. What was wrong with the last key stands first."""
    screen = menu.screens[call.screen]
    heads, lines = _lines(screen.draw(call))
    has_foot = screen.kind is not Kind.END and screen.name not in (menu.first, *DOORS)
    foot = rendered(FOOT, call.language) if has_foot else ""
    more = rendered(MORE_LINE, call.language)
    words = [*([call.why] if call.why else []), *(rendered(head, call.language) for head in heads)]
    options = [_option_line(line, call.language) for line in lines]
    spare = "\n".join(part for part in (more, foot) if part)
    cut = (
        [part for word in words for part in wrapped(word, width, spare=spare)]
        if not width.holds("\n".join([*words, *options, foot]))
        else words
    )
    return pages(cut[0], (*cut[1:], *options), foot, more, width)


def _lines(drawn: Drawn) -> tuple[list[Text], list[tuple[str, Text]]]:
    """A screen's text, and its options with their numbers."""
    if isinstance(drawn, Choice):
        return [drawn.head], [(str(number), option.label) for number, option in enumerate(drawn.options, start=1)]
    if isinstance(drawn, Sequence):
        return list(drawn), []
    return [drawn], []


def _option_line(line: tuple[str, Text], language: str) -> str:
    number, label = line
    return f"{number} {rendered(label, language)}"
