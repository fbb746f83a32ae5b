"""send: hand a message that has been written down to the SMS gateway.

A second run finds the message as it stands and does not write another. One that may or may not have reached the gateway
goes out once more: two are better than none for somebody who waits.
"""

from dataclasses import dataclass

import structlog

from sms.gateways.port import LINE_SUSPENDED
from store import messages, outbox
from store.book import SqlBook
from store.engine import alone
from store.messages import Message
from store.outbox import Owing
from topup.line import LineState
from topup.outcomes import NotSent, Refused, Unknown
from topup.ports import Handed
from workers.house import House
from workers.overtaken import OVERTAKEN, is_overtaken

log = structlog.get_logger(__name__)

_RESENDS_AFTER_SILENCE = 1
_RESEND_WAIT_S = 5.0


def send(house: House, owing: Owing) -> None:
    """Send message `owing.subject`: an answer to somebody's SMS, or one that has to go out again."""
    with house.engine.begin() as connection:
        message = messages.get(connection, owing.subject)
        order = SqlBook(connection).get(message.order_id) if message.order_id else None
        # Money may still come between this and the gateway: then what follows tells of it, and that is all we can do.
        overtaken = order is not None and is_overtaken(connection, order, message.purpose)
    delivery = Delivery(house, owing, message)
    if overtaken and message.status == messages.WRITTEN:
        delivery.let_go(OVERTAKEN)
    elif message.reason == LINE_SUSPENDED and house.lines.read_line(message.msisdn).state is not LineState.ACTIVE:
        delivery.try_later("the line is not back yet")
    else:
        delivery.send()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way out, and the effect that owes it."""

    house: House
    owing: Owing
    message: Message

    def send(self) -> None:
        """Hand the message over, unless an earlier run already did."""
        if self.message.status != messages.WRITTEN:
            return self._done()
        sent = self.house.sms.send(to=self.message.msisdn, text=self.message.text, reference=self.message.copy_name)
        match sent:
            case Handed():
                self._handed(sent.gateway_id)
            case Refused():
                self._refused(sent)
            case NotSent():
                log.warning("sms_waits", gateway=self.house.sms.name, why=sent.why)
                self.try_later(sent.why)
            case Unknown() if self.message.resends < _RESENDS_AFTER_SILENCE:
                self._once_more(sent.why)
            case Unknown():
                self._end(messages.UNKNOWN, sent.why)
        return None

    def let_go(self, why: str) -> None:
        """Say nothing, since what was written is so no more."""
        self._end(messages.FAILED, why)

    def try_later(self, why: str) -> None:
        """Wait for the next try, or give the message up."""
        wait = self.house.timing.next_message_wait(tried=self.owing.tried + 1)
        if wait is None:
            return self._end(messages.FAILED, why)
        with self.house.engine.begin() as connection:
            outbox.later(connection, self.owing.id, due_at=self.house.clock() + wait, note=why)
        return None

    def _handed(self, gateway_id: str) -> None:
        house = self.house
        with alone(house.engine) as connection:
            messages.handed(
                connection,
                self.message.id,
                gateway=house.sms.name,
                gateway_id=gateway_id,
                now=house.clock(),
                along=[house.struck(self.owing)],
            )

    def _refused(self, refused: Refused) -> None:
        """Nobody will be told now, and it may be the gateway's account that is wrong: that must be seen."""
        log.error("sms_refused", gateway=self.house.sms.name, code=refused.code, says=refused.facts.get("says"))
        self._end(messages.FAILED, refused.code)

    def _once_more(self, why: str) -> None:
        house = self.house
        again = house.clock() + house.timing.stretched(_RESEND_WAIT_S)
        with house.engine.begin() as connection:
            messages.to_resend(connection, self.message.id, now=house.clock())
            outbox.later(connection, self.owing.id, due_at=again, note=why)

    def _end(self, status: str, why: str) -> None:
        with self.house.engine.begin() as connection:
            messages.ended(connection, self.message.id, status=status, reason=why, now=self.house.clock())
            self.house.done(connection, self.owing, why)

    def _done(self) -> None:
        with self.house.engine.begin() as connection:
            self.house.done(connection, self.owing)
