"""An MTN MoMo that answers as it is told, and a client of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from providers.http import Channel, Limits
from providers.mtn_momo import MomoAccount, MomoUser, MtnMomo
from providers.mtn_momo_events import reference_id
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.servers import Act, Stage, says, serving
from topup.money import Money
from topup.ports import Attempt

REFERENCE = "q3m5xk2v7a4jd6pw0c8h-charge-1"
REFUND = "q3m5xk2v7a4jd6pw0c8h-refund-1"
NAME = reference_id(REFERENCE)
TOKEN = says('{"access_token": "eyJ0eXAiOiJKV1Q", "token_type": "access_token", "expires_in": 3600}')
TAKEN = says(b"", status=202)
PAYER = "+256772000001"
CALLBACKS = "https://redial.test/callbacks/mtn_momo/s3cret"
UGX_5000 = Money(5000, "UGX")
PAID = {
    "amount": "5000",
    "currency": "UGX",
    "financialTransactionId": "363440463",
    "externalId": REFERENCE,
    "payer": {"partyIdType": "MSISDN", "partyId": "256772000001"},
    "payerMessage": "Airtime Q3M5XK2V",
    "payeeNote": "Q3M5XK2V",
    "status": "SUCCESSFUL",
}


def asked(**changes: object) -> Attempt:
    values: dict[str, object] = {"msisdn": PAYER, "amount": UGX_5000, **changes}
    return an_attempt(**values)  # type: ignore[arg-type]


def refunding() -> Attempt:
    return asked(reference=REFUND, facts={"receipt": "363440463", "charge_reference": REFERENCE})


@contextmanager
def momo(*acts: Act, refunds: bool = True) -> Iterator[tuple[MtnMomo, Stage]]:
    """A MoMo that does each of `acts`, and a client of it."""
    with serving(*acts) as stage:
        yield client(stage.url, patience_s=stage.patience_s, refunds=refunds), stage


def client(url: str, *, patience_s: float = 30, refunds: bool = True) -> MtnMomo:
    limits = Limits(within_s=patience_s, failures_to_open=1000)
    return MtnMomo(
        account=MomoAccount(
            target_environment="mtnuganda",
            callback_url=CALLBACKS,
            collection=MomoUser(user="c-user", api_key="c-key", subscription_key="c-subscription"),
            disbursement=MomoUser(user="d-user", api_key="d-key", subscription_key="d-subscription")
            if refunds
            else None,
        ),
        channel=Channel(provider="mtn_momo", url=url, limits=limits),
        now=clock,
    )


def error(code: str | None, *, status: int, message: str = "What it says.") -> Act:
    body = {"message": message} if code is None else {"code": code, "message": message}
    return says(json.dumps(body), status=status)


def status(**changes: object) -> Act:
    fields = {name: value for name, value in {**PAID, **changes}.items() if value is not None}
    return says(json.dumps(fields))
