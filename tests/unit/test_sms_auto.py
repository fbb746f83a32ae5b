"""AUTO, STOPAUTO and 1 by SMS, on a real database: agreed once, told, stopped at once; and a dropped call's yes."""

import pytest
import redis
from sqlalchemy import Engine, select

from sms import keywords
from sms.auto_grammar import Auto, StopAuto
from store import auto
from store.tables import standing_orders
from store.unfinished import UnfinishedCalls
from tests.unit.desks import CHANNEL, SEAL, FakeDesk, Handset
from tests.unit.orders import OWNER, PAYER, kes
from tests.unit.post import Post
from topup.auto import Running, Terms, Weekday
from topup.ids import mint_order_id
from ussd.engine import Engine as MenuEngine
from ussd.menu import menu
from ussd.session import Lifetimes, Sessions


@pytest.fixture
def post(engine: Engine) -> Post:
    return Post(engine)


def runs(post: Post, payer: str = OWNER) -> list[Running]:
    with post.engine.connect() as connection:
        return auto.running_of(connection, payer)


# The grammar.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AUTO", Auto()),
        ("auto 50 below 20 max 200", Auto("50", "20", None, "200", None)),
        ("Auto KES 50 when below KES 20, max KES 200.", Auto("50", "20", None, "200", None)),
        ("AUTO 50 MON MAX 200", Auto("50", None, Weekday.MONDAY, "200", None)),
        ("auto 1,000 every friday", Auto("1,000", None, Weekday.FRIDAY, None, None)),
        ("AUTO 50 SUNDAYS", Auto("50", None, Weekday.SUNDAY, None, None)),
        ("auto50 below20 max200 for 0711 000 002", Auto(unreadable=True)),
        ("auto 50 below 20 max 200 for 0711 000 002", Auto("50", "20", None, "200", "0711000002")),
        ("AUTO 50 chini ya 20 mwisho 200 kwa 0711000002", Auto("50", "20", None, "200", "0711000002")),
        ("Otomatiki 50/= kila jumatatu", Auto("50", None, Weekday.MONDAY, None, None)),
        ("AUTO 50", Auto(unreadable=True)),
        ("AUTO matic hello", Auto(unreadable=True)),
        ("STOPAUTO", StopAuto()),
        ("stop auto!", StopAuto()),
        ("Acha auto", StopAuto()),
        ("stop", keywords.Stop()),
        ("1", keywords.GoOn()),
        (" 1. ", keywords.GoOn()),
        ("11", keywords.NotUnderstood()),
        ("1 2", keywords.NotUnderstood()),
    ],
)
def test_what_people_write_is_read(text: str, expected: keywords.Command) -> None:
    assert keywords.read(text) == expected


# Agreeing.


def test_one_message_agrees_and_the_answer_says_all_of_it(post: Post) -> None:
    assert post.ask("AUTO 50 BELOW 20 MAX 200") == (
        "Agreed: KES 50 for 0711000001 when below KES 20, at most KES 200 a week. "
        "Each time you enter your PIN. To stop send STOPAUTO."
    )
    assert [one.terms for one in runs(post)] == [Terms(OWNER, kes(50), kes(20), kes(200))]
    assert post.ordered() == []


def test_a_day_of_the_week_needs_no_most(post: Post) -> None:
    answer = post.ask("AUTO 50 MON FOR 0711000002")
    assert answer is not None
    assert answer.startswith("Agreed: KES 50 for 0711000002 every Monday.")
    assert [one.terms for one in runs(post)] == [Terms(PAYER, kes(50), Weekday.MONDAY, kes(50))]


def test_a_message_that_comes_again_agrees_once(post: Post) -> None:
    assert post.take("AUTO 50 MON", id="same") == "auto_agreed"
    assert post.take("AUTO 50 MON", id="same") == "a repetition"
    with post.engine.connect() as connection:
        assert len(connection.scalars(select(standing_orders.c.id)).all()) == 1


@pytest.mark.parametrize("text", ["AUTO", "AUTO 50", "AUTO 50 BELOW 20", "AUTO please"])
def test_what_is_not_all_said_is_told_how(post: Post, text: str) -> None:
    answer = post.ask(text)
    assert answer is not None
    assert answer.startswith("Send AUTO 50 BELOW 20 MAX 200, or AUTO 50 MON.")
    assert runs(post) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AUTO 5 MON", "The smallest top-up is KES 10."),
        ("AUTO 50 BELOW 20 MAX 40", "The most a week must be KES 50 or more."),
        ("AUTO 50 MON FOR 0711000002000", "That is not a phone number."),
    ],
)
def test_what_cannot_be_agreed_to_says_why(post: Post, text: str, why: str) -> None:
    answer = post.ask(text)
    assert answer is not None
    assert answer.startswith(f"{why} Nothing was agreed.")
    assert runs(post) == []


