"""What those who run the city see: readiness, measures, logs, and a web process that strangers cannot upset."""

import re

import pytest
import requests

from tests.city import WORKERS, City
from tests.outside import Phone


def metric(city: City, name: str) -> float:
    """A measure by its name and labels; 0 when it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", city.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_a_whole_city_is_ready(city: City) -> None:
    assert city.get("/healthz").json() == {"status": "alive"}
    assert city.get("/readyz").json() == {"database": "ok", "redis": "ok", "workers": "ok"}


@pytest.mark.parametrize(
    ("worker", "queues"),
    [("charge", "charge, enquire"), ("money", "credit, look, refund, settle"), ("tell", "gate, tell")],
)
def test_readyz_tells_which_workers_are_missing(city: City, worker: str, queues: str) -> None:
    city.stop(worker)
    assert city.how_it_ended(worker) == "exit code 0"
    ready = city.get("/readyz")
    assert (ready.status_code, ready.json()["workers"]) == (503, f"nobody works on {queues}")
    city.start(worker)
    city.wait_until(city.is_ready, what="ready again")


def test_readyz_tells_of_a_worker_that_was_killed(city: City) -> None:
    city.kill("tell")
    city.wait_until(lambda: city.get("/readyz").json()["workers"] == "nobody works on gate, tell", what="it is missed")


def test_readyz_sees_the_workers_again_after_redis_was_lost(city: City) -> None:
    city.flush_redis()
    city.wait_until(city.is_ready, what="ready again")


def test_readyz_tells_when_redis_is_away(city: City) -> None:
    city.services.redis.stop()
    ready = city.get("/readyz")
    city.services.redis.start()
    assert (ready.status_code, ready.json()["redis"]) == (503, "not reached")
    city.wait_until(city.is_ready, what="ready again")


def test_readyz_tells_when_postgres_is_away(city: City) -> None:
    city.services.postgres.stop()
    ready = city.get("/readyz")
    city.services.postgres.start()
    assert (ready.status_code, ready.json()["database"]) == (503, "not reached")
    city.wait_until(city.is_ready, what="ready again")


def test_metrics_show_orders_by_state_and_what_all_processes_did(city: City, phone: Phone) -> None:
    measures = (
        'redial_orders{state="DONE"}',
        'redial_hops_total{gateway="africastalking",open="false",screen="placed"}',
        'redial_job_seconds_count{effect="credit",outcome="done"}',
        'redial_provider_calls_total{operation="refill",outcome="confirmed",provider="ucip"}',
        'redial_provider_calls_total{operation="send_sms",outcome="handed",provider="africastalking"}',
    )
    before = {measure: metric(city, measure) for measure in measures}
    phone.top_up(100)
    city.end_of(phone)
    phone.wait_for_sms()
    city.wait_until(
        lambda: all(metric(city, measure) == before[measure] + 1 for measure in measures), what="every measure one more"
    )


def test_metrics_are_served_while_postgres_is_away(city: City, phone: Phone) -> None:
    phone.dial()
    city.services.postgres.stop()
    shown = city.get("/metrics")
    city.services.postgres.start()
    assert shown.status_code == 200
    assert "redial_hops_total" in shown.text
    assert "redial_orders{" not in shown.text
    city.wait_until(lambda: "redial_outbox_open" in city.get("/metrics").text, what="the gauges are back")


def test_one_job_can_be_followed_through_the_log(city: City, phone: Phone) -> None:
    phone.top_up(100)
    order = city.end_of(phone)
    phone.wait_for_sms()
    jobs = {line["job"].split("-")[0] for line in city.logged("job_done") if line["subject"] == order.id}
    assert jobs >= {"charge", "credit", "look"}


def test_no_process_fails_at_its_work_on_an_ordinary_day(city: City, phone: Phone, friend: Phone) -> None:
    phone.sms("TOPUP 100")
    friend.top_up(50)
    for one in (phone, friend):
        assert city.end_of(one).state == "DONE"
        one.wait_for_sms()
    assert [line for name in ("web", "clock", *WORKERS) for line in city.log(name).splitlines() if "rror" in line] == []


def test_what_strangers_post_is_turned_away_and_keeps_nothing(city: City) -> None:
    secret = city.env["GATEWAY_SECRET"]
    count = "SELECT count(*) FROM inbox"
    before = city.records.rows(count)
    assert city.post(f"/sms/africastalking/{secret}/incoming", data={"text": "TOPUP 100"}).status_code == 400
    assert city.post(f"/ussd/africastalking/{secret}", data={"sessionId": "1"}).text.startswith("END ")
    large = city.post(f"/callbacks/daraja/{city.env['CALLBACK_SECRET']}/stk/none", data=b"x" * 1_000_000)
    assert large.status_code == 413
    assert city.records.rows(count) == before


def test_a_callback_that_names_nothing_of_ours_is_kept_and_comes_to_nothing(city: City) -> None:
    taken = city.post(f"/callbacks/daraja/{city.env['CALLBACK_SECRET']}/stk/unknown", data=b"{")
    assert isinstance(taken, requests.Response)
    assert taken.status_code == 200
    settled = "SELECT verdict FROM inbox WHERE reference = 'unknown' AND settled_at IS NOT NULL"
    found = city.wait_until(lambda: city.records.rows(settled), what="a verdict")
    assert found[0]["verdict"].startswith("This callback cannot be read")
