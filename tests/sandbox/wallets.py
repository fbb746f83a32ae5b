"""Clients of MTN MoMo and Airtel Money as the sandbox's tests need them: whatever is sent, and whatever comes back."""

import uuid
from typing import Any

import requests

from tests.sandbox.driver import Driver
from tests.sandbox.project import PATIENCE_S

MTN, AIRTEL, TELKOM = "+256772000001", "+256752000001", "+254770000001"
CALLBACK = "/callbacks/mtn_momo/secret/charge/order-charge-1"


class Momo:
    """One client of MoMo's Collection and Disbursement."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._tokens: dict[str, str] = {}

    def ask_token(self, product: str = "collection", **changes: str) -> requests.Response:
        """A request for a token; `changes` replace headers, and an empty one leaves it out."""
        usual = {"Ocp-Apim-Subscription-Key": "sandbox", "Content-Length": "0"}
        headers = {name: value for name, value in (usual | changes).items() if value}
        url = f"{self._driver.url}/momo/{product}/token/"
        return self._driver.http.post(url, headers=headers, auth=("sandbox", "sandbox"), timeout=PATIENCE_S)

    def token(self, product: str) -> str:
        """A token of a product."""
        if product not in self._tokens:
            self._tokens[product] = self.ask_token(product).json()["access_token"]
        return self._tokens[product]

    def request(
        self, method: str, path: str, *, name: str = "", body: Any = None, changes: dict[str, str] | None = None
    ) -> requests.Response:
        """A request under a name; `changes` replace headers, and an empty one leaves it out."""
        product = path.split("/")[1]
        usual = {
            "Authorization": f"Bearer {self.token(product)}",
            "X-Target-Environment": "sandbox",
            "Ocp-Apim-Subscription-Key": "sandbox",
            "X-Reference-Id": name,
            "X-Callback-Url": f"{self._driver.project_url}{CALLBACK}",
        }
        headers = {key: value for key, value in (usual | (changes or {})).items() if value}
        url = f"{self._driver.url}/momo{path}"
        return self._driver.http.request(method, url, json=body, headers=headers, timeout=PATIENCE_S)

    def charge(
        self, name: str | None = None, *, msisdn: str = MTN, changes: dict[str, str] | None = None, **body: Any
    ) -> requests.Response:
        """A request to pay UGX 5,000; `body` replaces what it says, and `changes` its headers."""
        usual = {
            "amount": "5000",
            "currency": "UGX",
            "externalId": "order-charge-1",
            "payer": {"partyIdType": "MSISDN", "partyId": msisdn[1:]},
            "payerMessage": "Airtime",
            "payeeNote": "",
        }
        given = new_name() if name is None else name
        return self.request("POST", "/collection/v1_0/requesttopay", name=given, body=usual | body, changes=changes)

    def status(self, name: str) -> requests.Response:
        """What became of a request to pay."""
        return self.request("GET", f"/collection/v1_0/requesttopay/{name}")

    def refund(self, charge: str, *, name: str | None = None, **body: Any) -> requests.Response:
        """A refund of a request to pay."""
        usual = {"amount": "5000", "currency": "UGX", "externalId": "order-refund-1", "referenceIdToRefund": charge}
        return self.request("POST", "/disbursement/v1_0/refund", name=name or new_name(), body=usual | body)

    def refund_status(self, name: str) -> requests.Response:
        """What became of a refund."""
        return self.request("GET", f"/disbursement/v1_0/refund/{name}")


class Airtel:
    """One client of Airtel Money."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._token = ""

    def ask_token(self, **changes: str) -> requests.Response:
        """A request for a token."""
        body = {"client_id": "sandbox", "client_secret": "sandbox", "grant_type": "client_credentials"}
        url = f"{self._driver.url}/airtel/auth/oauth2/token"
        return self._driver.http.post(url, json=body | changes, timeout=PATIENCE_S)

    def request(self, method: str, path: str, *, body: Any = None, **changes: str) -> requests.Response:
        """A request; `changes` replace headers."""
        self._token = self._token or self.ask_token().json()["access_token"]
        usual = {"Authorization": f"Bearer {self._token}", "X-Country": "UG", "X-Currency": "UGX"}
        url = f"{self._driver.url}/airtel{path}"
        return self._driver.http.request(method, url, json=body, headers=usual | changes, timeout=PATIENCE_S)

    def charge(
        self, name: str = "order-charge-1", *, number: str = AIRTEL[4:], country: str = "UG", **transaction: Any
    ) -> requests.Response:
        """A USSD push for UGX 5,000; `transaction` replaces what it says of it."""
        usual = {"amount": 5000, "country": country, "currency": "UGX", "id": name}
        body = {
            "reference": "AIRTIME1",
            "subscriber": {"country": country, "currency": "UGX", "msisdn": number},
            "transaction": usual | transaction,
        }
        return self.request("POST", "/merchant/v1/payments/", body=body)

    def enquire(self, name: str = "order-charge-1") -> requests.Response:
        """What became of a payment."""
        return self.request("GET", f"/standard/v1/payments/{name}")

    def refund(self, receipt: str) -> requests.Response:
        """A refund by receipt."""
        body = {"transaction": {"airtel_money_id": receipt}}
        return self.request("POST", "/standard/v1/payments/refund", body=body)


def new_name() -> str:
    """A name for a request, as MoMo wants one."""
    return str(uuid.uuid4())
