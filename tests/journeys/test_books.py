"""The books: reconciled with what the outside world wrote down, also after the database was restored from a backup."""

import csv
import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from runtime.postgres_server import binary
from tests.city import City
from tests.journeys.conftest import flask

MPESA_COLUMNS = [
    "Receipt No.",
    "Completion Time",
    "Transaction Status",
    "Paid In",
    "Withdrawn",
    "Linked Transaction ID",
    "A/C No.",
]
REFILL_COLUMNS = ["time", "msisdn", "transaction_id", "external_reference", "amount", "currency"]


def mpesa_statement(city: City, place: Path) -> Path:
    """What M-PESA's portal would give: every payment and reversal, from the sandbox's own books."""
    books = city.outside.get("/books")
    paid = [(b["receipt"], _local(b["at"]), "Completed", _units(b), "", "", b["account"]) for b in books["charges"]]
    back = [
        (b["transaction_id"], _local(b["at"]), "Completed", "", f"-{_units(b)}", b["receipt"], "")
        for b in books["reversals"]
    ]
    return _write(place, MPESA_COLUMNS, [*paid, *back])


def refill_records(city: City, place: Path) -> Path:
    """What the operator's charging system would give."""
    rows = [
        (b["at"], b["msisdn"], b["reference"], b["external_data1"], _units(b), b["currency"])
        for b in city.outside.get("/books")["refills"]
    ]
    return _write(place, REFILL_COLUMNS, rows)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city of these tests' own, where one top-up was paid and one was given back.

    What other journeys leave undecided would rightly stay open here.
    """
    with City(folder=tmp_path_factory.mktemp("town")) as city:
        paid, returned = city.new_phone(balance_minor=-5000), city.new_phone(balance_minor=-5000)
        paid.top_up(100)
        assert city.end_of(paid).state == "DONE"
        city.faults.add("ucip.refill", "result_code", code=115)
        returned.top_up(70)
        assert city.end_of(returned).state == "REFUNDED"
        yield city


def test_the_ledger_agrees_with_the_statement_of_m_pesa(city: City, tmp_path: Path) -> None:
    ran = flask(city, "reconcile", "daraja", str(mpesa_statement(city, tmp_path / "mpesa.csv")))
    assert ran.returncode == 0, ran.stdout
    assert "0 missing here, 0 missing there, 0 differing" in ran.stdout


def test_the_ledger_agrees_with_the_records_of_the_operator(city: City, tmp_path: Path) -> None:
    ran = flask(city, "reconcile", "operator", str(refill_records(city, tmp_path / "refills.csv")))
    assert ran.returncode == 0, ran.stdout


def test_a_payment_that_we_do_not_know_is_named_each_time(city: City, tmp_path: Path) -> None:
    statement = mpesa_statement(city, tmp_path / "mpesa.csv")
    with statement.open("a") as more:
        more.write(f"STRANGE001,{datetime.now(ZoneInfo('Africa/Nairobi')):%Y-%m-%d %H:%M:%S},Completed,70.00,,,\n")
    for _ in range(2):
        ran = flask(city, "reconcile", "daraja", str(statement))
        assert ran.returncode == 1
        assert "missing here" in ran.stdout
        assert "STRANGE001" in ran.stdout


def test_a_payment_is_matched_on_whatever_day_the_statement_has_it(city: City, tmp_path: Path) -> None:
    statement = mpesa_statement(city, tmp_path / "mpesa.csv")
    today = datetime.now(ZoneInfo("Africa/Nairobi"))
    earlier = tmp_path / "earlier.csv"
    earlier.write_text(re.sub(r",\d{4}-\d\d-\d\d ", f",{today - timedelta(days=3):%Y-%m-%d} ", statement.read_text()))
    for _ in range(2):
        ran = flask(city, "reconcile", "daraja", str(earlier))
        assert ran.returncode == 0, ran.stdout
        assert ran.stdout.startswith("3 matched, 0 missing here")


def test_a_statement_with_nothing_in_it_counts_for_the_days_that_it_is_said_to_be_of(
    city: City, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing.csv"
    nothing.write_text(",".join(MPESA_COLUMNS) + "\n")
    ran = flask(city, "reconcile", "daraja", str(nothing))
    assert ran.returncode == 1
    assert "--days" in ran.stderr
    yesterday = f"{datetime.now(ZoneInfo('Africa/Nairobi')) - timedelta(days=1):%Y-%m-%d}"
    assert flask(city, "reconcile", "daraja", str(nothing), "--days", yesterday, yesterday).returncode == 0


def test_a_file_that_is_no_statement_is_refused_in_a_sentence(city: City, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    ran = flask(city, "reconcile", "daraja", str(tmp_path / "other.csv"))
    assert ran.returncode == 1
    assert "cannot be read" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_what_went_on_after_the_backup_is_not_done_again(city: City, tmp_path: Path) -> None:
    """A backup from the midst of a top-up that was then paid and credited: by hand, and with no call to anybody."""
    city.faults.clear()
    phone = city.new_phone(balance_minor=-5000)
    phone.answers_prompts("by_hand")
    phone.top_up(60)
    phone.wait_for_prompt()
    backup = _postgres("pg_dump", "--format=custom", city.env["DATABASE_URL"])
    phone.answer("pin")
    order = city.end_of(phone)
    assert order.state == "DONE"
    restored = city.services.create_database(name="restored_later")

    def run(*words: str) -> str:
        ran = flask(city, *words, database_url=restored)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def decide(*how: str) -> None:
        listed = run("orders", "review").splitlines()
        seen = next(line.split()[1] for line in listed if line.startswith(order.id))
        run("orders", "decide", order.id, "--seen", seen, *how, *record)

    record = ("--reason", "restored", "--by", "Amina")
    try:
        _postgres("pg_restore", "--exit-on-error", "--no-owner", "--dbname", restored, given=backup)
        assert run("orders", "hold", "--all", *record).startswith("1 held for a person.\n0 in review before")
        assert f"{order.id}-credit-1 at ucip: perhaps sent, look for it" in run("orders", "review")
        books = city.outside.get("/books")
        receipt = next(paid["receipt"] for paid in books["charges"] if paid["reference"].startswith(order.id))
        decide("--credit", "--receipt", receipt)
        run("orders", "hold", order.id, *record)
        decide("--close")
        assert "The ledger is as it must be." in run("ledger", "check")
        run("reconcile", "daraja", str(mpesa_statement(city, tmp_path / "mpesa.csv")))
        run("reconcile", "operator", str(refill_records(city, tmp_path / "refills.csv")))
        assert books == city.outside.get("/books")
    finally:
        city.services.drop_database(name="restored_later")


def test_a_restored_backup_still_reconciles(city: City, tmp_path: Path) -> None:
    backup = tmp_path / "redial.dump"
    backup.write_bytes(_postgres("pg_dump", "--format=custom", city.env["DATABASE_URL"]))
    restored = city.services.create_database(name="restored")
    try:
        _postgres("pg_restore", "--exit-on-error", "--no-owner", "--dbname", restored, given=backup.read_bytes())
        checked = flask(city, "ledger", "check", database_url=restored)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        statement = mpesa_statement(city, tmp_path / "mpesa.csv")
        agreed = flask(city, "reconcile", "daraja", str(statement), database_url=restored)
        assert agreed.returncode == 0, agreed.stdout
    finally:
        city.services.drop_database(name="restored")


def _postgres(program: str, *words: str, given: bytes | None = None) -> bytes:
    command = [str(binary(program)), *map(_plain, words)]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _local(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(ZoneInfo('Africa/Nairobi')):%Y-%m-%d %H:%M:%S}"


def _units(entry: dict[str, int]) -> str:
    return f"{entry['amount_minor'] // 100}.{entry['amount_minor'] % 100:02d}"


def _write(place: Path, columns: list[str], rows: Sequence[tuple[str, ...]]) -> Path:
    with place.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return place
