"""Forms of the recharge guide: one order however often they are sent; none where they are forged, old or another's."""

import pytest
from sqlalchemy import Engine

from tests.unit.guides import Open, confirmed, orders_of


def test_the_same_form_sent_twice_places_one_order(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    browser = opened()
    action, fields = confirmed(browser)
    browser.post(action, **fields)
    first = browser.response.request.path
    browser.post(action, **fields)
    assert browser.response.request.path == first
    assert len(orders_of(shared_engine, msisdn)) == 1


def test_the_same_top_up_begun_anew_is_asked_for_twice(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    for _ in range(2):
        browser = opened()
        action, fields = confirmed(browser)
        browser.post(action, **fields)
    assert "You have just ordered KES 50 for this line" in browser.words
    assert len(orders_of(shared_engine, msisdn)) == 1
    browser.press("Pay once more")
    assert len(orders_of(shared_engine, msisdn)) == 2


def test_looking_at_the_first_page_places_nothing_and_each_look_is_a_conversation_of_its_own(opened: Open) -> None:
    browser = opened()
    drafts = set()
    for _ in range(2):
        browser.go()
        drafts.add(browser.form("KES 100")[1]["draft"])
    assert len(drafts) == 2


@pytest.mark.parametrize("step", ["amount", "line", "voucher", "payer", "order", "number", "code", "leave"])
def test_the_address_of_a_step_without_its_form_leads_to_the_first_page(
    opened: Open, shared_engine: Engine, msisdn: str, step: str
) -> None:
    assert "You owe KES 50.00." in opened().go(f"/guide/{step}")
    assert orders_of(shared_engine, msisdn) == []


# Forms that are none of ours.


def test_a_form_of_another_number_is_refused(opened: Open, shared_engine: Engine, msisdn: str) -> None:
    action, fields = confirmed(opened(msisdn="+254711299999"))
    victim = opened()
    words = victim.post(action, **fields)
    assert "This page was too old. Nothing was ordered." in words
    assert victim.response.status_code == 400
    assert orders_of(shared_engine, msisdn) == orders_of(shared_engine, "+254711299999") == []


def test_a_form_of_another_page_or_changed_or_without_its_seal_is_refused(
    opened: Open, shared_engine: Engine, msisdn: str
) -> None:
    browser = opened()
    browser.go()
    (_, first), (action, last) = browser.form("KES 100"), confirmed(browser)
    # The last letter has two bits that nobody reads: A to D say the same.
    changed = last["draft"][:-1] + ("A" if last["draft"][-1] not in "ABCD" else "E")
    for draft in (first["draft"], changed, "", "x" * 50):
        browser.post(action, draft=draft)
        assert browser.response.status_code == 400
    browser.post(action, draft=last["draft"], again="yes")
    assert browser.response.status_code == 400
    assert orders_of(shared_engine, msisdn) == []


def test_a_form_that_is_too_old_is_refused(
    opened: Open, shared_engine: Engine, msisdn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = opened()
    action, fields = confirmed(browser)
    monkeypatch.setattr("web.guide.draft.LASTS_S", -1)
    assert "This page was too old." in browser.post(action, **fields)
    assert orders_of(shared_engine, msisdn) == []


def test_somebody_elses_order_cannot_be_looked_at(opened: Open) -> None:
    browser = opened()
    action, fields = confirmed(browser)
    browser.post(action, **fields)
    path = browser.response.request.path
    stranger = opened(msisdn="+254711299999")
    stranger.go(path)
    assert stranger.response.status_code == 404
    assert "KES 50" not in stranger.words
