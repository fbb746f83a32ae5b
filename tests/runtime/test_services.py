"""The servers that tests and measurements bring up for themselves."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from runtime.services import ServiceDied, Services
from tests.runtime.copies import PROJECT, eventually


def dsn(url: str) -> str:
    return url.replace("+psycopg", "")


def words(url: str) -> list[str]:
    with psycopg.connect(dsn(url)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM memory")]


def write(url: str, word: str) -> None:
    with psycopg.connect(dsn(url)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS memory (word text)")
        connection.execute("INSERT INTO memory VALUES (%s)", [word])


def test_stopping_leaves_no_process_and_the_folder_can_be_taken_up_again(tmp_path: Path) -> None:
    with Services(folder=tmp_path) as services:
        write(services.database_url(), "kept")
        servers = [psutil.Process(services.postgres.pid), psutil.Process(services.redis.pid)]
        family = [member for server in servers for member in (server, *server.children(recursive=True))]
    assert not psutil.wait_procs(family, timeout=30)[1]
    with Services(folder=tmp_path) as services:
        assert words(services.database_url()) == ["kept"]


def test_postgres_comes_back_after_a_restart_and_after_a_kill(tmp_path: Path) -> None:
    with Services(folder=tmp_path) as services:
        url = services.database_url()
        write(url, "before")
        services.postgres.restart()
        write(url, "after a restart")
        services.postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            words(url)
        services.postgres.start()
        assert words(url) == ["before", "after a restart"]


def test_a_durable_redis_keeps_what_it_was_told_and_another_forgets(tmp_path: Path) -> None:
    for durable, kept in ((True, b"1"), (False, None)):
        with Services(folder=tmp_path / str(durable), durable=durable) as services:
            with redis.Redis.from_url(services.redis_url) as client:
                client.set("word", 1)
            services.redis.restart()
            with redis.Redis.from_url(services.redis_url) as client:
                assert client.get("word") == kept


def test_databases_are_copied_from_a_template_and_dropped_while_in_use(services: Services) -> None:
    template = services.create_database(name="a_template")
    write(template, "copied")
    copy = services.create_database(name="a_copy", template="a_template")
    assert words(copy) == ["copied"]
    write(copy, "only here")
    assert words(template) == ["copied"]
    with psycopg.connect(dsn(copy)) as connection:
        services.drop_database(name="a_copy")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    services.drop_database(name="a_template")


def test_the_database_of_a_test_has_tables_and_no_orders(database_url: str) -> None:
    with psycopg.connect(dsn(database_url)) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
        connection.execute("SELECT 1 FROM order_moves")


def test_the_redis_of_a_test_is_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_committed_data_is_durable_in_a_real_copy(tmp_path: Path) -> None:
    with (
        Services(folder=tmp_path, durable=True) as services,
        psycopg.connect(dsn(services.database_url())) as connection,
    ):
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_only_their_owner_reaches_the_sockets(tmp_path: Path) -> None:
    with Services(folder=tmp_path):
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
        assert {path.name for path in (tmp_path / "run").iterdir()} > {".s.PGSQL.5432", "redis.sock"}


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with Services(folder=tmp_path):
        pass
    (tmp_path / "postgres" / "postgresql.conf").write_text("shared_buffers = lots\n")
    with pytest.raises(ServiceDied, match=r"(?s)^PostgreSQL ended while it started .*shared_buffers"):
        Services(folder=tmp_path).start()


def test_a_stale_file_naming_a_living_process_keeps_nobody_from_starting(tmp_path: Path) -> None:
    with Services(folder=tmp_path) as services:
        services.postgres.kill()
        for stale in (tmp_path / "postgres" / "postmaster.pid", tmp_path / "run" / ".s.PGSQL.5432.lock"):
            _, *rest = stale.read_text().splitlines(keepends=True)
            stale.write_text("".join([f"{os.getpid()}\n", *rest]))
        services.postgres.start()
        write(services.database_url(), "back")
        assert words(services.database_url()) == ["back"]


def test_the_servers_of_a_killed_test_run_do_not_survive_it(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from runtime.services import Services\n"
        "services = Services(folder=Path(sys.argv[1])); services.start()\n"
        "print(services.postgres.pid, services.redis.pid, flush=True); time.sleep(1000)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        servers = [psutil.Process(int(pid)) for pid in holder.stdout.readline().split()]
        holder.kill()
    eventually(lambda: not any(map(_runs, servers)), what="the end of both servers")


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
