"""Packet gateways, which ask whether a phone passes and are told when a line is back (docs/gate.md)."""

import re
from enum import Enum

from pydantic import Field, SecretStr, field_validator

from settings.kinds import SHORTEST_SECRET, Networks, Part

# IPFilterRule of RFC 6733, 4.3.1, without its options: action, direction, protocol, and from where to where.
_FILTER_RULE = re.compile(
    r"(permit|deny) (in|out) (ip|\d{1,3}) from (!?[0-9a-fA-F.:/]+|any|assigned)( [\d,-]+)?"
    r" to (!?[0-9a-fA-F.:/]+|any|assigned)( [\d,-]+)?",
    re.ASCII,
)


class Door(Enum):
    """Whether somebody passes of whom nothing is known."""

    OPEN = "open"
    CLOSED = "closed"


class Gate(Part):
    """Packet gateways."""

    gate_secret: SecretStr = Field(
        SecretStr(""), description="Part of the addresses for packet gateways; without one there are none."
    )
    gate_addresses: Networks = Field(
        "", description="Networks that packet gateways ask from, by commas; empty allows all."
    )
    gate_permitted: str = Field(
        "",
        description="What stays reachable for a phone that is led to the guide: IPFilterRules of RFC 6733, "
        "by semicolons.",
    )
    gate_webhook_url: str = Field(
        "", description="Where a packet gateway is told at once that a line is back; left out, only the stream tells."
    )
    gate_webhook_secret: SecretStr = Field(SecretStr(""), description="What the webhook's calls are signed with.")
    gate_followers: int = Field(
        2, ge=1, description="How many may follow the stream at a web process; each holds one of its threads."
    )
    gate_fails: Door = Field(
        Door.OPEN, description="Whether phones pass (`open`) or not (`closed`) while their line cannot be read."
    )
    gate_unknown: Door = Field(Door.OPEN, description="The same for an address that no gateway has told of.")
    gate_active_s: float = Field(30.0, gt=0, description="How long an active line passes without being read, seconds.")
    gate_cut_off_s: float = Field(5.0, gt=0, description="How long a line that is cut off is not read again, seconds.")
    gate_session_s: int = Field(
        86400, ge=60, description="How long an address is a phone's after the gateway last said so, seconds."
    )

    @property
    def gate_permitted_list(self) -> tuple[str, ...]:
        """The rules of what stays reachable."""
        return tuple(rule.strip() for rule in self.gate_permitted.split(";") if rule.strip())

    @field_validator("gate_secret", "gate_webhook_secret")
    @classmethod
    def _is_long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
        return secret

    @field_validator("gate_permitted")
    @classmethod
    def _are_filter_rules(cls, rules: str) -> str:
        for rule in rules.split(";"):
            if rule.strip() and not _FILTER_RULE.fullmatch(rule.strip()):
                raise ValueError(f"{rule.strip()!r} is no IPFilterRule, like `permit in 6 from any to 10.0.0.1 80`")
        return rules
