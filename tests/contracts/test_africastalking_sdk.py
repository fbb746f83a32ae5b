"""Why the SDK does not send by itself: each defect is shown in the version that is pinned.

When one of these fails, the SDK has changed: read what it does now, and mend or drop the guard against it.
"""

import inspect
import json
import threading
from importlib.metadata import version

import pytest
import requests
from africastalking.Airtime import AirtimeService
from africastalking.Service import AfricasTalkingException, Service
from africastalking.SMS import SMSService

from tests.contracts.servers import Stage, drips_body, says, serving

TAKEN = says(json.dumps({"responses": []}), status=201)


def airtime(stage: Stage) -> AirtimeService:
    service = AirtimeService("sandbox", "key")
    service._baseUrl = f"{stage.url}/version1/airtime"
    return service


def send(service: AirtimeService, amount: str = "10", **options: object) -> object:
    return service.send(phone_number="+254711000001", amount=amount, currency_code="KES", **options)


def test_this_is_the_version_that_was_read() -> None:
    assert version("africastalking") == "2.0.3"


def test_everything_that_it_sends_goes_through_one_method() -> None:
    parameters = list(inspect.signature(Service._make_request).parameters)
    assert parameters == ["self", "url", "method", "headers", "data", "params", "callback", "timeout"]
    for service in (SMSService, AirtimeService):
        assert "requests." not in inspect.getsource(service)


def test_it_keeps_the_idempotency_key_of_the_send_before() -> None:
    with serving(TAKEN) as stage:
        service = airtime(stage)
        send(service, idempotency_key="first-key")
        send(service)
    assert stage.seen[1].headers["idempotency-key"] == "first-key"


def test_it_changes_the_recipients_that_it_is_given() -> None:
    recipients = [{"phoneNumber": "+254711000001", "amount": "10", "currency_code": "KES"}]
    with serving(TAKEN) as stage:
        airtime(stage).send(recipients=recipients)
    assert recipients == [{"phoneNumber": "+254711000001", "amount": "KES 10"}]


@pytest.mark.parametrize("amount", ["-5", "nan", "inf"])
def test_it_lets_impossible_amounts_pass(amount: str) -> None:
    with serving(TAKEN) as stage:
        send(airtime(stage), amount)
    assert f"KES {amount}" in stage.seen[0].form["recipients"]


def test_it_lets_a_line_break_pass_as_part_of_a_number() -> None:
    with serving(TAKEN) as stage:
        airtime(stage).send(phone_number="+254711000001\n", amount="10", currency_code="KES")
    assert "+254711000001\\n" in stage.seen[0].form["recipients"]


def test_it_sends_its_key_through_a_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(TAKEN) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        service = SMSService("sandbox", "key")
        service._baseUrl = "http://gateway.invalid/version1"
        service.send("x", ["+254711000001"])
    assert proxy.seen[0].path == "http://gateway.invalid/version1/messaging"
    assert proxy.seen[0].headers["apikey"] == "key"


def test_it_gives_text_for_json_with_a_charset() -> None:
    with serving(says(b"{}", status=201, content_type="application/json; charset=utf-8")) as stage:
        assert send(airtime(stage)) == "{}"


def test_it_does_not_tell_the_status_of_a_failure() -> None:
    with serving(says(b"no", status=401), says(b"no", status=500)) as stage:
        service = airtime(stage)
        failures = []
        for _ in range(2):
            with pytest.raises(AfricasTalkingException) as failure:
                send(service)
            failures.append((failure.value.args, vars(failure.value)))
    assert failures[0] == failures[1] == (("no",), {})


def test_it_follows_a_redirect_and_sends_airtime_again() -> None:
    with serving(says(b"", status=307, Location="/elsewhere"), TAKEN) as stage:
        send(airtime(stage))
    assert [(seen.method, seen.path) for seen in stage.seen] == [
        ("POST", "/version1/airtime/send"),
        ("POST", "/elsewhere"),
    ]


def test_it_makes_a_connection_for_every_message() -> None:
    with serving(TAKEN) as stage:
        service = SMSService("sandbox", "key")
        service._baseUrl = f"{stage.url}/version1"
        for _ in range(3):
            service.send("x", ["+254711000001"])
    assert len({seen.peer for seen in stage.seen}) == 3


def test_its_timeout_is_for_each_byte() -> None:
    with serving(drips_body) as stage:
        threading.Timer(1.0, stage.stopping.set).start()
        with pytest.raises(requests.RequestException):
            send(airtime(stage), timeout=(0.2, 0.2))
        assert stage.stopping.is_set(), "it gave up before the server did"
