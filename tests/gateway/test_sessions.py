"""When a phone is asked about, and what it may do until the answer is there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gateway.filters import ANYWHERE, UDP, Permitted
from gateway.gate import Allow, RedialUnreachable, Redirect, Verdict
from gateway.plan import FRIEND, PHONE
from gateway.sessions import Fails, Sessions

GUIDE = "http://redial.example/guide"
NAMES = Permitted(network=ANYWHERE, protocol=UDP, ports=((53, 53),))
CUT_OFF = Redirect(url="http://other.example/guide", permitted=(NAMES,), for_s=3600)
ACTIVE = Allow(for_s=3600)

WITHIN_S = 10.0


class Redial:
    """Stands at the port of what is asked of Redial. `verdict` is its answer; None when it cannot be reached."""

    def __init__(self, verdict: Verdict | None) -> None:
        self.verdict = verdict
        self.told: list[tuple[str, str]] = []
        self.asked = threading.Semaphore(0)
        self.before_answer: Callable[[], None] = lambda: None

    def tell(self, *, address: str, msisdn: str, event: str) -> None:
        if self.verdict is None:
            raise RedialUnreachable(why="it is away")
        self.told.append((event, msisdn))

    def verify(self, *, address: str) -> Verdict:
        given = self.verdict
        self.before_answer()
        self.asked.release()
        if given is None:
            raise RedialUnreachable(why="it is away")
        return given


class Bench:
    """Sessions whose rules are kept instead of loaded."""

    def __init__(self, redial: Redial, fails: Fails) -> None:
        self.redial = redial
        self.rules: list[str] = []
        self.sessions = Sessions(redial=redial, apply=self.rules.append, fails=fails, guide_url=GUIDE)

    def waits_for_question(self) -> None:
        assert self.redial.asked.acquire(timeout=WITHIN_S), "Redial was not asked"

    def waits_for(self, is_so: Callable[[], bool]) -> None:
        with self.sessions._changed:
            assert self.sessions._changed.wait_for(is_so, timeout=WITHIN_S)


@contextmanager
def attached(verdict: Verdict | None, *, fails: Fails = Fails.CLOSED) -> Iterator[Bench]:
    """Both phones of the plan, under their first verdicts."""
    bench = Bench(Redial(verdict), fails)
    thread = threading.Thread(target=bench.sessions.run)
    thread.start()
    try:
        bench.sessions.attach([PHONE, FRIEND])
        assert bench.sessions.wait_for_verdicts(within_s=WITHIN_S)
        yield bench
    finally:
        bench.sessions.stop()
        thread.join()


def test_redial_is_told_whose_an_address_is_each_time_before_it_is_asked_and_when_it_ends() -> None:
    with attached(ACTIVE) as bench:
        for _ in (PHONE, FRIEND):
            bench.waits_for_question()
        bench.sessions.line_back(PHONE.msisdn)
        bench.waits_for_question()
    bench.sessions.detach_all()
    of_phone = [event for event, msisdn in bench.redial.told if msisdn == PHONE.msisdn]
    assert of_phone == ["start", "interim", "stop"]
    assert "delete chain inet redial_gate keep_10_64_0_2" in "".join(bench.rules)


def test_a_phone_is_confined_before_its_first_verdict() -> None:
    bench = Bench(Redial(ACTIVE), Fails.OPEN)
    bench.sessions.attach([PHONE])
    assert bench.sessions.where(PHONE.address) == GUIDE
    assert not any("@allowed" in text or "add element inet redial_gate allowed" in text for text in bench.rules)


def test_an_active_line_passes_and_a_line_that_is_cut_off_is_led_where_the_verdict_says() -> None:
    with attached(ACTIVE) as bench:
        assert bench.sessions.where(PHONE.address) is None
    with attached(CUT_OFF) as bench:
        assert bench.sessions.where(PHONE.address) == CUT_OFF.url
        assert any("udp dport { 53 } accept" in text for text in bench.rules)


def test_a_line_that_is_back_is_asked_about_at_once_and_no_other() -> None:
    with attached(CUT_OFF) as bench:
        bench.waits_for_question()
        bench.waits_for_question()
        bench.redial.verdict = ACTIVE
        bench.sessions.line_back(PHONE.msisdn)
        bench.waits_for(lambda: bench.sessions.where(PHONE.address) is None)
        assert bench.sessions.where(FRIEND.address) == CUT_OFF.url


def test_when_a_line_may_have_come_back_unheard_all_that_are_led_are_asked_about() -> None:
    with attached(CUT_OFF) as bench:
        bench.redial.verdict = ACTIVE
        bench.sessions.look_again()
        bench.waits_for(lambda: {bench.sessions.where(phone.address) for phone in (PHONE, FRIEND)} == {None})


def test_an_event_alone_opens_nothing() -> None:
    with attached(CUT_OFF) as bench:
        bench.waits_for_question()
        bench.waits_for_question()
        bench.sessions.line_back(PHONE.msisdn)
        bench.waits_for_question()
        assert bench.sessions.where(PHONE.address) == CUT_OFF.url


def test_an_event_that_comes_while_redial_is_asked_has_it_asked_once_more() -> None:
    with attached(CUT_OFF) as bench:
        bench.waits_for_question()
        bench.waits_for_question()

        def back_meanwhile() -> None:
            """The answer is already old, the line comes back, and its event is here before the answer."""
            bench.redial.before_answer = lambda: None
            bench.redial.verdict = ACTIVE
            bench.sessions.line_back(PHONE.msisdn)

        bench.redial.before_answer = back_meanwhile
        bench.sessions.line_back(PHONE.msisdn)
        bench.waits_for(lambda: bench.sessions.where(PHONE.address) is None)


def test_a_verdict_that_has_ended_is_asked_for_again() -> None:
    with attached(Allow(for_s=1)) as bench:
        for _ in range(4):
            bench.waits_for_question()


@pytest.mark.parametrize(("fails", "where"), [(Fails.OPEN, None), (Fails.CLOSED, GUIDE)])
def test_without_redial_phones_do_as_the_setting_says(fails: Fails, where: str | None) -> None:
    with attached(None, fails=fails) as bench:
        assert bench.sessions.where(PHONE.address) == where


def test_where_phones_are_not_to_pass_unasked_the_kernel_ends_a_verdict_by_itself() -> None:
    with attached(ACTIVE, fails=Fails.CLOSED) as bench:
        assert any("{ 10.64.0.2 timeout 3610s }" in text for text in bench.rules)
    with attached(ACTIVE, fails=Fails.OPEN) as bench:
        assert not any("timeout" in text for text in bench.rules)


def test_the_number_of_an_address_is_known_while_its_phone_is_attached() -> None:
    with attached(ACTIVE) as bench:
        assert bench.sessions.msisdn_of(PHONE.address) == PHONE.msisdn
        assert bench.sessions.msisdn_of("10.64.0.99") is None
        assert bench.sessions.where("10.64.0.99") == GUIDE
