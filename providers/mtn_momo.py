"""MTN MoMo: requests to pay, what became of them, and refunds.

Every request carries a name that we give it, X-Reference-Id. MoMo takes one only once, and can be asked by it, so a
lost reply leaves nothing in the dark for long.

Protocol: https://momodeveloper.mtn.com (Collection: requesttopay; Disbursement: refund; each with a token of its own).
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from providers.codes import Also, without_success
from providers.http import Channel, Reply, Request, as_answer
from providers.mtn_momo_codes import request_error
from providers.mtn_momo_events import read_end, read_error, read_result, reference_id
from providers.payload import Unreadable, read_json
from providers.tokens import TokenKeeper, TokenRefused
from topup.errors import RedialError
from topup.outcomes import Accepted, Answer, NotSent, Reason, Refused, Sent, Unknown
from topup.ports import TAKEN_BEFORE, Attempt, Event, UnableToReadEvent

CHARGE, REFUND = "charge", "refund"

# The fact of a refund that names the charge to be given back; workers.refund puts it there.
CHARGE_REFERENCE = "charge_reference"


class NothingToMove(RedialError):
    """Mobile money moves amounts above zero, and not {amount}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MomoUser:
    """An API user of one product (Collection, Disbursement), with the key of its subscription."""

    user: str
    api_key: str
    subscription_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MomoAccount:
    """Our account with MTN. Callbacks reach us below `callback_url`, whose host MTN has been told.

    Without a `disbursement` user nothing can be refunded.
    """

    target_environment: str  # `mtnuganda`, `mtnghana` ...; `sandbox` at MTN's own sandbox, which knows euros only.
    callback_url: str
    collection: MomoUser
    disbursement: MomoUser | None = None
    message: str = "Airtime"  # What the payer is shown beside our label.


class MtnMomo:
    """The PaymentProvider for MTN MoMo."""

    name = "mtn_momo"

    def __init__(self, *, account: MomoAccount, channel: Channel, now: Callable[[], datetime]) -> None:
        make = partial(_Product, account=account, channel=channel, now=now)
        self._collection = make("collection", user=account.collection)
        self._disbursement = make("disbursement", user=account.disbursement) if account.disbursement else None

    def charge(self, attempt: Attempt) -> Sent:
        """Ask the payer to approve `attempt.amount`: above zero, else NothingToMove is raised.

        Accepted carries the X-Reference-Id. The end comes by callback to `charge/<reference>`, and can be asked for.
        """
        payer = {"payer": {"partyIdType": "MSISDN", "partyId": attempt.msisdn.lstrip("+")}}
        return self._collection.begin("requesttopay", attempt, payer, topic=CHARGE)

    def enquire_charge(self, attempt: Attempt) -> Answer:
        """What became of a request to pay. One that MoMo does not know may still be on its way: it is Unknown."""
        return self._collection.ask_after("requesttopay", attempt)

    def refund(self, attempt: Attempt, *, receipt: str) -> Sent:
        """Give back the charge that `attempt.facts` name as `charge_reference`; MoMo does not look at its receipt.

        NothingToMove is raised for an amount that is not above zero.
        """
        charge = attempt.facts.get(CHARGE_REFERENCE)
        if self._disbursement is None:
            return Refused(Reason.PROVIDER, "refunds_not_set_up", {"receipt": receipt})
        if not isinstance(charge, str):
            return Refused(Reason.PROVIDER, "charge_not_known", {"receipt": receipt})
        refunded = {"referenceIdToRefund": reference_id(charge)}
        return self._disbursement.begin("refund", attempt, refunded, topic=REFUND)

    def enquire_refund(self, attempt: Attempt) -> Answer:
        """What became of a refund."""
        if self._disbursement is None:
            return Unknown("without a Disbursement user MoMo cannot be asked after refunds")
        return self._disbursement.ask_after("refund", attempt)

    def read_event(self, *, topic: str, reference: str | None, body: bytes, content_type: str) -> Event:
        """Read the callback `charge` or `refund`. Raises UnableToReadEvent.

        It carries our reference as `externalId`, besides the one in its address; both must be of one attempt.
        """
        if topic not in (CHARGE, REFUND):
            raise UnableToReadEvent(why=f"MoMo sends none of the kind {topic!r}")
        try:
            return read_end(read_json(body), topic=topic, reference=reference)
        except Unreadable as error:
            raise UnableToReadEvent(why=str(error)) from error


