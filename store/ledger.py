"""Reading the ledger: balances, the trial balance of a day, and whether everything in it is as it must be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from topup.ledger import ADVANCES, HOLDING, REFUNDS_PAYABLE, Books, transfers_for
from topup.life import LIFE, State
from topup.money import Money
from topup.orders import APART


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What stands on an account: debits less credits, in minor units of a currency."""

    account: str
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """Debits less credits."""
        return self.debit_minor - self.credit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in the ledger that must not be: what it is, of which order and move."""

    order_id: str
    seq: int | None
    what: str


_BALANCES = text("""
    SELECT account, currency, sum(debit_minor)::bigint AS debit_minor, sum(credit_minor)::bigint AS credit_minor
      FROM (SELECT target AS account, currency, amount_minor AS debit_minor, 0 AS credit_minor, at FROM transfers
            UNION ALL
            SELECT source, currency, 0, amount_minor, at FROM transfers) AS sides
     WHERE at >= coalesce(CAST(:since AS timestamptz), '-infinity')
       AND at < coalesce(CAST(:until AS timestamptz), 'infinity')
     GROUP BY account, currency
     ORDER BY account, currency
""")

# What a move has set apart of the order's amount is looked for in the newest of the moves that do so (APART).
_MOVES_AND_TRANSFERS = text("""
    SELECT moves.order_id, moves.seq, moves.source, moves.event, moves.target, moves.at,
           orders.amount_minor, orders.currency, orders.payment_provider, orders.credit_provider,
           (SELECT detail FROM order_moves AS earlier
             WHERE earlier.order_id = moves.order_id AND earlier.seq < moves.seq AND earlier.event = ANY(:setting_apart)
             ORDER BY earlier.seq DESC LIMIT 1) AS agreed,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(
                        leg, transfers.source, transfers.target, transfers.amount_minor, transfers.currency,
                        transfers.at = moves.at) ORDER BY leg), '[]')
              FROM transfers WHERE transfers.order_id = moves.order_id AND transfers.seq = moves.seq) AS legs
      FROM order_moves AS moves
      JOIN orders ON orders.id = moves.order_id
     ORDER BY moves.order_id, moves.seq
""")

_LEFT_OVER = text("""
    SELECT orders.id AS order_id, orders.state, sides.account, sides.currency, sum(sides.minor)::bigint AS left_minor
      FROM orders
      JOIN (SELECT order_id, target AS account, currency, amount_minor AS minor FROM transfers
            UNION ALL
            SELECT order_id, source, currency, -amount_minor FROM transfers) AS sides ON sides.order_id = orders.id
     WHERE sides.account IN (:holding, :refunds)
     GROUP BY orders.id, orders.state, sides.account, sides.currency
    HAVING sum(sides.minor) <> 0
""")

# A credit moved what it was asked to move: the order's amount, less what was set apart to repay an advance.
_WRONGLY_ASKED = text("""
    SELECT attempts.order_id, sent.seq, attempts.amount_minor,
           orders.amount_minor - coalesce((sent.detail ->> 'repays_minor')::bigint, 0) AS meant_minor
      FROM attempts
      JOIN orders ON orders.id = attempts.order_id
      JOIN order_moves AS sent ON sent.order_id = attempts.order_id AND sent.detail ->> 'reference' = attempts.reference
                              AND sent.event IN ('CREDIT_SENT', 'LEND_SENT')
     WHERE attempts.amount_minor <> orders.amount_minor - coalesce((sent.detail ->> 'repays_minor')::bigint, 0)
""")

# No line has repaid more than it owed.
_OVERPAID = text("""
    SELECT orders.line, sides.currency, sum(sides.minor)::bigint AS owed_minor, max(orders.id) AS order_id
      FROM orders
      JOIN (SELECT order_id, currency, amount_minor AS minor FROM transfers WHERE target = :advances
            UNION ALL
            SELECT order_id, currency, -amount_minor FROM transfers WHERE source = :advances) AS sides
        ON sides.order_id = orders.id
     GROUP BY orders.line, sides.currency
    HAVING sum(sides.minor) < 0
""")

_FORGOTTEN = text("""
    SELECT orders.id AS order_id, orders.state FROM orders
     WHERE orders.state <> ALL (:resting)
       AND NOT EXISTS (SELECT FROM outbox WHERE outbox.subject = orders.id AND outbox.done_at IS NULL)
