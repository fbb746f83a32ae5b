"""The gateway as it really works: in network namespaces, with nftables, before a whole Redial.

One bench is up at a time on a machine, and a Redial takes some seconds to start, so the journey is one test.
"""

import io
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from gateway import plan, world
from gateway.bench import Bench, bench
from gateway.demo import tell_on
from gateway.plan import FRIEND, PHONE, Phone
from gateway.sessions import Fails

PROJECT = Path(__file__).resolve().parent.parent.parent

LACKING = world.missing()

pytestmark = pytest.mark.skipif(bool(LACKING), reason="; ".join(LACKING) or "a bench can be built")

# Another worker's bench, for as long as its journey takes.
PATIENCE_S = 300.0

NEWS = "http://news.example/"
GUIDE = "http://redial.example/guide"

# curl's own words for how it ended (curl(1), EXIT CODES).
CONNECTED, TIMED_OUT = 0, 28


def asks(stand: Bench, of: str, *words: str) -> int:
    """How a curl in that namespace ends, which waits for long."""
    return stand.run(of, "curl", "-s", "--max-time", "30", *words).returncode


def times_out(of: str, *words: str) -> "subprocess.Popen[bytes]":
    """A curl in that namespace, which soon gives up. Several wait side by side."""
    return subprocess.Popen(world.within(of, "curl", "-s", "--max-time", "1", *words), stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_suspended_phone_pays_on_the_guide_and_the_gateway_lets_it_pass() -> None:
    with bench(patience_s=PATIENCE_S) as stand:
        transcript = io.StringIO()
        tell_on(stand, transcript)
        assert transcript.getvalue().strip().splitlines() == told_in_readme()
        for way in ("stream", "webhook"):
            said = f"the {way} says that a line is back"
            stand.wait_until(partial(is_logged, stand, said), what=said)
        stand.set_line(PHONE, balance_minor=-5000)
        stand.wait_until(partial(is_led, stand, PHONE.name), what="the gateway confines the phone")
        what_is_not_permitted_is_dropped(stand)
        nobody_speaks_with_anothers_address(stand)
        the_gateways_own_ports_are_no_phones(stand)
        the_internet_begins_nothing(stand)
        what_was_open_ends_with_the_line(stand)
        without_redial_phones_do_as_the_setting_says(stand)


def is_logged(stand: Bench, said: str) -> bool:
    return said in stand.log("gateway")


def told_in_readme() -> list[str]:
    """The transcript in the README, which is to be what the demo prints: `make gateway-demo` shows a changed one."""
    _, _, rest = (PROJECT / "README.md").read_text().partition("<!-- gateway-demo: what make gateway-demo prints -->")
    return rest.partition("<!-- end of gateway-demo -->")[0].strip().splitlines()[1:-1]


def what_is_not_permitted_is_dropped(stand: Bench) -> None:
    """UDP to the name server passes, to other ports not, but all for an active line. HTTP/3 is refused."""
    assert datagram(stand, of=PHONE, to=53) == (True, True)
    assert datagram(stand, of=PHONE, to=5353) == (False, False)
    assert datagram(stand, of=FRIEND, to=5353) == (True, True)
    asks_http3 = (
        "import socket as s; u = s.socket(2, 2); u.connect((%r, 443)); u.send(b'?'); u.settimeout(20); u.recv(9)"
    )
    assert "ConnectionRefusedError" in stand.run(PHONE.name, sys.executable, "-c", asks_http3 % plan.NEWS).stderr


def nobody_speaks_with_anothers_address(stand: Bench) -> None:
    """The suspended phone takes the active phone's address: nothing of it comes through."""
    theirs = f"{FRIEND.address}/32"
    stand.run(PHONE.name, "ip", "address", "add", theirs, "dev", "uplink")
    assert datagram(stand, of=PHONE, to=5353, source=FRIEND.address) == (False, False)
    stand.run(PHONE.name, "ip", "address", "delete", theirs, "dev", "uplink")


def datagram(stand: Bench, *, of: Phone, to: int, source: str = "") -> tuple[bool, bool]:
    """Whether a datagram from a phone comes to that port of the internet's host, and whether its answer comes back."""
    answers = (
        "import socket, sys; u = socket.socket(2, 2); u.bind((sys.argv[1], int(sys.argv[2]))); u.settimeout(2)\n"
        "print('ready', flush=True); said, whom = u.recvfrom(9); print('it came', flush=True); u.sendto(said, whom)"
    )
    asks = (
        "import socket, sys; u = socket.socket(2, 2); u.bind((sys.argv[3], 0)); u.settimeout(1)\n"
        "u.sendto(b'?', (sys.argv[1], int(sys.argv[2]))); u.recv(9)"
    )
    where = (plan.NEWS, str(to))
    command, pipe = world.within(world.INTERNET, sys.executable, "-c", answers, *where), subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        answered = stand.run(of.name, sys.executable, "-c", asks, *where, source).returncode == 0
        return server.stdout.readline() == "it came\n", answered


def the_gateways_own_ports_are_no_phones(stand: Bench) -> None:
    """The proxy by its own port, the webhook, the sandbox, and Redial's other pages are closed to any phone."""
    ours = (plan.ENRICH_PORT, plan.REDIRECTOR_PORT, plan.WEBHOOK_PORT)
    closed = [f"{plan.GATEWAY_TO_PHONES}:{port}/guide" for port in ours] + [f"{plan.REDIAL}:{plan.SANDBOX_PORT}/books"]
    tried = [times_out(phone.name, f"http://{address}") for phone in plan.PHONES for address in closed]
    assert [one.wait() for one in tried] == [TIMED_OUT] * len(tried)
    for phone in plan.PHONES:
        assert stand.run(phone.name, "curl", "-s", "http://redial.example/healthz").stdout.startswith("This is no")


def the_internet_begins_nothing(stand: Bench) -> None:
    """Even an active phone gets answers only. Its port is open, so nothing else explains that nobody comes through."""
    listens = (
        "import socket as s; t = s.create_server(('', 8000)); print('ready', flush=True); t.settimeout(20); t.accept()"
    )
    command = world.within(FRIEND.name, sys.executable, "-c", listens)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        for of in (world.INTERNET, PHONE.name):
            assert times_out(of, f"http://{FRIEND.address}:8000/").wait() == TIMED_OUT
        server.kill()


def what_was_open_ends_with_the_line(stand: Bench) -> None:
    """A connection of before the suspension is reset when it is used again: the browser asks anew, and is led."""
    script = (
        "import socket, sys; c = socket.create_connection((sys.argv[1], 80)); print('open', flush=True); "
        "sys.stdin.readline(); c.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); c.settimeout(5); c.recv(9)"
    )
    talking = world.within(FRIEND.name, sys.executable, "-c", script, plan.NEWS)
    pipe = subprocess.PIPE
    with subprocess.Popen(talking, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as kept_open:
        assert kept_open.stdout is not None
        assert kept_open.stdout.readline() == "open\n"
        stand.set_line(FRIEND, balance_minor=-100)
        stand.wait_until(partial(is_led, stand, FRIEND.name), what="the gateway confines the phone")
        _, said = kept_open.communicate("\n")
    assert "ConnectionResetError" in said


def is_led(stand: Bench, of: str) -> bool:
    return stand.run(of, "curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", NEWS).stdout == GUIDE


def without_redial_phones_do_as_the_setting_says(stand: Bench) -> None:
    stand.stop("gateway")
    stand.stop("redial")
    stand.start_gateway(fails=Fails.CLOSED)
    assert is_led(stand, PHONE.name)
    assert "Failing closed." in stand.log("gateway")
    stand.stop("gateway")
    stand.start_gateway(fails=Fails.OPEN)
    assert asks(stand, PHONE.name, NEWS) == CONNECTED
    stand.stop("gateway")
    assert stand.run(world.GATEWAY, "nft", "list", "ruleset").stdout == ""


def is_over(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked how."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_start_clears_what_a_killed_bench_has_left() -> None:
    holds = (
        "import subprocess, time; from gateway.world import world, within\n"
        f"with world(patience_s={PATIENCE_S}) as folder:\n"
        "    sleeper = subprocess.Popen(within('phone', 'sleep', '600'))\n"
        "    print(folder, sleeper.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", holds], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as killed:
        assert killed.stdout is not None
        folder, sleeper = killed.stdout.readline().split()
        killed.kill()
    assert Path(folder).exists()
    with world.world(patience_s=PATIENCE_S) as fresh:
        assert not Path(folder).exists()
        assert is_over(int(sleeper))
        assert fresh.exists()
    assert not fresh.exists()
    assert world.PREFIX not in subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
