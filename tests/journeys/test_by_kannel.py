"""The journeys by SMS again, over a real Kannel and its fake SMSC (tests/kannel.py)."""

import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from store import messages, outbox
from tests.city import City
from tests.journeys.conftest import a_journey_through
from tests.kannel import Kannel, need_kannel
from tests.outside import Phone

INSTRUCTIONS = "Send TOPUP 100, VOUCHER, BAL, STATUS, LANG or STOP. To top up by menu dial *384*55#."
BACK = "KES 100 received. Your line is back. Balance KES 50.00."


@pytest.fixture(scope="module")
def kannel_city() -> Iterator[tuple[City, Kannel]]:
    """A city whose messages go by Kannel, and the Kannel that has not been started yet."""
    need_kannel()
    with tempfile.TemporaryDirectory(prefix="redial-") as folder:
        kannel = Kannel(folder=Path(folder) / "kannel")
        with City(folder=Path(folder) / "city", **kannel.settings) as city:
            yield city, kannel


@pytest.fixture
def city(kannel_city: tuple[City, Kannel]) -> Iterator[City]:
    """The city, as in every journey."""
    yield from a_journey_through(kannel_city[0])


@pytest.fixture
def kannel(city: City, kannel_city: tuple[City, Kannel]) -> Iterator[Kannel]:
    """Kannel, running, with the SMSC connected."""
    with kannel_city[1].serving(city) as running:
        yield running


def asked(phone: Phone) -> str:
    return f"KES 100: in a moment M-PESA asks {phone.national} for the PIN."


def incoming(city: City, phone: Phone) -> list[dict[str, Any]]:
    """What came in from a phone by Kannel: each verdict, in the order in which it came."""
    return city.records.rows(
        "SELECT verdict FROM inbox WHERE provider = 'kannel' AND topic = 'incoming' "
        "AND position(%(who)s IN convert_from(body, 'UTF8')) > 0 ORDER BY id",
        who=phone.msisdn.lstrip("+"),
    )


def last_asked(city: City) -> str:
    """The query of the last request by which Kannel told us of a message."""
    newest = "SELECT body FROM inbox WHERE provider = 'kannel' AND topic = 'incoming' ORDER BY id DESC LIMIT 1"
    return bytes(city.records.rows(newest)[0]["body"]).decode()


def statuses(city: City, phone: Phone) -> list[str]:
    return [message["status"] for message in city.records.messages(phone.msisdn)]


def wait_for_statuses(city: City, phone: Phone, *wanted: str) -> None:
    city.wait_until(lambda: statuses(city, phone) == list(wanted), what=f"{wanted}, not {statuses(city, phone)}")


def tell(city: City, phone: Phone, text: str) -> None:
    """Let the workers send a text of the test's own."""
    engine, now = create_engine(city.env["DATABASE_URL"]), datetime.now(UTC)
    with engine.begin() as connection:
        message = messages.write(connection, purpose="help", msisdn=phone.msisdn, text=text, now=now)
        outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=now)
    engine.dispose()


def test_a_suspended_line_tops_up_through_kannel_and_the_smsc_reports_each_message(
    city: City, kannel: Kannel, phone: Phone
) -> None:
    kannel.write(city, phone.msisdn, "TOPUP 100")
    assert city.end_of(phone).state == "DONE"
    assert sorted(kannel.wait_for_sms(city, phone.msisdn, 2)) == [BACK, asked(phone)]
    wait_for_statuses(city, phone, "delivered", "delivered")
    assert phone.inbox() == []  # Nothing went by Africa's Talking.


def test_the_sender_may_be_written_in_the_country_s_own_way(city: City, kannel: Kannel, phone: Phone) -> None:
    kannel.write(city, phone.national, "HELP")
    assert kannel.wait_for_sms(city, phone.msisdn) == [INSTRUCTIONS]


def test_kannel_itself_never_writes_to_people(city: City, kannel: Kannel, phone: Phone) -> None:
    kannel.write(city, phone.msisdn, "HELP")
    kannel.wait_for_sms(city, phone.msisdn)
    kannel.write(city, phone.msisdn, "BAL")
    assert kannel.wait_for_sms(city, phone.msisdn, 2)[0] == INSTRUCTIONS
    wait_for_statuses(city, phone, "delivered", "delivered")
    assert len(kannel.inbox(phone.msisdn)) == 2


def test_text_outside_the_gsm_alphabet_arrives_intact_both_ways(city: City, kannel: Kannel, phone: Phone) -> None:
    kannel.write(city, phone.msisdn, "帮助  TOPUP 100", ucs2=True)
    kannel.wait_for_sms(city, phone.msisdn)
    came = last_asked(city)
    assert "text=%E5%B8%AE%E5%8A%A9++TOPUP+100" in came
    tell(city, phone, "已收到 KES 100。您的线路已恢复。")
    assert kannel.wait_for_sms(city, phone.msisdn, 2)[1] == "已收到 KES 100。您的线路已恢复。"
    tell(city, phone, "Ksh 5 @ £1 [é] €2 {~} _ñ")
    assert kannel.wait_for_sms(city, phone.msisdn, 3)[2] == "Ksh 5 @ £1 [é] €2 {~} _ñ"


