"""What goes wrong in the world: every kind of fault on every operation that can have it, drawn from the seed.

Two things the drill does not let the world do, for docs/decisions/believing-callbacks.md does not claim to withstand
them: our own authenticated enquiry is never answered with a false end, only with none; and a stranger who forges a
callback knows its address, but not the names that the provider gave.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from sandbox.faults import OPERATIONS

Rules = Mapping[str, Sequence[Mapping[str, Any]]]

# How an operation is refused on purpose. Enquiries answer uncertainly, never falsely.
_CODES: Mapping[str, tuple[str, ...]] = {
    "daraja.oauth": ("400.008.01", "500.003.02"),
    "daraja.stk": ("1032", "1037", "1001", "1025", "17", "500.001.1001", "500.003.02", "400.002.05", "404.001.03"),
    "daraja.query": ("4999", "500.001.1001", "500.003.02", "404.001.03"),
    "daraja.reversal": ("21", "1", "2028", "500.001.1001", "500.003.02"),
    "momo.token": ("INTERNAL_PROCESSING_ERROR",),
    "momo.requesttopay": ("NOT_ENOUGH_FUNDS", "APPROVAL_REJECTED", "EXPIRED", "INTERNAL_PROCESSING_ERROR"),
    "momo.enquiry": ("PENDING", "CREATED"),
    "momo.refund": ("NOT_ALLOWED", "INTERNAL_PROCESSING_ERROR"),
    "airtel.token": ("ESB000001",),
    "airtel.payment": ("DP00800001002", "DP00800001007", "DP00800001029", "ESB000001", "ESB000008", "ESB000033"),
    "airtel.enquiry": ("TA", "TIP"),
    "airtel.refund": ("ESB000001", "ESB000011", "ESB000045"),
    "ucip.read": ("100", "999", "1007", "1005"),
    "ucip.refill": ("103", "115", "123", "176", "100", "999", "1007", "1005"),
    "africastalking.sms": ("405", "406", "500", "501"),
    "africastalking.airtime": ("A duplicate request was received within the last 5 minutes", "Insufficient balance"),
    "africastalking.find": ("Not found",),
    "africastalking.delivery": ("UserAccountSuspended", "DeliveryFailure", "UserInBlackList"),
    "africastalking.airtime_status": ("Failed",),
}


def draw_rules(dice: Random) -> Rules:
    """A spell of weather: now and then calm, mostly a few faults, now and then a storm."""
    count = dice.choices((0, 5, 15, 30, 60), (10, 25, 30, 25, 10))[0]
    rules: dict[str, list[Mapping[str, Any]]] = {}
    possible = [(operation, kind) for operation in sorted(OPERATIONS) for kind in sorted(OPERATIONS[operation])]
    for operation, kind in dice.sample(possible, count):
        rules.setdefault(operation, []).append(_fault(dice, operation, kind))
    return rules


def _fault(dice: Random, operation: str, kind: str) -> Mapping[str, Any]:
    return {"kind": kind, "probability": round(dice.uniform(0.03, 0.5), 2), **_parameters(dice, operation, kind)}


def _parameters(dice: Random, operation: str, kind: str) -> Mapping[str, Any]:
    match kind:
        case "delay" | "timeout_before_effect" | "timeout_after_effect":
            return {"seconds": round(dice.uniform(0.05, 2.5), 2)}
        case "late":
            return {"seconds": round(dice.uniform(0.2, 15.0), 2)}
        case "wrong_amount":
            return {"amount_minor": 100 * dice.randint(1, 900)}
        case "result_code":
            return {"code": dice.choice(_CODES[operation])}
        case "garbage":
            return {"bytes": dice.choice((10, 2000, 1_000_000))} if dice.random() < 0.5 else {}
        case _:
            return {}
