"""Answering an SMS: everything that one message causes is committed in one transaction, or nothing is.

The answer itself is owed through the outbox, so that the gateway gets its 200 at once and no answer is lost.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import Engine

from sms import keywords
from sms.acts import ACTS
from sms.advance_grammar import Advance, Debt, Terms
from sms.auto_grammar import Auto, StopAuto
from sms.writer import INSTRUCTIONS, Letter, Writer
from store import inbox, messages, outbox, subscribers
from store.desk import Desk
from store.unfinished import UnfinishedCalls
from topup.clock import Clock
from topup.line import NOT_KNOWN, Line
from topup.phone import UnableToReadNumber, read_caller, read_msisdn
from words.text import LANGUAGES, SOURCE, rendered

# Two machines that answer each other must come to an end, and a person needs the instructions only once.
_INSTRUCTIONS_ONCE_IN = timedelta(hours=1)
_ANSWERS_AN_HOUR = 20

# What a person who said STOP is still answered: their own top-ups, and what they decide about their number.
_ALWAYS_ANSWERED = (
    *(keywords.TopUp, keywords.Ask, keywords.Voucher, keywords.Yes, keywords.No, keywords.Block, keywords.Unblock),
    *(Advance, Debt, Terms),
    *(Auto, StopAuto, keywords.GoOn),
    *(keywords.Status, keywords.Stop, keywords.Start),
)


class Answers:
    """Reads letters and answers them."""

    def __init__(
        self,
        engine: Engine,
        *,
        desk: Desk,
        clock: Clock,
        down: Callable[[], frozenset[str]],
        unfinished: UnfinishedCalls | None = None,
    ) -> None:
        """`down` says which providers do not answer just now; `unfinished`: the calls that people are reminded of."""
        self._engine = engine
        self._desk = desk
        self._clock = clock
        self._down = down
        self._unfinished = unfinished

    def take(self, letter: Letter) -> str:
        """Act on a letter, once. Returns what was made of it, for the record."""
        try:
            msisdn = read_caller(letter.sender, country=self._desk.country)
        except UnableToReadNumber:
            return "the sender is no phone"
        command = keywords.read(letter.text)
        # All is read before the transaction, which must not wait for the charging system.
        caller, line = self._desk.caller(msisdn), self._line(msisdn, command)
        wants_a_payer = isinstance(command, keywords.TopUp | keywords.Ask | keywords.Yes)
        down = self._down() if wants_a_payer else frozenset[str]()
        goes_on = isinstance(command, keywords.GoOn)
        unfinished = self._unfinished.told(msisdn) if self._unfinished and goes_on else None
        with self._engine.begin() as connection:
            now = self._clock()
            inbox_id = inbox.keep(connection, letter.raw, now=now)
            verdict = "a repetition"
            provider, key = letter.raw.provider, f"sms:{letter.id}:{msisdn}"
            if inbox.is_first(connection, provider=provider, key=key, inbox_id=inbox_id, now=now):
                writer = Writer(
                    desk=self._desk,
                    connection=connection,
                    clock=self._clock,
                    letter=letter,
                    msisdn=msisdn,
                    caller=caller,
                    line=line,
                    down=down,
                    language=_known(caller.language),
                    unfinished=unfinished,
                )
                verdict = _answer(writer, command)
            inbox.settle(connection, inbox_id, verdict=verdict, now=now)
        return verdict

    def _line(self, msisdn: str, command: keywords.Command) -> Line:
        """The line that the command is about."""
        match command:
            case keywords.TopUp(line=str(other)) | keywords.Voucher(line=str(other)):
                with suppress(UnableToReadNumber):  # That is said when the command is acted on.
                    return self._desk.read_line(read_msisdn(other, country=self._desk.country))
                return NOT_KNOWN
            case keywords.TopUp() | keywords.Ask() | keywords.Voucher() | Advance() | keywords.Balance():
                return self._desk.read_line(msisdn)
            case _:
                return NOT_KNOWN


def _answer(writer: Writer, command: keywords.Command) -> str:
    """Do what the command asks for, and owe the answer. Returns a verdict for the record."""
    purpose, text = ACTS[type(command)](writer, command)
    if not _may_answer(writer, command, purpose):
        return f"{purpose}, not answered"
    message = messages.write(
        writer.connection,
        purpose=purpose,
        msisdn=writer.msisdn,
        text=rendered(text, writer.language),
        now=writer.clock(),
    )
    outbox.owe_one(writer.connection, effect=outbox.SEND, subject=message.id, due_at=writer.clock())
    return purpose


def _may_answer(writer: Writer, command: keywords.Command, purpose: str) -> bool:
    always = isinstance(command, _ALWAYS_ANSWERED)
    if not always and subscribers.has_stopped(writer.connection, writer.msisdn):
        return False
    if purpose == INSTRUCTIONS and _answers_in_the_last_hour(writer, purpose):
        return False
    return _answers_in_the_last_hour(writer) < _ANSWERS_AN_HOUR


def _answers_in_the_last_hour(writer: Writer, purpose: str | None = None) -> int:
    since = writer.clock() - _INSTRUCTIONS_ONCE_IN
    return messages.count_since(writer.connection, msisdn=writer.msisdn, since=since, purpose=purpose)


def _known(language: str | None) -> str:
    return language if language is not None and language in LANGUAGES else SOURCE
