"""MTN MoMo and Airtel Money against the sandbox: whole conversations, compared with the world's own books."""

import time

import pytest

from providers.airtel_money import AirtelAccount, AirtelMoney
from providers.mtn_momo import MomoAccount, MomoUser, MtnMomo
from providers.mtn_momo_events import reference_id
from tests.contracts.attempts import an_attempt, clock
from tests.contracts.conftest import SETTINGS, WITHIN_S, World
from tests.contracts.sandboxes import channel, new_reference
from topup.money import Money
from topup.outcomes import Accepted, Answer, Confirmed, NotSent, Pending, Reason, Refused, Unknown
from topup.ports import Attempt, Event, PaymentProvider

UGX_5000 = Money(5000, "UGX")
MTN, AIRTEL = "+256772000001", "+256752000001"
CALLBACKS = "/callbacks/mtn_momo/s3cret"


def new_attempt(purpose: str = "charge", *, msisdn: str, amount: Money = UGX_5000, **facts: object) -> Attempt:
    return an_attempt(reference=new_reference(purpose), msisdn=msisdn, amount=amount, facts=facts or None)


@pytest.fixture
def momo(world: World) -> MtnMomo:
    return momo_with(world)


def momo_with(world: World, *, environment: str = "mtnuganda", api_key: str | None = None) -> MtnMomo:
    def user(product: str) -> MomoUser:
        name, key, subscription = (
            SETTINGS[f"MOMO_{product}_{part}"] for part in ("USER", "API_KEY", "SUBSCRIPTION_KEY")
        )
        return MomoUser(user=name, api_key=api_key or key, subscription_key=subscription)

    return MtnMomo(
        account=MomoAccount(
            target_environment=environment,
            callback_url=f"{world.redial.url}{CALLBACKS}",
            collection=user("COLLECTION"),
            disbursement=user("DISBURSEMENT"),
        ),
        channel=channel(f"{world.url}/momo"),
        now=clock,
    )


@pytest.fixture
def airtel(world: World) -> AirtelMoney:
    return airtel_with(world)


def airtel_with(world: World, *, secret: str = SETTINGS["AIRTEL_CLIENT_SECRET"]) -> AirtelMoney:
    return AirtelMoney(
        account=AirtelAccount(client_id=SETTINGS["AIRTEL_CLIENT_ID"], client_secret=secret),
        channel=channel(f"{world.url}/airtel"),
        now=clock,
    )


