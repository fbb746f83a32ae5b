"""A credit that nobody knows of: whoever has paid is told that it takes longer, also of what waits behind it."""

from tests.city import City
from tests.outside import Phone

WAIT = "is paid and safe. Topping up your line takes longer than usual. Please wait: we will send you an SMS."


def test_who_has_paid_is_told_to_wait_and_then_what_becomes_of_it(city: City, phone: Phone, friend: Phone) -> None:
    city.faults.add("ucip.refill", "reset_before_effect", times=1, msisdn=phone.msisdn)
    phone.top_up(100)
    lost = city.wait_for_state(phone, "CREDITING")
    phone.top_up(70, payer=friend)
    behind = city.wait_for_state(phone, "PAID")
    assert sorted(phone.wait_for_sms(2)) == [
        f"KES 100 {WAIT} Help: call 100, ref {lost.id[:8].upper()}.",
        f"KES 70 {WAIT} Help: call 100, ref {behind.id[:8].upper()}.",
    ]
    assert city.end_of(phone, hurried=True).state == "DONE"
    told = phone.wait_for_sms(4)[2:]
    assert [text.startswith("We are checking your top-up of KES 100.") for text in sorted(told)] == [False, True]
    assert any(text.startswith("KES 70 received.") for text in told)
    assert friend.inbox() == []
