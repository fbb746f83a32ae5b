"""The sandbox as its clients see it: the control API, and a client for each of its providers."""

import base64
import itertools
import time
import xmlrpc.client
from collections.abc import Callable
from typing import Any

import requests

from tests.sandbox.project import PATIENCE_S

SHORT_CODE, PASSKEY, TIMESTAMP = "174379", "sandbox", "20261123120000"
PASSWORD = base64.b64encode(f"{SHORT_CODE}{PASSKEY}{TIMESTAMP}".encode()).decode()
SUBSCRIBER, PAYER, FRIEND = "+254711000001", "+254711000002", "+254733000003"

Json = dict[str, Any]


class Driver:
    """Drives one sandbox over HTTP."""

    def __init__(self, url: str, *, project_url: str) -> None:
        self.url = url
        self.project_url = project_url
        self.http = requests.Session()
        # Looking for proxies and netrc files takes longer than the request itself.
        self.http.trust_env = False
        self._transactions = itertools.count(1)
        self._token: str | None = None

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    # The control API

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to the control API, whatever its answer."""
        return self.http.request(method, f"{self.url}{path}", json=body, timeout=PATIENCE_S)

    def get(self, path: str) -> Any:
        """What stands there."""
        return self._read("GET", path)

    def put(self, path: str, body: Any = None, /, **fields: Any) -> Any:
        """Put a body, or one made of `fields`; what stands there then."""
        return self._read("PUT", path, fields if body is None else body)

    def post(self, path: str, **fields: Any) -> Any:
        """Do something; its answer."""
        return self._read("POST", path, fields)

    def _read(self, method: str, path: str, body: Any = None) -> Any:
        response = self.ask(method, path, body)
        assert response.status_code == 200, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def faults(self, operation: str, *rules: Json) -> None:
        """These faults, and no others."""
        self.put("/faults", rules={operation: list(rules)})

    def applied(self, operation: str) -> Json:
        """How often each kind of fault befell the operation."""
        found = self.get("/faults")["applied"].get(operation, {})
        assert isinstance(found, dict)
        return found

    def book(self, name: str) -> list[Json]:
        """The entries of one book."""
        entries = self.get("/books")[name]
        assert isinstance(entries, list)
        return entries

    def wait_for(self, look: Callable[[], Any]) -> Any:
        """Look until there is something to see."""
        deadline = time.monotonic() + PATIENCE_S
        while not (seen := look()):
            assert time.monotonic() < deadline, "what was waited for did not come"
            time.sleep(0.01)
        return seen

    def wait_for_entries(self, book: str, count: int = 1) -> list[Json]:
        """Wait until the book has so many entries."""
        found = self.wait_for(lambda: len(entries := self.book(book)) >= count and entries)
        assert isinstance(found, list)
        return found

    # Daraja

    def token(self) -> str:
        """A token of Daraja."""
        if self._token is None:
            response = self.http.get(
                f"{self.url}/daraja/oauth/v1/generate?grant_type=client_credentials",
                auth=("sandbox", "sandbox"),
                timeout=PATIENCE_S,
            )
            self._token = response.json()["access_token"]
        return self._token

    def daraja(self, path: str, body: Any, *, timeout_s: float = PATIENCE_S) -> requests.Response:
        """A request to Daraja."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        return self.http.post(f"{self.url}/daraja/mpesa{path}", json=body, headers=headers, timeout=timeout_s)

    def push(self, reference: str = "order-charge-1", *, amount: Any = 100, payer: str = PAYER, **other: Any) -> Any:
        """An STK push."""
        return self.daraja("/stkpush/v1/processrequest", self.push_form(reference, amount=amount, payer=payer) | other)

    def push_form(self, reference: str, *, amount: Any = 100, payer: str = PAYER) -> Json:
        """The body of an STK push."""
        return {
            "BusinessShortCode": SHORT_CODE,
            "Password": PASSWORD,
            "Timestamp": TIMESTAMP,
            "TransactionType": "CustomerPayBillOnline",
            "Amount": amount,
            "PartyA": payer[1:],
            "PartyB": SHORT_CODE,
            "PhoneNumber": payer[1:],
            "CallBackURL": f"{self.project_url}/callbacks/daraja/secret/stk/{reference}",
            "AccountReference": "TOPUP",
            "TransactionDesc": "Top up",
        }

    def query(self, checkout_request_id: str, **other: Any) -> requests.Response:
        """What became of an STK push."""
        form = {"BusinessShortCode": SHORT_CODE, "Password": PASSWORD, "Timestamp": TIMESTAMP}
        return self.daraja("/stkpushquery/v1/query", form | {"CheckoutRequestID": checkout_request_id} | other)

    def reverse(self, receipt: str, *, amount: Any = 100, **other: Any) -> requests.Response:
        """A reversal."""
        form = {
            "Initiator": "sandbox",
            "SecurityCredential": "sealed",
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": amount,
            "ReceiverParty": SHORT_CODE,
            "RecieverIdentifierType": "11",
            "ResultURL": f"{self.project_url}/callbacks/daraja/secret/reversal/order-refund-1/result",
            "QueueTimeOutURL": f"{self.project_url}/callbacks/daraja/secret/reversal/order-refund-1/timeout",
            "Remarks": "refund",
            "Occasion": "",
        }
        return self.daraja("/reversal/v1/request", form | other)

    # UCIP

    def ucip_request(self, method: str, members: Json, **headers: str) -> requests.Response:
        """A request to the charging system, whatever its answer."""
        body = xmlrpc.client.dumps((members,), method)
        usual = {"User-Agent": "Redial/5.0/1.0", "Content-Type": "text/xml"}
        auth = ("sandbox", "sandbox")
        return self.http.post(f"{self.url}/ucip/Air", data=body, headers=usual | headers, auth=auth, timeout=PATIENCE_S)

    def ucip_members(self, msisdn: str = SUBSCRIBER, **members: Any) -> Json:
        """What every call of UCIP carries, and more."""
        return {
            "originNodeType": "EXT",
            "originHostName": "redial",
            "originTransactionID": str(next(self._transactions)),
            "originTimeStamp": xmlrpc.client.DateTime("20261101T12:00:00+0300"),
            "subscriberNumberNAI": 1,
            "subscriberNumber": msisdn[1:],
        } | members

    def ucip(self, method: str, msisdn: str = SUBSCRIBER, **members: Any) -> Json:
        """The answer of the charging system. Raises xmlrpc.client.Fault."""
        response = self.ucip_request(method, self.ucip_members(msisdn, **members))
        assert response.status_code == 200, response.text
        (answer,), _ = xmlrpc.client.loads(response.text)
        assert isinstance(answer, dict)
        return answer

    def refill(self, amount: str, msisdn: str = SUBSCRIBER, **members: Any) -> Json:
        """A refill by amount."""
        usual = {"transactionAmount": amount, "transactionCurrency": "KES", "refillProfileID": "A"}
        return self.ucip("Refill", msisdn, **(usual | members))

    # Africa's Talking

    def at(self, path: str, form: Json, **headers: str) -> requests.Response:
        """A request to Africa's Talking."""
        return self.http.post(
            f"{self.url}/africastalking/version1{path}",
            data={"username": "sandbox"} | form,
            headers={"apiKey": "sandbox", "Accept": "application/json"} | headers,
            timeout=PATIENCE_S,
        )

    def send_sms(self, text: str = "hello", to: str = SUBSCRIBER, **form: Any) -> Json:
        """An SMS; the reply's SMSMessageData."""
        response = self.at("/messaging", {"to": to, "message": text, "bulkSMSMode": 1} | form)
        assert response.status_code == 201, response.text
        data = response.json()["SMSMessageData"]
        assert isinstance(data, dict)
        return data

    def send_airtime(self, amount: str = "KES 10", to: str = SUBSCRIBER, **headers: str) -> Json:
        """Airtime; the reply."""
        recipients = f'[{{"phoneNumber": "{to}", "amount": "{amount}"}}]'
        response = self.at("/airtime/send", {"recipients": recipients}, **headers)
        assert response.status_code == 201, response.text
        reply = response.json()
        assert isinstance(reply, dict)
        return reply
