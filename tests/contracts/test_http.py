"""The plumbing against real sockets: what surely was not sent is told apart from what may have been."""

import socket
import threading
import time

import pytest

from providers.breaker import Breaker
from providers.connection import BadAddress
from providers.http import Channel, Limits, Reply, Request
from providers.payload import read_json
from tests.contracts.servers import (
    Act,
    drips_body,
    drips_head,
    free_port,
    full_backlog,
    hangs_up,
    hangs_up_within,
    is_silent,
    resets,
    says,
    serving,
)
from topup.outcomes import NotSent, Unknown

PATIENT = Limits(connect_timeout_s=30, within_s=30)
QUICK = Limits(within_s=0.3)
DRIP_WOULD_LAST_S = 30


def ask(channel: Channel, request: Request | None = None) -> Reply | NotSent | Unknown:
    return channel.ask(request or Request(path="/x", body=b"{}"), operation="test", read=lambda reply: reply)


def channel_to(url: str, limits: Limits = PATIENT) -> Channel:
    return Channel(provider="test", url=url, limits=limits)


def test_a_whole_answer_is_a_reply() -> None:
    with serving(says(b'{"ok": 1}', status=201)) as stage:
        assert ask(channel_to(f"{stage.url}/base/")) == Reply(status=201, body=b'{"ok": 1}')
        assert [seen.path for seen in stage.seen] == ["/base/x"]


def test_a_refused_connection_is_not_sent() -> None:
    assert isinstance(ask(channel_to(f"http://127.0.0.1:{free_port()}")), NotSent)


def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    assert isinstance(ask(channel_to("http://charging.invalid")), NotSent)


def test_a_connection_that_cannot_be_made_in_time_is_not_sent() -> None:
    with full_backlog() as url:
        outcome = ask(channel_to(url, Limits(connect_timeout_s=0.2)))
    assert isinstance(outcome, NotSent)
    assert "timed out" in outcome.why


def test_a_server_that_speaks_no_tls_is_not_sent() -> None:
    with serving(says(b"{}")) as stage:
        outcome = ask(channel_to(stage.url.replace("http:", "https:")))
        assert isinstance(outcome, NotSent)
        assert stage.seen == []


