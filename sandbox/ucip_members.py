"""The members of UCIP's structs: what a call must carry, and how an account is written. Source: Ericsson's UCIP 5."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.clock import NAIROBI, utc_now
from sandbox.errors import SandboxError
from sandbox.world import Line, LineState

Members = dict[str, Any]

# Faults of XML-RPC: the call was not understood. Anything below 1000 is a response code: an answer.
FAULTS = {
    1000: "Illegal request message",
    1001: "Mandatory field missing",
    1002: "Illegal data type",
    1003: "Data out of bounds",
    1004: "Unknown operation",
    1005: "Internal server error",
    1007: "Overload rejection",
}
ILLEGAL, MISSING, WRONG_TYPE, OUT_OF_BOUNDS, UNKNOWN_OPERATION = 1000, 1001, 1002, 1003, 1004

_FORMS = {
    "originNodeType": re.compile(r"[A-Z]{1,8}"),
    "originHostName": re.compile(r"\S{1,255}"),
    "originTransactionID": re.compile(r"\d{1,20}", re.ASCII),
    "originTimeStamp": re.compile(r"\d{8}T\d\d:\d\d:\d\d[+-]\d{4}", re.ASCII),
    "subscriberNumber": re.compile(r"[1-9]\d{6,14}", re.ASCII),
}
_INTERNATIONAL = 1
_AMOUNT = re.compile(r"[+-]?\d{1,16}(\.\d{1,6})?", re.ASCII)
_OPEN_FOR = timedelta(days=90)


class CallRefused(SandboxError):
    """The charging system answers {code}."""

    def __init__(self, code: int) -> None:
        super().__init__(code=code)
        self.code = code


def check_members(members: Members) -> None:
    """Whether the call carries what every call must. Raises CallRefused."""
    for name, form in _FORMS.items():
        if name not in members:
            raise CallRefused(MISSING)
        if not isinstance(members[name], str):
            raise CallRefused(WRONG_TYPE)
        if not form.fullmatch(members[name]):
            raise CallRefused(OUT_OF_BOUNDS)
    if "subscriberNumberNAI" not in members:
        raise CallRefused(MISSING)
    if members["subscriberNumberNAI"] != _INTERNATIONAL:
        raise CallRefused(OUT_OF_BOUNDS)


def units(amount_minor: int, *, minor_per_unit: Decimal) -> str:
    """An amount in the operator's unit."""
    return f"{(Decimal(amount_minor) / minor_per_unit).normalize():f}"


def minor(text: str, *, minor_per_unit: Decimal) -> int:
    """An amount in minor units. Raises CallRefused."""
    if not _AMOUNT.fullmatch(text):
        raise CallRefused(WRONG_TYPE)
    amount = Decimal(text) * minor_per_unit
    if amount != amount.to_integral_value():
        raise CallRefused(OUT_OF_BOUNDS)
    return int(amount)


def account(line: Line, *, minor_per_unit: Decimal) -> Members:
    """The balance and the dates of an account. The dates are always ahead: no account here ever expires."""
    noon = utc_now().astimezone(NAIROBI).replace(hour=12, minute=0, second=0, microsecond=0)
    return {
        "currency1": line.currency,
        "accountValue1": units(line.balance_minor, minor_per_unit=minor_per_unit),
        "languageIDCurrent": 1,
        "serviceClassCurrent": 1,
        "supervisionExpiryDate": noon + _OPEN_FOR,
        "serviceFeeExpiryDate": noon + _OPEN_FOR,
        "creditClearanceDate": noon + 2 * _OPEN_FOR,
        "serviceRemovalDate": noon + 2 * _OPEN_FOR,
    }


def flags(line: Line) -> Members:
    """The flags of an account."""
    return {
        "activationStatusFlag": True,
        "negativeBarringStatusFlag": line.state is LineState.SUSPENDED,
        "supervisionPeriodWarningActiveFlag": False,
        "serviceFeePeriodWarningActiveFlag": False,
        "supervisionPeriodExpiryFlag": False,
        "serviceFeePeriodExpiryFlag": False,
    }


def extras(members: Members) -> dict[str, str]:
    """What a call carries for its sender's own use, as the books keep it."""
    kept = {"origin_host_name": str(members["originHostName"])}
    for number in range(1, 5):
        if f"externalData{number}" in members:
            kept[f"external_data{number}"] = str(members[f"externalData{number}"])
    return kept