class _Product:
    """One product of MoMo's API. Each has a user, a subscription and a token of its own; their requests look alike."""

    def __init__(
        self, product: str, *, user: MomoUser, account: MomoAccount, channel: Channel, now: Callable[[], datetime]
    ) -> None:
        self._product = product
        self._user = user
        self._account = account
        self._channel = channel
        self._tokens = TokenKeeper(request=self._token_request(), channel=channel, now=now)

    def begin(self, what: str, attempt: Attempt, more: Mapping[str, Any], *, topic: str) -> Sent:
        """Ask for what moves money, under the name of our attempt. Raises NothingToMove."""
        if attempt.amount.minor <= 0:
            raise NothingToMove(amount=attempt.amount)
        name = reference_id(attempt.reference)
        body = {
            "amount": attempt.amount.in_units,
            "currency": attempt.amount.currency,
            "externalId": attempt.reference,
            "payerMessage": f"{self._account.message} {attempt.label}",
            "payeeNote": attempt.label,
            **more,
        }
        headers = {
            "X-Reference-Id": name,
            "X-Callback-Url": f"{self._account.callback_url}/{topic}/{attempt.reference}",
            "Content-Type": "application/json",
        }
        raw = json.dumps(body).encode()

        def make_request(token: str) -> Request:
            return Request(
                path=self._path(what), headers={**self._headers(token), **headers}, body=raw, moves_money=True
            )

        return self._tokens.ask(self._channel, make_request, operation=what, read=partial(_read_taken, name=name))

    def ask_after(self, what: str, attempt: Attempt) -> Answer:
        """Ask what became of what was begun under the name of our attempt."""
        path = f"{self._path(what)}/{reference_id(attempt.reference)}"

        def make_request(token: str) -> Request:
            return Request(method="GET", path=path, headers=self._headers(token))

        read = partial(_read_status, reference=attempt.reference)
        return as_answer(self._tokens.ask(self._channel, make_request, operation=f"{what}_status", read=read))

    def _path(self, what: str) -> str:
        return f"/{self._product}/v1_0/{what}"

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "X-Target-Environment": self._account.target_environment,
            "Ocp-Apim-Subscription-Key": self._user.subscription_key,
        }

    def _token_request(self) -> Request:
        credentials = base64.b64encode(f"{self._user.user}:{self._user.api_key}".encode()).decode()
        headers = {
            "Authorization": f"Basic {credentials}",
            "Ocp-Apim-Subscription-Key": self._user.subscription_key,
            "Content-Length": "0",  # The API gateway answers 411 to a POST without it.
        }
        return Request(path=f"/{self._product}/token/", headers=headers)


def _read_taken(reply: Reply, *, name: str) -> Accepted | Refused | NotSent | Unknown | TokenRefused:
    if reply.status == 202:
        return Accepted(name)
    code, says = read_error(reply.body)
    meaning = request_error(status=reply.status, code=code)
    if meaning is Also.TOKEN:
        return TokenRefused()
    if meaning is Also.TAKEN:
        return Accepted(name, {TAKEN_BEFORE: True})
    return without_success(meaning, code=code or f"HTTP {reply.status}", says=says)


def _read_status(reply: Reply, *, reference: str) -> Answer | TokenRefused:
    if reply.is_success:
        fields = read_json(reply.body)
        if fields.get("externalId", reference) != reference:
            return Unknown("the answer is about another attempt")
        return read_result(fields)
    code, says = read_error(reply.body)
    if request_error(status=reply.status, code=code) is Also.TOKEN:
        return TokenRefused()
    return Unknown(f"no answer: HTTP {reply.status} {code} {says}".rstrip())
