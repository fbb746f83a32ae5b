"""Africa's Talking as a test plays it: it posts a phone's hops to the web process, as often and as late as it likes."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.city import City

CODE = "*384*55#"
_WITHIN_S = 30.0


class Gateway:
    """One phone's calls."""

    def __init__(self, city: City, msisdn: str) -> None:
        self.city = city
        self.msisdn = msisdn
        self.text = ""
        self.code = CODE
        self.session = ""

    @property
    def address(self) -> str:
        """Where USSD hops are posted."""
        return f"{self.city.url}/ussd/africastalking/{self.city.env['GATEWAY_SECRET']}"

    def dial(self, code: str = CODE, *, in_the_code: bool = False) -> str:
        """Dial, as a new session. What is behind our code is sent as text, or stays in the service code."""
        self.session = f"ATUid_{secrets.token_hex(16)}"
        behind = code.removeprefix(CODE.removesuffix("#")).removesuffix("#").removeprefix("*")
        self.code, self.text = (code, "") if in_the_code else (CODE, behind)
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

    def post(self, text: str | None = None) -> str:
        """Post the hop (once more), or one with another text. The answer, which must be one that a gateway takes."""
        form = {
            "sessionId": self.session,
            "phoneNumber": self.msisdn,
            "networkCode": "63902",
            "serviceCode": self.code,
            "text": self.text if text is None else text,
        }
        reply = requests.post(self.address, data=form, timeout=_WITHIN_S)
        assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/plain; charset=utf-8"), reply.text
        assert reply.text.startswith(("CON ", "END ")), reply.text
        return reply.text

    def _type(self, keys: str) -> None:
        self.text = f"{self.text}*{keys}" if self.text else keys
