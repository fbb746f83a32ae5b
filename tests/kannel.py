"""A real Kannel: Debian's bearerbox and smsbox, with the fake SMSC of kannel-extras in the place of the operator's.

    kannel = Kannel(folder=tmp_path)
    with City(folder=..., **kannel.settings) as city, kannel.serving(city):
        kannel.write(city, "+254711000001", "HELP")
        kannel.wait_for_sms(city, "+254711000001")

It runs by the very configuration that docs/kannel.md tells an operator to use; only what is theirs is filled in. Its
link to an SMSC leads nowhere, and one to the fake SMSC stands beside it.
"""

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import pytest
import requests

from runtime.child import Child
from tests.city import PROJECT, WITHIN_S, City
from tests.surroundings import free_port

_PAGE = PROJECT / "docs" / "kannel.md"
_FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_SHORT_CODE = "38455"

_PASSWORD = "sendsms-password-of-tests"

_FAKE_LINK = """
group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {port}
connect-allow-ip = 127.0.0.1
"""

# As fakesmsc logs what it was sent: `Got message 2: <38455 +254711000001 ucs-2 %00h%00i>`. A text may have lines.
_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (text|ucs-2) (.*?)>\n(?=\d{4}-\d\d-\d\d |\Z)", re.DOTALL)


def is_installed() -> bool:
    """Whether Debian's Kannel is here."""
    return all(shutil.which(command, path=_PATH) for command in ("bearerbox", "smsbox", _FAKESMSC))


def need_kannel() -> None:
    """Skip the test where there is no Kannel; in CI (the variable CI is set) it fails instead."""
    if is_installed():
        return
    why = "There is no Kannel: apt-get install kannel kannel-extras"
    pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def sample() -> str:
    """The configuration that docs/kannel.md shows."""
    return "\n".join(re.findall(r"```ini\n(.*?)```", _PAGE.read_text(), re.DOTALL))


