"""What is told of an advance, and of a top-up that repaid one. None is whatever tell says of every other top-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sms.messages import advances as sentences
from topup.advances import FEE, REPAYS
from topup.kinds import Kind
from topup.life import Effect, Event
from topup.money import Money
from words.text import Text

if TYPE_CHECKING:
    from workers.tell import Telling


def sentence(telling: Telling) -> Text | None:
    """To whoever asked for it."""
    if telling.order.kind is Kind.ADVANCE:
        return _of_advance(telling)
    if telling.order.is_for_another:
        return received_for(telling, telling.order.line)
    if telling.effect is Effect.TELL_REPAID:
        return sentences.repaid_all(telling.order, left=_money(telling, Event.REPAID, "left_minor"))
    return _of_repaying(telling)


def to_owner(telling: Telling, *, by: str) -> Text | None:
    """To the owner of a line whose debt somebody else's top-up has repaid, in part or whole."""
    if not (repaid := _repaid(telling)).minor:
        return None
    return sentences.repaid_by_another(telling.order, by=by, repaid=repaid, line=telling.line_seen())


def received_for(telling: Telling, line: str) -> Text | None:
    """To whoever paid for a line of which they need not know what it owes: what came, and not what was put on it."""
    if telling.effect not in _DONE or not _repaid(telling).minor:
        return None
    return sentences.received_for(telling.order, line=telling.shown(line))


_DONE = (Effect.TELL_BALANCE, Effect.TELL_CREDITED, Effect.TELL_REPAID)


def _of_advance(telling: Telling) -> Text | None:
    order, shop = telling.order, telling.house.shop
    owed = order.amount + _money(telling, Event.ADVANCE_PLACED, FEE)
    match telling.effect:
        case Effect.TELL_BALANCE | Effect.TELL_CREDITED:
            return sentences.lent(order, owed=owed, line=telling.line_seen(), short_code=shop.short_code)
        case Effect.TELL_DECLINED:
            return sentences.not_lent(order, short_code=shop.short_code)
        case _:
            return sentences.checking_advance(order, care_number=shop.care_number)


def _of_repaying(telling: Telling) -> Text | None:
    """Of a top-up of one's own line, once it is done."""
    order, code = telling.order, telling.house.shop.short_code
    if telling.effect not in _DONE or not (repaid := _repaid(telling)).minor:
        return None
    gave_up = telling.detail(Event.GAVE_UP) if telling.effect is Effect.TELL_CREDITED else {}
    if "owed_minor" in gave_up:
        owed = Money(gave_up["owed_minor"], gave_up["currency"])
        return sentences.repaid_and_line_owes(order, repaid=repaid, owed=owed, short_code=code)
    return sentences.repaid(order, repaid=repaid, line=telling.line_seen(), short_code=code)


def _repaid(telling: Telling) -> Money:
    """What this top-up has repaid; nothing, mostly."""
    if telling.effect is Effect.TELL_REPAID:
        return telling.order.amount
    return _money(telling, Event.CREDIT_SENT, REPAYS)


def _money(telling: Telling, event: Event, name: str) -> Money:
    return Money(telling.detail(event).get(name, 0), telling.order.amount.currency)
