"""What goes wrong on purpose: by operation, by chance, for so many times, for one person or for all."""

import random
import re
from collections import Counter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sandbox.people import read_msisdn

# What can befall a request to the world.
REQUEST = frozenset(
    {
        "delay",
        "http_500",
        "reset_before_effect",
        "reset_after_effect",
        "timeout_before_effect",
        "timeout_after_effect",
        "garbage",
        "result_code",
    }
)
# What can befall anything that the world posts to the project.
POST = frozenset({"no_callback", "callback_twice", "late"})
# What can befall the report of how something ended.
REPORT = POST | {"callback_before_reply", "forged", "contradictory", "garbage"}

# Which faults an operation can have. A further provider adds its rows here.
OPERATIONS = {
    "daraja.oauth": REQUEST,
    "daraja.stk": REQUEST,
    "daraja.query": REQUEST,
    "daraja.reversal": REQUEST,
    "daraja.callback": REPORT | {"wrong_amount", "wrong_number"},
    "daraja.reversal_callback": REPORT | {"wrong_amount", "queue_timeout"},
    "momo.token": REQUEST,
    "momo.requesttopay": REQUEST,
    "momo.enquiry": REQUEST,
    "momo.refund": REQUEST,
    "momo.callback": REPORT | {"wrong_amount", "wrong_number"},
    "airtel.token": REQUEST,
    "airtel.payment": REQUEST,
    "airtel.enquiry": REQUEST,
    "airtel.refund": REQUEST,
    "airtel.callback": REPORT,
    "ucip.read": REQUEST,
    "ucip.refill": REQUEST,
    "africastalking.sms": REQUEST,
    "africastalking.airtime": REQUEST,
    "africastalking.find": REQUEST,
    "africastalking.delivery": REPORT | {"wrong_number", "result_code"},
    "africastalking.airtime_status": REPORT | {"wrong_amount", "wrong_number", "result_code"},
    "africastalking.incoming": POST,
    "africastalking.optout": POST,
    "ussd.hop": frozenset({"delay", "callback_twice", "no_callback"}),
    "ussd.ended": POST,
}

# The parameters that a kind cannot do without.
_NEEDS = {
    "delay": "seconds",
    "late": "seconds",
    "timeout_before_effect": "seconds",
    "timeout_after_effect": "seconds",
    "wrong_amount": "amount_minor",
    "result_code": "code",
}

# How an operation writes its result codes, where it does not take any words.
_DARAJA_CODE = re.compile(r"\d{1,4}|[45]\d\d\.\d{3}\.\d{2,4}", re.ASCII)
_AIRTEL_CODE = re.compile(r"DP\d{11}|ESB\d{6}|0000900", re.ASCII)
_CODES = {
    "daraja.oauth": re.compile(r"[45]\d\d\.\d{3}\.\d{2,4}", re.ASCII),
    "daraja.stk": _DARAJA_CODE,
    "daraja.query": _DARAJA_CODE,
    "daraja.reversal": re.compile(rf"R\d{{6}}|{_DARAJA_CODE.pattern}", re.ASCII),
    **dict.fromkeys(("momo.requesttopay", "momo.enquiry", "momo.refund"), re.compile(r"[A-Z_]{3,60}", re.ASCII)),
    "airtel.payment": _AIRTEL_CODE,
    "airtel.enquiry": re.compile(r"T[A-Z]{1,2}", re.ASCII),
    "airtel.refund": _AIRTEL_CODE,
    "ucip.read": re.compile(r"\d{1,4}", re.ASCII),
    "ucip.refill": re.compile(r"\d{1,4}", re.ASCII),
    "africastalking.sms": re.compile(r"\d{3}", re.ASCII),
}

STRANGER = "+254700000000"


