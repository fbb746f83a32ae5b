"""Where a confined phone is led, whatever it asked for."""

import pytest

from gateway.message import Request
from gateway.redirector import redirect

GUIDE = "http://redial.example/guide"


def ask(method: str = "GET", target: str = "/", version: str = "HTTP/1.1", host: str = "news.example") -> list[bytes]:
    request = Request(method=method, target=target, version=version, headers=(("Host", host),))
    return redirect(request, to=GUIDE).split(b"\r\n")


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("news.example", "/today?x=1"),
        ("connectivitycheck.gstatic.com", "/generate_204"),
        ("captive.apple.com", "/hotspot-detect.html"),
        ("www.msftconnecttest.com", "/connecttest.txt"),
        ("", "http://absolute.example/"),
    ],
)
def test_whatever_host_is_asked_for_the_answer_is_the_guide(host: str, target: str) -> None:
    said = ask(host=host, target=target)
    assert said[0] == b"HTTP/1.1 302 Found"
    assert b"Location: http://redial.example/guide" in said
    assert b"Cache-Control: no-store" in said


def test_a_form_meant_for_another_site_is_not_sent_to_the_guide() -> None:
    assert ask(method="POST")[0] == b"HTTP/1.1 303 See Other"


def test_the_old_protocol_gets_the_status_that_it_knows() -> None:
    assert ask(method="POST", version="HTTP/1.0")[0] == b"HTTP/1.1 302 Found"


def test_a_head_has_no_body() -> None:
    assert ask(method="HEAD")[-2:] == [b"", b""]


def test_a_phone_that_is_confined_no_longer_may_ask_again() -> None:
    request = Request(method="GET", target="/", version="HTTP/1.1")
    said = redirect(request, to=None)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1\r\n" in said


def test_an_address_with_quotes_does_not_break_the_page() -> None:
    request = Request(method="GET", target="/", version="HTTP/1.1")
    assert b'href="http://g/?&quot;&gt;"' in redirect(request, to='http://g/?">')
