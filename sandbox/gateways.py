"""How USSD gateways post a call: the form of each, as published. tests/contracts has the samples.

Africa's Talking posts a form with everything typed so far. Hubtel, Nalo and Infobip post JSON with the last entry;
`http` is the project's own plain form (docs/gateways.md). Each tells the end of a session in its own way, or never.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.clock import NAIROBI, utc_now
from sandbox.networks import network_code

GatewayName = Literal["africastalking", "hubtel", "infobip", "nalo", "http"]
Status = Literal["Success", "Incomplete", "Failed"]

# Hubtel's and Nalo's names for networks. A number of another country is said to be of the first one.
_OPERATORS = {"62001": "mtn", "62002": "vodafone", "62006": "airteltigo", "63902": "safaricom", "63903": "airtel"}


@dataclass(slots=True, kw_only=True)
class Dialogue:
    """What was dialled and typed in one call. `behind` is what was dialled behind the code, `keys` what was typed."""

    msisdn: str
    service_code: str
    behind: str
    keys: list[str] = field(default_factory=list)
    session_id: str = field(default_factory=lambda: f"ATUid_{secrets.token_hex(16)}")

    @property
    def dialled(self) -> str:
        """All that was dialled: `*384*55*100#`."""
        return f"{self.service_code[:-1]}*{self.behind}#" if self.behind else self.service_code

    @property
    def text(self) -> str:
        """Everything that stands behind the code, joined as Africa's Talking joins it."""
        return "*".join([*([self.behind] if self.behind else []), *self.keys])

    @property
    def last(self) -> str:
        """What was typed last."""
        return self.keys[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended. `by_us` says that the application's own answer was the last one."""

    status: Status
    began: datetime
    last_response: str = ""
    error: str = ""
    by_us: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is posted: the body, and where below the gateway's address."""

    body: Mapping[str, Any]
    form: bool = False
    below: str = ""
    method: Literal["POST", "PUT"] = "POST"


@dataclass(frozen=True, slots=True)
class Screen:
    """What the application's answer shows, and whether the call goes on."""

    text: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway: its hop, how it reads an answer (None: it is none), and how it tells the end (None: it does not)."""

    hop: Callable[[Dialogue], Request]
    read: Callable[[str], Screen | None]
    ended: Callable[[Dialogue, Ending], Request | None]
    not_read: str


def _at_hop(call: Dialogue) -> Request:
    return Request(body={**_at_call(call), "text": call.text}, form=True)


def _at_call(call: Dialogue) -> dict[str, str]:
    return {
        "sessionId": call.session_id,
        "phoneNumber": call.msisdn,
        "networkCode": network_code(call.msisdn),
        "serviceCode": call.service_code,
    }


def _at_ended(call: Dialogue, ending: Ending) -> Request:
    now = utc_now()
    body = {
        "date": now.astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M:%S"),
        **_at_call(call),
        "status": ending.status,
        "cost": "KES 0.0000",
        "durationInMillis": str(int((now - ending.began).total_seconds() * 1000)),
        "hopsCount": str(len(call.keys) + 1),
        "input": call.text,
        "lastAppResponse": ending.last_response,
        "errorMessage": ending.error,
    }
    return Request(body=body, form=True, below="/ended")


def _read_prefixed(answer: str) -> Screen | None:
    if not answer.startswith(("CON ", "END ")):
        return None
    return Screen(answer[4:], answer.startswith("CON "))


def _hubtel_hop(call: Dialogue) -> Request:
    first = not call.keys
    return _hubtel(call, "Initiation" if first else "Response", call.dialled if first else call.last)


def _hubtel(call: Dialogue, kind: str, message: str) -> Request:
    return Request(
        body={
            "Sequence": len(call.keys) + 1,
            "Type": kind,
            "Message": message,
            "ServiceCode": call.service_code.strip("*#"),
            "Operator": _operator(call),
            "ClientState": "",
            "Mobile": call.msisdn.removeprefix("+"),
            "SessionId": call.session_id,
            "Platform": "USSD",
        }
    )


def _hubtel_ended(call: Dialogue, ending: Ending) -> Request | None:
    return None if ending.by_us else _hubtel(call, "Timeout" if ending.status == "Failed" else "Release", "")


def _read_hubtel(answer: str) -> Screen | None:
    found = _object(answer)
    if found.get("Type") not in ("Response", "Release") or not isinstance(found.get("Message"), str):
        return None
    return Screen(found["Message"], found["Type"] == "Response")


def _nalo_hop(call: Dialogue) -> Request:
    return Request(
        body={
            "USERID": "REDIAL",
            "MSISDN": call.msisdn.removeprefix("+"),
            "USERDATA": call.last if call.keys else call.dialled,
            "MSGTYPE": not call.keys,
            "NETWORK": _operator(call).upper(),
            "SESSIONID": call.session_id,
        }
    )


def _read_nalo(answer: str) -> Screen | None:
    found = _object(answer)
    if not isinstance(found.get("MSG"), str) or not isinstance(found.get("MSGTYPE"), bool):
        return None
    return Screen(found["MSG"], found["MSGTYPE"])


def _infobip_hop(call: Dialogue) -> Request:
    return Request(
        body={
            "msisdn": call.msisdn.removeprefix("+"),
            "imsi": f"{network_code(call.msisdn)}0000000001",
            "text": call.last if call.keys else call.dialled,
            "shortCode": call.service_code,
            "optional": "",
            "ussdGwId": "live1",
            "language": None,
        },
        below=f"/session/{call.session_id}/{'response' if call.keys else 'start'}",
    )


def _infobip_ended(call: Dialogue, ending: Ending) -> Request:
    well = ending.status == "Success"
    body = {"exitCode": 0 if well else 510, "reason": "ok" if well else ending.error or "released"}
    return Request(body=body, below=f"/session/{call.session_id}/end", method="PUT")


def _read_infobip(answer: str) -> Screen | None:
    found = _object(answer)
    if found.get("responseExitCode") != 200 or not isinstance(found.get("ussdMenu"), str):
        return None
    return Screen(found["ussdMenu"], not found.get("shouldClose"))


def _http_hop(call: Dialogue) -> Request:
    hop = {"session": call.session_id, "msisdn": call.msisdn, "hop": str(len(call.keys) + 1)}
    return Request(body={**hop, **({"keys": call.last} if call.keys else {"dialled": call.dialled})}, form=True)


def _http_ended(call: Dialogue, ending: Ending) -> Request:
    status = {"Success": "completed", "Incomplete": "dropped", "Failed": "failed"}[ending.status]
    return Request(body={"session": call.session_id, "status": status}, form=True, below="/ended")


def _operator(call: Dialogue) -> str:
    return _OPERATORS.get(network_code(call.msisdn), "mtn")


def _object(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _untold(_call: Dialogue, _ending: Ending) -> None:
    """Nalo tells nothing."""


_NO_PREFIX = "neither CON nor END"
_NO_JSON = "not the gateway's JSON"

GATEWAYS: Mapping[str, Gateway] = {
    "africastalking": Gateway(hop=_at_hop, read=_read_prefixed, ended=_at_ended, not_read=_NO_PREFIX),
    "hubtel": Gateway(hop=_hubtel_hop, read=_read_hubtel, ended=_hubtel_ended, not_read=_NO_JSON),
    "infobip": Gateway(hop=_infobip_hop, read=_read_infobip, ended=_infobip_ended, not_read=_NO_JSON),
    "nalo": Gateway(hop=_nalo_hop, read=_read_nalo, ended=_untold, not_read=_NO_JSON),
    "http": Gateway(hop=_http_hop, read=_read_prefixed, ended=_http_ended, not_read=_NO_PREFIX),
}
