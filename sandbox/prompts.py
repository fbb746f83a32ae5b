"""Payment prompts on phones: asked by a wallet, answered by hand or, after a moment, by themselves."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import iso, utc_now
from sandbox.errors import NotFound
from sandbox.hub import Hub
from sandbox.later import Later
from sandbox.people import People
from sandbox.settings import SettingsNow
from sandbox.store import Body, Store

# Told the name of the provider's request and the answer: "pin", "wrong_pin", "cancel" or "expired".
OnAnswer = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A question on the screen of a phone. `request` is the provider's name for what it asks about."""

    id: str
    msisdn: str
    provider: str
    request: str
    text: str
    amount_minor: int
    currency: str
    at: str
    expires_at: str

    def body(self) -> Body:
        """The prompt as the control API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Open:
    prompt: Prompt
    timers: list[asyncio.Task[None]] = field(default_factory=list)


class Prompts:
    """The prompts that wait for an answer. They are kept: a second start shows them again."""

    def __init__(self, *, store: Store, hub: Hub, people: People, later: Later, settings: SettingsNow) -> None:
        self._store = store
        self._hub = hub
        self._people = people
        self._later = later
        self._settings = settings
        self._providers: dict[str, OnAnswer] = {}
        self._open: dict[str, dict[str, _Open]] = {}

    def provider(self, name: str, on_answer: OnAnswer) -> None:
        """Let the provider hear the answers to its prompts."""
        self._providers[name] = on_answer

    def resume(self) -> None:
        """Show again what was open when the sandbox was stopped."""
        for body in self._store.all("prompt").values():
            self._show(Prompt(**body))

    def open_for(self, msisdn: str) -> list[Prompt]:
        """What the phone asks at this moment, oldest first."""
        return [one.prompt for one in self._open.get(msisdn, {}).values()]

    def ask(self, *, msisdn: str, provider: str, request: str, text: str, amount_minor: int, currency: str) -> None:
        """Show a prompt on the phone."""
        now = utc_now()
        prompt = Prompt(
            id=secrets.token_hex(6),
            msisdn=msisdn,
            provider=provider,
            request=request,
            text=text,
            amount_minor=amount_minor,
            currency=currency,
            at=iso(now),
            expires_at=iso(now + timedelta(seconds=self._settings.now.prompt_expires_s)),
        )
        self._store.put("prompt", prompt.id, asdict(prompt))
        self._show(prompt)

    def answer(self, msisdn: str, prompt_id: str, answer: str) -> None:
        """The person answers. An ignored prompt stays until it expires. Raises NotFound."""
        one = self._open.get(msisdn, {}).get(prompt_id)
        if one is None:
            raise NotFound(why=f"There is no open prompt {prompt_id!r} on the phone {msisdn}.")
        if answer != "ignore":
            self._close(one, answer)

    def forget_all(self) -> None:
        """No prompt anywhere."""
        self._open.clear()

    def _show(self, prompt: Prompt) -> None:
        one = _Open(prompt)
        self._open.setdefault(prompt.msisdn, {})[prompt.id] = one
        left_s = (datetime.fromisoformat(prompt.expires_at) - utc_now()).total_seconds()
        self._answer_later(one, "expired", after_s=max(0.0, left_s))
        settings = self._settings.now
        answer = self._people.prompt_answer(prompt.msisdn) or settings.prompt_answer
        if answer not in ("by_hand", "ignore"):
            self._answer_later(one, answer, after_s=settings.prompt_answer_after_s)
        self._hub.tell(prompt.msisdn, "prompts")

    def _answer_later(self, one: _Open, answer: str, *, after_s: float) -> None:
        async def end() -> None:
            self._close(one, answer)

        one.timers.append(self._later.after(after_s, end))

    def _close(self, one: _Open, answer: str) -> None:
        for timer in one.timers:
            if timer is not asyncio.current_task():
                timer.cancel()
        prompt = one.prompt
        prompts = self._open[prompt.msisdn]
        del prompts[prompt.id]
        if not prompts:
            del self._open[prompt.msisdn]
        self._hub.tell(prompt.msisdn, "prompts")
        with self._store.transaction():
            self._store.delete("prompt", prompt.id)
            self._providers[prompt.provider](prompt.request, answer)
