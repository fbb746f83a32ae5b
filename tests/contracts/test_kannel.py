"""Messages out through Kannel over real HTTP: the request as its guide says, and what every answer means.

That a real Kannel takes these requests and gives these answers is seen in tests/journeys/test_by_kannel.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from providers.http import Channel, Limits
from providers.kannel import KannelAccount, KannelSms
from providers.kannel_codes import HTTP_STATUSES, REPLIES
from tests.contracts.servers import Act, Stage, free_port, is_silent, resets, says, serving
from topup.outcomes import NotSent, Reason, Refused, Unknown
from topup.ports import Handed

MSISDN = "+254711000001"
REPORTS = "https://redial.example/sms/kannel/a%2Fsecret/delivery"

TAKEN = says(b"0: Accepted for delivery", status=202)


def client(url: str, *, patience_s: float = 30, smsc: str | None = None) -> KannelSms:
    account = KannelAccount(username="redial", password="s3cret", sender="38455", report_url=REPORTS, smsc=smsc)
    limits = Limits(within_s=patience_s, failures_to_open=1000)
    return KannelSms(account=account, channel=Channel(provider="kannel", url=url, limits=limits))


@contextmanager
def kannel(*acts: Act, smsc: str | None = None) -> Iterator[tuple[KannelSms, Stage]]:
    with serving(*acts) as stage:
        yield client(f"{stage.url}/cgi-bin/sendsms", patience_s=stage.patience_s, smsc=smsc), stage


def sent(sms: KannelSms, text: str = "KES 100 received.") -> Handed | Refused | NotSent | Unknown:
    return sms.send(to=MSISDN, text=text, reference="abc-0")


def test_a_message_is_posted_with_its_parameters_as_headers() -> None:
    with kannel(TAKEN) as (sms, stage):
        assert sent(sms, "KES 100 imepokelewa é €") == Handed(gateway_id="abc-0")
    seen = stage.seen[0]
    assert (seen.method, seen.path) == ("POST", "/cgi-bin/sendsms")
    assert seen.body.decode() == "KES 100 imepokelewa é €"
    assert seen.headers["content-type"] == "text/plain; charset=UTF-8"
    assert {name: value for name, value in seen.headers.items() if name.startswith("x-kannel-")} == {
        "x-kannel-username": "redial",
        "x-kannel-password": "s3cret",
        "x-kannel-from": "38455",
        "x-kannel-to": MSISDN,
        "x-kannel-coding": "0",
        "x-kannel-dlr-mask": "19",
        "x-kannel-dlr-url": "https://redial.example/sms/kannel/a%%2Fsecret/delivery?ref=abc-0&type=%d&answer=%A",
    }


@pytest.mark.parametrize(
    ("text", "coding"),
    [("TOPUP", "0"), ("[€] ~ é\n", "0"), ("您的线路已恢复", "2"), ("ok ✓", "2"), ("\u2019", "2")],
)
def test_what_the_gsm_alphabet_does_not_have_goes_as_ucs2(text: str, coding: str) -> None:
    with kannel(TAKEN) as (sms, stage):
        sent(sms, text)
    assert stage.seen[0].headers["x-kannel-coding"] == coding


def test_an_smsc_can_be_named() -> None:
    with kannel(TAKEN, smsc="operator") as (sms, stage):
        sent(sms)
    assert stage.seen[0].headers["x-kannel-smsc"] == "operator"


ANSWERS: dict[tuple[int, str], Reason | type] = {
    (202, "0: Accepted for delivery"): Handed,
    (202, "3: Queued for later delivery"): Handed,
    (202, "Sent. Message splits: 2"): Handed,
    (400, "Number(s) has/have been denied by white- and/or black-lists."): Reason.BARRED,
    (403, "Not routable. Do not try again."): Reason.PROVIDER,
    (403, "Authorization failed for sendsms"): NotSent,
    (500, "Sending failed."): Unknown,
    (503, "Temporal failure, try again later."): NotSent,
}


def test_every_answer_of_smsbox_is_tried_here() -> None:
    begun = {key for key in REPLIES for status, text in ANSWERS if key[0] == status and text.startswith(key[1])}
    assert begun == REPLIES.keys()
    assert len(ANSWERS) == len(REPLIES)


@pytest.mark.parametrize(("status", "text"), sorted(ANSWERS))
def test_an_answer_of_smsbox_means(status: int, text: str) -> None:
    with kannel(says(text.encode(), status=status, content_type="text/html")) as (sms, _stage):
        outcome = sent(sms)
    meaning = ANSWERS[status, text]
    if isinstance(meaning, Reason):
        assert outcome == Refused(meaning, f"kannel_{status}", {"says": text})
    else:
        assert isinstance(outcome, meaning)


@pytest.mark.parametrize("status", sorted(HTTP_STATUSES))
def test_another_refusal_is_told_in_its_own_words(status: int) -> None:
    with kannel(says(b"Coding field misformed, rejected", status=status)) as (sms, _stage):
        assert sent(sms) == Refused(Reason.PROVIDER, f"kannel_{status}", {"says": "Coding field misformed, rejected"})


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(resets, id="reset"),
        pytest.param(is_silent, id="silent"),
        pytest.param(says(b"<html>", status=200), id="a page"),
        pytest.param(says(b"1: something new", status=202), id="a new word"),
        pytest.param(says(b"Service Unavailable", status=503), id="a proxy's 503"),
        pytest.param(says(b"", status=502), id="nobody behind a proxy"),
        pytest.param(says(b"", status=302, Location="/elsewhere"), id="a redirect"),
    ],
)
def test_what_nobody_knows_about_is_unknown_and_not_repeated(act: Act) -> None:
    with kannel(act) as (sms, stage):
        assert isinstance(sent(sms), Unknown)
        assert len(stage.seen) == 1


def test_with_smsbox_down_nothing_is_sent() -> None:
    assert isinstance(sent(client(f"http://127.0.0.1:{free_port()}/cgi-bin/sendsms")), NotSent)
