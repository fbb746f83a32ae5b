"""People's letters on a real database, and our answers."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, func, select

from sms.answers import Answers
from sms.writer import Letter
from store import outbox
from store.book import SqlBook
from store.desk import Desk
from store.inbox import Callback
from store.tables import messages
from store.unfinished import UnfinishedCalls
from tests.unit.clocks import FakeClock
from tests.unit.desks import OWES_50
from tests.unit.orders import OWNER, TIMING
from tests.unit.shops import LineOf, a_shop
from topup.orders import Order

_ids = itertools.count(1)


@dataclass
class Post:
    """People's letters in, our answers out."""

    engine: Engine
    line: LineOf = field(default_factory=lambda: LineOf(OWES_50))
    clock: FakeClock = field(default_factory=FakeClock)
    shop: dict[str, Any] = field(default_factory=dict)
    unfinished: UnfinishedCalls | None = None
    down: frozenset[str] = frozenset()

    @property
    def answers(self) -> Answers:
        desk = Desk(self.engine, shop=a_shop(**self.shop), lines=self.line, timing=TIMING, clock=self.clock)
        return Answers(self.engine, desk=desk, clock=self.clock, down=lambda: self.down, unfinished=self.unfinished)

    def take(self, text: str, *, sender: str = OWNER, id: str | None = None) -> str:  # noqa: A002
        """Take a letter; what was made of it."""
        raw = Callback(
            provider="africastalking",
            topic="incoming",
            reference=None,
            content_type="application/x-www-form-urlencoded",
            body=text.encode(),
            remote_address="127.0.0.1",
        )
        return self.answers.take(
            Letter(channel="sms:africastalking", id=id or f"ATXid_{next(_ids)}", sender=sender, text=text, raw=raw)
        )

    def ask(self, text: str, **how: Any) -> str | None:
        """Take a letter; the answer to it, if there was one."""
        before = len(self.sent(how.get("sender", OWNER)))
        self.take(text, **how)
        after = self.sent(how.get("sender", OWNER))
        assert len(after) - before in (0, 1)
        return after[-1] if len(after) > before else None

    def sent(self, msisdn: str = OWNER) -> list[str]:
        """What we have written to a number, oldest first. Every message is owed through the outbox."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(messages).order_by(messages.c.written_at, messages.c.status_at)).all()
            assert all(outbox.open_of(connection, row.id) for row in rows)
            return [row.text for row in rows if row.msisdn == msisdn]

    def ordered(self) -> list[Order]:
        with self.engine.connect() as connection:
            return list(reversed(SqlBook(connection).recent(OWNER, count=100)))

    def count(self, table: Any) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0