class Kannel:
    """One Kannel and its fake SMSC. Processes die with the test's thread, so use it in one that lasts."""

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self.admin, self.boxes, self.link, self.sendsms = (free_port() for _ in range(4))
        self._children: dict[str, Child] = {}
        self._smscs = 0

    @property
    def settings(self) -> dict[str, str]:
        """What Redial is told of it."""
        return {
            "SMS_GATEWAY": "kannel",
            "KANNEL_URL": f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms",
            "KANNEL_USERNAME": "redial",
            "KANNEL_PASSWORD": _PASSWORD,
            "SMS_SHORT_CODE": _SHORT_CODE,
        }

    @contextlib.contextmanager
    def serving(self, city: City) -> "Iterator[Kannel]":
        """Kannel, between the fake SMSC and this city, until the block ends."""
        self.configure(redial_url=city.url, secret=city.env["GATEWAY_SECRET"])
        try:
            self.start(city)
            self.connect_smsc(city)
            yield self
        finally:
            self.kill()

    # The boxes.

    def configure(self, *, redial_url: str, secret: str, post: bool = False) -> None:
        """Begin anew, by the sample with what is an operator's own. `post` makes its get-url a post-url."""
        (self.folder / "spool").mkdir(parents=True, exist_ok=True)
        for log in self.folder.glob("*box.log"):
            log.unlink()
        theirs = {
            "admin-port = 13000": f"admin-port = {self.admin}",
            "smsbox-port = 13001": f"smsbox-port = {self.boxes}",
            "sendsms-port = 13013": f"sendsms-port = {self.sendsms}",
            "/var/spool/kannel": str(self.folder / "spool"),
            "change-me-sendsms": _PASSWORD,
            "host = smsc.example": "host = 127.0.0.1",
            "port = 2775": f"port = {free_port()}",
            "http://redial.example:8000": redial_url,
            "GATEWAY_SECRET": secret,
            "http-queue-delay = 10": "http-queue-delay = 1",
        }
        if post:
            theirs |= {"get-url": "post-url", "&text=%b&charset=%C": ""}
        config = sample()
        for word, own in theirs.items():
            assert word in config, f"docs/kannel.md has no {word!r} any more"
            config = config.replace(word, own)
        (self.folder / "kannel.conf").write_text(config + _FAKE_LINK.format(port=self.link))

    def start(self, city: City) -> None:
        """Start bearerbox, then smsbox, and wait until they have found each other."""
        self._start(city, "bearerbox", lambda: "Status: running" in self.status())
        self._start(city, "smsbox", lambda: "smsbox:" in self.status() and self._listens())

    def _start(self, city: City, box: str, is_up: Callable[[], bool]) -> None:
        """Start a box; again, when it has ended: somebody's connection may have had one of its ports for a moment."""

        def goes() -> bool:
            if box not in self._children or not self._children[box].is_running:
                self._run(box, box, "-v", "0", "kannel.conf")
            return is_up()

        city.wait_until(goes, what=box)

    def kill(self, *names: str) -> None:
        """SIGKILL to these processes (without any: to all)."""
        for name in names or tuple(self._children):
            self._children.pop(name).kill()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a process a signal, such as SIGSTOP: it stands still in the midst of whatever it does."""
        self._children[name].process.send_signal(number)

    def status(self) -> str:
        """bearerbox's own words on how it is; empty when it does not answer."""
        try:
            return requests.get(f"http://127.0.0.1:{self.admin}/status.txt", timeout=WITHIN_S).text
        except requests.ConnectionError:
            return ""

    def _listens(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.sendsms}/", timeout=WITHIN_S).status_code == 404
        except requests.ConnectionError:
            return False

    # The SMSC.

    def connect_smsc(self, city: City, *messages: str) -> None:
        """Connect the SMSC anew; it hands over `messages`, in fakesmsc's own words. Waits until it is connected."""
        if "smsc" in self._children:
            self.disconnect_smsc(city)
        self._smscs += 1
        to = ("-H", "127.0.0.1", "-r", str(self.link), "-i", "0.01", "-m", str(len(messages)))
        self._run("smsc", _FAKESMSC, *to, *(messages or ("1 2 text unused",)), log=f"smsc-{self._smscs}")
        city.wait_until(self.has_smsc, what="the SMSC")

    def disconnect_smsc(self, city: City) -> None:
        """The link to the SMSC breaks, and bearerbox has seen it."""
        self.kill("smsc")
        city.wait_until(lambda: "FAKE:" in self.status() and not self.has_smsc(), what="no SMSC")

    def write(self, city: City, sender: str, text: str, *, ucs2: bool = False) -> None:
        """Somebody writes to the short code."""
        kind, written = ("ucs2", quote(text.encode("utf-16-be"), safe="")) if ucs2 else ("text", text)
        self.connect_smsc(city, f"{sender} {_SHORT_CODE} {kind} {written}")

    def inbox(self, msisdn: str) -> list[str]:
        """The texts that the SMSC has got for a number, oldest first."""
        logs = (self.folder / f"smsc-{number}.log" for number in range(1, self._smscs + 1))
        said = "".join(log.read_bytes().decode() for log in logs)
        return [_read(kind, text) for _, to, kind, text in _GOT.findall(said) if to == msisdn]

    def wait_for_sms(self, city: City, msisdn: str, count: int = 1) -> list[str]:
        """Wait until the SMSC has got `count` texts for a number, and give them all."""

        def enough() -> list[str] | None:
            found = self.inbox(msisdn)
            return found if len(found) >= count else None

        return city.wait_until(enough, what=f"{count} SMS for {msisdn} at the SMSC")

    def log(self, name: str) -> str:
        """What a process has written."""
        return (self.folder / f"{name}.log").read_bytes().decode(errors="replace")

    def has_smsc(self) -> bool:
        """Whether the SMSC is connected, as far as bearerbox knows."""
        return "online" in self.status().partition("SMSC connections:")[2]

    def _run(self, name: str, *command: str, log: str = "") -> None:
        with (self.folder / f"{log or name}.log").open("ab") as output:
            self._children[name] = Child(
                name=name,
                command=list(command),
                env={"PATH": _PATH},
                output=output,
                folder=self.folder,
                stop_signal=signal.SIGTERM,
            )


def _read(kind: str, text: str) -> str:
    return unquote_to_bytes(text.replace("+", "%20")).decode("utf-16-be") if kind == "ucs-2" else text