def test_a_host_that_closes_during_the_handshake_is_not_sent() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def accept_and_close() -> None:
            listener.accept()[0].close()

        closer = threading.Thread(target=accept_and_close)
        closer.start()
        outcome = ask(channel_to(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        closer.join()
    assert isinstance(outcome, NotSent)


@pytest.mark.parametrize("moves_money", [False, True])
def test_under_tls_all_is_the_same(moves_money: bool) -> None:
    request = Request(path="/x", body=b"{}", moves_money=moves_money)
    with serving(says(b"{}"), resets, hangs_up, drips_head, drips_body, is_silent, secure=True) as stage:
        limits = Limits(within_s=stage.patience_s, failures_to_open=100)
        channel = Channel(provider="test", url=stage.url, limits=limits, authorities=stage.authorities)
        assert ask(channel, request) == Reply(status=200, body=b"{}")
        for _ in range(5):
            assert isinstance(ask(channel, request), Unknown)
        assert len(stage.seen) == 6


def test_a_server_that_nobody_vouches_for_is_not_sent() -> None:
    with serving(says(b"{}"), secure=True) as stage:
        assert isinstance(ask(channel_to(stage.url)), NotSent)
        assert stage.seen == []


def test_a_server_with_the_certificate_of_another_is_not_sent() -> None:
    with serving(says(b"{}"), secure=True, certified="127.0.0.2") as stage:
        channel = Channel(provider="test", url=stage.url, limits=PATIENT, authorities=stage.authorities)
        assert isinstance(ask(channel), NotSent)
        assert stage.seen == []


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(resets, id="reset after the request was read"),
        pytest.param(hangs_up, id="closed without an answer"),
        pytest.param(hangs_up_within(b"HTTP/1.1 200 OK\r\nContent-Le"), id="closed within the head"),
        pytest.param(hangs_up_within(b"HTTP/1.1 200 OK\r\nServer: x\r\n"), id="closed between two headers"),
        pytest.param(hangs_up_within(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), id="closed within the body"),
        pytest.param(
            hangs_up_within(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}"),
            id="closed within a chunk",
        ),
        pytest.param(
            hangs_up_within(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
            id="a chunk without length",
        ),
        pytest.param(hangs_up_within(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), id="not HTTP at all"),
        pytest.param(hangs_up_within(b"HTTP/1.1 999999 ?\r\n\r\n"), id="an impossible status"),
        pytest.param(hangs_up_within(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200), id="too many headers"),
        pytest.param(hangs_up_within(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000), id="a header that is too long"),
        pytest.param(is_silent, id="no answer in time"),
    ],
)
@pytest.mark.parametrize("moves_money", [False, True])
def test_what_goes_wrong_after_connecting_is_unknown(act: Act, moves_money: bool) -> None:
    with serving(act) as stage:
        limits = QUICK if act is is_silent else PATIENT
        outcome = ask(channel_to(stage.url, limits), Request(path="/x", body=b"{}", moves_money=moves_money))
        assert isinstance(outcome, Unknown), outcome
        assert len(stage.seen) == 1, "it must not be sent again"


@pytest.mark.parametrize("act", [drips_head, drips_body])
def test_an_answer_that_drips_ends_at_the_deadline(act: Act) -> None:
    with serving(act) as stage:
        began = time.monotonic()
        outcome = ask(channel_to(stage.url, QUICK))
        took_s = time.monotonic() - began
    assert isinstance(outcome, Unknown)
    assert took_s < DRIP_WOULD_LAST_S / 2, "a read timeout for each byte would have waited for all of them"


def test_a_request_may_have_a_shorter_deadline_than_its_channel() -> None:
    with serving(is_silent) as stage:
        patient = channel_to(stage.url, Limits(within_s=DRIP_WOULD_LAST_S))
        began = time.monotonic()
        outcome = ask(patient, Request(path="/x", deadline_s=0.2))
        assert isinstance(outcome, Unknown)
        assert time.monotonic() - began < DRIP_WOULD_LAST_S / 2


@pytest.mark.parametrize("extra", [0, 1])
def test_an_answer_may_be_just_so_large(extra: int) -> None:
    limits = Limits(answer_bytes=10_000)
    with serving(says(b"x" * (10_000 + extra)), says(b"{}")) as stage:
        channel = channel_to(stage.url, limits)
        first, second = ask(channel), ask(channel)
    assert isinstance(first, Unknown if extra else Reply)
    assert second == Reply(status=200, body=b"{}"), "the rest of the first answer was taken for the second"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n', id="in chunks"),
        pytest.param(b'Connection: close\r\n\r\n{"a": 1}', id="until the connection ends"),
        pytest.param(b'Content-Length: 8\r\n\r\n{"a": 1}', id="with its length"),
    ],
)
def test_a_body_may_come_in_each_way_that_http_knows(answer: bytes) -> None:
    with serving(hangs_up_within(b"HTTP/1.1 200 OK\r\n" + answer)) as stage:
        assert ask(channel_to(stage.url)) == Reply(status=200, body=b'{"a": 1}')


def test_a_redirect_is_not_followed() -> None:
    with serving(says(b"", status=307, Location="/elsewhere")) as stage:
        assert ask(channel_to(stage.url)) == Reply(status=307, body=b"")
        assert [seen.path for seen in stage.seen] == ["/x"]


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with serving(says(b"{}")) as stage:
        assert ask(channel_to(stage.url)) == Reply(status=200, body=b"{}")


def test_a_compressed_answer_is_not_expanded() -> None:
    with serving(says(b"\x1f\x8b\x08 a bomb", Content_Encoding="gzip")) as stage:
        assert ask(channel_to(stage.url)) == Reply(status=200, body=b"\x1f\x8b\x08 a bomb")
        assert stage.seen[0].headers["accept-encoding"] == "identity"


def test_no_cookie_is_kept() -> None:
    with serving(says(b"{}", Set_Cookie="who=me")) as stage:
        channel = channel_to(stage.url)
        ask(channel)
        ask(channel)
        assert "cookie" not in stage.seen[1].headers


