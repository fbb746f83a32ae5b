"""What a caller sees while a part of the house is away: an honest end, or nothing at all."""

from sqlalchemy import Engine

from store import subscribers
from tests.city import City
from tests.dialogues.gateway import Gateway
from topup.clock import utc_now

SORRY = "END Sorry, something went wrong on our side. Please dial *384*55# again in a minute."


def test_without_the_database_a_call_goes_on_and_a_new_one_ends_honestly(city: City, gateway: Gateway) -> None:
    other = Gateway(city, gateway.msisdn.replace("+254712", "+254713"))  # Nobody has called from there.
    gateway.dial("*384*55*1*1#")
    city.services.postgres.stop()
    try:
        assert gateway.press("1").startswith("CON Top up ")
        assert gateway.press("1") == SORRY
        assert other.dial() == SORRY
    finally:
        city.services.postgres.start()
    assert city.orders(city.phone(gateway.msisdn)) == []
    assert gateway.post().startswith("END KES 50: in a moment")
    assert len(city.orders(city.phone(gateway.msisdn))) == 1
    assert other.dial().startswith("CON Line active.")


def test_sorry_is_said_in_the_language_of_the_call_or_of_the_number(
    city: City, gateway: Gateway, books: Engine
) -> None:
    with books.begin() as connection:
        subscribers.choose_language(connection, gateway.msisdn, language="sw", now=utc_now())
    gateway.dial("*384*55*100#")
    for away in (city.services.postgres, city.services.redis):
        away.stop()
        try:
            assert gateway.press("1").startswith("END Samahani, ")
        finally:
            away.start()
    assert len(city.orders(city.phone(gateway.msisdn))) == 0


def test_without_redis_a_call_ends_honestly_and_goes_on_when_it_is_back(city: City, gateway: Gateway) -> None:
    confirm = gateway.dial("*384*55*100#")
    city.services.redis.stop()
    try:
        assert gateway.press("1") == SORRY
    finally:
        city.services.redis.start()
    assert city.orders(city.phone(gateway.msisdn)) == []
    assert gateway.post() == confirm
    assert gateway.press("1").startswith("END KES 100: in a moment")
    assert len(city.orders(city.phone(gateway.msisdn))) == 1


def test_a_line_that_is_read_slowly_is_not_waited_for_beyond_its_deadline(city: City, gateway: Gateway) -> None:
    city.faults.add("ucip.read", "delay", seconds=20, msisdn=gateway.msisdn)
    try:
        assert gateway.dial().startswith("CON We cannot see your line just now. You can still top up.")
    finally:
        city.faults.clear()
    reads = [call["seconds"] for call in city.logged("provider_called") if call["operation"] == "read_line"]
    assert reads
    assert max(reads) < 20
