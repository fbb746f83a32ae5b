"""Scratch cards, from the key or the SMS to the balance; and where their numbers must not be found afterwards."""

import itertools

import pytest
import redis

from tests.city import City
from tests.outside import Phone

_numbers = itertools.count(73_519_264_000)

BACK = "KES 100 from your voucher was added. Your line is back. Balance KES 50.00."


def printed(city: City, **changes: object) -> str:
    """A voucher of KES 100 that nobody has used; its number."""
    digits = str(next(_numbers))
    city.outside.put(f"/vouchers/{digits}", {"amount_minor": 10_000, **changes})
    return digits


def refills(city: City, phone: Phone) -> int:
    return len(city.books(phone)["refills"])


def test_a_voucher_brings_a_suspended_line_back(city: City, phone: Phone) -> None:
    digits = printed(city)
    assert phone.load(digits).text == f"We are loading your voucher ...{digits[-3:]}. An SMS tells your balance."
    order = city.end_of(phone)
    assert (order.kind, order.state, order.detail("REDEEM_CONFIRMED")["value_minor"]) == ("voucher", "DONE", 10_000)
    assert phone.wait_for_sms() == [BACK]
    assert (refills(city, phone), phone.wallet_minor) == (1, 100_000)


def test_a_voucher_by_sms_pays_the_debt_first_and_tells_what_is_still_owed(city: City, phone: Phone) -> None:
    phone.set_line(balance_minor=-15_000)
    digits = printed(city)
    phone.sms(f"Voucher {digits[:4]} {digits[4:8]}-{digits[8:]}")
    assert city.end_of(phone).state == "DONE"
    assert sorted(phone.wait_for_sms(2)) == [
        "KES 100 from your voucher was added. You still owe KES 50.00, so your line stays suspended. "
        "Dial *384*55# to top up.",
        f"We are loading your voucher ...{digits[-3:]}. An SMS tells your balance.",
    ]


def test_a_voucher_by_sms_for_another_line_tells_both(city: City, phone: Phone, friend: Phone) -> None:
    digits = printed(city)
    friend.sms(f"VOCHA {digits} LAINI {phone.national}")
    assert city.end_of(friend).line == phone.msisdn
    assert phone.wait_for_sms() == [f"{friend.national} loaded a voucher of KES 100 on your line. Balance KES 50.00."]
    assert sorted(friend.wait_for_sms(2)) == [
        f"KES 100 from your voucher was added to {phone.national}.",
        f"We are loading your voucher ...{digits[-3:]} on {phone.national}. An SMS tells you the end.",
    ]


@pytest.mark.parametrize("kind", ["reset_after_effect", "reset_before_effect"])
def test_a_voucher_whose_answer_is_lost_is_sent_once_more_and_counts_once(city: City, phone: Phone, kind: str) -> None:
    city.faults.add("ucip.refill", kind, msisdn=phone.msisdn, times=1)
    phone.load(printed(city))
    order = city.end_of(phone, hurried=True)
    assert (order.state, order.detail("REDEEM_CONFIRMED")["evidence"]) == ("DONE", "enquiry")
    assert (refills(city, phone), phone.line["balance_minor"]) == (1, 5000)


def test_a_worker_may_be_killed_while_it_loads_a_voucher(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "delay", seconds=1.5, times=1, msisdn=phone.msisdn)
    phone.load(printed(city))
    city.wait_for_event(phone, "REDEEM_SENT")
    city.kill("money")
    city.start("money")
    assert city.end_of(phone, hurried=True).state == "DONE"
    assert (refills(city, phone), phone.line["balance_minor"]) == (1, 5000)


