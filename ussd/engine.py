"""One keypress: load, answer, save, show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from topup.errors import RedialError
from topup.orders import Order
from ussd.call import Call, Desk, Dropped
from ussd.drawing import drawn_pages
from ussd.screens import DOORS, Choice, Kind, Menu, NotAnOption, Wrong
from ussd.session import Loaded, Session
from ussd.told import News, Told
from words.mistakes import sentence_for
from words.text import LANGUAGES, SOURCE, Text, rendered, say
from words.width import Width

BACK, HOME, MORE = "0", "00", "98"

# The third wrong key in a row ends the call: somebody who is lost is not helped by a fourth look at the same screen.
WRONG_KEYS_ALLOWED = 2

# Each try means that another copy of the same hop was faster; two are all that a gateway sends.
_TRIES = 4


class MoveNotDeclared(RedialError):
    """The screen {screen} may not lead to {goto}."""


class NotToBePlayed(RedialError):
    """Only somebody who sees the screen may choose this."""


class HopWasContested(RedialError):
    """Other hops of the call {conversation} were faster {tries} times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request of a gateway. `told` is what it says of the keys, in its own way."""

    channel: str
    conversation: str
    msisdn: str
    told: Told
    width: Width


@dataclass(frozen=True, slots=True)
class Reply:
    """What the phone shows, and whether the call goes on. `screen` names it for logs."""

    text: str
    open: bool
    screen: str


class Memory(Protocol):
    """Where calls are remembered between two keys: `ussd.session.Sessions`, in Redis."""

    def load(self, *, channel: str, conversation: str, msisdn: str) -> Loaded:
        """Everything that a hop needs; counts the hop."""
        ...

    def save(
        self, session: Session, *, channel: str, conversation: str, msisdn: str, raw: bytes, line_is_new: bool
    ) -> Loaded | None:
        """Save the session over `raw`; what stands there instead when somebody else was first."""
        ...


class Engine:
    """Walks a menu for many calls at once. Holds nothing of a call itself."""

    def __init__(self, menu: Menu, *, sessions: Memory, desk: Desk, hops_a_minute: int) -> None:
        self._menu = menu
        self._sessions = sessions
        self._desk = desk
        self._hops_a_minute = hops_a_minute

    def hop(self, hop: Hop) -> Reply:
        """Answer one hop. The same hop again gets the same answer, and does nothing twice."""
        where = {"channel": hop.channel, "conversation": hop.conversation, "msisdn": hop.msisdn}
        loaded = self._sessions.load(**where)
        for _ in range(_TRIES):
            if loaded.hops > self._hops_a_minute:
                return Reply(rendered(self._too_many(), _language(loaded.session)), open=False, screen="too_many")
            news = _news(hop.told, loaded.session)
            if isinstance(news, Session):
                return _reply(news)
            session, line_is_new = self._answer(hop, loaded, news)
            standing = self._sessions.save(session, **where, raw=loaded.raw, line_is_new=line_is_new)
            if standing is None:
                return _reply(session)
            loaded = replace(standing, down=loaded.down)
        raise HopWasContested(conversation=hop.conversation, tries=_TRIES)

    def _answer(self, hop: Hop, loaded: Loaded, news: News) -> tuple[Session, bool]:
        session = loaded.session
        if session is None or news.anew:
            call = self._dial(hop, loaded, news)
        else:
            call = _call(self._desk, hop, session)
            call.down = loaded.down
            self._keep_seen(call)
        text, is_open = self._walk(call, news.keys, hop.width)
        return _session(call, seen=news.mark, reply=text, is_open=is_open), session is None and loaded.line is None

    def _dial(self, hop: Hop, loaded: Loaded, news: News) -> Call:
        caller = self._desk.caller(hop.msisdn)
        line = loaded.line or self._desk.read_line(hop.msisdn)
        language = caller.language if caller.language in LANGUAGES else SOURCE
        call = _call(self._desk, hop, None, language=language or SOURCE)
        call.screen, call.line, call.recent = self._menu.first, line, caller.recent
        call.down = loaded.down
        call.playing = bool(news.keys)
        if news.lost and self._take_up(call):
            return call
        call.missed, call.standing = caller.missed, caller.standing
        call.history, call.lent = caller.history, caller.lent
        if not news.keys and loaded.dropped and not line.is_beyond_help and self._may_resume(loaded.dropped):
            call.screen, call.dropped = "resume", loaded.dropped
        if not news.keys and not news.lost and caller.under_way and "under_way" in self._menu.screens:
            call.screen, call.under_way = "under_way", caller.under_way.amount
        return call

    def _take_up(self, call: Call) -> bool:
        """Go on in a call of which nothing is remembered. Returns whether it has ordered: then that is shown."""
        order = _placed(call)
        if order is None or order.kind not in self._menu.tells:
            call.why = rendered(say("We lost your place. Please choose again."), call.language)
            return False
        call.screen, call.amount, call.payer = self._menu.tells[order.kind], order.amount, order.payer
        call.other_line = order.line if order.is_for_another else None
        return True

    def _keep_seen(self, call: Call) -> None:
        """A key that follows the home screen shows that it was seen, and with it the news that stood there."""
        if call.screen == self._menu.first and call.news is not None:
            self._desk.keep_seen(call.news)
            call.missed = None

    def _may_resume(self, dropped: Dropped) -> bool:
        return dropped.screen in self._menu.screens["resume"].edges

    def _walk(self, call: Call, typed: Sequence[str], width: Width) -> tuple[str, bool]:
        self._press_all(call, typed, width)
        if call.wrong > WRONG_KEYS_ALLOWED:
            lost = say(
                "That did not work three times. Nothing was paid. Dial {code} to start again.",
                code=call.desk.short_code,
            )
            return rendered(lost, call.language), False
        pages = drawn_pages(self._menu, call, width)
        call.page = min(call.page, len(pages) - 1)
        # Last words that are too long for a narrow screen keep the call open until they are read.
        is_last = self._menu.screens[call.screen].kind is Kind.END and call.page == len(pages) - 1
        return pages[call.page], not is_last

    def _press_all(self, call: Call, typed: Sequence[str], width: Width) -> None:
        """Let the keys act one after the other, up to the end of the call."""
        for key in typed:
            try:
                self._press(call, key.strip(), width)
            except NotToBePlayed:
                return
            if call.wrong > WRONG_KEYS_ALLOWED or self._menu.screens[call.screen].kind is Kind.END:
                return

    def _press(self, call: Call, key: str, width: Width) -> None:
        """Let one key act on the call. A wrong one is counted, and the screen begins with why."""
        try:
            self._move(call, key, width)
        except NotToBePlayed:
            raise
        except RedialError as error:
            sentence = error.why if isinstance(error, Wrong) else sentence_for(error)
            if sentence is None:
                raise
            call.wrong, call.why, call.page = call.wrong + 1, rendered(sentence, call.language), 0
        else:
            call.wrong = 0

    def _move(self, call: Call, key: str, width: Width) -> None:
        screen = self._menu.screens[call.screen]
        if not key.isprintable():
            raise NotAnOption()
        if key == MORE and call.page < len(drawn_pages(self._menu, call, width)) - 1:
            call.page += 1
        elif key == BACK and call.page:
            call.page -= 1
        elif key in (BACK, HOME) and screen.name not in (self._menu.first, *DOORS) and screen.kind is not Kind.END:
            self._go_back(call, home=key == HOME)
        else:
            goto, sets = self._read(call, key)
            if goto not in screen.edges:
                raise MoveNotDeclared(screen=screen.name, goto=goto)
            self._enter(call, goto)
            for name, value in sets.items():
                setattr(call, name, value)

    def _read(self, call: Call, key: str) -> tuple[str, Mapping[str, Any]]:
        """Let the key do what it does. Returns where it leads, and what of the call it sets there."""
        screen = self._menu.screens[call.screen]
        drawn = screen.draw(call)
        if isinstance(drawn, Choice) and key.isdecimal() and 0 < int(key) <= len(drawn.options) and len(key) < 3:
            option = drawn.options[int(key) - 1]
            if option.pays and call.playing and _placed(call) is None:
                raise NotToBePlayed()
            elsewhere = option.does(call) if option.does else None
            return elsewhere or option.goto, option.sets
        if screen.read is None:
            raise NotAnOption()
        return screen.read(call, key), {}

    def _enter(self, call: Call, goto: str) -> None:
        if goto == self._menu.first:
            call.trail, call.amount, call.payer, call.draft = [], None, None, None
            call.other_line, call.other_line_is, call.pin = None, None, None
        elif goto in call.trail:
            call.trail = call.trail[: call.trail.index(goto)]
        elif goto != call.screen:
            call.trail = [*call.trail, call.screen]
        call.screen, call.page, call.why = goto, 0, ""

    def _go_back(self, call: Call, *, home: bool) -> None:
        self._enter(call, self._menu.first if home or not call.trail else call.trail[-1])

    def _too_many(self) -> Text:
        return say(
            "You pressed very many keys. Nothing was paid. Please wait a minute and dial {code}.",
            code=self._desk.short_code,
        )


def _placed(call: Call) -> Order | None:
    return call.desk.placed_in(channel=call.channel, conversation=call.conversation, asked_by=call.msisdn)


def _news(told: Told, session: Session | None) -> News | Session:
    """What is new; or the session as it stands, when this hop was answered already."""
    if session is None:
        return told.anew()
    return told.since(session.seen, is_open=session.open) or session


def _language(session: Session | None) -> str:
    return session.language if session else SOURCE


def _reply(session: Session) -> Reply:
    return Reply(session.reply, session.open, session.screen)


def _call(desk: Desk, hop: Hop, session: Session | None, *, language: str = SOURCE) -> Call:
    call = Call(desk=desk, channel=hop.channel, conversation=hop.conversation, msisdn=hop.msisdn, language=language)
    if session is not None:
        call.language, call.screen, call.trail = session.language, session.screen, list(session.trail)
        call.page, call.wrong, call.why, call.line = session.page, session.wrong, session.why, session.line
        call.amount, call.payer = session.amount, session.payer
        call.other_line, call.other_line_is = session.other_line, session.other_line_is
        call.pin, call.recent, call.dropped = session.pin, session.recent, session.dropped
        call.under_way, call.missed = session.under_way, session.missed
        call.standing, call.draft = session.standing, session.draft
        call.history, call.lent = session.history, session.lent
    return call


def _session(call: Call, *, seen: str, reply: str, is_open: bool) -> Session:
    return Session(
        seen=seen,
        reply=reply,
        open=is_open,
        language=call.language,
        screen=call.screen,
        trail=tuple(call.trail),
        page=call.page,
        wrong=call.wrong,
        why=call.why,
        line=call.line,
        amount=call.amount,
        payer=call.payer,
        other_line=call.other_line,
        other_line_is=call.other_line_is,
        pin=call.pin,
        recent=tuple(call.recent),
        dropped=call.dropped,
        under_way=call.under_way,
        missed=call.missed,
        standing=tuple(call.standing),
        draft=call.draft,
        history=call.history,
        lent=tuple(call.lent),
    )
