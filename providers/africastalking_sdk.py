"""Africa's Talking's SDK, made to travel by our own channel.

The SDK knows the protocol: the paths, the forms, the headers and what makes a request valid. How it sends is not fit
for money (docs/decisions/africastalking-sdk.md): so the one method through which it sends, `_make_request`, hands the
finished request to `carry`, and returns what `carry` returns.

A service is made for each send and thrown away, because the SDK keeps the Idempotency-Key of one send in the headers
of the next.

This module is imported when something is sent: the SDK brings requests and what belongs to it along, which takes longer
to load than all providers together, and a web process sends nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from africastalking.Airtime import AirtimeService
from africastalking.SMS import SMSService

from providers.http import Request


class _Carried:
    """What an SDK service becomes: it writes requests, and `carry` takes them to below a channel's base address."""

    below: str
    moves_money: bool

    def __init__(self, *, username: str, api_key: str, carry: Callable[[Request], object]) -> None:
        self._carry = carry
        super().__init__(username, api_key)  # type: ignore[call-arg]  # The SDK's class comes next in line.

    def _init_service(self) -> None:
        self._baseUrl = self.below

    def _make_request(
        self, url: str, method: str, *, headers: Mapping[str, str], data: Mapping[str, Any], **_unused: object
    ) -> object:
        form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(data).encode()
        return self._carry(Request(method=method, path=url, headers=form, body=body, moves_money=self.moves_money))


class CarriedSms(_Carried, SMSService):  # type: ignore[misc]  # The SDK is not typed.
    """The SDK's SMS service. Make one for each send."""

    below = "/version1"
    moves_money = False


class CarriedAirtime(_Carried, AirtimeService):  # type: ignore[misc]  # The SDK is not typed.
    """The SDK's airtime service. Make one for each send."""

    below = "/version1/airtime"
    moves_money = True
