"""Lua scripts on a connection to Redis that each thread keeps for itself.

A hop is two scripts. What redis-py does around each command (a connection lent and asked whether it is well, retries
prepared, what is observed noted down) takes longer than Redis does, so here the command is written and its answer read,
and no more. Whatever goes wrong with that is left to redis-py, which tries as often as it was told to.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha1
from typing import Any

from redis import Redis
from redis.commands.core import Script as OrdinaryScript
from redis.exceptions import ConnectionError, NoScriptError, TimeoutError  # noqa: A004  As redis-py calls them.


class Scripts:
    """The scripts of one Redis. Every thread has one connection for all of them, beside those of redis-py's pool."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._own = threading.local()

    def register(self, lua: str) -> "Script":
        """A script that may be repeated when its answer was lost, since redis-py does so too."""
        return Script(self._redis.register_script(lua), scripts=self, sha=sha1(lua.encode()).hexdigest())  # noqa: S324

    @property
    def connection(self) -> Any:
        """This thread's own redis.connection.Connection, which is not typed throughout.

        None before its first command, and after one that failed.
        """
        return getattr(self._own, "connection", None)

    def connect(self) -> None:
        """Make this thread's connection, right after a command of redis-py's has shown that Redis is there."""
        pool = self._redis.connection_pool
        connection = pool.connection_class(**pool.connection_kwargs)
        connection.connect()
        self._own.connection = connection

    def forget(self) -> None:
        """Do without this thread's connection: it did not do."""
        self._own.connection = None


class Script:
    """One script."""

    def __init__(self, ordinary: OrdinaryScript, *, scripts: Scripts, sha: str) -> None:
        self._ordinary = ordinary
        self._scripts = scripts
        self._sha = sha

    def __call__(self, *, keys: Sequence[str], args: Sequence[str | bytes | int]) -> Any:
        """What the script answers. Raises what redis-py raises."""
        connection = self._scripts.connection
        if connection is None:
            return self._ordinarily(keys, args)
        try:
            packed = connection.pack_command("EVALSHA", self._sha, len(keys), *keys, *args)
            connection.send_packed_command(packed, check_health=False)
            return connection.read_response()
        except NoScriptError:
            return self._ordinary(keys=keys, args=args)  # It tells Redis the script first.
        except (ConnectionError, TimeoutError):
            self._scripts.forget()
            return self._ordinarily(keys, args)

    def _ordinarily(self, keys: Sequence[str], args: Sequence[str | bytes | int]) -> Any:
        answer = self._ordinary(keys=keys, args=args)
        with suppress(ConnectionError, TimeoutError):  # There is an answer; the next command may try again.
            self._scripts.connect()
        return answer
