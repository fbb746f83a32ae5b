"""Secrets, ports, places and the Procfile."""

import re
import stat
from pathlib import Path

import pytest

from runtime.keys import NAMES, local_keys
from runtime.places import SHORT_FOLDER, FolderIsNotOurs, make_private, places
from runtime.ports import NotAPort, PortIsTaken, PortsAreTheSame, UnableToListen, check_ports
from runtime.procfile import NoProcfile, UnableToReadCommand, read_procfile, words_of
from tests.runtime.copies import PROJECT, free_port


def test_secrets_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    first = local_keys(file)
    assert set(first) == set(NAMES)
    assert len(set(first.values())) == len(NAMES)
    assert min(map(len, first.values())) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert local_keys(file) == first


def test_a_secret_that_is_missing_is_added_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    file.write_text("GATEWAY_SECRET=kept\nSOMETHING_ELSE=kept too\n")
    keys = local_keys(file)
    assert keys["GATEWAY_SECRET"] == "kept"
    assert keys["SOMETHING_ELSE"] == "kept too"
    assert local_keys(file) == keys


def test_a_taken_port_names_its_setting(a_listener: int) -> None:
    with pytest.raises(PortIsTaken, match=f"^Port {a_listener} is taken: .* set SANDBOX_PORT to another port.$"):
        check_ports(host="127.0.0.1", wanted={"PORT": str(free_port()), "SANDBOX_PORT": str(a_listener)})


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "８０００", ""])
def test_what_is_no_port(port: str) -> None:
    with pytest.raises(NotAPort, match=re.escape(f"PORT={port} is not a port")):
        check_ports(host="127.0.0.1", wanted={"PORT": port})


def test_an_address_of_another_machine() -> None:
    with pytest.raises(UnableToListen, match=r"^192\.0\.2\.1 is no address of this machine"):
        check_ports(host="192.0.2.1", wanted={"PORT": str(free_port())})


def test_one_port_for_two() -> None:
    with pytest.raises(PortsAreTheSame):
        check_ports(host="127.0.0.1", wanted={"PORT": "28999", "SANDBOX_PORT": "28999"})


def test_sockets_are_in_the_state_folder_unless_it_is_too_deep(tmp_path: Path) -> None:
    assert places(Path("/srv/var")).sockets == Path("/srv/var/run")
    deep = places(Path("/srv") / ("d" * 90))
    deeper = places(Path("/srv") / ("d" * 91))
    assert len(str(deep.sockets / ".s.PGSQL.5432")) < 107
    assert deep.sockets != deeper.sockets


def test_letters_of_many_bytes_count_as_many() -> None:
    assert places(Path("/srv") / ("é" * 50)).sockets.parent == SHORT_FOLDER


def test_a_link_in_the_place_of_our_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderIsNotOurs):
        make_private(tmp_path / "run")


def test_the_projects_procfile_names_what_make_run_starts() -> None:
    commands = read_procfile(PROJECT / "Procfile")
    assert list(commands) == [
        *["postgres", "redis", "sandbox", "release", "web", "charge", "money", "tell", "clock"],
    ]
    env = {"HOST": "127.0.0.1", "PORT": "8000"}
    for name, command in commands.items():
        assert words_of(name=name, command=command, env=env)[0] == "python"


def test_a_command_keeps_its_quoted_words_whole() -> None:
    words = words_of(name="web", command="serve --name 'two words' $PORT ${PORT}1", env={"PORT": "80 00"})
    assert words == ["serve", "--name", "two words", "80 00", "80 001"]


@pytest.mark.parametrize("command", ["serve $NOWHERE", "serve 'open", "serve $"])
def test_a_command_that_cannot_be_read_is_shown(command: str) -> None:
    with pytest.raises(UnableToReadCommand, match=re.escape(f'"web: {command}"')):
        words_of(name="web", command=command, env={})


def test_no_procfile(tmp_path: Path) -> None:
    with pytest.raises(NoProcfile):
        read_procfile(tmp_path / "Procfile")
