"""Whether a phone may pass or is led to the recharge guide: from its line, quickly, whatever is away."""

from dataclasses import dataclass
from typing import Any

import structlog
from redis.exceptions import RedisError

from store.gate import Decided, GateMemory, Standing
from topup.line import Line, LineState
from topup.ports import LineReader

log = structlog.get_logger(__name__)

# When the charging system does not answer it is left alone for this long, line by line.
_NOT_KNOWN_S = 2.0

# RFC 8506, 8.35: REDIRECT is value 1 of Final-Unit-Action; 8.38: URL is value 2 of Redirect-Address-Type.
_REDIRECT, _URL = "REDIRECT", "URL"

ALLOW, REDIRECT = "allow", "redirect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How this installation decides.

    `guide_url` is where phones are led, `permitted` what they reach all the same (IPFilterRule of RFC 6733, 4.3.1).
    `fails_open`: who passes while nobody knows the line; `strangers_pass`: whether an address of no known phone does.
    """

    guide_url: str
    permitted: tuple[str, ...] = ()
    fails_open: bool = True
    strangers_pass: bool = True
    active_s: float = 30.0
    cut_off_s: float = 5.0


class Keeper:
    """Decides, from what was decided a moment ago or else from the line itself."""

    def __init__(self, *, memory: GateMemory, lines: LineReader, policy: Policy) -> None:
        self._memory = memory
        self._lines = lines
        self._policy = policy

    def verify(self, *, address: str | None = None, msisdn: str | None = None) -> dict[str, Any]:
        """The decision on a phone by its number or else by its address, as the gateway is told.

        Never raises for what the world does wrong: without Redis a number's line is read, and the policy answers for
        what nobody knows.
        """
        try:
            found = self._memory.find(address=address, msisdn=msisdn)
        except RedisError as error:
            log.warning("gate_without_redis", why=type(error).__name__)
            return self._told(self._read(msisdn) if msisdn else _NOBODY_KNOWS)
        if found is None:
            return self._answer(passes=self._policy.strangers_pass, for_ms=0)
        return self._told(found.decided or self._decide(found.msisdn))

    def passes(self, *, msisdn: str | None) -> bool:
        """Whether a phone may pass; None is one that nobody knows."""
        if msisdn is None:
            return self._policy.strangers_pass
        return bool(self.verify(msisdn=msisdn)["decision"] == ALLOW)

    def _decide(self, msisdn: str) -> Decided:
        read = self._read(msisdn)
        try:
            return self._memory.decide(msisdn, read.standing, for_s=read.for_ms / 1000)
        except RedisError as error:
            log.warning("gate_without_redis", why=type(error).__name__)
            return read

    def _read(self, msisdn: str) -> Decided:
        standing = standing_of(self._lines.read_line(msisdn))
        for_s = {Standing.ACTIVE: self._policy.active_s, Standing.CUT_OFF: self._policy.cut_off_s}
        return Decided(standing, int(for_s.get(standing, _NOT_KNOWN_S) * 1000))

    def _told(self, decided: Decided) -> dict[str, Any]:
        passes = {Standing.ACTIVE: True, Standing.CUT_OFF: False, Standing.NOT_KNOWN: self._policy.fails_open}
        return self._answer(passes=passes[decided.standing], for_ms=decided.for_ms)

    def _answer(self, *, passes: bool, for_ms: int) -> dict[str, Any]:
        cache_s = max(round(for_ms / 1000), 0)
        if passes:
            return {"decision": ALLOW, "cache_s": cache_s}
        return {
            "decision": REDIRECT,
            "final_unit_action": _REDIRECT,
            "redirect_server": {
                "redirect_address_type": _URL,
                "redirect_server_address": self._policy.guide_url,
            },
            "permitted": list(self._policy.permitted),
            "cache_s": cache_s,
        }


_NOBODY_KNOWS = Decided(Standing.NOT_KNOWN, 0)


def standing_of(line: Line) -> Standing:
    """What a gateway wants to know of a line. Whoever is barred is led to the guide too, which says whom to call."""
    match line.state:
        case LineState.ACTIVE:
            return Standing.ACTIVE
        case LineState.UNKNOWN:
            return Standing.NOT_KNOWN
        case _:
            return Standing.CUT_OFF
