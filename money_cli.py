"""The commands that check the books: `flask --app app ledger ...` and `flask --app app reconcile ...`."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import Connection

from providers.statements import (
    WALLET_COLUMNS,
    WALLET_STATUSES,
    UnableToReadStatement,
    WalletForm,
    read_daraja_statement,
    read_operator_refills,
    read_wallet_statement,
)
from store import ledger, movements
from topup.clock import utc_now
from topup.money import Money
from topup.reconciliation import CLOCKS_DIFFER, Entry, Reconciled, Span, days_of, joined, reconcile, without_copies
from wiring import Wiring
from words.show import show_balance

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

Ours = Callable[[Connection, movements.Wanted], list[Entry]]
Days = tuple[datetime, datetime]

_files = click.argument("files", metavar="STATEMENT...", nargs=-1, required=True, type=click.File(encoding="utf-8-sig"))
_days = click.option(
    "--days",
    nargs=2,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first and the last day that they are all of, also where nothing stands on a day.",
)


@statements.command("daraja")
@_files
@_days
def reconcile_daraja(files: Sequence[TextIO], days: Days | None) -> None:
    """Compare with M-PESA's organisation statements (CSV). Fails when something is open."""

    def ours(connection: Connection, wanted: movements.Wanted) -> list[Entry]:
        return movements.with_payment_provider(connection, "daraja", wanted=wanted)

    _reconcile(_read(read_daraja_statement, files), ours, days)


@statements.command("operator")
@_files
@_days
def reconcile_operator(files: Sequence[TextIO], days: Days | None) -> None:
    """Compare with the operator's refill records (CSV). Fails when something is open."""

    def ours(connection: Connection, wanted: movements.Wanted) -> list[Entry]:
        return movements.with_credit_provider(connection, _wiring().shop.credit_provider, wanted=wanted)

    _reconcile(_read(read_operator_refills, files), ours, days)


def _our_names(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """What a statement calls the columns, from `OURS=THEIRS`."""
    named = dict(pair.partition("=")[::2] for pair in given)
    if not all(named.values()) or not set(named) <= set(WALLET_COLUMNS):
        raise click.BadParameter(f"say OURS=THEIRS, where OURS is one of {', '.join(WALLET_COLUMNS)}.")
    return named


def _zone(_context: click.Context, _option: click.Parameter, given: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(given) if given else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter("there is no such zone.") from error


@statements.command("wallet")
@click.argument("provider", type=click.Choice(sorted(WALLET_STATUSES)))
@_files
@_days
@click.option(
    "--column", "columns", multiple=True, callback=_our_names, metavar="OURS=THEIRS", help="What they call a column."
)
@click.option("--done", multiple=True, metavar="WORD", help="A word of theirs for the status of what was done.")
@click.option("--not-done", multiple=True, metavar="WORD", help="A word of theirs for the status of what was not.")
@click.option("--zone", callback=_zone, help="The zone of times that have none, such as Africa/Kampala.")
def reconcile_wallet(
    *,
    provider: str,
    files: Sequence[TextIO],
    days: Days | None,
    columns: dict[str, str],
    done: Sequence[str],
    not_done: Sequence[str],
    zone: tzinfo | None,
) -> None:
    """Compare with the statements of a wallet (CSV). Fails when something is open.

    Columns: time, receipt, reference, returns, amount, currency, status.
    """
    shop = _wiring().shop
    said = {word.upper(): word in done for word in (*not_done, *done)}
    form = WalletForm(
        columns=columns,
        statuses={**WALLET_STATUSES[provider], **said},
        zone=zone or shop.zone,
        currency=shop.currency,
    )

    def ours(connection: Connection, wanted: movements.Wanted) -> list[Entry]:
        return movements.with_payment_provider(connection, provider, wanted=wanted)

    _reconcile(_read(partial(read_wallet_statement, form=form), files), ours, days)


def _read(read: Callable[[TextIO], list[Entry]], files: Sequence[TextIO]) -> list[list[Entry]]:
    try:
        return [read(file) for file in files]
    except UnableToReadStatement as error:
        raise click.ClickException(str(error)) from error


def _reconcile(theirs: Sequence[Sequence[Entry]], ours: Ours, days: Days | None) -> None:
    """Tell of everything that the statements and we do not agree on, read as one."""
    spans, named = _spans(theirs, days), without_copies(theirs)
    wanted = movements.Wanted(
        since=spans[0].since - CLOCKS_DIFFER,
        until=spans[-1].until + CLOCKS_DIFFER,
        names={name for entry in named for name in (*entry.names, *entry.references) if name},
    )
    with _wiring().engine.connect() as connection:
        found = reconcile(ours=ours(connection, wanted), theirs=named, spans=spans)
    _tell(found)
    if found.is_open:
        raise click.exceptions.Exit(1)


def _spans(theirs: Sequence[Sequence[Entry]], days: Days | None) -> list[Span]:
    """The times that the statements are all of, by the days that are given or those that they have something of."""
    if days is not None:
        first, last = days
        since, until = _day(first.date())[0], _day(last.date())[1]
        if not since < until <= utc_now():
            raise click.ClickException("The days must be over, and the first of them stand first.")
        return [Span(since=since, until=until)]
    if not all(theirs):
        raise click.ClickException("A statement has no movement, so it says nothing of any day: say which with --days.")
    zone, now = _wiring().shop.zone, utc_now()
    return joined(days_of(statement, zone=zone, now=now) for statement in theirs)


def _local_day(at: datetime) -> date:
    return at.astimezone(_wiring().shop.zone).date()


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
    if edges := found.at_the_edges:
        first, last = min(entry.earliest for entry in edges), max(entry.latest for entry in edges)
        click.echo(
            f"{len(edges)} of ours may stand in other statements: to be told of them, give those of "
            f"{_local_day(first)} to {_local_day(last)} together."
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