def end_of(provider: PaymentProvider, attempt: Attempt, *, refund: bool = False) -> Answer:
    """Ask until there is an end."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        answer = provider.enquire_refund(attempt) if refund else provider.enquire_charge(attempt)
        if not isinstance(answer, Pending):
            return answer
        time.sleep(0.02)
    raise AssertionError("it does not end")


# MTN MoMo.


def momo_told(world: World, momo: MtnMomo, attempt: Attempt) -> Event:
    """The callback that comes of a charge."""
    seen = world.wait_for_callback(f"{CALLBACKS}/charge/{attempt.reference}")
    return momo.read_event(topic="charge", reference=attempt.reference, body=seen.body, content_type="")


def test_a_momo_payment_is_prompted_for_paid_told_and_confirmed(world: World, momo: MtnMomo) -> None:
    attempt = new_attempt(msisdn=MTN)
    assert momo.charge(attempt) == Accepted(reference_id(attempt.reference))
    event = momo_told(world, momo, attempt)
    entry = world.wait_for_charge(attempt.reference)
    assert event.answer == Confirmed(str(entry["receipt"]), UGX_5000)
    assert (event.provider_ref, event.msisdn) == (reference_id(attempt.reference), MTN)
    assert momo.enquire_charge(attempt) == event.answer
    assert (entry["provider"], entry["amount_minor"], entry["currency"]) == ("mtn_momo", 5000, "UGX")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("wrong_pin", Reason.CANCELLED), ("cancel", Reason.CANCELLED), ("ignore", Reason.NO_ANSWER)],
)
def test_a_momo_payer_who_does_not_pay_is_a_refusal(world: World, momo: MtnMomo, answer: str, reason: Reason) -> None:
    world.outside.put("/settings", {"prompt_answer": answer, "prompt_expires_s": 0.1})
    attempt = new_attempt(msisdn=MTN)
    momo.charge(attempt)
    told, asked = momo_told(world, momo, attempt).answer, end_of(momo, attempt)
    assert isinstance(told, Refused)
    assert isinstance(asked, Refused)
    assert told.reason is asked.reason is reason


def test_an_empty_momo_wallet_is_a_refusal(world: World, momo: MtnMomo) -> None:
    world.outside.put(f"/wallets/{MTN}", {"balance_minor": 4999})
    attempt = new_attempt(msisdn=MTN)
    momo.charge(attempt)
    told = momo_told(world, momo, attempt).answer
    assert isinstance(told, Refused)
    assert told.reason is Reason.NOT_ENOUGH
    assert world.entry("charges", reference=attempt.reference) is None


def test_a_number_of_another_network_has_no_momo(world: World, momo: MtnMomo) -> None:
    attempt = new_attempt(msisdn=AIRTEL)
    momo.charge(attempt)
    told = momo_told(world, momo, attempt).answer
    assert isinstance(told, Refused)
    assert told.reason is Reason.NO_WALLET


def test_an_open_momo_prompt_is_pending(world: World, momo: MtnMomo) -> None:
    world.outside.put("/settings", {"prompt_answer": "by_hand"})
    attempt = new_attempt(msisdn=MTN)
    momo.charge(attempt)
    assert momo.enquire_charge(attempt) == Pending("PENDING")


def test_a_momo_reply_that_is_lost_leaves_nothing_in_the_dark(world: World, momo: MtnMomo) -> None:
    world.faults.add("momo.requesttopay", "reset_after_effect", times=1)
    attempt = new_attempt(msisdn=MTN)
    assert isinstance(momo.charge(attempt), Unknown)
    assert isinstance(end_of(momo, attempt), Confirmed)
    assert isinstance(momo.charge(attempt), Accepted), "the same name again is answered 409"
    assert len(world.outside.get("/books")["charges"]) == 1


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("http_500", Unknown), ("reset_before_effect", Unknown), ("garbage", Unknown)],
)
@pytest.mark.parametrize("operation", ["momo.requesttopay", "momo.token"])
def test_what_befalls_a_momo_request(world: World, momo: MtnMomo, operation: str, kind: str, outcome: type) -> None:
    world.faults.add(operation, kind)
    expected = NotSent if operation == "momo.token" else Accepted if kind == "garbage" else outcome
    assert isinstance(momo.charge(new_attempt(msisdn=MTN)), expected)


@pytest.mark.parametrize(
    ("code", "http_status", "meaning"),
    [
        ("PAYER_NOT_FOUND", 500, Refused),
        ("INTERNAL_PROCESSING_ERROR", 500, Unknown),
        ("TOO_MANY_REQUESTS", 429, NotSent),
    ],
)
def test_a_momo_payment_that_is_answered_with_an_error(
    world: World, momo: MtnMomo, code: str, http_status: int, meaning: type
) -> None:
    world.faults.add("momo.requesttopay", "result_code", code=code, http_status=http_status)
    attempt = new_attempt(msisdn=MTN)
    assert isinstance(momo.charge(attempt), meaning)
    assert isinstance(momo.enquire_charge(attempt), Unknown), "it was never begun, and MoMo does not know it"


def test_wrong_credentials_send_nothing_and_a_wrong_environment_is_refused(world: World) -> None:
    assert isinstance(momo_with(world, api_key="wrong").charge(new_attempt(msisdn=MTN)), NotSent)
    refused = momo_with(world, environment="mtnghana").charge(new_attempt(msisdn=MTN))
    assert isinstance(refused, Refused)
    assert refused.code == "NOT_ALLOWED_TARGET_ENVIRONMENT"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+46733123450", "INTERNAL_PROCESSING_ERROR"),
        ("+46733123451", "APPROVAL_REJECTED"),
        ("+46733123452", "EXPIRED"),
        ("+56733123453", None),
        ("+46733123999", None),
    ],
)
def test_mtns_own_test_numbers_decide_in_euros(world: World, momo: MtnMomo, number: str, code: str | None) -> None:
    attempt = new_attempt(msisdn=number, amount=Money(500, "EUR"))
    assert isinstance(momo.charge(attempt), Accepted)
    answer = end_of(momo, attempt)
    assert (answer.code if isinstance(answer, Refused) else None) == code
    assert isinstance(answer, Confirmed) is (code is None)
    assert world.outside.get(f"/phones/{number}/prompts") == []


def test_a_momo_payment_goes_back_once(world: World, momo: MtnMomo) -> None:
    charge = new_attempt(msisdn=MTN)
    momo.charge(charge)
    paid = end_of(momo, charge)
    assert isinstance(paid, Confirmed)
    refund = new_attempt("refund", msisdn=MTN, charge_reference=charge.reference)
    assert momo.refund(refund, receipt=paid.receipt) == Accepted(reference_id(refund.reference))
    answer = end_of(momo, refund, refund=True)
    entry = world.entry("reversals", charge_reference=charge.reference)
    assert entry is not None
    assert answer == Confirmed(str(entry["transaction_id"]), UGX_5000)
    assert entry["reference"] == refund.reference
    assert world.outside.get(f"/wallets/{MTN}")["balance_minor"] == 100_000
    assert isinstance(momo.refund(refund, receipt=paid.receipt), Accepted), "the same name again is answered 409"
    again = new_attempt("refund", msisdn=MTN, charge_reference=charge.reference)
    momo.refund(again, receipt=paid.receipt)
    assert isinstance(end_of(momo, again, refund=True), Refused)
    assert len(world.outside.get("/books")["reversals"]) == 1


def test_a_momo_refund_whose_reply_is_lost_can_be_asked_after(world: World, momo: MtnMomo) -> None:
    charge = new_attempt(msisdn=MTN)
    momo.charge(charge)
    end_of(momo, charge)
    world.faults.add("momo.refund", "reset_after_effect", times=1)
    refund = new_attempt("refund", msisdn=MTN, charge_reference=charge.reference)
    assert isinstance(momo.refund(refund, receipt="1"), Unknown)
    assert isinstance(end_of(momo, refund, refund=True), Confirmed)


def test_a_momo_refund_of_what_was_never_charged_is_refused(world: World, momo: MtnMomo) -> None:
    refund = new_attempt("refund", msisdn=MTN, charge_reference="never-charge-1")
    assert isinstance(momo.refund(refund, receipt="1"), Refused)
    assert isinstance(momo.enquire_refund(refund), Unknown)


# Airtel Money.


def airtel_told(world: World, airtel: AirtelMoney, attempt: Attempt) -> Event:
    """The callback that comes of a charge."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        for seen in list(world.redial.seen):
            if seen.path == "/callbacks/airtel_money/s3cret/payment" and attempt.reference.encode() in seen.body:
                return airtel.read_event(topic="payment", reference=None, body=seen.body, content_type="")
        time.sleep(0.01)
    raise AssertionError("no callback came")


