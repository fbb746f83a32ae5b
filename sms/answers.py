"""Answering an SMS: everything that one message causes is committed in one transaction, or nothing is.

The answer itself is owed through the outbox, so that the gateway gets its 200 at once and no answer is lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from sms import keywords, messages
from store import inbox, outbox, subscribers
from store import messages as kept_messages
from store.desk import Desk
from store.inbox import Callback
from topup.caller import Caller
from topup.clock import Clock
from topup.errors import RedialError
from topup.line import Line, LineState
from topup.money import read_amount
from topup.phone import UnableToReadNumber, national, read_caller, read_msisdn
from words.mistakes import sentence_for
from words.text import LANGUAGES, SOURCE, Text, rendered

log = structlog.get_logger(__name__)

# Two machines that answer each other must come to an end, and a person needs the instructions only once.
_INSTRUCTIONS_ONCE_IN = timedelta(hours=1)
_ANSWERS_AN_HOUR = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody sent us. `channel` names the gateway (`sms:africastalking`), `id` is the gateway's."""

    channel: str
    id: str
    sender: str
    text: str
    raw: Callback


@dataclass(frozen=True, slots=True)
class Answer:
    """What we answer, under the name that it is kept by."""

    purpose: str
    text: Text


class Answers:
    """Reads letters and answers them."""

    def __init__(self, engine: Engine, *, desk: Desk, clock: Clock) -> None:
        self._engine = engine
        self._desk = desk
        self._clock = clock

    def take(self, letter: Letter) -> str:
        """Act on a letter, once. Returns what was made of it, for the record."""
        try:
            msisdn = read_caller(letter.sender, country=self._desk.country)
        except UnableToReadNumber:
            return "the sender is no phone"
        command = keywords.read(letter.text)
        caller, line = self._desk.caller(msisdn), self._line(msisdn, command)
        with self._engine.begin() as connection:
            inbox_id = inbox.keep(connection, letter.raw, now=self._clock())
            is_first = inbox.is_first(
                connection,
                provider=letter.raw.provider,
                key=f"sms:{letter.id}",
                inbox_id=inbox_id,
                now=self._clock(),
            )
            verdict = self._act(connection, letter, msisdn, command, caller, line) if is_first else "a repetition"
            inbox.settle(connection, inbox_id, verdict=verdict, now=self._clock())
        return verdict

    def _line(self, msisdn: str, command: keywords.Command) -> Line | None:
        """The line, for the commands that need it; read before the transaction, which must not wait for it."""
        needs_it = isinstance(command, keywords.TopUp | keywords.Balance)
        return self._desk.read_line(msisdn) if needs_it else None

    def _act(
        self,
        connection: Connection,
        letter: Letter,
        msisdn: str,
        command: keywords.Command,
        caller: Caller,
        line: Line | None,
    ) -> str:
        language = caller.language if caller.language in LANGUAGES else SOURCE
        if isinstance(command, keywords.Language) and command.code is not None:
            subscribers.choose_language(connection, msisdn, language=command.code, now=self._clock())
            language = command.code
        answer = self._answer(connection, letter, msisdn, command, caller, line, language or SOURCE)
        if not self._may_answer(connection, msisdn, command, answer):
            return f"{answer.purpose}, not answered"
        message = kept_messages.write(
            connection,
            purpose=answer.purpose,
            msisdn=msisdn,
            text=rendered(answer.text, language or SOURCE),
            now=self._clock(),
        )
        outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=self._clock())
        return answer.purpose

    def _answer(
        self,
        connection: Connection,
        letter: Letter,
        msisdn: str,
        command: keywords.Command,
        caller: Caller,
        line: Line | None,
        language: str,
    ) -> Answer:
        code = self._desk.short_code
        match command:
            case keywords.TopUp() if line is not None:
                return self._top_up(connection, letter, msisdn, command, line, language)
            case keywords.Balance() if line is not None:
                text = messages.line_state(line, short_code=code, care_number=self._desk.care_number)
                return Answer("balance", text)
            case keywords.Status():
                return Answer("status", messages.last_top_up(caller.recent))
            case keywords.Language(code=None):
                return Answer("language", messages.unknown_language())
            case keywords.Language():
                return Answer("language", messages.language_changed())
            case keywords.Stop():
                subscribers.stop(connection, msisdn, now=self._clock())
                return Answer("stopped", messages.stopped())
            case keywords.Start():
                subscribers.start(connection, msisdn, now=self._clock())
                return Answer("started", messages.started())
            case keywords.Help():
                return Answer("help", messages.instructions(short_code=code))
            case _:
                return Answer("instructions", messages.instructions(short_code=code))

    def _top_up(
        self,
        connection: Connection,
        letter: Letter,
        msisdn: str,
        command: keywords.TopUp,
        line: Line,
        language: str,
    ) -> Answer:
        desk = self._desk
        if line.state in (LineState.BARRED, LineState.GONE):
            text = messages.line_state(line, short_code=desk.short_code, care_number=desk.care_number)
            return Answer("top_up_refused", text)
        if command.amount is None:
            return Answer("top_up_how", messages.top_up_instructions())
        try:
            amount = desk.limits.check(read_amount(command.amount, currency=desk.currency))
            payer = read_msisdn(command.payer, country=desk.country) if command.payer else msisdn
        except RedialError as error:
            if (why := sentence_for(error)) is None:
                raise
            return Answer("top_up_refused", messages.mistaken(why, short_code=desk.short_code))
        order = desk.place_in(
            connection,
            channel=letter.channel,
            conversation=letter.id,
            asked_by=msisdn,
            payer=payer,
            amount=amount,
            language=language,
            line=line,
        )
        return Answer("top_up_taken", messages.asked_to_pay(order, payer=national(payer, country=desk.country)))

    def _may_answer(self, connection: Connection, msisdn: str, command: keywords.Command, answer: Answer) -> bool:
        hour_ago = self._clock() - _INSTRUCTIONS_ONCE_IN
        if isinstance(command, keywords.TopUp | keywords.Status | keywords.Stop | keywords.Start):
            return self._answered_since(connection, msisdn, hour_ago) < _ANSWERS_AN_HOUR
        if subscribers.has_stopped(connection, msisdn):
            return False
        if answer.purpose == "instructions":
            return not self._answered_since(connection, msisdn, hour_ago, purpose="instructions")
        return self._answered_since(connection, msisdn, hour_ago) < _ANSWERS_AN_HOUR

    def _answered_since(self, connection: Connection, msisdn: str, since: datetime, purpose: str | None = None) -> int:
        return kept_messages.count_since(connection, msisdn=msisdn, since=since, purpose=purpose)
