"""Answering an SMS: everything that one message causes is committed in one transaction, or nothing is.

The answer itself is owed through the outbox, so that the gateway gets its 200 at once and no answer is lost.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine

from sms import keywords, messages
from store import inbox, outbox, subscribers
from store import messages as kept_messages
from store.desk import Desk
from store.inbox import Callback
from topup.caller import Caller
from topup.clock import Clock
from topup.errors import RedialError
from topup.limits import SameAgain
from topup.line import NOT_KNOWN, Line
from topup.money import read_amount
from topup.orders import Wanted
from topup.phone import UnableToReadNumber, national, read_caller, read_msisdn
from words.mistakes import sentence_for
from words.text import LANGUAGES, SOURCE, Text, rendered

# Two machines that answer each other must come to an end, and a person needs the instructions only once.
_INSTRUCTIONS = "instructions"
_INSTRUCTIONS_ONCE_IN = timedelta(hours=1)
_ANSWERS_AN_HOUR = 20

# What a person who said STOP is still answered: their own top-ups, and STOP and START themselves.
_ALWAYS_ANSWERED = (keywords.TopUp, keywords.Status, keywords.Stop, keywords.Start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody sent us. `channel` names the gateway (`sms:africastalking`), `id` is the gateway's."""

    channel: str
    id: str
    sender: str
    text: str
    raw: Callback


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
        # Both are read before the transaction, which must not wait for the charging system.
        caller, line = self._desk.caller(msisdn), self._line(msisdn, command)
        with self._engine.begin() as connection:
            now = self._clock()
            inbox_id = inbox.keep(connection, letter.raw, now=now)
            verdict = "a repetition"
            provider, key = letter.raw.provider, f"sms:{letter.id}"
            if inbox.is_first(connection, provider=provider, key=key, inbox_id=inbox_id, now=now):
                answering = _Answering(
                    desk=self._desk,
                    connection=connection,
                    clock=self._clock,
                    letter=letter,
                    msisdn=msisdn,
                    caller=caller,
                    line=line,
                    language=_known(caller.language),
                )
                verdict = answering.answer(command)
            inbox.settle(connection, inbox_id, verdict=verdict, now=now)
        return verdict

    def _line(self, msisdn: str, command: keywords.Command) -> Line:
        needs_it = isinstance(command, keywords.TopUp | keywords.Balance)
        return self._desk.read_line(msisdn) if needs_it else NOT_KNOWN


@dataclass(slots=True, kw_only=True)
class _Answering:
    """One letter being answered, within one transaction."""

    desk: Desk
    connection: Connection
    clock: Clock
    letter: Letter
    msisdn: str
    caller: Caller
    line: Line
    language: str

    def answer(self, command: keywords.Command) -> str:
        """Do what the command asks for, and owe the answer. Returns a verdict for the record."""
        purpose, text = self._act(command)
        if not self._may_answer(command, purpose):
            return f"{purpose}, not answered"
        message = kept_messages.write(
            self.connection,
            purpose=purpose,
            msisdn=self.msisdn,
            text=rendered(text, self.language),
            now=self.clock(),
        )
        outbox.owe_one(self.connection, effect=outbox.SEND, subject=message.id, due_at=self.clock())
        return purpose

    def _act(self, command: keywords.Command) -> tuple[str, Text]:
        code = self.desk.short_code
        match command:
            case keywords.TopUp():
                return self._top_up(command)
            case keywords.Balance():
                return "balance", self._line_state()
            case keywords.Status():
                return "status", messages.last_top_up(self.caller.recent)
            case keywords.Language():
                return "language", self._choose_language(command.code)
            case keywords.Stop():
                subscribers.stop(self.connection, self.msisdn, now=self.clock())
                return "stopped", messages.stopped()
            case keywords.Start():
                subscribers.start(self.connection, self.msisdn, now=self.clock())
                return "started", messages.started()
            case keywords.Help():
                return "help", messages.instructions(short_code=code)
            case keywords.NotUnderstood():
                return _INSTRUCTIONS, messages.instructions(short_code=code)

    def _top_up(self, command: keywords.TopUp) -> tuple[str, Text]:
        desk = self.desk
        if self.line.is_beyond_help:
            return "top_up_refused", self._line_state()
        if command.amount is None:
            return "top_up_how", messages.top_up_instructions()
        try:
            amount = desk.limits.check(read_amount(command.amount, currency=desk.currency))
            payer = read_msisdn(command.payer, country=desk.country) if command.payer else self.msisdn
            wanted = Wanted(
                channel=self.letter.channel,
                conversation=self.letter.id,
                asked_by=self.msisdn,
                payer=payer,
                amount=amount,
                language=self.language,
                line_was=self.line.state,
                again=command.again,
            )
            order = desk.place_in(self.connection, wanted)
            return "top_up_taken", messages.asked_to_pay(order, payer=national(payer, country=desk.country))
        except SameAgain as error:
            another = national(payer, country=desk.country) if payer != self.msisdn else None
            return "top_up_again", messages.ordered_just_now(error.facts["amount"], payer=another)
        except RedialError as error:
            if (why := sentence_for(error)) is None:
                raise
            return "top_up_refused", messages.mistaken(why, short_code=desk.short_code)

    def _choose_language(self, code: str | None) -> Text:
        if code is None:
            return messages.unknown_language()
        subscribers.choose_language(self.connection, self.msisdn, language=code, now=self.clock())
        self.language = code
        return messages.language_changed()

    def _line_state(self) -> Text:
        return messages.line_state(self.line, short_code=self.desk.short_code, care_number=self.desk.care_number)

    def _may_answer(self, command: keywords.Command, purpose: str) -> bool:
        always = isinstance(command, _ALWAYS_ANSWERED)
        if not always and subscribers.has_stopped(self.connection, self.msisdn):
            return False
        if purpose == _INSTRUCTIONS and self._answers_in_the_last_hour(purpose):
            return False
        return self._answers_in_the_last_hour() < _ANSWERS_AN_HOUR

    def _answers_in_the_last_hour(self, purpose: str | None = None) -> int:
        since = self.clock() - _INSTRUCTIONS_ONCE_IN
        return kept_messages.count_since(self.connection, msisdn=self.msisdn, since=since, purpose=purpose)


def _known(language: str | None) -> str:
    return language if language is not None and language in LANGUAGES else SOURCE