def test_an_airtel_payment_is_prompted_for_paid_told_and_confirmed(world: World, airtel: AirtelMoney) -> None:
    attempt = new_attempt(msisdn=AIRTEL)
    assert isinstance(airtel.charge(attempt), Accepted)
    event = airtel_told(world, airtel, attempt)
    entry = world.wait_for_charge(attempt.reference)
    assert (event.reference, event.provider_ref) == (attempt.reference, attempt.reference)
    assert isinstance(event.answer, Unknown), "a callback tells no end by itself"
    assert airtel.enquire_charge(attempt) == Confirmed(str(entry["receipt"]), None)
    assert (entry["provider"], entry["amount_minor"], entry["currency"]) == ("airtel_money", 5000, "UGX")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("wrong_pin", Reason.WRONG_PIN), ("cancel", Reason.CANCELLED), ("ignore", Reason.NO_ANSWER)],
)
def test_an_airtel_payer_who_does_not_pay_is_a_refusal(
    world: World, airtel: AirtelMoney, answer: str, reason: Reason
) -> None:
    world.outside.put("/settings", {"prompt_answer": answer, "prompt_expires_s": 0.1})
    attempt = new_attempt(msisdn=AIRTEL)
    airtel.charge(attempt)
    refused = end_of(airtel, attempt)
    assert isinstance(refused, Refused)
    assert refused.reason is reason


@pytest.mark.parametrize(
    ("msisdn", "balance_minor", "reason"), [(AIRTEL, 4999, Reason.NOT_ENOUGH), (MTN, 100_000, Reason.NO_WALLET)]
)
def test_an_airtel_wallet_that_is_empty_or_not_there_is_a_refusal(
    world: World, airtel: AirtelMoney, msisdn: str, balance_minor: int, reason: Reason
) -> None:
    world.outside.put(f"/wallets/{msisdn}", {"balance_minor": balance_minor})
    attempt = new_attempt(msisdn=msisdn)
    airtel.charge(attempt)
    refused = end_of(airtel, attempt)
    assert isinstance(refused, Refused)
    assert refused.reason is reason


