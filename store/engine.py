"""The pool of connections to PostgreSQL."""

from sqlalchemy import Engine, create_engine

_OPTIONS = ("statement_timeout=10s", "lock_timeout=5s", "idle_in_transaction_session_timeout=30s", "timezone=UTC")


def make_engine(url: str, *, size: int = 10, wait_s: float = 5.0) -> Engine:
    """An engine whose pool keeps up to `size` connections and waits at most `wait_s` seconds for a free one.

    A connection is tried before it is lent, so that a restart of the server is ridden out. A statement may take ten
    seconds and a lock five: whatever takes longer is an error of ours, and must not hold a worker for ever.
    """
    return create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=wait_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "options": " ".join(f"-c {option}" for option in _OPTIONS),
        },
    )
