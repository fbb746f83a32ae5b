"""What the gateway makes of Redial's answers."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import Any

import pytest

from gateway.filters import TCP, Permitted
from gateway.gate import Allow, Gate, RedialUnreachable, Redirect, read_verdict

REDIRECT: dict[str, Any] = {
    "decision": "redirect",
    "final_unit_action": "REDIRECT",
    "redirect_server": {"redirect_address_type": "URL", "redirect_server_address": "http://redial.example/guide"},
    "permitted": ["permit in 6 from any to 10.99.0.2 80"],
    "cache_s": 5,
}


def test_a_line_that_is_active_passes_for_as_long_as_the_answer_says() -> None:
    assert read_verdict({"decision": "allow", "cache_s": 30}) == Allow(for_s=30)


def test_a_line_that_is_cut_off_is_led_to_the_guide_and_reaches_what_is_permitted() -> None:
    guide = Permitted(network=IPv4Network("10.99.0.2/32"), protocol=TCP, ports=((80, 80),))
    assert read_verdict(REDIRECT) == Redirect(url="http://redial.example/guide", permitted=(guide,), for_s=5)


@pytest.mark.parametrize(("said", "kept"), [(0, 1), (-5, 1), (10**9, 3600)])
def test_a_verdict_is_kept_neither_for_nothing_nor_for_ever(said: int, kept: int) -> None:
    assert read_verdict({"decision": "allow", "cache_s": said}).for_s == kept


def test_a_filter_that_cannot_be_read_is_named_and_the_others_count() -> None:
    rules = ["deny in ip from any to any", *REDIRECT["permitted"]]
    verdict = read_verdict({**REDIRECT, "permitted": rules})
    assert isinstance(verdict, Redirect)
    assert len(verdict.permitted) == 1
    assert "'deny in ip from any to any'" in verdict.unread[0]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://a/\r\nSet-Cookie: a=b", "http://a/ b", "/guide", ""])
def test_a_redirect_that_leads_to_no_page_is_no_verdict(url: str) -> None:
    server = {"redirect_address_type": "URL", "redirect_server_address": url}
    with pytest.raises(ValueError, match="page"):
        read_verdict({**REDIRECT, "redirect_server": server})


def test_an_unknown_decision_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="neither"):
        read_verdict({**REDIRECT, "decision": "terminate"})


@contextmanager
def redial(status: int, body: bytes) -> Iterator[tuple[Gate, list[tuple[str, Any]]]]:
    """A Redial that answers everything so, and what it was asked."""
    asked: list[tuple[str, Any]] = []

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A test says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Gate(url=f"http://127.0.0.1:{server.server_port}/gate/the-secret"), asked
        server.shutdown()
        thread.join()


def test_redial_is_asked_below_the_secret() -> None:
    with redial(200, b'{"decision": "allow", "cache_s": 7}') as (gate, asked):
        gate.tell(address="10.64.0.2", msisdn="+254711000001", event="start")
        assert gate.verify(address="10.64.0.2") == Allow(for_s=7)
        assert asked == [
            ("/gate/the-secret/sessions", {"address": "10.64.0.2", "msisdn": "+254711000001", "event": "start"}),
            ("/gate/the-secret/verify", {"address": "10.64.0.2"}),
        ]
        gate.close()


@pytest.mark.parametrize(("status", "body"), [(500, b""), (404, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"{}")])
def test_an_answer_that_is_no_verdict_is_as_good_as_none(status: int, body: bytes) -> None:
    with redial(status, body) as (gate, _):
        with pytest.raises(RedialUnreachable):
            gate.verify(address="10.64.0.2")
        gate.close()


def test_the_secret_is_in_no_message() -> None:
    with redial(200, b"{}") as (gate, _):
        gate.close()
    with pytest.raises(RedialUnreachable) as problem:
        gate.verify(address="10.64.0.2")
    assert "the-secret" not in str(problem.value)
    assert problem.value.__cause__ is None
    gate.close()
