"""Who pays by which wallet, on the screens; and what somebody sees whose number has none."""

from collections.abc import Iterator

import pytest
import redis

from store.outages import Outages
from tests.unit.desks import FakeDesk, Handset, an_engine
from topup.wallets import NoWalletHere
from ussd.engine import Engine

AIRTEL, TELKOM, LANDLINE = "+254733000001", "+254770000001", "0202000001"
NO_WALLET = "That number has no mobile money that we can ask."


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def engine(redis_url: str, desk: FakeDesk) -> Iterator[Engine]:
    with redis.Redis.from_url(redis_url) as client:
        yield an_engine(client, desk)


def test_the_wallet_of_the_caller_s_network_is_named_and_asked(engine: Engine) -> None:
    phone = Handset(engine, msisdn=AIRTEL)
    confirm = phone.dial("100")
    assert confirm.text.startswith("Top up 0733000001 with KES 100. Airtel Money of 0733000001 pays.")
    assert phone.key("1").text.startswith("KES 100: in a moment Airtel Money asks for your PIN on this phone.")


def test_the_wallet_follows_the_payer(engine: Engine) -> None:
    phone = Handset(engine)
    assert "M-PESA of 0711000001 pays." in phone.dial("100").text
    assert "Airtel Money of 0733000001 pays." in phone.key("2", "0733000001").text
    assert "in a moment Airtel Money asks 0733000001" in phone.key("1").text


def test_a_caller_without_a_wallet_reads_so_and_chooses_another_payer(engine: Engine, desk: FakeDesk) -> None:
    phone = Handset(engine, msisdn=TELKOM)
    phone.dial()
    asked = phone.key("1", "2", "1")
    assert asked.text.startswith(f"{NO_WALLET}\nKES 100. Who pays?")
    assert (asked.screen, asked.open) == ("payer", True)
    other = phone.key("2")
    assert other.text.startswith("Your number has no mobile money that we can ask. Type one that pays, like ")
    assert phone.key("0711000002").screen == "confirm"
    assert phone.key("1").screen == "placed"
    assert [order.payer for order in desk.orders] == ["+254711000002"]


def test_direct_dial_without_a_wallet_asks_for_a_payer_at_once(engine: Engine) -> None:
    asked = Handset(engine, msisdn=TELKOM).dial("100")
    assert asked.screen == "other_payer"
    assert "M-PESA of 0711000002 pays." in Handset(engine, msisdn=TELKOM).dial("100*0711000002").text


@pytest.mark.parametrize("number", ["0770000002", LANDLINE, "+256772000001"])
def test_a_payer_without_a_wallet_is_asked_for_again(engine: Engine, number: str) -> None:
    phone = Handset(engine)
    phone.dial("100")
    asked = phone.key("2", number)
    assert asked.text.startswith(f"{NO_WALLET}\nType the number that pays, like ")
    assert (asked.screen, asked.open) == ("other_payer", True)
    assert "M-PESA of 0711000002 pays." in phone.key("0711000002").text


def test_a_payer_without_a_wallet_in_direct_dial_leaves_the_one_before(engine: Engine) -> None:
    asked = Handset(engine).dial("100*0770000002")
    assert asked.text.startswith(f"{NO_WALLET}\nTop up 0711000001 with KES 100. M-PESA of 0711000001 pays.")


def test_a_wallet_that_is_not_set_up_is_not_offered(engine: Engine, desk: FakeDesk) -> None:
    desk.payments = frozenset({"daraja"})
    assert Handset(engine, msisdn=AIRTEL).dial("100").screen == "other_payer"
    with pytest.raises(NoWalletHere):
        desk.wallet_of(AIRTEL)


# A wallet that does not answer just now.


def test_a_caller_whose_wallet_is_down_reads_so_before_choosing_and_before_paying(
    client: redis.Redis, phone: Handset, desk: FakeDesk
) -> None:
    Outages(client).note("daraja", True)
    phone.dial()
    payer = phone.key("1", "2")
    assert payer.text.startswith("KES 100. M-PESA does not answer now. Who pays?\n1 This number\n2 Another number\n")
    confirm = phone.key("1")
    assert confirm.text.startswith(
        "Top up 0711000001 with KES 100. M-PESA of 0711000001 does not answer now.\n1 Pay\n2 Another payer\n"
    )
    assert phone.key("1").screen == "placed"
    assert len(desk.orders) == 1


def test_another_payer_with_a_wallet_that_answers_is_agreed_to_as_ever(client: redis.Redis, phone: Handset) -> None:
    Outages(client).note("daraja", True)
    assert "M-PESA of 0711000001 does not answer now." in phone.dial("100").text
    assert "Airtel Money of 0733000001 pays." in phone.key("2", "0733000001").text


def test_each_key_is_answered_by_what_is_down_at_that_moment(client: redis.Redis, phone: Handset) -> None:
    outages = Outages(client)
    phone.dial()
    assert phone.key("1", "2").text.startswith("KES 100. Who pays?")
    outages.note("daraja", True)
    assert "M-PESA of 0711000001 does not answer now." in phone.key("1").text
    outages.note("daraja", False)
    assert phone.key("0").text.startswith("KES 100. Who pays?")


def test_an_amount_that_brings_no_line_back_says_so_also_where_the_wallet_is_down(
    client: redis.Redis, phone: Handset
) -> None:
    Outages(client).note("daraja", True)
    told = "KES 20 will not bring 0711000001 back. M-PESA of 0711000001 does not answer now."
    assert phone.dial("20").text.startswith(told)


def test_the_outage_of_a_wallet_that_nobody_here_pays_by_is_not_told(client: redis.Redis, phone: Handset) -> None:
    for provider in ("airtel_money", "ucip"):
        Outages(client).note(provider, True)
    assert "M-PESA of 0711000001 pays." in phone.dial("100").text


def test_a_caller_without_a_wallet_reads_of_no_outage(client: redis.Redis, desk: FakeDesk) -> None:
    Outages(client).note("daraja", True)
    phone = Handset(an_engine(client, desk), msisdn=TELKOM)
    phone.dial()
    assert phone.key("1", "2").text.startswith("KES 100. Who pays?")
