"""The judge reads every sentence that Redial writes about an order, so that none can be untrue unseen."""

import pytest

from drills.chaos import by_itself, told_of_vouchers
from drills.chaos.told import SENTENCES
from sms.messages import advances as lent
from sms.messages import asks, auto, ordering, other_lines, top_ups
from sms.messages import vouchers as cards
from tests.unit.lending import LENDING
from tests.unit.orders import NOW, OWNER, an_order, kes
from topup.auto import Running, Standing, Terms
from topup.line import Line, LineState
from topup.money import Money
from topup.outcomes import Reason
from topup.vouchers import Pin
from words.text import SOURCE, Text, rendered, say

CODE = "*384*55#"
ORDER, WAS_ACTIVE = an_order(), an_order(line_was=LineState.ACTIVE)
BACK, BACK_UNREAD = Line(LineState.ACTIVE, Money(5_050, "KES")), Line(LineState.ACTIVE)

TERMS = Terms(OWNER, kes(100), kes(20), kes(400))
STANDING = Standing(id="standing", payer=OWNER, terms=TERMS, language="en", agreed_at=NOW)

ABOUT_AN_ORDER = [
    *(top_ups.balance_told(order, line=line) for order in (ORDER, WAS_ACTIVE) for line in (BACK, BACK_UNREAD)),
    top_ups.credited(ORDER, short_code=CODE),
    top_ups.credited_in_part(ORDER, owed=kes(2_000), short_code=CODE),
    *(top_ups.declined(ORDER, reason=reason, short_code=CODE) for reason in (None, *Reason)),
    top_ups.checked_unpaid(ORDER, short_code=CODE),
    top_ups.checked_not_paid(ORDER, short_code=CODE),
    top_ups.refunded(ORDER, payer="0711000002"),
    top_ups.checking(ORDER, care_number="100"),
    *(top_ups.waiting(ORDER, line=line, care_number="100") for line in (None, "0711000003")),
    ordering.asked_to_pay(ORDER, payer="0711000002"),
    *(other_lines.topped_up_by_another(ORDER, by="0711000002", line=line) for line in (BACK, BACK_UNREAD)),
    other_lines.other_line_topped_up(ORDER, line="0711000003"),
    asks.please_pay(ORDER, asked_by="0711000002", code=482),
    asks.asked(ORDER, payer="0711000002"),
    asks.accepted(ORDER),
    asks.wallet_down_to_accept(ORDER, code=482),
    asks.paid_for_another(ORDER, asked_by="0711000002"),
    asks.refunded_to_you(ORDER, asked_by="0711000002"),
    asks.not_paid_for_another(ORDER, asked_by="0711000002"),
    *(lent.lent(ORDER, owed=kes(110), line=line, short_code=CODE) for line in (BACK, BACK_UNREAD)),
    lent.not_lent(ORDER, short_code=CODE),
    lent.checking_advance(ORDER, care_number="100"),
    lent.promised(ORDER, lending=LENDING),
    *(
        lent.repaid(order, repaid=kes(55), line=line, short_code=CODE)
        for order in (ORDER, WAS_ACTIVE)
        for line in (BACK, BACK_UNREAD)
    ),
    lent.repaid_and_line_owes(ORDER, repaid=kes(55), owed=kes(20), short_code=CODE),
    *(lent.repaid_all(ORDER, left=left) for left in (kes(0), kes(5))),
    *(lent.repaid_by_another(ORDER, by="0711000002", repaid=kes(55), line=line) for line in (BACK, BACK_UNREAD)),
    lent.received_for(ORDER, line="0711000003"),
]

ABOUT_A_VOUCHER = [
    *(cards.loading(Pin("123456789012"), line=line) for line in (None, "0711000002")),
    *(cards.loaded(kes(100), came_back=came, line=line) for came in (True, False) for line in (BACK, BACK_UNREAD)),
    cards.loaded(None, came_back=True, line=BACK),
    *(cards.loaded_not_back(worth, owed=owed, short_code=CODE) for worth in (kes(5), None) for owed in (kes(9), None)),
    *(cards.loaded_for_another(worth, line="0711000002") for worth in (kes(5), None)),
    *(cards.loaded_by_another(kes(5), by="0711000002", line=line) for line in (BACK, BACK_UNREAD)),
    cards.loaded_by_another(None, by="0711000002", line=BACK),
    *(cards.not_loaded("012", reason=reason, short_code=CODE) for reason in (None, *Reason)),
    cards.checked_not_loaded("012", short_code=CODE),
    cards.checking("012", care_number="100", reference="7f3a"),
    *(cards.waiting("012", line=line, care_number="100", reference="7f3a") for line in (None, "0711000002")),
]


OWING = Line(LineState.SUSPENDED, Money(-5_050, "KES"))
ABOUT_AN_AUTO_TOP_UP = [
    auto.agreed(TERMS, country="KE"),
    *(auto.running([Running("standing", TERMS)] * count, country="KE") for count in (1, 2)),
    auto.instructions(),
    auto.mistaken(say("The most a week must be {amount} or more.", amount=kes(100))),
    auto.stopped(),
    auto.none_runs(),
    *(auto.will_ask(STANDING, line=line, country="KE") for line in (BACK, BACK_UNREAD, OWING)),
    auto.given_up(STANDING, country="KE", short_code=CODE),
    auto.closed_to_you(STANDING, country="KE"),
]

KNOWN = (*SENTENCES, *told_of_vouchers.SENTENCES, *by_itself.SENTENCES)


@pytest.mark.parametrize("sentence", ABOUT_AN_ORDER + ABOUT_A_VOUCHER + ABOUT_AN_AUTO_TOP_UP)
def test_the_judge_reads_exactly_one_meaning_in_a_sentence(sentence: Text) -> None:
    text = rendered(sentence, SOURCE)
    known = [each for each in KNOWN if each.pattern.fullmatch(text)]
    assert len(known) == 1, text
    assert (known[0] in told_of_vouchers.SENTENCES) == (sentence in ABOUT_A_VOUCHER)
    assert (known[0] in by_itself.SENTENCES) == (sentence in ABOUT_AN_AUTO_TOP_UP)
