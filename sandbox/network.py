"""What the world posts to the project, and the faults that befall it on its way."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from sandbox.faults import Fault, Faults
from sandbox.later import Later
from sandbox.settings import SettingsNow
from sandbox.web import garbage

logger = logging.getLogger(__name__)

Body = Mapping[str, Any]

# An idle connection is given up before any server gives it up, so that no post is lost to a connection just closed.
KEEP_ALIVE_S = 1.0
# A stranger is faster than the person who pays.
FORGED_AFTER_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Something to post: where, what, and what a fault would make of it.

    `altered` changes the body for a kind of fault; `opposite` contradicts it.
    """

    operation: str
    msisdn: str
    url: str
    body: Body
    form: bool = False
    method: str = "POST"
    altered: Mapping[str, Callable[[Fault], Body]] = field(default_factory=dict)
    opposite: Callable[[], Body] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the project answered. `why` says whether there is an answer at all."""

    status: int
    text: str
    why: Literal["answered", "timeout", "unreachable"] = "answered"


class Network:
    """Posts to the project over HTTP, each once: none of the providers is known to try again."""

    def __init__(self, *, faults: Faults, later: Later, settings: SettingsNow) -> None:
        self._faults = faults
        self._later = later
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self.posted = 0
        self.not_taken = 0

    async def start(self) -> None:
        """Open the pool of connections."""
        connector = aiohttp.TCPConnector(limit=500, keepalive_timeout=KEEP_ALIVE_S)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        """Close the pool of connections."""
        if self._session is not None:
            await self._session.close()

    async def post(
        self,
        what: str,
        url: str,
        body: Body | bytes,
        *,
        form: bool,
        method: str = "POST",
        timeout_s: float | None = None,
    ) -> Heard:
        """Post once and hear the answer; never raises for what the project does wrong. `what` names it in the log."""
        timeout_s = timeout_s or self._settings.now.callback_answer_s
        heard = await self._request(method, url, body, form=form, timeout_s=timeout_s)
        self.posted += 1
        if not 200 <= heard.status < 300:
            self.not_taken += 1
            # The address stays out of the log: it holds secrets.
            logger.warning("The project did not take %s: %s %s", what, heard.why, heard.status or "")
        return heard

    async def _request(self, method: str, url: str, body: Body | bytes, *, form: bool, timeout_s: float) -> Heard:
        if self._session is None:
            raise RuntimeError("The network was not started.")
        data: Any = body if isinstance(body, bytes) or form else json.dumps(body).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return Heard(response.status, (await response.read()).decode("utf-8", "replace"))
        except TimeoutError:
            return Heard(0, "", "timeout")
        except (aiohttp.ClientError, OSError, ValueError):
            return Heard(0, "", "unreachable")

    def send_later(self, callback: Callback, *, after_s: float) -> None:
        """Post the callback when that time has passed."""
        self._later.after(after_s, lambda: self.send(callback))

    async def send(self, callback: Callback) -> None:
        """Post the callback, with the faults that befall it."""

        def take(kind: str) -> Fault | None:
            return self._faults.take(callback.operation, kind, callback.msisdn)

        if take("no_callback"):
            return
        if fault := take("late"):
            await asyncio.sleep(fault.wait_s)
        body = _befallen(callback, take)
        copies = 2 if take("callback_twice") else 1
        await asyncio.gather(*(self._deliver(callback, body) for _ in range(copies)))
        if callback.opposite and take("contradictory"):
            await self._deliver(callback, callback.opposite())

    async def _deliver(self, callback: Callback, body: Body | bytes) -> None:
        await self.post(callback.operation, callback.url, body, form=callback.form, method=callback.method)

    def maybe_forge(
        self, operation: str, *, msisdn: str, url: str, lie: Callable[[bool], Body], form: bool = False
    ) -> None:
        """If the fault `forged` befalls the operation, let a stranger post a lie before the truth is known.

        `lie` makes the body: with the true ids of the request when it is given True, else with invented ones.
        """
        if fault := self._faults.take(operation, "forged", msisdn):
            body = lie(fault.real_ids)
            forged = Callback(operation=operation, msisdn=msisdn, url=url, body=body, form=form)
            self._later.after(FORGED_AFTER_S, lambda: self._deliver(forged, body))


def _befallen(callback: Callback, take: Callable[[str], Fault | None]) -> Body | bytes:
    body = callback.body
    for kind, alter in callback.altered.items():
        if fault := take(kind):
            body = alter(fault)
    if fault := take("garbage"):
        return garbage(fault)
    return body
