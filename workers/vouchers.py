"""What is told of a voucher, to whoever sent it and to the owner of the line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from sms.messages import vouchers as sentences
from store.book import SqlBook
from topup.ids import short_reference
from topup.life import Effect, Event
from topup.line import Line
from topup.money import Money
from topup.orders import Order, detail_of, history_of
from topup.outcomes import Reason
from words.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A voucher at one of its turns. `other_line` is the line in the national form where it is not the sender's own;
    `seen` is the line as the look saw it."""

    connection: Connection
    order: Order
    effect: Effect
    other_line: str | None
    seen: Line
    short_code: str
    care_number: str


def told_of(ending: Ending) -> Text:
    """The sentence for whoever sent the voucher."""
    match ending.effect:
        case Effect.TELL_BALANCE | Effect.TELL_CREDITED:
            return _loaded(ending)
        case Effect.TELL_CHECKING:
            reference = short_reference(ending.order.id)
            return sentences.checking(_tail(ending), care_number=ending.care_number, reference=reference)
        case _:
            return _not_loaded(ending)


def told_owner(ending: Ending, *, by: str) -> Text:
    """The sentence for the owner of a line on which `by` (in the national form) has loaded a voucher."""
    return sentences.loaded_by_another(_worth(ending), by=by, line=ending.seen)


def _loaded(ending: Ending) -> Text:
    worth = _worth(ending)
    if ending.other_line is not None:
        return sentences.loaded_for_another(worth, line=ending.other_line)
    if ending.effect is Effect.TELL_BALANCE:
        return sentences.loaded(worth, came_back=ending.order.line_was_away, line=ending.seen)
    seen = _detail(ending, Event.GAVE_UP)
    owed = Money(seen["owed_minor"], seen["currency"]) if "owed_minor" in seen else None
    return sentences.loaded_not_back(worth, owed=owed, short_code=ending.short_code)


def _not_loaded(ending: Ending) -> Text:
    tail, code = _tail(ending), ending.short_code
    if history_of(SqlBook(ending.connection), ending.order)[-1] is Event.OPERATOR_VOID:
        return sentences.checked_not_loaded(tail, short_code=code)
    reason = _detail(ending).get("reason")
    return sentences.not_loaded(tail, reason=Reason(reason) if reason else None, short_code=code)


def _worth(ending: Ending) -> Money | None:
    """What the voucher was worth; None where the charging system did not say."""
    known = _detail(ending, Event.REDEEM_CONFIRMED)
    return Money(known["value_minor"], known["currency"]) if "value_minor" in known else None


def _tail(ending: Ending) -> str:
    return str(_detail(ending, Event.VOUCHER_PLACED)["tail"])


def _detail(ending: Ending, event: Event | None = None) -> Mapping[str, Any]:
    return detail_of(SqlBook(ending.connection), ending.order, event=event)
