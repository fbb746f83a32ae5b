"""A whole top-up through every USSD gateway, as the sandbox posts it, and what is measured of each."""

import pytest

from runtime.environment import SANDBOX_GATEWAYS
from tests.city import City
from tests.journeys.test_watching import metric
from tests.outside import Phone
from ussd.gateways import GATEWAYS


def test_phones_of_the_sandbox_may_dial_through_every_gateway() -> None:
    assert set(SANDBOX_GATEWAYS.split(",")) == set(GATEWAYS)


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_line_comes_back_through_any_gateway(city: City, phone: Phone, name: str) -> None:
    answered = f'redial_hops_total{{gateway="{name}",open="false",screen="placed"}}'
    before = metric(city, answered)
    assert phone.dial("*384*55*100#", through=name).text.startswith(f"Top up {phone.national} with KES 100.")
    assert phone.key("1").text.startswith("KES 100: in a moment M-PESA asks for your PIN on this phone.")
    order = city.end_of(phone)
    assert (order.state, order.channel, order.amount_minor) == ("DONE", f"ussd:{name}", 10_000)
    assert phone.wait_for_sms() == ["KES 100 received. Your line is back. Balance KES 50.00."]
    assert metric(city, answered) == before + 1


@pytest.mark.parametrize("name", sorted(set(GATEWAYS) - {"nalo"}))
def test_ringing_off_is_told_by_every_gateway_that_tells_it(city: City, phone: Phone, name: str) -> None:
    told = f'redial_sessions_ended_total{{gateway="{name}",status="dropped"}}'
    before = metric(city, told)
    phone.dial(through=name)
    phone.hangup()
    city.wait_until(lambda: metric(city, told) == before + 1, what="the end is told")
    assert phone.dial(through=name).open
