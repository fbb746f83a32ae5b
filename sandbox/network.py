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


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Something to post: where, what, and what a fault would make of it.

    `altered` changes the body for a kind of fault; `opposite` contradicts it; `forged` is what a stranger would send.
    """

    operation: str
    msisdn: str
    url: str
    body: Body
    form: bool = False
    altered: Mapping[str, Callable[[Fault], Body]] = field(default_factory=dict)
    opposite: Callable[[], Body] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the project answered. `why` says what was wrong when there is no answer."""

    status: int
    text: str
    why: Literal["answered", "timeout", "unreachable"] = "answered"


class Network:
    """Posts to the project over HTTP, each once: none of the providers is known to try again."""

    def __init__(self, *, faults: Faults, later: Later, settings: SettingsNow) -> None:
        self._faults = faults
        self.later = later
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self.posted = 0
        self.failed = 0

    async def start(self) -> None:
        """Open the pool of connections."""
        connector = aiohttp.TCPConnector(limit=500, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    async def stop(self) -> None:
        """Close the pool of connections."""
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, body: Body | bytes, *, form: bool, timeout_s: float | None = None) -> Heard:
        """Post once and hear the answer; never raises for what the project does wrong."""
        heard = await self._post(url, body, form=form, timeout_s=timeout_s or self._settings.now.callback_answer_s)
        self.posted += 1
        if not 200 <= heard.status < 300:
            self.failed += 1
            logger.warning("A post was not taken: %s, status %s, %s", _path(url), heard.status, heard.why)
        return heard

    async def _post(self, url: str, body: Body | bytes, *, form: bool, timeout_s: float) -> Heard:
        if self._session is None:
            raise RuntimeError("The network was not started.")
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        data: Any = body if isinstance(body, bytes) or form else json.dumps(body).encode()
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        headers = {"Content-Type": kind}
        try:
            async with self._session.post(url, data=data, headers=headers, timeout=timeout) as response:
                return Heard(response.status, (await response.read()).decode("utf-8", "replace"))
        except TimeoutError:
            return Heard(0, "", "timeout")
        except (aiohttp.ClientError, OSError, ValueError):
            return Heard(0, "", "unreachable")

    def send_later(self, callback: Callback, *, after_s: float) -> None:
        """Post the callback when that time has passed."""
        self.later.after(after_s, lambda: self.send(callback))

    async def send(self, callback: Callback) -> None:
        """Post the callback, with the faults that befall it."""

        def take(kind: str) -> Fault | None:
            return self._faults.take(callback.operation, kind, callback.msisdn)

        if take("no_callback"):
            return
        if fault := take("late"):
            await asyncio.sleep(fault.wait_s)
        body: Body | bytes = callback.body
        for kind, alter in callback.altered.items():
            if fault := take(kind):
                body = alter(fault)
        if fault := take("garbage"):
            body = garbage(fault)
        copies = 2 if take("callback_twice") else 1
        await asyncio.gather(*(self.post(callback.url, body, form=callback.form) for _ in range(copies)))
        if callback.opposite and take("contradictory"):
            await self.post(callback.url, callback.opposite(), form=callback.form)


def _path(url: str) -> str:
    """The end of an address: the middle holds secrets that no log should."""
    return "..." + "/".join(url.rsplit("/", 2)[-2:])
