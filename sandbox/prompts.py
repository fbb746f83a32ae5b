"""Payment prompts on phones: asked by a wallet, answered by hand or, after a moment, by themselves."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sandbox.clock import iso, utc_now
from sandbox.errors import NotFound
from sandbox.hub import Hub
from sandbox.later import Later
from sandbox.people import People
from sandbox.settings import SettingsNow
from sandbox.store import Body, Store

ANSWERS = ("pin", "wrong_pin", "cancel", "ignore")

# Told the id of the provider's request and the answer: one of ANSWERS but "ignore", or "expired".
OnAnswer = Callable[[str, str], Awaitable[None]]


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

    def shown(self) -> Body:
        """The prompt as the control API shows it."""
        return asdict(self)


class Prompts:
    """The prompts that wait for an answer. They are kept: a second start shows them again."""

    def __init__(self, *, store: Store, hub: Hub, people: People, later: Later, settings: SettingsNow) -> None:
        self._store = store
        self._hub = hub
        self._people = people
        self._later = later
        self._settings = settings
        self._providers: dict[str, OnAnswer] = {}
        self._open: dict[str, dict[str, Prompt]] = {}

    def provider(self, name: str, on_answer: OnAnswer) -> None:
        """Let the provider hear the answers to its prompts."""
        self._providers[name] = on_answer

    def resume(self) -> None:
        """Show again what was open when the sandbox was stopped."""
        for body in self._store.all("prompt").values():
            self._show(Prompt(**body))

    def open_for(self, msisdn: str) -> list[Prompt]:
        """What the phone asks at this moment, oldest first."""
        return list(self._open.get(msisdn, {}).values())

    def ask(self, *, msisdn: str, provider: str, request: str, text: str, amount_minor: int, currency: str) -> Prompt:
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
        return prompt

    async def answer(self, msisdn: str, prompt_id: str, answer: str) -> None:
        """The person answers. An ignored prompt stays until it expires. Raises NotFound."""
        prompt = self._open.get(msisdn, {}).get(prompt_id)
        if prompt is None:
            raise NotFound(why=f"There is no open prompt {prompt_id!r} on the phone {msisdn}.")
        if answer != "ignore":
            await self._close(prompt, answer)

    def forget_all(self) -> None:
        """No prompt anywhere."""
        self._open.clear()

    def _show(self, prompt: Prompt) -> None:
        self._open.setdefault(prompt.msisdn, {})[prompt.id] = prompt
        left_s = (datetime.fromisoformat(prompt.expires_at) - utc_now()).total_seconds()
        self._later.after(max(0.0, left_s), lambda: self._end(prompt, "expired"))
        settings = self._settings.now
        answer = self._people.prompt_answer(prompt.msisdn) or settings.prompt_answer
        if answer not in ("by_hand", "ignore"):
            self._later.after(settings.prompt_answer_after_s, lambda: self._end(prompt, answer))
        self._hub.tell(prompt.msisdn, "prompts")

    async def _end(self, prompt: Prompt, answer: str) -> None:
        if prompt.id in self._open.get(prompt.msisdn, {}):
            await self._close(prompt, answer)

    async def _close(self, prompt: Prompt, answer: str) -> None:
        prompts = self._open[prompt.msisdn]
        del prompts[prompt.id]
        if not prompts:
            del self._open[prompt.msisdn]
        self._hub.tell(prompt.msisdn, "prompts")
        await self._providers[prompt.provider](prompt.request, answer)
        self._store.delete("prompt", prompt.id)
