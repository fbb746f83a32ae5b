"""The bench's world: network namespaces for phones, gateway, internet and Redial, joined by veth pairs (ip-netns(8)).

Everything has the prefix of the bench in its name and lives in a namespace, so that removing the namespaces removes it
all. A start first clears what a killed run has left; a lock keeps two runs from clearing each other.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gateway import plan
from gateway.errors import GatewayProblem
from gateway.plan import Phone

PREFIX = "redial-bench-"
GATEWAY, INTERNET, REDIAL = "gateway", "internet", "redial"

# Within a phone's, the internet's and Redial's namespace the one way out.
_OUT = "uplink"

_TOOLS = {"ip": "iproute2", "nft": "nftables", "curl": "curl", "w3m": "w3m", "setpriv": "util-linux"}

_LOCK = Path("/run/redial-bench.lock")

# What `ip netns exec` lays over /etc in a namespace (ip-netns(8)).
_ETC = Path("/etc/netns")

_GONE_WITHIN_S = 10.0
_RHYTHM_S = 0.05


class BenchIsTaken(GatewayProblem):
    """Another gateway bench is running on this machine: wait for its end, or stop it."""


class UnableToBuild(GatewayProblem):
    """The bench could not be built: `{command}` said: {why}"""


class UnableToClear(GatewayProblem):
    """What an earlier bench left in {name} would not go: process {pids} still runs there."""


def missing() -> list[str]:
    """What this machine lacks for a bench, in words; empty when a bench can be built."""
    lacking = [
        f"{tool} is not installed (package {package})" for tool, package in _TOOLS.items() if not shutil.which(tool)
    ]
    if os.geteuid() != 0:
        return [*lacking, "network namespaces are made by root only"]
    return lacking or _refused()


def _refused() -> list[str]:
    """Namespaces and nftables can be forbidden to root too, as in most containers: only trying tells."""
    name = f"redial-try-{os.getpid()}"  # Not the bench's prefix: one that starts meanwhile would clear it.
    try:
        _ip("netns", "add", name)
        try:
            _do("ip", "netns", "exec", name, "nft", "add table inet tried")
        finally:
            _ip("netns", "delete", name)
    except UnableToBuild as refused:
        return [f"network namespaces with nftables are not allowed here ({refused})"]
    return []


def namespace(of: str) -> str:
    """The whole name of a namespace: of a phone by the phone's name, or of GATEWAY, INTERNET or REDIAL."""
    return f"{PREFIX}{of}"


def within(of: str, *command: str) -> list[str]:
    """A command as the words that run it in a namespace. The process is the command's own: no shell, no parent."""
    return ["ip", "netns", "exec", namespace(of), *command]


@contextlib.contextmanager
def world(*, patience_s: float = 0) -> Iterator[Path]:
    """The namespaces of the plan, as long as the block lasts; gives a folder for what runs in them.

    Raises BenchIsTaken when another still runs after `patience_s` seconds, UnableToBuild and UnableToClear. Every
    process left in a namespace is killed at the end.
    """
    with _alone(patience_s):
        _clear()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            _build()
            yield folder
        finally:
            _clear()


def clear() -> None:
    """Remove what a bench that was killed has left. Raises BenchIsTaken while one runs, and UnableToClear."""
    with _alone(0):
        _clear()


def _clear() -> None:
    """Remove every namespace, folder and process of a bench. Only under the lock: it may be somebody's."""
    for name in _leftovers():
        _kill_all_in(name)
        _ip("netns", "delete", name)
    for folder in (*_ETC.glob(f"{PREFIX}*"), *Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        shutil.rmtree(folder)


def _leftovers() -> list[str]:
    listed = _ip("netns", "list").splitlines()
    return [name for line in listed if (name := line.split()[0]).startswith(PREFIX)]


def _kill_all_in(name: str) -> None:
    give_up_at = time.monotonic() + _GONE_WITHIN_S
    while pids := _ip("netns", "pids", name).split():
        if time.monotonic() > give_up_at:
            raise UnableToClear(name=name, pids=", ".join(pids))
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(_RHYTHM_S)


@contextlib.contextmanager
def _alone(patience_s: float) -> Iterator[None]:
    """Hold the lock. The kernel drops it with the process, however that ends."""
    give_up_at = time.monotonic() + patience_s
    with _LOCK.open("w") as held:
        while not _is_ours(held):
            if time.monotonic() >= give_up_at:
                raise BenchIsTaken
            time.sleep(_RHYTHM_S)
        yield


def _is_ours(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _build() -> None:
    for name in (GATEWAY, INTERNET, REDIAL, *(phone.name for phone in plan.PHONES)):
        _ip("netns", "add", namespace(name))
        _ip_in(name, "link", "set", "dev", "lo", "up")
        _write_names(name)
    for phone in plan.PHONES:
        _add_bearer(phone)
    _add_network(INTERNET, plan.INTERNET_LINK, plan.NEWS, plan.GATEWAY_TO_INTERNET, plan.INTERNET_BITS)
    _add_network(REDIAL, plan.REDIAL_LINK, plan.REDIAL, plan.GATEWAY_TO_REDIAL, plan.REDIAL_BITS)
    # Without a route from one side to the other no packet is forwarded, whatever the rules say.
    _do(*within(GATEWAY, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"))


def _add_bearer(phone: Phone) -> None:
    """A phone is alone at the end of its bearer, with a /32 and one way out, as in a mobile network."""
    _join(phone.name, phone.link)
    _ip_in(phone.name, "address", "add", f"{phone.address}/32", "dev", _OUT)
    _ip_in(phone.name, "route", "add", plan.GATEWAY_TO_PHONES, "dev", _OUT)
    _ip_in(phone.name, "route", "add", "default", "via", plan.GATEWAY_TO_PHONES)
    _ip_in(GATEWAY, "address", "add", plan.GATEWAY_TO_PHONES, "peer", phone.address, "dev", phone.link)


def _add_network(of: str, link: str, theirs: str, ours: str, bits: int) -> None:
    _join(of, link)
    _ip_in(of, "address", "add", f"{theirs}/{bits}", "dev", _OUT)
    _ip_in(GATEWAY, "address", "add", f"{ours}/{bits}", "dev", link)
    _ip_in(of, "route", "add", plan.PHONE_NETWORK, "via", ours)


def _join(of: str, link: str) -> None:
    """A veth pair whose ends are made where they belong, so that nothing of it is ever seen outside."""
    there, here = ("name", _OUT, "netns", namespace(of)), ("name", link, "netns", namespace(GATEWAY))
    _ip("link", "add", *there, "type", "veth", "peer", *here)
    _ip_in(of, "link", "set", "dev", _OUT, "up")
    _ip_in(GATEWAY, "link", "set", "dev", link, "up")


def _write_names(of: str) -> None:
    folder = _ETC / namespace(of)
    folder.mkdir(parents=True)
    hosts = {"localhost": "127.0.0.1", **plan.NAMES}
    (folder / "hosts").write_text("".join(f"{address} {name}\n" for name, address in hosts.items()))
    # A name that is not among these is not found at once, rather than looked for where nobody answers.
    (folder / "resolv.conf").write_text("")
    (folder / "nsswitch.conf").write_text("hosts: files\n")


def _ip(*words: str) -> str:
    return _do("ip", *words)


def _ip_in(of: str, *words: str) -> str:
    return _do("ip", "-n", namespace(of), *words)


def _do(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnableToBuild(command=" ".join(command), why=(done.stderr or done.stdout).strip())
    return done.stdout
