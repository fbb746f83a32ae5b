"""Who wrote to us, and what a command may use to act for them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from sms.messages import replies
from store.desk import Desk
from store.inbox import Callback
from topup.caller import Caller, Unfinished
from topup.clock import Clock
from topup.line import Line
from topup.phone import national
from words.text import Text

# The purpose of an answer to what we can do nothing with: it goes out only once an hour.
INSTRUCTIONS = "instructions"

# The purpose under which an answer is kept, and the answer.
Acted = tuple[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody sent us. `channel` names the gateway (`sms:africastalking`), `id` is the gateway's."""

    channel: str
    id: str
    sender: str
    text: str
    raw: Callback


@dataclass(slots=True, kw_only=True)
class Writer:
    """Whoever wrote the letter that is being answered, within one transaction. `line` is the one it is about.

    `down` are the providers that do not answer just now. `unfinished` is what they were reminded of, when that is what
    they answer.
    """

    desk: Desk
    connection: Connection
    clock: Clock
    letter: Letter
    msisdn: str
    caller: Caller
    line: Line
    language: str
    down: frozenset[str] = frozenset()
    unfinished: Unfinished | None = None

    def line_state(self) -> Text:
        """What the writer's line is, in a sentence."""
        return replies.line_state(self.line, short_code=self.desk.short_code, care_number=self.desk.care_number)

    def shown(self, msisdn: str) -> str:
        """A number as people of the country write it."""
        return national(msisdn, country=self.desk.country)
