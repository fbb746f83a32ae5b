"""The providers as a measurement needs them: as slow as they are told to be, always willing, and cheap to run.

They speak as much of Daraja, Airtel Money, UCIP and Africa's Talking as an order that ends well needs, in one process.
What can go wrong with providers is the sandbox's; here it is only their time that counts, and the sandbox, which keeps
books of everything, would take as much of the machine as what is measured.
"""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.orders.wire import Answer, Client, Said, serve

_MEMBER = re.compile(rb"<name>(\w+)</name>\s*<value><(?:string|i4)>([^<]*)<")
_OWED_MINOR = -2000
_TOKEN = json.dumps({"access_token": "token", "expires_in": "3599"}).encode()
_XML = "text/xml"


@dataclass(slots=True)
class Pace:
    """How long each kind of call takes, seconds, and how long after a payment's answer its callback comes."""

    call_s: float = 0.5
    callback_s: float = 1.0
    daraja_push_s: float | None = None

    @property
    def on_the_way_s(self) -> float:
        """What an order waits for providers: push, callback, query, balance, refill, look, and the message."""
        return 6 * self.call_s + self.callback_s


@dataclass
class World:
    """All providers, on one port. `told` is called with a number when its message has been taken."""

    web: Client
    callback_secret: str
    gateway_secret: str
    told: Callable[[str, float], None]
    pace: Pace = field(default_factory=Pace)
    calls: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._balances: dict[str, int] = {}
        self._airtel: dict[str, str] = {}
        self._later: set[asyncio.Task[None]] = set()

    async def open(self, *, port: int) -> asyncio.Server:
        """Begin to answer."""
        return await serve(self._answer, port=port)

    def _answer(self, said: Said) -> Answer:
        self.calls += 1
        path = urlsplit(said.path).path
        for beginning, answer in _ANSWERS:
            if path.startswith(beginning):
                return answer(self, said)
        raise LookupError(f"no provider has {path}")

    # Safaricom Daraja.

    def _push(self, said: Said) -> Answer:
        form = json.loads(said.body)
        number = next(self._numbers)
        checkout = f"ws_CO_{number:012}"
        reply = {
            "MerchantRequestID": f"m-{number}",
            "CheckoutRequestID": checkout,
            "ResponseCode": "0",
            "ResponseDescription": "Success. Request accepted for processing",
            "CustomerMessage": "Success. Request accepted for processing",
        }
        items = {"Amount": form["Amount"], "MpesaReceiptNumber": f"R{number:09}", "PhoneNumber": int(form["PartyA"])}
        end = {
            "MerchantRequestID": f"m-{number}",
            "CheckoutRequestID": checkout,
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "CallbackMetadata": {"Item": [{"Name": name, "Value": value} for name, value in items.items()]},
        }
        body = json.dumps({"Body": {"stkCallback": end}}).encode()
        took_s = self.pace.call_s if self.pace.daraja_push_s is None else self.pace.daraja_push_s
        return self._json(reply, after_s=took_s, done=lambda: self._call_back(urlsplit(form["CallBackURL"]).path, body))

    def _query(self, said: Said) -> Answer:
        checkout = json.loads(said.body)["CheckoutRequestID"]
        return self._json({"ResponseCode": "0", "ResultCode": "0", "ResultDesc": "ok", "CheckoutRequestID": checkout})

    # Airtel Money.

    def _payment(self, said: Said) -> Answer:
        if said.method == "GET":
            return self._enquiry(said.path.rpartition("/")[2])
        name = json.loads(said.body)["transaction"]["id"]
        self._airtel[name] = f"MP{next(self._numbers):010}"
        body = json.dumps({"transaction": {"id": name, "status_code": "TS", "message": "Paid"}}).encode()
        path = f"/callbacks/airtel_money/{self.callback_secret}/payment"
        reply = {"data": {"transaction": {"id": name, "status": "SUCCESS"}}, "status": _airtel_status("DP00800001006")}
        return self._json(reply, done=lambda: self._call_back(path, body))

    def _enquiry(self, name: str) -> Answer:
        told = {"id": name, "status": "TS", "message": "Paid", "airtel_money_id": self._airtel[name]}
        return self._json({"data": {"transaction": told}, "status": _airtel_status("DP00800001001")})

    # The charging system.

    def _air(self, said: Said) -> Answer:
        members = {name.decode(): value.decode() for name, value in _MEMBER.findall(said.body)}
        msisdn = members["subscriberNumber"]
        balance = self._balances.get(msisdn, _OWED_MINOR)
        told = f"{_member('originTransactionID', members['originTransactionID'])}"
        if b"<methodName>Refill<" in said.body:
            self._balances[msisdn] = balance + int(members["transactionAmount"])
            told += _member("transactionAmount", members["transactionAmount"])
            told += _member("transactionCurrency", members["transactionCurrency"])
        else:
            told += _member("accountValue1", str(balance)) + _member("currency1", "KES")
        body = (
            "<?xml version='1.0'?><methodResponse><params><param><value><struct>"
            f"<member><name>responseCode</name><value><i4>0</i4></value></member>{told}"
            "</struct></value></param></params></methodResponse>"
        )
        return Answer(self.pace.call_s, body.encode(), _XML)

    # Africa's Talking.

    def _sms(self, said: Said) -> Answer:
        to = parse_qs(said.body.decode())["to"][0]
        name = f"ATXid_{next(self._numbers)}"
        recipient = {"statusCode": 101, "number": to, "status": "Success", "cost": "KES 0.8000", "messageId": name}
        reply = {"SMSMessageData": {"Message": "Sent to 1/1 Total Cost: KES 0.8000", "Recipients": [recipient]}}
        report = urlencode({"id": name, "status": "Success", "phoneNumber": to, "networkCode": "63902"}).encode()
        path = f"/sms/africastalking/{self.gateway_secret}/delivery"

        def taken() -> None:
            self.told(to, time.monotonic())
            self._call_back(path, report, content_type="application/x-www-form-urlencoded")

        return self._json(reply, done=taken)

    def _token(self, _said: Said) -> Answer:
        return Answer(self.pace.call_s, _TOKEN)

    def _json(self, body: object, *, after_s: float | None = None, done: Callable[[], None] | None = None) -> Answer:
        return Answer(self.pace.call_s if after_s is None else after_s, json.dumps(body).encode(), done=done)

    def _call_back(self, path: str, body: bytes, *, content_type: str = "application/json") -> None:
        task = asyncio.create_task(self._post_later(path, body, content_type))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _post_later(self, path: str, body: bytes, content_type: str) -> None:
        await asyncio.sleep(self.pace.callback_s)
        await self.web.post(path, body, content_type=content_type)


_ANSWERS: tuple[tuple[str, Callable[[World, Said], Answer]], ...] = (
    ("/daraja/oauth/", World._token),
    ("/daraja/mpesa/stkpush/", World._push),
    ("/daraja/mpesa/stkpushquery/", World._query),
    ("/airtel/auth/", World._token),
    ("/airtel/merchant/v1/payments/", World._payment),
    ("/airtel/standard/v1/payments/", World._payment),
    ("/ucip/Air", World._air),
    ("/africastalking/version1/messaging", World._sms),
)


def _airtel_status(code: str) -> dict[str, object]:
    return {"code": "200", "message": "SUCCESS", "result_code": "ESB000010", "response_code": code, "success": True}


def _member(name: str, value: str) -> str:
    return f"<member><name>{name}</name><value><string>{value}</string></value></member>"
