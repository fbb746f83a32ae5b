"""The pool of connections: what the server has ended is not lent, and what stands alone leaves nothing behind."""

import psycopg
from sqlalchemy import Engine, text

from store.engine import alone


def test_a_connection_that_the_server_has_ended_is_replaced_before_it_is_lent(engine: Engine) -> None:
    with engine.connect() as connection:
        ended = connection.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as lent, engine.connect() as other:
        assert lent.scalar(text("SELECT pg_backend_pid()")) == ended
        lent.rollback()
        lent.close()
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended})
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != ended


def test_a_connection_that_is_well_is_lent_again(engine: Engine) -> None:
    pids = set()
    for _ in range(3):
        with engine.connect() as connection:
            pids.add(connection.scalar(text("SELECT pg_backend_pid()")))
    assert len(pids) == 1


def test_a_statement_that_stands_alone_leaves_no_transaction_to_the_next(engine: Engine) -> None:
    state = "SELECT now() = statement_timestamp()"
    with alone(engine) as connection:
        connection.execute(text("SELECT 1"))
        assert connection.scalar(text(state)), "each statement is a transaction of its own"
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_sleep(0.001)"))
        assert not connection.scalar(text(state)), "and the next one has a transaction again"


def test_an_answer_tells_its_columns_as_psycopg_does_and_a_change_has_none(engine: Engine) -> None:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        ours, theirs = driver.cursor(), psycopg.Cursor(driver)
        for asked in (ours, theirs):
            assert asked.description is None
            asked.execute("SELECT 1 AS one, 'x'::text AS other")
        assert ours.description is not None
        assert theirs.description is not None
        assert [column.name for column in ours.description] == [column.name for column in theirs.description]
        assert ours.description[1].type_code == theirs.description[1].type_code
        assert len(ours.description[:1]) == 1
        ours.execute("SET LOCAL lock_timeout = 1")
        assert ours.description is None


def test_what_is_prepared_outlives_what_is_read_alone(engine: Engine) -> None:
    prepared = text("SELECT count(*) FROM pg_prepared_statements")
    for _ in range(8):
        with alone(engine) as connection:
            connection.execute(text("SELECT 1"))
    with alone(engine) as connection:
        assert connection.scalar(prepared)
