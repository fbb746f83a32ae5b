"""The pool of connections: what the server has ended is not lent, and what stands alone leaves nothing behind."""

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
