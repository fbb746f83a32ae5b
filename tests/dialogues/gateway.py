"""A gateway as a test plays it: it posts a phone's hops to the web process, as often and as late as it likes.

The forms are the sandbox's, which stands in for every gateway; tests/contracts holds both sides to published samples.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import requests

from sandbox.gateways import GATEWAYS, Dialogue, Request, Screen
from tests.city import City

CODE = "*384*55#"
AFRICASTALKING = "africastalking"
UNNUMBERED = ("infobip", "nalo")
_WITHIN_S = 30.0


class Gateway:
    """One phone's calls through one gateway."""

    def __init__(self, city: City, msisdn: str, *, name: str = AFRICASTALKING) -> None:
        self.city = city
        self.msisdn = msisdn
        self.name = name
        self.call = self._new_call("")
        self._posted_at = 0.0

    @property
    def address(self) -> str:
        """Where USSD hops are posted."""
        return f"{self.city.url}/ussd/{self.name}/{self.city.env['GATEWAY_SECRET']}"

    def dial(self, code: str = CODE, *, in_the_code: bool = False) -> str:
        """Dial, as a new session. What is behind our code is told apart from it, or stays in the service code."""
        behind = code.removeprefix(CODE.removesuffix("#")).removesuffix("#").removeprefix("*")
        self.call = self._new_call("" if in_the_code else behind)
        if in_the_code:
            self.call.service_code = code
        return self.post()

    def press(self, keys: str) -> str:
        """Type and send."""
        self._type(keys)
        return self.post()

    def press_at_once(self, keys: str, *, copies: int = 2) -> list[str]:
        """Type and send, and the hop is posted in several copies at the same moment."""
        self._type(keys)
        with ThreadPoolExecutor(copies) as threads:
            return list(threads.map(lambda _: self.post(), range(copies)))

    def post(self) -> str:
        """Post the hop (once more). The answer as `CON ...` or `END ...`, whatever its form."""
        return self._post(self.call)

    def post_older(self, text: str) -> str:
        """Post an older hop of the call: the one at which `text` had been typed."""
        older = deepcopy(self.call)
        older.keys = older.keys[: len(text.split("*"))]
        assert older.text == text
        return self._post(older)

    def post_request(self, request: Request) -> requests.Response:
        """Post anything as this gateway would."""
        body = {"data": request.body} if request.form else {"json": request.body}
        return requests.request(request.method, self.address + request.below, timeout=_WITHIN_S, **body)  # type: ignore[arg-type]

    def _post(self, call: Dialogue) -> str:
        reply = self.post_request(GATEWAYS[self.name].hop(call))
        assert reply.status_code == 200, reply.text
        self._posted_at = time.monotonic()
        return spoken(GATEWAYS[self.name].read(reply.text), reply.text)

    def _new_call(self, behind: str) -> Dialogue:
        return Dialogue(msisdn=self.msisdn, service_code=CODE, behind=behind)

    def _type(self, keys: str) -> None:
        """Nobody answers the same to two screens within a moment, and gateways without numbers rely on it."""
        if self.name in UNNUMBERED and self.call.keys[-1:] == [keys]:
            moment_s = float(self.city.env["USSD_REPEAT_S"])
            time.sleep(max(0.0, self._posted_at + moment_s - time.monotonic()))
        self.call.keys.append(keys)


def spoken(screen: Screen | None, answer: str) -> str:
    """The answer as transcripts write it."""
    assert screen is not None, answer
    return f"{'CON' if screen.open else 'END'} {screen.text}"
