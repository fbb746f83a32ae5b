"""Reading what providers give their customers to reconcile by.

M-PESA's organisation statement: the CSV of the M-PESA portal, with `Receipt No.`, `Completion Time`, `Transaction
Status`, `Paid In`, `Withdrawn`, and where the portal was asked for them `Linked Transaction ID` and `A/C No.`; lines
above the heading are the portal's own and are passed over.

The operator's refill records: a CSV with `time` (ISO 8601 with its zone), `msisdn`, `transaction_id`,
`external_reference`, `amount` (in whole units with a point) and `currency`. Every charging system writes its own; this
is the form to bring them into.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from topup.errors import RedialError
from topup.money import Money, UnableToReadAmount, read_amount
from topup.reconciliation import Entry

_NAIROBI = ZoneInfo("Africa/Nairobi")
_TIMES = ("%Y-%m-%d %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M")


class UnableToReadStatement(RedialError):
    """The statement cannot be read: {why}."""


def read_daraja_statement(lines: Iterable[str]) -> list[Entry]:
    """The completed payments and reversals of an M-PESA statement. Raises UnableToReadStatement."""
    rows = _rows(lines, heading="Receipt No.")
    return [entry for row in rows if row.get("Transaction Status") == "Completed" for entry in _mpesa(row)]


def read_operator_refills(lines: Iterable[str]) -> list[Entry]:
    """The refills of the operator's records that we pay for. Raises UnableToReadStatement.

    A voucher was paid for in a shop: it is in the operator's records and in nobody's ledger.
    """
    rows = _rows(lines, heading="transaction_id")
    return [_refill(row) for row in rows if "-redeem-" not in row.get("external_reference", "")]


def _mpesa(row: dict[str, str]) -> Iterator[Entry]:
    receipt, at = row["Receipt No."], _time(row.get("Completion Time", ""))
    about = f"{receipt} {row.get('Other Party Info') or row.get('Details') or ''}".strip()
    if paid := row.get("Paid In"):
        amount, paid_for = _money(paid, "KES"), (row.get("A/C No.", ""),)
        yield Entry(kind="charge", names=(receipt,), references=paid_for, amount=amount, at=at, about=about)
    elif (withdrawn := row.get("Withdrawn")) and row.get("Linked Transaction ID"):
        # Only a withdrawal that names a payment is a reversal; the others are transfers to a bank, and fees.
        linked = row["Linked Transaction ID"]
        yield Entry(kind="reversal", names=(linked,), amount=_money(withdrawn.lstrip("-"), "KES"), at=at, about=about)


def _refill(row: dict[str, str]) -> Entry:
    names = (row.get("external_reference", ""), row["transaction_id"])
    about = f"{row['transaction_id']} for {row.get('msisdn', '')}"
    try:
        at = datetime.fromisoformat(row.get("time", ""))
    except ValueError as error:
        raise UnableToReadStatement(why=f"{row.get('time')!r} is no time") from error
    if at.tzinfo is None:
        raise UnableToReadStatement(why=f"{row.get('time')!r} has no zone")
    return Entry(kind="refill", names=names, amount=_money(row.get("amount", ""), row["currency"]), at=at, about=about)


def _rows(lines: Iterable[str], *, heading: str) -> Iterator[dict[str, str]]:
    """The rows below the heading, which begins where a line has the column `heading`."""
    ahead = iter(lines)
    for line in ahead:
        columns = [column.strip() for column in next(csv.reader([line.lstrip("\ufeff")]), [])]
        if heading in columns:
            break
    else:
        raise UnableToReadStatement(why=f"no line has the column {heading!r}")
    for row in csv.DictReader(ahead, fieldnames=columns):
        yield {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}


def _money(written: str, currency: str) -> Money:
    try:
        return read_amount(written, currency=currency)
    except UnableToReadAmount as error:
        raise UnableToReadStatement(why=f"{written!r} is no amount") from error


def _time(written: str) -> datetime:
    for form in _TIMES:
        try:
            return datetime.strptime(written, form).replace(tzinfo=_NAIROBI)
        except ValueError:
            continue
    raise UnableToReadStatement(why=f"{written!r} is no time")