class Fault(BaseModel):
    """One rule: what happens, how likely, how often, to whom, and the kind's own parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    probability: float = Field(default=1.0, ge=0, le=1)
    times: int | None = Field(default=None, ge=0)
    msisdn: Annotated[str, AfterValidator(read_msisdn)] | None = None
    seconds: float | None = Field(default=None, ge=0, le=3600)
    amount_minor: int = Field(default=0, ge=0)
    number: Annotated[str, AfterValidator(read_msisdn)] = STRANGER
    code: int | str | None = None
    http_status: int | None = Field(default=None, ge=200, le=599)
    real_ids: bool = False
    bytes: int | None = Field(default=None, ge=0, le=10_000_000)

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "Fault":
        needed = _NEEDS.get(self.kind)
        if needed and needed not in self.model_fields_set:
            raise ValueError(f"{self.kind} needs {needed!r}")
        return self

    @property
    def wait_s(self) -> float:
        """The `seconds` of a kind that cannot do without them."""
        return self.seconds or 0.0

    @property
    def number_code(self) -> int:
        """The `code` of an operation whose codes are numbers."""
        return int(self.code or 0)


class FaultPlan(BaseModel):
    """The body of `PUT /faults`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int | None = None
    rules: dict[str, list[Fault]] = {}

    @model_validator(mode="after")
    def _is_possible(self) -> "FaultPlan":
        for operation, faults in self.rules.items():
            if operation not in OPERATIONS:
                raise ValueError(f"there is no operation {operation!r}; there are {', '.join(OPERATIONS)}")
            for fault in faults:
                _check(operation, fault)
        return self


def _check(operation: str, fault: Fault) -> None:
    kinds = OPERATIONS[operation]
    if fault.kind not in kinds:
        raise ValueError(f"{operation} cannot have {fault.kind!r}; it can have {', '.join(sorted(kinds))}")
    form = _CODES.get(operation)
    if fault.kind == "result_code" and form and not form.fullmatch(str(fault.code)):
        raise ValueError(f"{operation} knows no result code such as {fault.code!r}")


class _Armed:
    """A rule with its own dice and the times that are left, so that one operation does not disturb another."""

    def __init__(self, fault: Fault, *, seed: str | None) -> None:
        self.fault = fault
        self._left = fault.times
        self._dice = random.Random(seed)  # noqa: S311 - chance here guards nothing

    def hits(self, msisdn: str | None) -> bool:
        """Whether it happens this time."""
        if self._left == 0 or (self.fault.msisdn and self.fault.msisdn != msisdn):
            return False
        if self.fault.probability < 1 and self._dice.random() >= self.fault.probability:
            return False
        if self._left is not None:
            self._left -= 1
        return True


class Faults:
    """The plan that holds now, and how often each of its faults was applied since the last reset."""

    def __init__(self) -> None:
        self._plan = FaultPlan()
        self._armed: dict[tuple[str, str], list[_Armed]] = {}
        self._applied: Counter[tuple[str, str]] = Counter()

    def set(self, plan: FaultPlan) -> None:
        """Follow this plan from now on. A seed makes its chances the same every time."""
        self._plan = plan
        self._armed = {}
        for operation, faults in plan.rules.items():
            for place, fault in enumerate(faults):
                seed = None if plan.seed is None else f"{plan.seed}/{operation}/{place}"
                self._armed.setdefault((operation, fault.kind), []).append(_Armed(fault, seed=seed))

    def clear(self) -> None:
        """No faults, and none ever applied."""
        self.set(FaultPlan())
        self._applied.clear()

    def take(self, operation: str, kind: str, msisdn: str | None = None) -> Fault | None:
        """The fault if it happens this time; then it counts as applied."""
        for armed in self._armed.get((operation, kind), ()):
            if armed.hits(msisdn):
                self._applied[operation, kind] += 1
                return armed.fault
        return None

    def shown(self) -> dict[str, Any]:
        """The body of `GET /faults`."""
        applied: dict[str, dict[str, int]] = {}
        for (operation, kind), times in sorted(self._applied.items()):
            applied.setdefault(operation, {})[kind] = times
        rules = {
            operation: [fault.model_dump(exclude_unset=True) for fault in faults]
            for operation, faults in self._plan.rules.items()
        }
        return {"seed": self._plan.seed, "rules": rules, "applied": applied}