def test_an_open_airtel_prompt_is_pending(world: World, airtel: AirtelMoney) -> None:
    world.outside.put("/settings", {"prompt_answer": "by_hand"})
    attempt = new_attempt(msisdn=AIRTEL)
    airtel.charge(attempt)
    assert isinstance(airtel.enquire_charge(attempt), Pending)


def test_an_airtel_reply_that_is_lost_leaves_nothing_in_the_dark(world: World, airtel: AirtelMoney) -> None:
    world.faults.add("airtel.payment", "reset_after_effect", times=1)
    attempt = new_attempt(msisdn=AIRTEL)
    assert isinstance(airtel.charge(attempt), Unknown)
    assert isinstance(end_of(airtel, attempt), Confirmed)
    assert isinstance(airtel.charge(attempt), Accepted), "the same id again is known to have landed"
    assert len(world.outside.get("/books")["charges"]) == 1


@pytest.mark.parametrize(
    ("kind", "outcome"), [("http_500", Unknown), ("reset_before_effect", Unknown), ("garbage", Unknown)]
)
@pytest.mark.parametrize("operation", ["airtel.payment", "airtel.token"])
def test_what_befalls_an_airtel_request(
    world: World, airtel: AirtelMoney, operation: str, kind: str, outcome: type
) -> None:
    world.faults.add(operation, kind)
    expected = NotSent if operation == "airtel.token" else outcome
    assert isinstance(airtel.charge(new_attempt(msisdn=AIRTEL)), expected)


@pytest.mark.parametrize(("code", "meaning"), [("ESB000008", Refused), ("ESB000001", Unknown), ("ESB000033", Refused)])
def test_an_airtel_payment_that_is_answered_with_an_error(
    world: World, airtel: AirtelMoney, code: str, meaning: type
) -> None:
    world.faults.add("airtel.payment", "result_code", code=code)
    attempt = new_attempt(msisdn=AIRTEL)
    assert isinstance(airtel.charge(attempt), meaning)
    assert isinstance(airtel.enquire_charge(attempt), Unknown), "it was never begun, and Airtel does not know it"


@pytest.mark.parametrize(
    ("status", "meaning"), [("TS", Confirmed), ("TF", Refused), ("TA", Unknown), ("TIP", Pending), ("TE", Refused)]
)
def test_what_an_airtel_enquiry_says(world: World, airtel: AirtelMoney, status: str, meaning: type) -> None:
    attempt = new_attempt(msisdn=AIRTEL)
    airtel.charge(attempt)
    world.wait_for_charge(attempt.reference)
    world.faults.add("airtel.enquiry", "result_code", code=status)
    assert isinstance(airtel.enquire_charge(attempt), meaning)


def test_wrong_airtel_credentials_send_nothing(world: World) -> None:
    assert isinstance(airtel_with(world, secret="wrong").charge(new_attempt(msisdn=AIRTEL)), NotSent)


def test_an_airtel_payment_goes_back_once(world: World, airtel: AirtelMoney) -> None:
    charge = new_attempt(msisdn=AIRTEL)
    airtel.charge(charge)
    paid = end_of(airtel, charge)
    assert isinstance(paid, Confirmed)
    back = airtel.refund(new_attempt("refund", msisdn=AIRTEL), receipt=paid.receipt)
    entry = world.entry("reversals", charge_reference=charge.reference)
    assert entry is not None
    assert back == Confirmed(str(entry["transaction_id"]), None)
    assert world.outside.get(f"/wallets/{AIRTEL}")["balance_minor"] == 100_000
    assert isinstance(airtel.refund(new_attempt("refund", msisdn=AIRTEL), receipt=paid.receipt), Refused)
    assert len(world.outside.get("/books")["reversals"]) == 1


def test_an_airtel_refund_of_what_airtel_does_not_know_is_unknown(world: World, airtel: AirtelMoney) -> None:
    assert isinstance(airtel.refund(new_attempt("refund", msisdn=AIRTEL), receipt="MP1"), Unknown)
