"""The short way in: what is a hop as hops should be, and what goes on to Flask, unread."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import redis

from bench.phone import answered, hop_environ
from tests.unit.desks import FakeDesk, an_engine
from topup.clock import utc_now
from ussd.door import Door, form
from ussd.gateways import africastalking
from ussd.languages import Languages
from ussd.routes import Switchboard

ADDRESS = "/ussd/africastalking/the-secret"


class Flask:
    """What stands behind the door: it reads the whole body and tells it."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"behind: ", environ["wsgi.input"].read()]


@pytest.fixture
def door(redis_url: str) -> Door:
    client, desk = redis.Redis.from_url(redis_url), FakeDesk()
    board = Switchboard(
        engine=an_engine(client, desk),
        languages=cast("Languages", None),  # Nothing fails here.
        clock=utc_now,
        country="KE",
        short_codes=["*384*55#"],
        repeats_within=timedelta(seconds=1),
    )
    return Door(Flask(), gateways=[africastalking], switchboard=board, admit=lambda _, secret: secret == "the-secret")


def a_hop(**changes: Any) -> WSGIEnvironment:
    environ = hop_environ(ADDRESS, session="ATUid_1", msisdn="+254711000001", text="")
    return {**environ, **changes}


def test_a_hop_is_answered_at_the_door(door: Door) -> None:
    assert answered(door, a_hop()).startswith("CON Line suspended. You owe KES 50.00.")


UNUSUAL: dict[str, dict[str, Any]] = {
    "another secret": {"PATH_INFO": "/ussd/africastalking/guessed"},
    "another address": {"PATH_INFO": f"{ADDRESS}/ended"},
    "another gateway": {"PATH_INFO": "/ussd/hubtel/the-secret"},
    "another method": {"REQUEST_METHOD": "PUT"},
    "another type": {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
    "another alphabet": {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-16"},
}


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_what_is_unusual_goes_on_with_its_body_unread(door: Door, unusual: str) -> None:
    body = a_hop()["wsgi.input"].getvalue().decode()
    assert answered(door, a_hop(**UNUSUAL[unusual])) == f"behind: {body}"


@pytest.mark.parametrize("size", ["", "-1", "many", "16385", "²"])
def test_a_body_without_a_size_or_with_a_large_one_goes_on(door: Door, size: str) -> None:
    assert answered(door, a_hop(CONTENT_LENGTH=size)).startswith("behind: sessionId=")


def test_half_a_form_goes_on(door: Door) -> None:
    whole = a_hop()
    assert answered(door, {**whole, "CONTENT_LENGTH": str(int(whole["CONTENT_LENGTH"]) + 1)}).startswith("behind: ")


@pytest.mark.parametrize("body", [b"text=%ff%fe", b"text=\xff", b"%ff=1"])
def test_a_form_that_is_no_text_goes_on(door: Door, body: bytes) -> None:
    environ = a_hop(CONTENT_LENGTH=str(len(body)))
    environ["wsgi.input"].seek(0)
    environ["wsgi.input"].write(body)
    environ["wsgi.input"].truncate()
    environ["wsgi.input"].seek(0)
    assert answered(door, environ).startswith("behind: ")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "1"}),
        (b"a=%2B254+7&b=%C3%A9", {"a": "+254 7", "b": "é"}),
        (b"a&b=", {"a": "", "b": ""}),
        (b"a=1=2", {"a": "1=2"}),
    ],
)
def test_a_form_is_read_as_flask_reads_it(body: bytes, fields: dict[str, str]) -> None:
    assert form(body) == fields
