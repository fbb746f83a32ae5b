"""What must hold of every order: the world's books against what Redial has written down, and what people were told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from store import movements
from tests.safety.town import Town
from tests.safety.world import Moved, SmsSeen
from topup.ids import short_reference
from topup.kinds import Kind
from topup.ledger import ADVANCES, FEES, HOLDING, REFUNDS_PAYABLE
from topup.life import Event, State
from topup.line import LineState
from topup.money import Money
from topup.reconciliation import Entry, Span, reconcile

_ORDERS = text("""
    SELECT orders.id, kind, placed_at, state, orders.amount_minor, line,
           (SELECT string_agg(event, ' ' ORDER BY seq) FROM order_moves WHERE order_id = orders.id) AS events,
           coalesce((SELECT split_part(facts ->> 'came_to', '-', 1) FROM attempts
              WHERE order_id = orders.id AND facts ? 'came_to' LIMIT 1), orders.id) AS came_to,
           (SELECT array_agg(receipt) FROM attempts
             WHERE order_id = orders.id AND purpose = 'charge' AND receipt IS NOT NULL) AS receipts,
           (SELECT count(*) FROM outbox WHERE subject = orders.id AND done_at IS NULL) AS owed
      FROM orders WHERE line = ANY(:lines)
""")

_TRANSFERS = text("SELECT order_id, source, target, amount_minor FROM transfers WHERE order_id = ANY(:ids)")
_MESSAGES = text("SELECT id, order_id, purpose, status FROM messages WHERE order_id = ANY(:ids)")

# What a person hears of each end.
_TELLS = {
    State.DONE.value: {"tell_balance", "tell_credited", "tell_repaid"},
    State.UNPAID.value: {"tell_declined", "tell_not_paid"},
    State.REFUNDED.value: {"tell_refunded"},
}


@dataclass(frozen=True, slots=True)
class Group:
    """An order, with the money that came to it and has orders of its own.

    `unknown` are the receipts of payments that Redial does not have, and says so when it reconciles: they were told by
    nobody who could be believed, and a person finds them on the provider's statement.
    """

    orders: Sequence[Any]
    balances: Counter[str]
    messages: Sequence[Any]
    unknown: frozenset[str]

    @property
    def is_advance(self) -> bool:
        """Whether it was lent, and not paid for."""
        kind: str = self.orders[0].kind
        return kind == Kind.ADVANCE.value


def faults(town: Town, *lines: str, in_turn: bool = False) -> list[str]:
    """Everything that is wrong with the orders of these lines. Empty is how it must be.

    `in_turn`: the advances came first and ended before the top-ups began, so each of these met what was owed.
    """
    with town.outside.connect() as connection:
        groups = _groups(connection, town, lines)
    found = [f"{fault} ({_shown(group)})" for group in groups for fault in _faults(town, group)]
    return [*found, *_of_debts(groups, in_turn=in_turn)]


def _of_debts(groups: Sequence[Group], *, in_turn: bool) -> Iterator[str]:
    """A line repaid what it owed, as far as its top-ups went, and never more."""
    owed = sum(group.balances[ADVANCES] for group in groups)
    lent = sum(group.balances[ADVANCES] for group in groups if group.is_advance)
    came = sum(order.amount_minor for group in groups for order in group.orders if _is_done_top_up(order))
    least = lent - min(lent, came)
    if not least <= owed <= (least if in_turn else lent):
        yield f"{lent} were to be repaid, {came} came, and {owed} are still owed"


def _is_done_top_up(order: Any) -> bool:
    return (order.kind, order.state) == (Kind.TOPUP.value, State.DONE.value)


def _unknown(connection: Connection, town: Town, *, since: datetime, ids: list[str]) -> frozenset[str]:
    """The receipts on the provider's statement that a reconciliation lists as missing here."""
    days = Span(since=since, until=town.clock() + timedelta(days=1))
    wanted = movements.Wanted(since=days.since, until=days.until)
    ours = movements.with_payment_provider(connection, "daraja", wanted=wanted)
    theirs = [
        Entry(
            kind="charge",
            names=(paid.receipt,),
            references=(short_reference(paid.order_id),),
            amount=Money(paid.amount_minor, "KES"),
            at=paid.at,
            about=paid.order_id,
        )
        for paid in town.world.charges
        if paid.order_id in ids
    ]
    found = reconcile(ours=ours, theirs=theirs, spans=[days])
    return frozenset(entry.names[0] for entry in found.missing_here)


def _groups(connection: Connection, town: Town, lines: Sequence[str]) -> list[Group]:
    orders = connection.execute(_ORDERS, {"lines": list(lines)}).all()
    ids = [order.id for order in orders]
    unknown = _unknown(connection, town, since=min(order.placed_at for order in orders), ids=ids)
    transfers = connection.execute(_TRANSFERS, {"ids": ids}).all()
    messages = connection.execute(_MESSAGES, {"ids": ids}).all()
    groups = []
    for whole in dict.fromkeys(order.came_to for order in orders):
        members = [order for order in orders if order.came_to == whole]
        ours = {order.id for order in members}
        balances: Counter[str] = Counter()
        for transfer in transfers:
            if transfer.order_id in ours:
                balances[transfer.target] += transfer.amount_minor
                balances[transfer.source] -= transfer.amount_minor
        groups.append(Group(members, balances, [message for message in messages if message.order_id in ours], unknown))
    return groups


