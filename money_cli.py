"""The commands that check the books: `flask --app app ledger ...` and `flask --app app reconcile ...`."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import Connection

from providers.statements import UnableToReadStatement, read_daraja_statement, read_operator_refills
from store import ledger, movements
from topup.money import Money
from topup.reconciliation import Entry, Reconciled, reconcile
from wiring import Wiring
from words.show import show_balance

# A movement at the very edge of the statement's days may stand on the other side of midnight with us.
_CLOCKS_DIFFER = timedelta(minutes=10)

books = AppGroup("ledger", help="The ledger.")


@books.command("check")
def ledger_check() -> None:
    """Verify the whole ledger. Fails with what is wrong, order by order."""
    with _wiring().engine.connect() as connection:
        faults = ledger.check(connection)
    for fault in faults:
        click.echo(f"{fault.order_id} move {'-' if fault.seq is None else fault.seq}: {fault.what}")
    if faults:
        raise click.exceptions.Exit(1)
    click.echo("The ledger is as it must be.")


@books.command("balances")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only what moved on this day, in the local zone.")
def ledger_balances(day: datetime | None) -> None:
    """Every account's balance; with --day the trial balance of that day."""
    since, until = _day(day.date()) if day else (None, None)
    with _wiring().engine.connect() as connection:
        found = ledger.balances(connection, since=since, until=until)
    click.echo(f"{'account':<24}{'debit':>20}{'credit':>20}{'balance':>20}")
    for row in found:
        shown = (_shown(minor, row.currency) for minor in (row.debit_minor, row.credit_minor, row.balance_minor))
        click.echo(row.account.ljust(24) + "".join(f"{amount:>20}" for amount in shown))


def _day(day: date) -> tuple[datetime, datetime]:
    begins = datetime.combine(day, time(0), _wiring().shop.zone)
    return begins, begins + timedelta(days=1)


statements = AppGroup("reconcile", help="Compare the ledger with a provider's own records. Changes nothing.")


@statements.command("daraja")
@click.argument("statement", type=click.File(encoding="utf-8-sig"))
def reconcile_daraja(statement: TextIO) -> None:
    """Compare with M-PESA's organisation statement (CSV). Fails when something is open."""

    def ours(connection: Connection, since: datetime, until: datetime) -> list[Entry]:
        return movements.with_payment_provider(connection, "daraja", since=since, until=until)

    _reconcile(_read(read_daraja_statement, statement), ours)


@statements.command("operator")
@click.argument("records", type=click.File(encoding="utf-8-sig"))
def reconcile_operator(records: TextIO) -> None:
    """Compare with the operator's refill records (CSV). Fails when something is open."""

    def ours(connection: Connection, since: datetime, until: datetime) -> list[Entry]:
        provider = _wiring().shop.credit_provider
        return movements.with_credit_provider(connection, provider, since=since, until=until)

    _reconcile(_read(read_operator_refills, records), ours)


def _read(read: Callable[[TextIO], list[Entry]], file: TextIO) -> list[Entry]:
    try:
        return read(file)
    except UnableToReadStatement as error:
        raise click.ClickException(str(error)) from error


def _reconcile(theirs: list[Entry], ours: Callable[[Connection, datetime, datetime], list[Entry]]) -> None:
    if not theirs:
        raise click.ClickException("The statement has no movement, so it says nothing about any day.")
    since, _ = _day(min(entry.at for entry in theirs).astimezone(_wiring().shop.zone).date())
    _, until = _day(max(entry.at for entry in theirs).astimezone(_wiring().shop.zone).date())
    with _wiring().engine.connect() as connection:
        booked = ours(connection, since - _CLOCKS_DIFFER, until + _CLOCKS_DIFFER)
    found = reconcile(ours=booked, theirs=theirs)
    _drop_the_edges(found, since, until)
    _tell(found)
    if found.is_open:
        raise click.exceptions.Exit(1)


def _drop_the_edges(found: Reconciled, since: datetime, until: datetime) -> None:
    """What was only looked at because clocks differ is not missing from these days."""
    found.missing_there[:] = [entry for entry in found.missing_there if since <= entry.at < until]


def _tell(found: Reconciled) -> None:
    for entry in found.missing_here:
        click.echo(f"missing here    {_line(entry)}")
    for entry in found.missing_there:
        click.echo(f"missing there   {_line(entry)}")
    for pair in found.differing:
        click.echo(f"differing       {_line(pair.ours)}, but there {_shown_money(pair.theirs.amount)}")
    total = len(found.matched)
    click.echo(
        f"{total} matched, {len(found.missing_here)} missing here, {len(found.missing_there)} missing there, "
        f"{len(found.differing)} differing."
    )


def _line(entry: Entry) -> str:
    return f"{entry.kind:<9} {_shown_money(entry.amount):>16}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.about}"


def _shown_money(amount: Money) -> str:
    return show_balance(amount, "en")


def _shown(minor: int, currency: str) -> str:
    return _shown_money(Money(minor, currency))


def _wiring() -> Wiring:
    wiring: Wiring = current_app.extensions["redial"]
    return wiring
