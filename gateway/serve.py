"""The gateway itself, in whatever network namespace it is started: rules, listeners, verdicts and events."""

import contextlib
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType

from gateway import rules
from gateway.enrich import Guide, enriching
from gateway.errors import GatewayProblem
from gateway.follow import Follower, webhook
from gateway.gate import Gate
from gateway.listener import listening
from gateway.plan import ENRICH_PORT, GATEWAY_TO_REDIAL, REDIRECTOR_PORT, WEBHOOK_PORT, Phone
from gateway.redirector import redirecting
from gateway.sessions import Fails, Sessions

logger = logging.getLogger(__name__)

# What is written when every phone is under its first verdict.
READY = "the gateway is ready"
_FIRST_VERDICTS_WITHIN_S = 30.0


class UnableToLoadRules(GatewayProblem):
    """nft did not take the rules: {why}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a gateway is told. `gate_url` holds the gate's secret, `webhook_secret` signs what comes by the webhook."""

    gate_url: str
    webhook_secret: str
    guide_url: str
    guide: Guide
    fails: Fails
    phones: tuple[Phone, ...]


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, and leave no rule behind.

    Raises UnableToLoadRules, and OSError when a port is taken.
    """
    gate = Gate(url=settings.gate_url)
    sessions = Sessions(redial=gate, apply=load, fails=settings.fails, guide_url=settings.guide_url)
    follower = Follower(url=f"{settings.gate_url}/events", line_back=sessions.line_back, begins=sessions.look_again)
    with _stop_asked() as asked, contextlib.ExitStack() as last:
        last.callback(gate.close)
        load(rules.base(listening=_listening(settings)))
        last.callback(load, f"delete table {rules.TABLE}\n")
        _listen(settings, sessions, last)
        asking = last.enter_context(ThreadPoolExecutor(max_workers=1)).submit(sessions.run)
        # When nobody can be asked about any more, the gateway ends, and says why.
        asking.add_done_callback(lambda _: asked.set())
        last.callback(sessions.stop)
        follower.start()
        sessions.attach(settings.phones)
        if sessions.wait_for_verdicts(within_s=_FIRST_VERDICTS_WITHIN_S):
            logger.info(READY)
        asked.wait()
        follower.stop()
        sessions.stop()
        asking.result()
        sessions.detach_all()


def load(text: str) -> None:
    """Load rules into the kernel, all of them or none. Raises UnableToLoadRules."""
    done = subprocess.run(["nft", "-f", "-"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnableToLoadRules(why=done.stderr.strip())


def _listening(settings: Settings) -> rules.Listening:
    return rules.Listening(
        redirector=REDIRECTOR_PORT,
        enrich=ENRICH_PORT,
        webhook=WEBHOOK_PORT,
        guide_address=settings.guide.address,
        guide_port=settings.guide.port,
    )


def _listen(settings: Settings, sessions: Sessions, last: contextlib.ExitStack) -> None:
    """Open the three ports. A connection that the rules turn to us arrives at the address of the bearer."""
    redirector = redirecting(where=sessions.where)
    proxy = enriching(guide=settings.guide, msisdn_of=sessions.msisdn_of)
    told = webhook(secret=settings.webhook_secret, line_back=sessions.line_back)
    everywhere = "0.0.0.0"  # noqa: S104  The rules say who reaches these.
    last.enter_context(listening(host=everywhere, port=REDIRECTOR_PORT, converse=redirector))
    last.enter_context(listening(host=everywhere, port=ENRICH_PORT, converse=proxy))
    last.enter_context(listening(host=GATEWAY_TO_REDIAL, port=WEBHOOK_PORT, converse=told))


@contextlib.contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """An event that is set by SIGTERM and SIGINT."""
    asked = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def log_to_stderr() -> None:
    """Write what happens to stderr, one sentence a line."""
    logging.basicConfig(level=logging.INFO, format="gateway: %(message)s", stream=sys.stderr)
