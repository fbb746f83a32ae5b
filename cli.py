"""The commands: `flask --app app COMMAND`."""

import json
import signal
import threading
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from menu_cli import menu_commands
from money_cli import books, statements
from store import auto, holding, review, schema, strays
from store.attempts import RECEIPT_IS_DERIVED
from topup.clock import utc_now
from topup.errors import RedialError
from topup.life import Event
from topup.money import Money
from wiring import Wiring
from words.show import show_balance
from workers import clock as clock_process
from workers import jobs, worker


def _wiring() -> Wiring:
    wiring: Wiring = current_app.extensions["redial"]
    return wiring


def _shown(minor: int, currency: str) -> str:
    return show_balance(Money(minor, currency), "en")


db = AppGroup("db", help="The database.")


@db.command("upgrade")
def db_upgrade() -> None:
    """Migrate the database to this version, and seed the table of legal moves."""
    schema.upgrade(_wiring().engine)
    click.echo("The database is up to date.")


@click.command("work")
@click.argument("queues", nargs=-1, required=True)
def work(queues: tuple[str, ...]) -> None:
    """Work on the jobs of QUEUES until told to stop; then the jobs in hand are finished first."""
    wiring = _wiring()
    jobs.move_in(wiring.house)
    worker.work(queues, house=wiring.house, redis=wiring.queue_redis, hands=wiring.settings.worker_hands)


@click.command("clock")
def clock() -> None:
    """Hand what is owed to the workers, sweep, and look at auto top-ups, until told to stop."""
    wiring, stop = _wiring(), threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    clock_process.run(
        wiring.house,
        redis=wiring.redis,
        lease=wiring.lease,
        looks_a_minute=wiring.settings.auto_looks_a_minute,
        unfinished=wiring.unfinished,
        stop=stop,
    )


orders = AppGroup("orders", help="Orders, and those that need a person.")


@orders.command("review")
def orders_review() -> None:
    """List the orders in review, with everything that was asked and answered, and what providers told of no order."""
    with _wiring().engine.connect() as connection:
        waiting, told = review.listed(connection), strays.waiting(connection)
    for found in waiting:
        order = found.order
        click.echo(f"{order.id}  {found.seen}  {_shown(order.amount.minor, order.amount.currency)}")
        click.echo(f"    for {order.line}, paid by {order.payer}, since {found.since:%Y-%m-%d %H:%M}Z")
        click.echo(f"    why: {json.dumps(dict(found.detail), ensure_ascii=False)}")
        for tried in found.attempts:
            is_known = tried["receipt"] and not tried["facts"].get(RECEIPT_IS_DERIVED)
            receipt, known = tried["receipt"] if is_known else "no receipt", tried["provider_ref"] or "no name there"
            click.echo(f"    {tried['reference']} at {tried['provider']}: {_came_to(tried)} ({receipt}, {known})")
        for heard in found.callbacks:
            click.echo(f"    callback {heard['received_at']:%H:%M:%S} {heard['topic']}: {heard['verdict']}")
    for stray in told:
        click.echo(f"{stray.name}  {stray.what}")
        click.echo(f"    told by {stray.provider} at {stray.at:%Y-%m-%d %H:%M}Z ({stray.receipt or 'no receipt'})")
    click.echo(f"{len(waiting)} to decide." if waiting else "Nothing to decide.")
    if told:
        click.echo(f"{len(told)} to acknowledge.")


def _came_to(tried: Mapping[str, Any]) -> str:
    """What is known of an attempt."""
    if tried["outcome"] is not None:
        return str(tried["outcome"])
    return "perhaps sent, look for it" if holding.MAY_HAVE_BEEN_SENT in tried["facts"] else "no answer"


