"""What must hold at every place of the menu. Each check tells what does not, in a sentence."""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from itertools import pairwise

from ussd.engine import BACK, HOME, MORE, WRONG_KEYS_ALLOWED
from ussd.screens import DOORS, Kind, Menu, NotAnOption
from ussd.session import Session
from ussd.walk.phone import Phone
from words.text import rendered
from words.width import Width, septets_of, ucs2_of

# What a caller has chosen, which neither a wrong key nor going back may change.
Chosen = tuple[object, ...]
Came = Mapping[str, Session]


def fullness_of(text: str, width: Width) -> tuple[float, str]:
    """How full a page is (1.0: nothing more fits), and its size in words: `151`, or `68u` for UCS-2 characters."""
    septets = septets_of(text)
    if septets is None:
        return ucs2_of(text) / width.ucs2, f"{ucs2_of(text)}u"
    return septets / width.septets, str(septets)


def of_an_end(phone: Phone, at: Session) -> Iterator[str]:
    """The last words of a call are seen at once: nobody can turn a page any more."""
    if phone.has_more(at):
        yield f"{at.screen} ends the call with a page that cannot be turned: {at.reply!r}"


def of_pages(phone: Phone, pages: Sequence[Session], offered: Sequence[str], came: Came) -> Iterator[str]:
    """A page further every key does what it does on the first one, save that 0 turns back."""
    for before, page in pairwise(pages):
        if page.page != before.page + 1:
            yield f"98 does not turn page {before.page} of {page.screen}"
        if phone.press(page, BACK).reply != before.reply:
            yield f"0 does not turn page {page.page} of {page.screen} back"
        for key in (*offered, HOME):
            if _standing(phone.press(page, key)) != _standing(came[key]):
                yield f"{key} does something else on page {page.page} of {page.screen} than on its first"


def of_options(menu: Menu, at: Session, offered: Sequence[str], came: Came) -> Iterator[str]:
    """A choice has options, numbered from 1 without a gap over all pages, and each can be taken."""
    if menu.screens[at.screen].kind is not Kind.CHOICE:
        return
    if list(offered) != [str(number) for number in range(1, len(offered) + 1)] or not offered:
        yield f"the options of {at.screen} are numbered {list(offered)}"
    for key in offered:
        if came[key].why == rendered(NotAnOption().why, at.language):
            yield f"{at.screen} offers {key} and does not take it"


def of_wrong_keys(phone: Phone, pages: Sequence[Session], offered: Sequence[str], came: Came) -> Iterator[str]:
    """A wrong key changes nothing but that the screen begins with why; the third in a row ends the call."""
    at, told = pages[0], set[str]()
    for key, after in came.items():
        if not after.wrong or after.why in told:
            continue
        told.add(after.why)
        if not after.reply.startswith(after.why.split(" ")[0]) or not after.why:
            yield f"{at.screen} does not say first what was wrong with {key!r}"
        if _chosen(after) != _chosen(at):
            yield f"the wrong key {key!r} changes the call at {at.screen}"
        if len(pages) == 1 and _characters(pages) - _characters(phone.pages(after)):
            yield f"{at.screen} loses words when it says what was wrong with {key!r}"
        for right in (*offered[:1], BACK):
            if not came[right].wrong and _standing(phone.press(after, right)) != _standing(came[right]):
                yield f"{right} does something else at {at.screen} after the wrong key {key!r}"
        if key != MORE:  # What was wrong may make a page more of the screen: then 98 turns it.
            yield from _third_ends(phone, after, key)


def of_going_back(phone: Phone, at: Session, came: Came) -> Iterator[str]:
    """From a screen that a key has led to, 0 shows this one again, as it was."""
    for key, after in came.items():
        is_end = phone.menu.screens[after.screen].kind is Kind.END
        if is_end or after.screen in DOORS or not after.open or after.trail != (*at.trail, at.screen):
            continue
        back = phone.press(after, BACK)
        if (back.screen, back.trail) != (at.screen, at.trail):
            yield f"0 leads from {after.screen} to {back.screen}, not back to {at.screen}"
        elif back.line == at.line and back.reply != at.reply:
            yield f"{at.screen} is another after {key} and 0: {at.reply!r}, then {back.reply!r}"


def of_back_and_home(menu: Menu, at: Session, came: Came, *, homes: MutableMapping[object, str]) -> Iterator[str]:
    """0 leads to the screen before, 00 to the first, with nothing chosen and always the same for the same line."""
    back, home = came[BACK], came[HOME]
    before = at.trail[-1] if at.trail else menu.first
    if back.screen != before or back.wrong:
        yield f"0 leads from {at.screen} to {back.screen}, and {before} was before"
    if home.screen != menu.first or home.trail or home.wrong or home.amount or home.payer or home.other_line:
        yield f"00 leads from {at.screen} to {home.screen} with {home.trail}, {home.amount}, {home.payer}"
    if (first := homes.setdefault((home.language, home.line), home.reply)) != home.reply:
        yield f"home is another after {at.screen}: {first!r}, then {home.reply!r}"


def of_direct_dial(phone: Phone, at: Session, keys: Sequence[str]) -> Iterator[str]:
    """The same keys behind the code, or played after Redis forgot the call, lead to the same screen."""
    played = phone.dial("*".join(keys))
    if played.line == at.line and (_chosen(played), played.reply) != (_chosen(at), at.reply):
        yield f"dialled at once the keys lead to {played.reply!r}, one by one to {at.reply!r}"


def of_resuming(phone: Phone, at: Session, offer: Session, *, first: str) -> Iterator[str]:
    """Who dials again is offered to go on where the call dropped, or to start over, and gets it; or begins afresh."""
    if offer.screen == first or offer.line != at.line:
        return
    onward, over = phone.press(offer, "1"), phone.press(offer, "2")
    if (_chosen(onward), onward.reply) != (_chosen(at), at.reply):
        yield f"going on leads to {onward.reply!r}, and the call had dropped at {at.reply!r}"
    if over.screen != first or over.trail or over.amount or over.payer or over.other_line:
        yield f"starting over leads to {over.screen} with {over.trail}, {over.amount}, {over.payer}"


def _third_ends(phone: Phone, after: Session, key: str) -> Iterator[str]:
    for _ in range(WRONG_KEYS_ALLOWED):
        after = phone.press(after, key)
    if after.open:
        yield f"{key!r} pressed {WRONG_KEYS_ALLOWED + 1} times at {after.screen} does not end the call"
    if not phone.width.holds(after.reply):
        yield f"the call ends with words that are too wide: {after.reply!r}"


def _standing(at: Session) -> tuple[Chosen, str]:
    return _chosen(at), at.reply if not at.wrong else ""


def _chosen(at: Session) -> Chosen:
    return at.screen, at.trail, at.language, at.amount, at.payer, at.other_line, at.open


def _characters(pages: Sequence[Session]) -> Counter[str]:
    """Everything that is written on the pages, wherever its lines are broken."""
    return Counter(character for page in pages for character in page.reply if not character.isspace())