def test_reads_share_a_connection_and_money_never_does() -> None:
    with serving(says(b"{}")) as stage:
        channel = channel_to(stage.url)
        for moves_money in (False, False, True, True, False):
            ask(channel, Request(path="/x", moves_money=moves_money))
        reading, again, money, more_money, last = (seen.peer for seen in stage.seen)
        assert reading == again == last
        assert len({reading, money, more_money}) == 3


def test_a_connection_that_was_closed_while_it_idled_is_not_used() -> None:
    def answers_and_leaves(handler: object) -> None:
        says(b"{}")(handler)  # type: ignore[arg-type]
        handler.close_connection = True  # type: ignore[attr-defined]

    with serving(answers_and_leaves) as stage:
        channel = channel_to(stage.url)
        ask(channel)
        time.sleep(0.05)  # So that the end of the connection arrives.
        assert isinstance(ask(channel), Reply)
        assert len(stage.seen) == 2


@pytest.mark.parametrize("act", [hangs_up, resets, hangs_up_within(b"HTTP/1.1 200 OK\r\n")])
def test_what_goes_wrong_on_a_connection_that_was_kept_is_not_sent_again(act: Act) -> None:
    """libcurl would send it once more, on another connection, when not a byte has come back."""
    with serving(says(b"{}"), act, says(b"{}")) as stage:
        channel = channel_to(stage.url)
        assert isinstance(ask(channel), Reply)
        assert isinstance(ask(channel), Unknown)
        assert [seen.peer for seen in stage.seen] == [stage.seen[0].peer] * 2
        assert isinstance(ask(channel), Reply)


def test_a_request_has_what_it_was_given_and_nothing_of_the_one_before() -> None:
    with serving(says(b"{}")) as stage:
        channel = channel_to(stage.url)
        for request in (
            Request(path="/x", body=b"a=1", headers={"Content-Type": "text/xml", "X-Secret": "1"}),
            Request(path="/y", method="GET"),
            Request(path="/z", body=b"x" * 2_000_000),
            Request(path="/w"),
        ):
            assert ask(channel, request) == Reply(status=200, body=b"{}")
        first, second, third, fourth = stage.seen
    assert (first.method, first.body, first.headers["content-type"]) == ("POST", b"a=1", "text/xml")
    assert (second.method, second.body) == ("GET", b"")
    assert not {"content-type", "content-length", "x-secret"} & second.headers.keys()
    assert (third.method, len(third.body)) == ("POST", 2_000_000)
    assert not {"content-type", "expect"} & third.headers.keys()
    assert (fourth.method, fourth.headers["content-length"]) == ("POST", "0")


def test_a_header_of_two_lines_is_refused_before_anything_is_sent() -> None:
    with serving(says(b"{}")) as stage:
        with pytest.raises(ValueError, match="one line"):
            ask(channel_to(stage.url), Request(path="/x", headers={"Authorization": "Bearer a\r\nX-Other: b"}))
        assert stage.seen == []


def test_more_calls_at_once_than_connections_are_not_sent() -> None:
    limits = Limits(connections=2, place_timeout_s=0.05, within_s=30)
    with serving(is_silent) as stage:
        channel = channel_to(stage.url, limits)
        waiting = [threading.Thread(target=ask, args=(channel,)) for _ in range(2)]
        for thread in waiting:
            thread.start()
        while len(stage.seen) < 2:
            time.sleep(0.01)
        outcome = ask(channel)
        stage.stopping.set()
        for thread in waiting:
            thread.join()
    assert isinstance(outcome, NotSent)
    assert "busy" in outcome.why
    assert len(stage.seen) == 2


