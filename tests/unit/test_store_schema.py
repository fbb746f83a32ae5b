"""Migrations: to the present from nothing, twice, two at once; the legal moves; and that queries see what is there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

from store import schema
from store.engine import make_engine
from store.schema import SchemaIsOld
from store.tables import legal_moves, metadata
from tests.unit.books import order_in
from topup.ledger import ADVANCES, FEES, HOLDING, REFUNDS_PAYABLE, SUSPENSE, clearing, operator_float
from topup.life import LIFE, State
from topup.wallets import WALLETS

RULES = {(rule.source.value, rule.event.value, rule.target.value) for rule in LIFE}


@pytest.fixture
def bare(empty_database_url: str) -> Iterator[Engine]:
    """A database in which nothing has been made yet."""
    made = make_engine(empty_database_url)
    yield made
    made.dispose()


def rules_in(engine: Engine) -> set[tuple[str, ...]]:
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(select(legal_moves))}


def test_a_bare_database_is_too_old_until_it_is_upgraded(bare: Engine) -> None:
    with bare.connect() as connection, pytest.raises(SchemaIsOld, match=r"no version.*flask --app app db upgrade"):
        schema.check(connection)
    schema.upgrade(bare)
    with bare.connect() as connection:
        schema.check(connection)
    assert rules_in(bare) == RULES


def test_two_upgrades_at_once_wait_for_each_other(bare: Engine) -> None:
    with ThreadPoolExecutor(2) as threads:
        for upgrading in [threads.submit(schema.upgrade, bare) for _ in range(2)]:
            upgrading.result(timeout=30)
    assert rules_in(bare) == RULES


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    order_in(engine, State.DONE)
    schema.upgrade(engine)
    assert rules_in(engine) == RULES


def test_the_legal_moves_are_brought_to_what_the_life_has(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM legal_moves WHERE source = 'CREDITED'"))
        connection.execute(text("INSERT INTO legal_moves VALUES ('DONE', 'MAGIC', 'CREATED')"))
        schema.seed_legal_moves(connection)
    assert rules_in(engine) == RULES


def test_a_rule_that_an_order_has_used_cannot_be_taken_away(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    order_in(engine, State.CHARGING)
    monkeypatch.setattr(schema, "LIFE", [rule for rule in LIFE if rule.target is not State.CHARGING])
    with pytest.raises(IntegrityError), engine.begin() as connection:
        schema.seed_legal_moves(connection)
    assert rules_in(engine) == RULES


def test_queries_see_the_tables_that_the_migrations_make(engine: Engine) -> None:
    def is_table_or_column(_thing: object, _name: str | None, kind: str, *_: object) -> bool:
        return kind in ("table", "column")  # Guards are for the database alone.

    options = {"compare_type": True, "include_object": is_table_or_column}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        primary_keys = {
            table.name: inspect(connection).get_pk_constraint(table.name) for table in metadata.sorted_tables
        }
    assert {name: key["constrained_columns"] for name, key in primary_keys.items()} == {
        table.name: [column.name for column in table.primary_key] for table in metadata.sorted_tables
    }


def test_every_account_that_a_top_up_may_need_is_open(engine: Engine) -> None:
    with engine.connect() as connection:
        found = set(connection.scalars(text("SELECT name FROM accounts")))
    assert found == {
        *(HOLDING, REFUNDS_PAYABLE, ADVANCES, FEES, SUSPENSE),
        *(clearing(provider) for provider in WALLETS),
        *(operator_float("ucip"), operator_float("airtime")),
    }


def test_times_are_spoken_of_in_utc_and_nothing_waits_for_ever(engine: Engine) -> None:
    with engine.connect() as connection:
        shown = {
            name: connection.scalar(text(f"SHOW {name}")) for name in ("timezone", "statement_timeout", "lock_timeout")
        }
    assert shown == {"timezone": "UTC", "statement_timeout": "10s", "lock_timeout": "5s"}