@orders.command("decide")
@click.argument("order_id")
@click.option(
    "--credit",
    "event",
    flag_value=Event.OPERATOR_CREDIT.value,
    help="Credit the line: the money is here, or the advance did not land.",
)
@click.option("--refund", "event", flag_value=Event.OPERATOR_REFUND.value, help="The money is here: send it back.")
@click.option("--close", "event", flag_value=Event.OPERATOR_CLOSE.value, help="It has ended as it should have.")
@click.option("--void", "event", flag_value=Event.OPERATOR_VOID.value, help="The voucher was not used: let it be.")
@click.option(
    "--drop", "event", flag_value=Event.OPERATOR_DROP.value, help="An advance that did not land: do not try it again."
)
@click.option("--seen", required=True, help="What is decided, as `orders review` names it: REVIEW_CHARGE/4.")
@click.option("--reason", "because", required=True, help="Why, for the record.")
@click.option("--by", required=True, help="Who decides.")
@click.option("--receipt", help="Of money that came: its receipt, from the provider's statement.")
def orders_decide(*, order_id: str, event: str | None, seen: str, because: str, by: str, receipt: str | None) -> None:
    """Decide an order that is in review: --credit, --refund, --close, --void (a voucher) or --drop (an advance)."""
    if event is None:
        raise click.UsageError("Say --credit, --refund, --close, --void or --drop.")
    wiring = _wiring()
    decision = review.Decision(
        order_id=order_id, event=Event(event), seen=seen, because=because, by=by, receipt=receipt
    )
    try:
        with wiring.engine.begin() as connection:
            order = review.decide(connection, decision, now=utc_now(), timing=wiring.timing)
    except RedialError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{order.id} is now {order.state.value}.")


@orders.command("reopen")
@click.argument("order_id")
@click.option("--reason", "because", required=True, help="What was found since, for the record.")
@click.option("--by", required=True, help="Who has found it.")
def orders_reopen(order_id: str, because: str, by: str) -> None:
    """Take money that was held apart, and closed because it never came, back into review: then decide it."""
    wiring = _wiring()
    try:
        with wiring.engine.begin() as connection:
            order = review.reopen(connection, order_id, because=because, by=by, now=utc_now(), timing=wiring.timing)
    except RedialError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{order.id} is now {order.state.value}.")


@orders.command("acknowledge")
@click.argument("name")
@click.option("--reason", "because", required=True, help="What was found, for the record.")
@click.option("--by", required=True, help="Who has looked.")
def orders_acknowledge(name: str, because: str, by: str) -> None:
    """Say of what a provider told of no order that it was looked into. NAME is as `orders review` prints it."""
    try:
        with _wiring().engine.begin() as connection:
            strays.acknowledge(connection, name, because=because, by=by, now=utc_now())
    except RedialError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{name} is acknowledged.")


@orders.command("hold")
@click.argument("order_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every order that is under way.")
@click.option("--reason", "because", required=True, help="Why, for the record.")
@click.option("--by", required=True, help="Who decides.")
def orders_hold(order_ids: tuple[str, ...], everything: bool, because: str, by: str) -> None:
    """Put orders that are under way in review, after a restore and before anything is started.

    With --all, auto top-ups let what is due now pass, too.
    """
    if bool(order_ids) == everything:
        raise click.UsageError("Say --all, or which.")
    if everything:
        _hold_all(because=because, by=by)
    else:
        _hold(order_ids, because=because, by=by)


def _hold(order_ids: Sequence[str], *, because: str, by: str) -> None:
    wiring = _wiring()
    try:
        with wiring.engine.begin() as connection:
            for order_id in order_ids:
                holding.hold(connection, order_id, because=because, by=by, now=utc_now(), timing=wiring.timing)
    except RedialError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(order_ids)} held for a person.")


def _hold_all(*, because: str, by: str) -> None:
    wiring, now = _wiring(), utc_now()
    with wiring.engine.begin() as connection:
        held = holding.hold_all(connection, because=because, by=by, now=now, timing=wiring.timing)
        put_off = auto.look_past_what_is_due(connection, rhythm=wiring.shop.auto, zone=wiring.shop.zone, now=now)
    click.echo(f"{held.now} held for a person.")
    click.echo(f"{held.before} in review before: look for what may have been sent since as well.")
    click.echo(f"{put_off} auto top-ups are not looked at before their next time.")


@orders.command("show")
@click.argument("reference")
def orders_show(reference: str) -> None:
    """Tell the whole story of an order, by its id or the reference that people are told."""
    with _wiring().engine.connect() as connection:
        moves = review.moves_of(connection, reference)
    if not moves:
        raise click.ClickException(f"There is no order {reference}.")
    for move in moves:
        detail = json.dumps(move["detail"], ensure_ascii=False) if move["detail"] else ""
        click.echo(f"{move['at']:%Y-%m-%d %H:%M:%S}Z  {move['event']:<17} {move['target']:<14} {detail}")


# By name, for app.py.
COMMANDS: Mapping[str, click.Command] = {
    str(command.name): command for command in (db, work, clock, orders, books, statements, menu_commands)
}