def test_a_post_url_works_as_well(city: City, kannel_city: tuple[City, Kannel], phone: Phone) -> None:
    kannel = kannel_city[1]
    kannel.configure(redial_url=city.url, secret=city.env["GATEWAY_SECRET"], post=True)
    try:
        kannel.start(city)
        kannel.write(city, phone.msisdn, "LANG SW", ucs2=True)
        kannel.wait_for_sms(city, phone.msisdn)
        assert incoming(city, phone) == [{"verdict": "language"}]
    finally:
        kannel.kill()


def test_a_message_that_comes_while_redial_is_down_is_told_again_and_taken_once(
    city: City, kannel: Kannel, phone: Phone
) -> None:
    city.stop("web")
    kannel.write(city, phone.msisdn, "TOPUP 100")
    city.wait_until(lambda: "Retrying request" in kannel.log("smsbox"), what="a try in vain")
    city.start("web")
    assert city.end_of(phone).state == "DONE"
    assert sorted(kannel.wait_for_sms(city, phone.msisdn, 2)) == [BACK, asked(phone)]
    assert len(city.orders(phone)) == 1


def test_a_message_that_kannel_tells_twice_is_taken_once(city: City, kannel: Kannel, phone: Phone) -> None:
    kannel.write(city, phone.msisdn, "TOPUP 100")
    city.end_of(phone)
    came = last_asked(city)
    again = city.get(f"/sms/kannel/{city.env['GATEWAY_SECRET']}/incoming?{came}")
    assert (again.status_code, again.text) == (200, "")
    assert incoming(city, phone) == [{"verdict": "top_up_taken"}, {"verdict": "a repetition"}]
    assert len(city.orders(phone)) == 1


def test_only_who_knows_the_secret_is_heard_and_what_cannot_be_read_is_told_why(city: City, phone: Phone) -> None:
    query = f"id=1&from=%2B{phone.msisdn[1:]}&text=TOPUP+100"
    assert city.get(f"/sms/kannel/a-secret-that-is-wrong/incoming?{query}").status_code == 404
    assert city.get("/sms/kannel/a-secret-that-is-wrong/delivery?ref=a-0&type=1").status_code == 404
    reply = city.get(f"/sms/kannel/{city.env['GATEWAY_SECRET']}/incoming?{query[5:]}")
    assert (reply.status_code, reply.text) == (
        400,
        "The gateway's request cannot be used: id is absent or unusable: let the URL have id=%I.",
    )
    assert city.orders(phone) == []


def test_with_kannel_down_messages_wait_and_are_delivered_when_it_is_back(
    city: City, kannel: Kannel, phone: Phone
) -> None:
    kannel.kill("bearerbox", "smsbox", "smsc")
    phone.top_up(100)
    order = city.end_of(phone)
    assert order.state == "DONE"
    unsent = (
        "SELECT note FROM outbox WHERE effect = 'tell_balance' AND subject = %(order)s AND done_at IS NULL"
        " AND note LIKE 'no connection%%'"
    )
    city.wait_until(lambda: city.records.rows(unsent, order=order.id), what="a try in vain")
    assert statuses(city, phone) == ["written"]
    kannel.start(city)
    kannel.connect_smsc(city)
    assert kannel.wait_for_sms(city, phone.msisdn) == [BACK]
    wait_for_statuses(city, phone, "delivered")


def test_a_message_of_which_nobody_knows_whether_it_left_goes_out_once_more(
    city: City, kannel: Kannel, phone: Phone
) -> None:
    kannel.signal("bearerbox", signal.SIGSTOP)
    taken = "sendsms sender:<redial:38455>"
    before = kannel.log("smsbox").count(taken)  # Those of other tests.
    phone.top_up(100)
    city.end_of(phone)
    city.wait_until(lambda: kannel.log("smsbox").count(taken) > before, what="the message at smsbox")
    kannel.kill("bearerbox", "smsbox", "smsc")
    resent = "SELECT 1 FROM messages WHERE msisdn = %(who)s AND resends = 1"
    city.wait_until(lambda: city.records.rows(resent, who=phone.msisdn), what="that its reply was missed")
    kannel.start(city)
    kannel.connect_smsc(city)
    assert kannel.wait_for_sms(city, phone.msisdn) == [BACK]
    wait_for_statuses(city, phone, "delivered")


def test_with_the_smsc_away_kannel_keeps_the_message_until_it_is_back(city: City, kannel: Kannel, phone: Phone) -> None:
    kannel.disconnect_smsc(city)
    phone.top_up(100)
    city.end_of(phone)
    wait_for_statuses(city, phone, "handed")
    kannel.connect_smsc(city)
    assert kannel.wait_for_sms(city, phone.msisdn) == [BACK]
    wait_for_statuses(city, phone, "delivered")


def test_with_a_wrong_password_messages_wait_and_the_log_tells_why_in_kannels_own_words(
    city: City, kannel: Kannel, phone: Phone
) -> None:
    config = kannel.folder / "kannel.conf"
    config.write_text(config.read_text().replace(kannel.settings["KANNEL_PASSWORD"], "another"))
    kannel.kill("bearerbox", "smsbox")
    kannel.start(city)
    phone.top_up(100)
    assert city.end_of(phone).state == "DONE"
    city.wait_until(lambda: _told_why(city), what="that it waits for the right password")
    assert statuses(city, phone) == ["written"]
    assert kannel.settings["KANNEL_PASSWORD"] not in "".join(city.log(name) for name in city.processes)


def _told_why(city: City) -> bool:
    return any("Authorization failed for sendsms" in waits["why"] for waits in city.logged("sms_waits"))