def test_calls_at_once_run_at_once() -> None:
    """pybreaker holds its lock while it calls; here two calls must be under way together."""
    both = threading.Barrier(2, timeout=10)

    def waits_for_the_other(handler: object) -> None:
        both.wait()
        says(b"{}")(handler)  # type: ignore[arg-type]

    with serving(waits_for_the_other) as stage:
        channel = channel_to(stage.url)
        outcomes: list[object] = []
        threads = [threading.Thread(target=lambda: outcomes.append(ask(channel))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == [Reply(status=200, body=b"{}")] * 2


def test_the_breaker_opens_after_failures_and_lets_one_call_try() -> None:
    now_s = 1000.0
    bad = says(b"{}", status=503)
    with serving(bad, bad, bad, says(b"{}")) as stage:
        channel = channel_to(stage.url)
        channel._breaker = Breaker(failures=3, open_s=10, clock=lambda: now_s)
        for _ in range(3):
            assert ask(channel) == Reply(status=503, body=b"{}")
        left_alone = ask(channel)
        assert isinstance(left_alone, NotSent)
        assert "left alone" in left_alone.why
        assert len(stage.seen) == 3
        now_s += 11
        assert ask(channel) == Reply(status=200, body=b"{}")
        assert ask(channel) == Reply(status=200, body=b"{}")


def test_a_provider_that_answers_sense_with_500_is_not_left_alone() -> None:
    with serving(says(b'{"errorCode": "500.001.1001"}', status=500)) as stage:
        channel = channel_to(stage.url, Limits(failures_to_open=1))
        for _ in range(3):
            assert isinstance(channel.ask(Request(), operation="test", read=lambda r: read_json(r.body)), dict)


def test_a_provider_that_answers_nonsense_is_unknown_and_left_alone() -> None:
    with serving(says(b"<html>", status=500)) as stage:
        channel = channel_to(stage.url, Limits(failures_to_open=1))
        first = channel.ask(Request(), operation="test", read=lambda r: read_json(r.body))
        second = channel.ask(Request(), operation="test", read=lambda r: read_json(r.body))
    assert first == Unknown("HTTP 500: not JSON")
    assert isinstance(second, NotSent)


def test_every_call_is_observed_once_with_its_outcome() -> None:
    told: list[tuple[str, str, str]] = []

    def observe(provider: str, operation: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        told.append((provider, operation, outcome))

    with serving(says(b"{}"), resets) as stage:
        channel = Channel(provider="test", url=stage.url, observe=observe)
        ask(channel)
        ask(channel)
    ask(Channel(provider="test", url=f"http://127.0.0.1:{free_port()}", observe=observe))
    assert told == [("test", "test", "reply"), ("test", "test", "unknown"), ("test", "test", "not_sent")]


def test_what_our_own_code_does_wrong_is_raised_observed_and_frees_its_place() -> None:
    told: list[str] = []
    limits = Limits(connections=1, failures_to_open=10)

    def observe(_provider: str, _operation: str, outcome: str, _seconds: float) -> None:
        told.append(outcome)

    def fail(_reply: Reply) -> None:
        raise ZeroDivisionError

    with serving(says(b"{}")) as stage:
        channel = Channel(provider="test", url=stage.url, limits=limits, observe=observe)
        with pytest.raises(ZeroDivisionError):
            channel.ask(Request(), operation="test", read=fail)
        assert isinstance(ask(channel), Reply)
    assert told == ["interrupted", "reply"]


@pytest.mark.parametrize("url", ["", "ftp://host", "host:80", "http://", "//host"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadAddress):
        channel_to(url)


def test_whoever_wants_to_know_is_told_that_a_provider_is_down_and_when_it_is_well_again() -> None:
    told: list[tuple[str, bool]] = []
    now_s = 0.0
    with serving(says(b"{}", status=503), says(b"{}", status=503), says(b"{}", status=503), says(b"{}")) as stage:
        channel = Channel(
            provider="test", url=stage.url, limits=PATIENT, notice=lambda name, is_down: told.append((name, is_down))
        )
        channel._breaker = Breaker(failures=2, open_s=10, clock=lambda: now_s)
        ask(channel)
        assert told == []
        ask(channel)
        assert told == [("test", True)]
        assert isinstance(ask(channel), NotSent)
        assert told == [("test", True)]
        now_s = 10.0
        ask(channel)
        assert told == [("test", True), ("test", True)]
        now_s = 20.0
        ask(channel)
        assert told == [("test", True), ("test", True), ("test", False)]