""")

_BOOKS = {(rule.source.value, rule.event.value): rule.books for rule in LIFE}

# Where money of an order may stand while the order is in a state: held for it, or owed back.
_HELD_IN = {State.PAID, State.CREDITING, State.REVIEW_CREDIT}
_OWED_IN = {State.REFUNDING, State.RETURNING, State.REVIEW_REFUND}


def balances(connection: Connection, *, since: datetime | None = None, until: datetime | None = None) -> list[Balance]:
    """Every account's debits and credits, from `since` (with) until `until` (without)."""
    rows = connection.execute(_BALANCES, {"since": since, "until": until}).mappings()
    return [Balance(**row) for row in rows]


def check(connection: Connection) -> list[Fault]:
    """Every fault in the ledger; none when all is well."""
    setting_apart = [event.value for event, _ in APART.values()]
    moves = connection.execute(_MOVES_AND_TRANSFERS, {"setting_apart": setting_apart}).mappings()
    return [
        *(fault for row in moves for fault in _wrong_transfers(row)),
        *_left_over(connection),
        *_wrong_advances(connection),
        *_unbalanced(connection),
        *_forgotten(connection),
    ]


def _wrong_transfers(row: RowMapping) -> Iterator[Fault]:
    """Each move makes exactly the transfers that LIFE says."""
    books = _BOOKS[row["source"], row["event"]]
    wanted = [] if books is None else _wanted(books, row)
    if (found := [tuple(leg) for leg in row["legs"]]) != wanted:
        yield Fault(order_id=row["order_id"], seq=row["seq"], what=f"{row['event']} made {found}, not {wanted}")


def _wanted(books: Books, row: RowMapping) -> list[tuple[object, ...]]:
    """The legs that a move should have made: leg, from, to, amount, currency, at the time of the move."""
    apart = (row["agreed"] or {}).get(APART[books][1], 0) if books in APART else 0
    legs = transfers_for(
        books,
        amount=Money(row["amount_minor"], row["currency"]),
        apart=Money(apart, row["currency"]),
        payment_provider=row["payment_provider"],
        credit_provider=row["credit_provider"],
    )
    return [
        (number, leg.source, leg.target, leg.amount.minor, leg.amount.currency, True)
        for number, leg in enumerate(legs, start=1)
    ]


def _wrong_advances(connection: Connection) -> Iterator[Fault]:
    """Credits moved what was agreed, and no line repaid what it did not owe."""
    for row in connection.execute(_WRONGLY_ASKED).mappings():
        what = f"{row['amount_minor']} were asked for, not {row['meant_minor']}"
        yield Fault(order_id=row["order_id"], seq=row["seq"], what=what)
    for row in connection.execute(_OVERPAID, {"advances": ADVANCES}).mappings():
        what = f"its line has repaid {-row['owed_minor']} {row['currency']} of advances too much"
        yield Fault(order_id=row["order_id"], seq=None, what=what)


def _left_over(connection: Connection) -> Iterator[Fault]:
    """What is held or owed for an order fits where the order stands; at an end nothing is."""
    for row in connection.execute(_LEFT_OVER, {"holding": HOLDING, "refunds": REFUNDS_PAYABLE}).mappings():
        allowed = _HELD_IN if row["account"] == HOLDING else _OWED_IN
        if State(row["state"]) not in allowed:
            what = f"{row['left_minor']} {row['currency']} stand on {row['account']} although it is {row['state']}"
            yield Fault(order_id=row["order_id"], seq=None, what=what)


def _unbalanced(connection: Connection) -> Iterator[Fault]:
    """All balances of a currency sum to zero."""
    sums: dict[str, int] = {}
    for balance in balances(connection):
        sums[balance.currency] = sums.get(balance.currency, 0) + balance.balance_minor
    for currency, minor in sums.items():
        if minor:
            yield Fault(order_id="-", seq=None, what=f"the balances of {currency} sum to {minor}")


def _forgotten(connection: Connection) -> Iterator[Fault]:
    """An order that is not at an end, nor with a person, has something owed for it."""
    resting = [state.value for state in State if state.is_end or state.in_review]
    for row in connection.execute(_FORGOTTEN, {"resting": resting}).mappings():
        yield Fault(order_id=row["order_id"], seq=None, what=f"it is {row['state']} and nothing is owed for it")
