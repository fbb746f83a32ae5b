"""A voucher in a call: its number lies in Redis nowhere, and hops that come again are known all the same."""

from hashlib import blake2s

import pytest
import redis

from tests.unit import test_engine_told
from tests.unit.desks import FakeDesk, Handset, an_engine
from topup.kinds import Kind
from topup.vouchers import VouchersLocked

DIGITS = "12345678901234"


def everything(client: redis.Redis) -> str:
    return str([client.get(key) for key in client.scan_iter()])


def test_the_number_does_not_lie_in_redis_however_it_was_typed(phone: Handset, client: redis.Redis) -> None:
    phone.dial(DIGITS)
    assert DIGITS[:8] not in everything(client)
    phone.dial()
    phone.key("6", "4", "1234 5678 9012 34")
    assert "1234 5678" not in everything(client)
    phone.dial()
    phone.key("1", DIGITS)  # Where an amount is asked for.
    assert DIGITS[:8] not in everything(client)


def test_the_number_is_not_kept_of_a_call_that_has_ended(phone: Handset, client: redis.Redis, desk: FakeDesk) -> None:
    phone.dial(DIGITS)
    assert phone.key("1").open is False
    assert [order.kind for order in desk.orders] == [Kind.VOUCHER]
    assert DIGITS[:8] not in everything(client)


def test_a_hop_that_comes_again_is_known_though_its_mark_is_sealed(phone: Handset, desk: FakeDesk) -> None:
    first = phone.dial(DIGITS)
    assert phone.send() == first
    screen = phone.key("2")
    assert screen.screen == "voucher_line"
    assert phone.send() == screen
    assert phone.send(DIGITS) == screen, "an older hop, late"
    assert desk.orders == []


def test_another_voucher_in_the_place_of_the_first_is_another_call(phone: Handset) -> None:
    phone.dial(DIGITS)
    other = phone.send("99999999999999*2")
    assert other.screen == "voucher_line"
    assert phone.send("99999999999999*2*0711000003").text.startswith("Load voucher ...999")


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "unnumbered"])
def test_where_the_last_entry_alone_is_told_it_is_the_same(
    client: redis.Redis, desk: FakeDesk, *, numbered: bool
) -> None:
    handset = test_engine_told.Handset(an_engine(client, desk), numbered=numbered)
    confirm = handset.dial(DIGITS)
    assert confirm.text.startswith("Load voucher ...234")
    assert handset.send(late_s=0.5) == confirm
    handset.key("3", "1234 5678 9012 35")
    assert "1234" not in everything(client)
    if not numbered:
        assert blake2s(b"1234 5678 9012 35", digest_size=3).hexdigest() not in everything(client), "a short digest"
    assert handset.key("1").text.startswith("We are loading your voucher ...235.")
    client.flushdb()
    assert handset.send().text == "We are loading your voucher. An SMS tells you the end."
    assert len(desk.orders) == 1


def test_who_is_locked_is_told_what_still_works(phone: Handset, desk: FakeDesk) -> None:
    desk.refuses = VouchersLocked(times=3)
    phone.dial(DIGITS)
    reply = phone.key("1")
    assert (reply.screen, reply.open) == ("vouchers_locked", True)
    assert phone.key("00").screen == "home"
