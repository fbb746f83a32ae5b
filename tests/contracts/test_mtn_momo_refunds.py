"""MTN MoMo over real HTTP: how money is given back, and when that waits for a person."""

import base64
import json

from providers.mtn_momo_events import reference_id
from tests.contracts.momo import CALLBACKS, NAME, REFUND, TAKEN, TOKEN, UGX_5000, asked, momo, refunding, status
from topup.outcomes import Accepted, Confirmed, Reason, Refused, Unknown


def test_a_refund_is_asked_for_as_published() -> None:
    with momo(TOKEN, TAKEN) as (provider, stage):
        assert provider.refund(refunding(), receipt="363440463") == Accepted(reference_id(REFUND))
    token, push = stage.seen
    assert token.path == "/disbursement/token/"
    assert base64.b64decode(token.headers["authorization"].removeprefix("Basic ")) == b"d-user:d-key"
    assert (push.method, push.path) == ("POST", "/disbursement/v1_0/refund")
    assert push.headers["x-reference-id"] == reference_id(REFUND)
    assert push.headers["ocp-apim-subscription-key"] == "d-subscription"
    assert push.headers["x-callback-url"] == f"{CALLBACKS}/refund/{REFUND}"
    assert json.loads(push.body) == {
        "amount": "5000",
        "currency": "UGX",
        "externalId": REFUND,
        "payerMessage": "Airtime Q3M5XK2V",
        "payeeNote": "Q3M5XK2V",
        "referenceIdToRefund": NAME,
    }


def test_a_refund_can_be_asked_after_without_its_reply() -> None:
    with momo(TOKEN, status(externalId=REFUND, financialTransactionId="99")) as (provider, stage):
        assert provider.enquire_refund(refunding()) == Confirmed("99", UGX_5000)
    assert stage.seen[1].path == f"/disbursement/v1_0/refund/{reference_id(REFUND)}"


def test_without_a_disbursement_user_every_refund_waits_for_a_person() -> None:
    with momo(TOKEN, refunds=False) as (provider, stage):
        assert provider.refund(refunding(), receipt="1") == Refused(
            Reason.PROVIDER, "refunds_not_set_up", {"receipt": "1"}
        )
        assert isinstance(provider.enquire_refund(refunding()), Unknown)
    assert stage.seen == []


def test_a_refund_of_a_charge_whose_name_is_not_known_waits_for_a_person() -> None:
    with momo(TOKEN) as (provider, stage):
        refused = provider.refund(asked(reference=REFUND), receipt="1")
    assert refused == Refused(Reason.PROVIDER, "charge_not_known", {"receipt": "1"})
    assert stage.seen == []


def test_what_moves_money_never_uses_a_connection_again() -> None:
    with momo(TOKEN, TAKEN, TAKEN, TOKEN, TAKEN) as (provider, stage):
        provider.charge(asked())
        provider.charge(asked())
        provider.refund(refunding(), receipt="1")
    movers = [seen.peer for seen in stage.seen if "token" not in seen.path]
    assert len(set(movers)) == 3