def _faults(town: Town, group: Group) -> Iterator[str]:
    world = town.world
    whose = group.orders[0].came_to
    charges = [paid for paid in world.charges if paid.order_id == whose and paid.receipt not in group.unknown]
    given = [moved for moved in world.credits if moved.order_id == whose]
    receipts = {paid.receipt for paid in charges}
    reversals = [back for back in world.reversals if back.receipt in receipts]
    if len({paid.reference for paid in charges}) > 1:
        yield f"charged {len(charges)} times"
    if len(given) > 1:
        yield f"credited {len(given)} times"
    yield from _of_ends(group, charges, given, reversals)
    yield from _of_books(group, charges, given, reversals)
    yield from _of_messages(town, group)


def _of_ends(group: Group, charges: list[Moved], given: list[Moved], reversals: list[Moved]) -> Iterator[str]:
    for order in group.orders:
        if order.state not in _TELLS:
            yield f"is {order.state} at the end"
        if order.owed:
            yield f"{order.owed} effects are still owed"
    done = sum(order.state == State.DONE.value for order in group.orders)
    to_give = done - sum(Event.REPAID.value in order.events.split() for order in group.orders)
    if len(given) != to_give:
        yield f"{to_give} credits were to be given, and {len(given)} were"
    back = Counter(moved.receipt for moved in reversals)
    if twice := [receipt for receipt, times in back.items() if times > 1]:
        yield f"{twice} went back more than once"
    kept = [paid for paid in charges if paid.receipt not in back]
    to_keep = 0 if group.is_advance else done
    if len(kept) != to_keep:
        yield f"{to_keep} payments were to be kept, and {len(kept)} were"
    refunded = sum(order.state == State.REFUNDED.value for order in group.orders)
    if len(back) != refunded:
        yield f"{refunded} are REFUNDED, and {len(back)} payments went back"


def _of_books(group: Group, charges: list[Moved], given: list[Moved], reversals: list[Moved]) -> Iterator[str]:
    clearing, floats = (
        sum(balance for account, balance in group.balances.items() if account.startswith(kind))
        for kind in ("clearing:", "float:")
    )
    taken = _total(charges) - _total(reversals)
    if clearing != taken:
        yield f"the provider took {taken}, the ledger says {clearing}"
    if -floats != _total(given):
        yield f"the line got {_total(given)}, the ledger says {-floats}"
    owed, fees = group.balances[ADVANCES], group.balances[FEES]
    if group.is_advance and (owed, fees) != (_total(given) * 11 // 10, -_total(given) // 10):
        yield f"the line got {_total(given)} as an advance, the ledger says that it owes {owed} with a fee of {-fees}"
    if left := {account: group.balances[account] for account in (HOLDING, REFUNDS_PAYABLE) if group.balances[account]}:
        yield f"left over: {left}"


def _of_messages(town: Town, group: Group) -> Iterator[str]:
    purposes = {message.id: message for message in group.messages}
    for seen in town.world.sms:
        message_id, _, _copy = seen.reference.rpartition("-")  # As Message.copy_name is put together.
        if (message := purposes.get(message_id)) is not None:
            yield from _of_message(town, group, seen, message)
    for order in group.orders:
        told = {message.purpose for message in group.messages if message.order_id == order.id}
        if order.kind in ("topup", "advance") and not told & _TELLS.get(order.state, told):
            yield f"is {order.state}, and told only {told}"


def _of_message(town: Town, group: Group, seen: SmsSeen, message: Any) -> Iterator[str]:
    """Whether what was told was true at the moment when it was told."""
    whose = group.orders[0].came_to
    charges = [paid for paid in town.world.charges[: seen.charges] if paid.order_id == whose]
    given = [moved for moved in town.world.credits[: seen.credits] if moved.order_id == whose]
    back = {moved.receipt for moved in town.world.reversals[: seen.reversals]}
    kept = [paid for paid in charges if paid.receipt not in back]
    told = f"told {seen.text!r} when of {len(charges)} payments {len(kept)} were kept, and {len(given)} credits given"
    if message.purpose in ("tell_balance", "tell_credited") and not (given and (kept or group.is_advance)):
        yield told
    if message.purpose == "tell_repaid" and not kept:
        yield told
    if message.purpose == "tell_balance" and seen.line is not LineState.ACTIVE:
        yield f"told {seen.text!r} when the line was {seen.line.value}"
    if message.purpose == "tell_refunded" and not back & {paid.receipt for paid in charges}:
        yield told
    if "othing was taken" in seen.text and kept:
        yield told


def _total(moved: list[Moved]) -> int:
    return sum(each.amount_minor for each in moved)


def _shown(group: Group) -> str:
    return "; ".join(f"{order.kind} {order.state}: {order.events}" for order in group.orders)
