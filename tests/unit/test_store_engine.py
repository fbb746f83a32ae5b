"""The pool of connections: what breaks while nobody uses it is not noticed by whoever uses it next."""

import pytest
from sqlalchemy import Engine, create_engine, text

from store import engine as engine_module
from store.engine import alone

OURS = "SELECT pg_backend_pid()"


def end_all_others(url: str) -> None:
    """End every other connection to this database, as a restart of the server does."""
    killer = create_engine(url)
    with killer.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    killer.dispose()


def test_connections_that_broke_while_idle_are_made_anew(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_FRESH_S", 0.0)
    with engine.connect() as one, engine.connect() as other:
        before = {one.scalar(text(OURS)), other.scalar(text(OURS))}
    end_all_others(database_url)
    with engine.begin() as one, engine.begin() as other:
        after = {one.scalar(text(OURS)), other.scalar(text(OURS))}
    assert len(after) == 2
    assert before.isdisjoint(after)


def test_a_connection_that_was_just_used_is_lent_again_as_it_is(engine: Engine) -> None:
    with engine.connect() as connection:
        first = connection.scalar(text(OURS))
    with engine.connect() as connection:
        assert connection.scalar(text(OURS)) == first


def test_a_statement_that_stands_alone_leaves_no_transaction_to_the_next(engine: Engine) -> None:
    state = "SELECT now() = statement_timestamp()"
    with alone(engine) as connection:
        connection.execute(text("SELECT 1"))
        assert connection.scalar(text(state)), "each statement is a transaction of its own"
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_sleep(0.001)"))
        assert not connection.scalar(text(state)), "and the next one has a transaction again"
