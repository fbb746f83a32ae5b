"""Reading what providers give their customers to reconcile by.

M-PESA's organisation statement: the CSV of the M-PESA portal, with `Receipt No.`, `Completion Time`, `Transaction
Status`, `Paid In`, `Withdrawn`, and where the portal was asked for them `Linked Transaction ID` and `A/C No.`; lines
above the heading are the portal's own and are passed over.

The operator's refill records: a CSV with `time` (ISO 8601 with its zone), `msisdn`, `transaction_id`,
`external_reference`, `amount` (in whole units with a point) and `currency`. Every charging system writes its own; this
is the form to bring them into.

A wallet's statement, MTN MoMo's or Airtel Money's: neither publishes what its portal exports. The plain form is a CSV
of payments and of what went back (below zero), with the columns of WALLET_COLUMNS; an export that calls them something
else is read by its own names. Integrators show MTN's with `Id`, `External Transaction Id`, `Date`, `Status`, `Amount`
and several columns `Currency`, of which the first is the amount's.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from providers import airtel_money_codes, mtn_momo_codes
from providers.codes import Also
from topup.errors import RedialError
from topup.money import MINOR_DIGITS, Money, UnableToReadAmount, read_amount
from topup.reconciliation import Entry

_NAIROBI = ZoneInfo("Africa/Nairobi")
_TIMES = ("%Y-%m-%d %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M")


# The plain form of a wallet's statement. `returns` is the receipt of the payment that a refund gave back. `time` and
# `amount` must be there, and in each row a receipt or a reference of ours.
WALLET_COLUMNS = ("time", "receipt", "reference", "returns", "amount", "currency", "status")

# Of the words that a provider has for a status, whether money moved.
WALLET_STATUSES: Mapping[str, Mapping[str, bool]] = {
    "airtel_money": {word: meaning is Also.HAPPENED for word, meaning in airtel_money_codes.STATUSES.items()},
    "mtn_momo": {word: meaning is Also.HAPPENED for word, meaning in mtn_momo_codes.STATUSES.items()},
}


class UnableToReadStatement(RedialError):
    """The statement cannot be read: {why}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletForm:
    """How a wallet's statement is written.

    `columns` is what it calls those of WALLET_COLUMNS that it does not call so. `statuses` says of each word whether
    money moved. Times without a zone are of `zone`, and amounts without a currency of `currency`.
    """

    statuses: Mapping[str, bool]
    zone: tzinfo
    currency: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def heading(self, column: str) -> str:
        """What the statement calls this one of WALLET_COLUMNS."""
        return self.columns.get(column, column)


def read_daraja_statement(lines: Iterable[str]) -> list[Entry]:
    """The completed payments and reversals of an M-PESA statement. Raises UnableToReadStatement."""
    rows = _rows(lines, headings={"Receipt No."})
    return [entry for row in rows if row.get("Transaction Status") == "Completed" for entry in _mpesa(row)]


def read_operator_refills(lines: Iterable[str]) -> list[Entry]:
    """The refills of the operator's records that we pay for. Raises UnableToReadStatement.

    A voucher was paid for in a shop: it is in the operator's records and in nobody's ledger.
    """
    rows = _rows(lines, headings={"transaction_id"})
    return [_refill(row) for row in rows if "-redeem-" not in row.get("external_reference", "")]


def read_wallet_statement(lines: Iterable[str], *, form: WalletForm) -> list[Entry]:
    """The payments and refunds of a wallet's statement. Raises UnableToReadStatement.

    A word for a status that is not known is refused, since a payment might be passed over by it.
    """
    rows = _rows(lines, headings={form.heading("time"), form.heading("amount"), *form.columns.values()})
    named = ({column: row.get(form.heading(column), "") for column in WALLET_COLUMNS} for row in rows)
    return [_wallet(row, form) for row in named if _has_moved(row["status"], form)]


def _has_moved(status: str, form: WalletForm) -> bool:
    """Whether a row's money moved. A statement without a status has only what was done."""
    if status and status.upper() not in form.statuses:
        raise UnableToReadStatement(why=f"nobody has said what the status {status!r} means")
    return form.statuses[status.upper()] if status else True


def _wallet(row: Mapping[str, str], form: WalletForm) -> Entry:
    receipt, reference = row["receipt"], row["reference"]
    if not (receipt or reference):
        raise UnableToReadStatement(why=f"the row of {row['time']!r} has neither a receipt nor a reference")
    about = f"{receipt} {reference}".strip()
    at, amount = _time(row["time"], form.zone), _money(row["amount"].lstrip("-"), row["currency"] or form.currency)
    if row["amount"].startswith("-"):
        return Entry(kind="reversal", names=(receipt, reference, row["returns"]), amount=amount, at=at, about=about)
    return Entry(kind="charge", names=(receipt,), references=(reference,), amount=amount, at=at, about=about)


def _mpesa(row: dict[str, str]) -> Iterator[Entry]:
    receipt, at = row["Receipt No."], _time(row.get("Completion Time", ""), _NAIROBI)
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


def _rows(lines: Iterable[str], *, headings: Collection[str]) -> Iterator[dict[str, str]]:
    """The rows below the heading, which is the first line that has all of these columns.

    Of two columns of one name, the first counts.
    """
    ahead = iter(lines)
    for line in ahead:
        columns = [column.strip() for column in next(csv.reader([line.lstrip("\ufeff")]), [])]
        if set(headings) <= set(columns):
            break
    else:
        raise UnableToReadStatement(why=f"no line has the columns {', '.join(sorted(headings))}")
    for row in csv.reader(ahead):
        if row:
            values = [*row, *[""] * (len(columns) - len(row))]
            yield {name: value.strip() for name, value in reversed(list(zip(columns, values, strict=False)))}


def _money(written: str, currency: str) -> Money:
    if currency not in MINOR_DIGITS:
        raise UnableToReadStatement(why=f"{currency!r} is no currency")
    try:
        return read_amount(written, currency=currency)
    except UnableToReadAmount as error:
        raise UnableToReadStatement(why=f"{written!r} is no amount") from error


def _time(written: str, zone: tzinfo) -> datetime:
    """The time that is written, of `zone` where it has none of its own."""
    for form in _TIMES:
        try:
            return datetime.strptime(written, form).replace(tzinfo=zone)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise UnableToReadStatement(why=f"{written!r} is no time") from error
    return at if at.tzinfo else at.replace(tzinfo=zone)
