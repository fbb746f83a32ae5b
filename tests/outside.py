"""The outside world as a test sees it: people with phones, what befalls them, and the books of what really happened.

Everything goes through the sandbox's control API (docs/sandbox.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

T = TypeVar("T")

# The longest that the world makes a phone wait for an answer, and something to spare.
_ANSWERS_WITHIN_S = 60.0

# Whom the messages of wallets come from.
_WALLETS = ("MPESA", "MTN MoMo", "Airtel Money")


class Outside:
    """The sandbox."""

    def __init__(self, *, url: str, http: requests.Session) -> None:
        self._url = url
        self._http = http

    def get(self, path: str, **query: str) -> Any:
        """What stands at `path`."""
        return _read(self._http.get(f"{self._url}{path}", params=query, timeout=_ANSWERS_WITHIN_S))

    def put(self, path: str, body: object) -> Any:
        """Let `path` be so."""
        return _read(self._http.put(f"{self._url}{path}", json=body, timeout=_ANSWERS_WITHIN_S))

    def post(self, path: str, body: object | None = None) -> Any:
        """Do what `path` names."""
        return _read(self._http.post(f"{self._url}{path}", json=body or {}, timeout=_ANSWERS_WITHIN_S))


def _read(reply: requests.Response) -> Any:
    assert reply.ok, f"{reply.request.method} {reply.url}: {reply.status_code} {reply.text}"
    return reply.json()


@dataclass(frozen=True, slots=True)
class Screen:
    """What a phone shows. `open` says whether the call goes on; `failed` why the network spoke instead of Redial."""

    text: str
    open: bool
    failed: str | None


class Phone:
    """Somebody's phone, with the line in it and the mobile money behind it."""

    def __init__(self, msisdn: str, *, outside: Outside, wait_until: Callable[..., Any]) -> None:
        self.msisdn = msisdn
        self._outside = outside
        self._wait_until = wait_until
        self._at = f"/phones/{msisdn}"

    @property
    def national(self) -> str:
        """The number as Kenyans write it."""
        return f"0{self.msisdn.removeprefix('+254')}"

    # A call.

    def dial(self, code: str = "*384*55#", *, through: str = "africastalking") -> Screen:
        """Dial a code through a gateway; a call that is under way ends."""
        return _screen(self._outside.post(f"{self._at}/dial", {"code": code, "gateway": through}))

    def key(self, *keys: str) -> Screen:
        """Type and send, once for each of `keys`; the last screen."""
        assert keys, "no key was given"
        return [_screen(self._outside.post(f"{self._at}/key", {"text": key})) for key in keys][-1]

    def hangup(self) -> None:
        """Ring off."""
        self._outside.post(f"{self._at}/hangup")

    def top_up(self, amount: int = 100, *, payer: "Phone | None" = None) -> Screen:
        """Dial the amount (and the payer) directly, and agree."""
        who = f"*{payer.national}" if payer else ""
        confirm = self.dial(f"*384*55*{amount}{who}#")
        assert confirm.open, confirm
        return self.key("1")

    def load(self, digits: str) -> Screen:
        """Dial a voucher directly, and agree."""
        confirm = self.dial(f"*384*55*{digits}#")
        assert confirm.open, confirm
        return self.key("1")

    # Messages.

    def sms(self, text: str, *, to: str | None = None) -> None:
        """Write to the short code, or to another number."""
        self._outside.post(f"{self._at}/sms", {"text": text, "to": to})

    def opt_out(self) -> None:
        """Tell the gateway, and it tells Redial, that no messages are wanted."""
        self._outside.post(f"{self._at}/optout")

    def inbox(self) -> list[str]:
        """The texts that came from Redial, oldest first."""
        return [text for sender, text in self._messages() if sender not in _WALLETS]

    def mpesa_inbox(self) -> list[str]:
        """The texts that came from M-PESA itself."""
        return [text for sender, text in self._messages() if sender == "MPESA"]

    def wait_for_sms(self, count: int = 1) -> list[str]:
        """Wait until there are `count` texts from Redial, and give them all."""
        return self._wait(lambda: _at_least(self.inbox(), count), what=f"{count} SMS for {self.msisdn}")

    # Payment prompts.

    def prompts(self) -> list[dict[str, Any]]:
        """The payment prompts that are open on the screen now."""
        found: list[dict[str, Any]] = self._outside.get(f"{self._at}/prompts")
        return found

    def wait_for_prompt(self) -> dict[str, Any]:
        """Wait until a prompt is open, and give it."""
        return self._wait(lambda: _at_least(self.prompts(), 1), what=f"a prompt for {self.msisdn}")[0]

    def answer(self, answer: str) -> None:
        """Answer the prompt that is open, or comes: "pin", "wrong_pin", "cancel" or "ignore"."""
        self._outside.post(f"{self._at}/prompts/{self.wait_for_prompt()['id']}", {"answer": answer})

    def answers_prompts(self, how: str | None) -> None:
        """From now on answer every prompt so, or "by_hand"; None as everybody does."""
        self._outside.put(self._at, {"prompt_answer": how})

    # The line, and the money.

    @property
    def line(self) -> dict[str, Any]:
        """The line: `state`, `balance_minor`, `currency`."""
        found: dict[str, Any] = self._outside.get(f"/lines/{self.msisdn}")
        return found

    def set_line(self, **values: object) -> None:
        """Let the line have this `state`, `balance_minor` or `currency`."""
        self._outside.put(f"/lines/{self.msisdn}", values)

    @property
    def wallet_minor(self) -> int:
        """The mobile money, in minor units."""
        return int(self._outside.get(f"/wallets/{self.msisdn}")["balance_minor"])

    def set_wallet(self, balance_minor: int) -> None:
        """Let the wallet hold so much."""
        self._outside.put(f"/wallets/{self.msisdn}", {"balance_minor": balance_minor})

    def _messages(self) -> list[tuple[str, str]]:
        return [(one["from"], one["text"]) for one in self._outside.get(f"{self._at}/inbox")]

    def _wait(self, happened: Callable[[], T | None], *, what: str) -> T:
        found: T = self._wait_until(happened, what=what)
        return found


class Faults:
    """What goes wrong in the world on purpose."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._rules: dict[str, list[dict[str, Any]]] = {}

    def add(self, operation: str, kind: str, **parameters: Any) -> None:
        """From now on let this befall the operation: `faults.add("daraja.callback", "late", seconds=1, times=1)`.

        A further fault begins the counting of the earlier ones anew.
        """
        self._rules.setdefault(operation, []).append({"kind": kind, **parameters})
        self._outside.put("/faults", {"rules": self._rules})

    def put(self, rules: Mapping[str, list[dict[str, Any]]], *, seed: int | None = None) -> None:
        """From now on let exactly this befall. With a seed, what happens by chance is the same every time."""
        self._rules = {operation: list(faults) for operation, faults in rules.items()}
        self._outside.put("/faults", {"seed": seed, "rules": self._rules})

    def clear(self) -> None:
        """Nothing goes wrong from now on."""
        self.put({})

    def applied(self, operation: str, kind: str) -> int:
        """How often this has befallen the operation since the world was made new."""
        return int(self._outside.get("/faults")["applied"].get(operation, {}).get(kind, 0))


def _screen(body: dict[str, Any]) -> Screen:
    return Screen(body["screen"], body["open"], body["failed"])


def _at_least(found: list[T], count: int) -> list[T] | None:
    return found if len(found) >= count else None