def test_a_voucher_of_which_nothing_is_heard_goes_to_a_person_who_ends_it(city: City, phone: Phone) -> None:
    city.faults.add("ucip.refill", "result_code", code=100, msisdn=phone.msisdn)
    phone.load(printed(city))
    order = city.end_of(phone, hurried=True)
    assert order.state == "REVIEW_VOUCHER"
    record = ("--seen", order.seen, "--reason", "not used there", "--by", "Amina")
    decided = city.flask("orders", "decide", order.id, "--void", *record)
    assert decided.returncode == 0, decided.stderr
    assert city.end_of(phone).state == "UNPAID"
    city.wait_until(lambda: any("We have checked your voucher" in text for text in phone.inbox()), what="the end")


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("used", "This line has had it already."),
        ("stolen", "It was reported as stolen: ask in the shop."),
    ],
)
def test_a_voucher_that_is_no_good_says_why(city: City, phone: Phone, state: str, why: str) -> None:
    digits = printed(city, state=state)
    phone.load(digits)
    assert city.end_of(phone).state == "UNPAID"
    assert phone.wait_for_sms() == [f"Voucher ...{digits[-3:]} was not loaded. {why} Dial *384*55# to try again."]


def test_the_same_voucher_from_two_phones_at_once_is_loaded_once(city: City, phone: Phone, friend: Phone) -> None:
    digits = printed(city)
    for who in (phone, friend):
        who.dial(f"*384*55*{digits}#")
    shown = [who.key("1").text for who in (phone, friend)]
    assert sum(text.startswith("We are loading") for text in shown) == 1
    assert city.end_of(phone).state == "DONE"
    assert (refills(city, phone), refills(city, friend)) == (1, 0)


def test_after_three_wrong_vouchers_only_vouchers_are_refused(city: City, phone: Phone) -> None:
    for _ in range(3):
        phone.load(str(next(_numbers)))
        assert city.end_of(phone).state == "UNPAID"
    phone.wait_for_sms(3)
    phone.sms(f"VOUCHER {printed(city)}")
    assert phone.wait_for_sms(4)[3] == (
        "3 vouchers were wrong today. Try again tomorrow. Nothing was loaded. You can also dial *384*55#."
    )
    assert phone.load(printed(city)).text.startswith("Too many of your vouchers were wrong today.")
    phone.top_up(100)
    assert city.end_of(phone).state == "DONE"


def test_a_voucher_s_number_is_found_nowhere_at_rest(city: City, phone: Phone, friend: Phone) -> None:
    digits = [printed(city) for _ in range(4)]
    city.faults.add("ucip.refill", "result_code", code=100, msisdn=friend.msisdn)
    phone.load(digits[0])  # Used.
    friend.load(digits[1])  # Under way for as long as this test looks.
    city.wait_for_state(friend, "REDEEMING")
    friend.sms(f"Vouchre {digits[2][:4]} {digits[2][4:]} please")  # Not understood.
    phone.dial(f"*384*55*{digits[3]}#")  # On a screen, and agreed to by nobody.
    city.end_of(phone)
    friend.wait_for_sms()
    everywhere = {**_database(city), **_redis(city), **{name: city.log(name) for name in city.processes}}
    del everywhere["sandbox"]  # The charging system itself knows its vouchers.
    assert {"orders", "vouchers", "inbox", "messages", "web"} <= set(everywhere)
    assert any(name.startswith("ussd:") for name in everywhere)
    for number in digits:
        assert not [where for where, words in everywhere.items() if number in words.replace(" ", "").replace("+", "")]


def _database(city: City) -> dict[str, str]:
    """Everything in every table, with what is kept in bytes as it would be read."""
    tables = city.records.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for (name,) in (row.values() for row in tables):
        rows = city.records.rows(f'SELECT * FROM "{name}"')  # noqa: S608 - the database's own names.
        found[name] = "\n".join(_readable(value) for row in rows for value in row.values())
    return found


def _readable(value: object) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


def _redis(city: City) -> dict[str, str]:
    with city.redis() as client:
        return {key.decode(): f"{key!r} {_value(client, key)!r}" for key in client.scan_iter()}


def _value(client: redis.Redis, key: bytes) -> object:
    """What a key holds, as it lies there; `DUMP` may have packed it."""
    match client.type(key):
        case b"string":
            return client.get(key)
        case b"hash":
            return client.hgetall(key)
        case b"set":
            return client.smembers(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case _:
            return client.zrange(key, 0, -1)
