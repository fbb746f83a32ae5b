"""`make run`'s own part: start, stop, die, start again. Small processes stand for the application's; all are real."""

import os
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from tests.runtime.copies import SERVERS, WEB, Copy, a_copy


def remember(copy: Copy, word: str) -> None:
    with psycopg.connect(copy.dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS memory (word text)")
        connection.execute("INSERT INTO memory VALUES (%s)", [word])


def remembered(copy: Copy) -> list[str]:
    with psycopg.connect(copy.dsn) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM memory")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_runtime_stops_everything_the_web_before_the_database(
    tmp_path: Path, number: signal.Signals
) -> None:
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy:
        copy.start()
        copy.send(number)
        assert copy.ended() == 0
        assert not copy.left_behind()
        assert copy.output.index("web leaves") < copy.output.index("received fast shutdown request")
        assert not (tmp_path / "var" / "run").exists()


def test_it_stops_when_its_terminal_is_closed_though_nobody_passes_the_signal_on(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy:
        copy.start(terminal=theirs)
        os.close(theirs)
        os.close(ours)
        assert copy.ended() == 0
        assert not copy.left_behind()


def test_it_stops_when_nobody_reads_what_it_says(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    talks = "\nclock: sh -c 'while true; do echo tick; sleep 0.1; done'\n"
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB + talks) as copy:
        copy.start(terminal=writing)
        os.close(writing)
        os.close(reading)
        assert copy.ended() == 0
        assert not copy.left_behind()


def test_a_second_start_finds_its_data_again(tmp_path: Path) -> None:
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy:
        copy.start()
        remember(copy, "kept")
        secrets = (tmp_path / "var" / "secrets.env").read_text()
        copy.send(signal.SIGTERM)
        copy.ended()
        copy.start()
        assert remembered(copy) == ["kept"]
        assert (tmp_path / "var" / "secrets.env").read_text() == secrets


def test_the_data_is_found_after_everything_was_killed(tmp_path: Path) -> None:
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy:
        copy.start()
        remember(copy, "committed")
        copy.kill_all()
        copy.start()
        assert remembered(copy) == ["committed"]


def test_nothing_outlives_a_killed_runtime_and_the_next_start_waits_for_it(tmp_path: Path) -> None:
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy:
        copy.start()
        copy.send(signal.SIGKILL)
        copy.ended()
        copy.launch()
        assert not copy.left_behind()
        copy.wait_for("Redial is running")


def test_a_process_that_dies_stops_the_rest_and_is_named(tmp_path: Path) -> None:
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy:
        copy.start()
        copy.child("web.py").kill()
        assert copy.ended() == 1
        assert "web ended (killed by SIGKILL), so everything was stopped." in copy.output
        assert not copy.left_behind()


def test_what_a_dead_process_left_running_is_killed(tmp_path: Path) -> None:
    orphaning = "\nclock: sh -c 'sleep 1000 & sleep 1; exit 7'\n"
    with a_copy(folder=tmp_path, procfile=WEB + orphaning) as copy:
        copy.launch()
        assert copy.ended() == 1
        assert "clock ended (exit code 7), so everything was stopped." in copy.output
        assert not copy.left_behind()


def test_a_second_ctrl_c_kills_what_does_not_want_to_stop(tmp_path: Path) -> None:
    stubborn = "\nclock: sh -c 'trap \"\" TERM; while true; do sleep 0.1; done'\n"
    with a_copy(folder=tmp_path, procfile=WEB + stubborn) as copy:
        copy.start()
        copy.send(signal.SIGINT)
        copy.wait_for("web leaves")
        copy.send(signal.SIGINT)
        assert copy.ended() == 0
        assert not copy.left_behind()


def test_a_release_that_fails_keeps_the_web_from_starting(tmp_path: Path) -> None:
    with a_copy(folder=tmp_path, procfile="release: sh -c 'echo no such table; exit 3'\n" + WEB) as copy:
        copy.launch()
        assert copy.ended() == 1
        assert "no such table" in copy.output
        assert "release ended (exit code 3), so everything was stopped." in copy.output
        assert "web leaves" not in copy.output


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with a_copy(folder=tmp_path, procfile=SERVERS + WEB) as copy, socket.socket() as listener:
        listener.bind(("127.0.0.1", copy.port))
        listener.listen()
        copy.launch()
        assert copy.ended() == 1
        assert copy.output == (f"Port {copy.port} is taken: stop what listens on it, or set PORT to another port.\n")


def test_two_copies_run_side_by_side(tmp_path: Path) -> None:
    with (
        a_copy(folder=tmp_path / "one", procfile=SERVERS + WEB) as one,
        a_copy(folder=tmp_path / "two", procfile=SERVERS + WEB) as two,
    ):
        one.start()
        two.start()
        remember(one, "first")
        remember(two, "second")
        one.send(signal.SIGTERM)
        one.ended()
        assert remembered(two) == ["second"]


def test_a_second_copy_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        a_copy(folder=tmp_path / "one", procfile=WEB) as one,
        a_copy(folder=tmp_path / "two", procfile=WEB, VAR_DIR=str(tmp_path / "one" / "var")) as two,
    ):
        one.start()
        two.launch()
        assert two.ended() == 1
        assert two.output == (
            f"Another copy (process {one.pid}) runs on {tmp_path / 'one' / 'var'}: "
            "stop it, or set VAR_DIR to another place.\n"
        )


def test_a_folder_too_deep_for_a_socket_works(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-long-name-for-a-folder"] * 6)
    with a_copy(folder=deep, procfile=SERVERS + WEB) as copy:
        copy.start()
        remember(copy, "deep")
        assert remembered(copy) == ["deep"]


def test_the_file_env_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    shows = "\nclock: sh -c 'echo \"country $COUNTRY, currency $CURRENCY\"; sleep 1000'\n".replace("$", "$$")
    with a_copy(folder=tmp_path, procfile=WEB + shows, COUNTRY="UG") as copy:
        (tmp_path / ".env").write_text("COUNTRY=TZ\nCURRENCY=TZS\n")
        copy.launch()
        copy.wait_for("country UG, currency TZS")