def test_what_runs_is_told(post: Post) -> None:
    post.take("AUTO 50 MON")
    assert post.ask("AUTO") == "KES 50 for 0711000001 every Monday. To stop send STOPAUTO."
    post.take("AUTO 50 BELOW 20 MAX 200 FOR 0711000002")
    assert post.ask("AUTO") == "KES 50 for 0711000001 every Monday. And 1 more."


# Stopping.


def test_stopauto_stops_all_of_it_at_once_and_no_one_elses(post: Post) -> None:
    post.take("AUTO 50 MON")
    post.take("AUTO 50 MON FOR 0711000002")
    post.take("AUTO 50 MON", sender=PAYER)
    answer = post.ask("STOPAUTO")
    assert answer is not None
    assert answer.startswith("Auto top-up has stopped.")
    assert (runs(post), len(runs(post, PAYER))) == ([], 1)
    assert post.ask("STOPAUTO") == "You have no auto top-up. To begin one send AUTO."


def test_stop_stops_it_too(post: Post) -> None:
    post.take("AUTO 50 MON")
    post.take("STOP")
    assert runs(post) == []
    assert post.ask("AUTO 50 MON") is not None  # What a person decides for their own number is answered.


# A call that dropped.


@pytest.fixture
def phone(client: redis.Redis) -> Handset:
    sessions = Sessions(client, lifetimes=Lifetimes(remind_s=0), seal=SEAL)
    return Handset(MenuEngine(menu, sessions=sessions, desk=FakeDesk(), hops_a_minute=1000))


@pytest.fixture
def reminded(client: redis.Redis, phone: Handset, post: Post) -> Post:
    """Somebody who was reminded of KES 100 from another purse."""
    post.unfinished = UnfinishedCalls(client)
    phone.dial("100*0711000002")
    due = post.unfinished.take_due()
    assert due is not None
    assert due.unfinished is not None
    return post


def test_a_one_orders_what_the_call_was_about(reminded: Post, phone: Handset) -> None:
    assert reminded.ask("1") == "KES 100: in a moment M-PESA asks 0711000002 for the PIN."
    (order,) = reminded.ordered()
    assert (order.line, order.payer, order.amount) == (OWNER, PAYER, kes(100))
    call = {"channel": CHANNEL, "conversation": phone.conversation, "asked_by": OWNER}
    assert order.id == mint_order_id(secret="a secret of the tests", **call)


def test_a_second_one_orders_nothing_and_tells_where_the_first_stands(reminded: Post) -> None:
    reminded.take("1")
    answer = reminded.ask("1")
    assert answer is not None
    assert "KES 100: waiting for payment." in answer
    assert len(reminded.ordered()) == 1


def test_a_one_for_what_was_ordered_otherwise_meanwhile_asks_whether_it_is_meant(reminded: Post) -> None:
    reminded.take("TOPUP 100 0711000002")
    answer = reminded.ask("1")
    assert answer is not None
    assert answer.endswith("send TOPUP 100 0711000002 AGAIN.")
    assert len(reminded.ordered()) == 1


def test_a_one_beyond_the_days_limit_says_so(reminded: Post) -> None:
    for shillings in (10_000, 9_950):
        reminded.take(f"TOPUP {shillings}")
    answer = reminded.ask("1")
    assert answer is not None
    assert answer.startswith("A line may get KES 20,000 a day.")
    assert len(reminded.ordered()) == 2


def test_a_one_to_nothing_is_told_so_once_an_hour(post: Post) -> None:
    answer = post.ask("1")
    assert answer is not None
    assert answer.startswith("There is nothing to go on with any more.")
    assert post.ask("1") is None


def test_who_went_on_in_another_call_has_nothing_to_reply_to(reminded: Post, phone: Handset) -> None:
    phone.dial()
    phone.key("1", "1")  # Go on, and pay.
    assert reminded.take("1") == "instructions"


def test_who_started_over_has_nothing_to_reply_to(reminded: Post, phone: Handset) -> None:
    phone.dial()
    phone.key("2")
    assert reminded.take("1") == "instructions"


def test_who_hangs_up_on_the_offer_may_still_reply(reminded: Post, phone: Handset) -> None:
    assert phone.dial().screen == "resume"
    assert reminded.take("1") == "top_up_taken"


def test_what_was_dropped_long_ago_is_forgotten(reminded: Post, client: redis.Redis) -> None:
    assert 0 < client.ttl(f"unfinished:told:{OWNER}") <= 600
