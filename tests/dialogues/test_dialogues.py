"""Every transcript in this folder, read from top to bottom over real HTTP."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from store import auto, messages, subscribers
from store.book import SqlBook
from store.outages import Outages
from tests.city import City
from tests.dialogues.gateway import Gateway
from tests.dialogues.transcript import Dialogue, Step, matches, read_all
from tests.records import OrderSeen
from tests.unit.books import order_in
from tests.unit.lending import lent_in
from tests.unit.orders import kes
from topup.clock import utc_now
from topup.life import Event, State
from topup.orders import Order, advance
from topup.outcomes import Reason
from topup.phone import national, read_msisdn
from topup.schedule import Timing
from ussd.gateways import GATEWAYS

CALLER = "0711000001"
HANGS_S = 3.0


@dataclass
class Stage:
    """Where one dialogue is played: the phone, the world, and what was heard last."""

    city: City
    gateway: Gateway
    books: Engine
    heard: str = ""
    earlier: int = 0
    last: ExitStack = field(default_factory=ExitStack)

    @property
    def own_number(self) -> str:
        return national(self.gateway.msisdn, country="KE")

    def play(self, step: Step) -> str | None:
        """Do a deed. The answer, where there is one."""
        for pattern, do in DEEDS.items():
            if (found := re.fullmatch(pattern, step.deed)) is not None:
                return do(self, *found.groups())
        raise AssertionError(f"nobody can: {step.deed}")

    def dial(self, code: str) -> str:
        return self.gateway.dial(code)

    def dial_in_the_code(self, code: str) -> str:
        return self.gateway.dial(code, in_the_code=True)

    def press(self, keys: str) -> str:
        return self.gateway.press(keys.replace(CALLER, self.own_number))

    def press_twice_at_once(self, keys: str) -> str:
        one, other = self.gateway.press_at_once(keys)
        assert one == other
        return one

    def repeat(self) -> None:
        assert self.gateway.post() == self.heard

    def repeat_older(self, text: str) -> None:
        assert self.gateway.post_older(text) == self.heard

    def hang_up(self) -> None:
        """No operator need tell us, and this one does not."""

    def redis_forgets(self) -> None:
        self.city.flush_redis()

    def line_has(self, sign: str, shillings: str) -> None:
        self._set_line(balance_minor=round(float(shillings) * 100) * (-1 if sign == "owes" else 1))

    def line_is(self, state: str) -> None:
        self._set_line(state=state)

    def other_line_owes(self, number: str, shillings: str) -> None:
        self.city.phone(self._msisdn(number)).set_line(balance_minor=-int(shillings) * 100)

    def other_line_is(self, number: str, state: str) -> None:
        self.city.phone(self._msisdn(number)).set_line(state=state)

    def other_line_is_closed(self, number: str) -> None:
        with self.books.begin() as connection:
            subscribers.close(connection, self._msisdn(number), now=utc_now())

    def line_hangs(self) -> None:
        self._forget_line()
        self.last.callback(self.city.faults.clear)
        self.city.faults.add("ucip.read", "delay", seconds=HANGS_S, msisdn=self.gateway.msisdn)

    def line_answers_again(self) -> None:
        self._forget_line()
        self.city.faults.clear()

    def wallet_is_down(self, provider: str) -> None:
        self.last.callback(self._note, provider, False)
        self._note(provider, True)

    def wallet_answers_again(self, provider: str) -> None:
        self._note(provider, False)

    def _note(self, provider: str, is_down: bool) -> None:
        """The workers find out, and say so; there are none here."""
        with self.city.redis() as client:
            Outages(client).note(provider, is_down)

    def language(self, code: str) -> None:
        with self.books.begin() as connection:
            subscribers.choose_language(connection, self.gateway.msisdn, language=code, now=utc_now())

    def missed_order(self, shillings: str, state: str) -> None:
        self.earlier_order(shillings, state, message=messages.FAILED)

    def earlier_order(
        self, shillings: str, state: str, *, message: str = messages.DELIVERED, now: datetime | None = None
    ) -> None:
        who = {"asked_by": self.gateway.msisdn, "line": self.gateway.msisdn, "payer": self.gateway.msisdn}
        amount = kes(int(shillings.replace(",", "")))
        order = order_in(self.books, State[state], amount=amount, now=now or utc_now(), **who)
        self.earlier += 1
        self._is_told(order, message)

    def _is_told(self, order: Order, message: str) -> None:
        """The SMS with the end of this order has come to `message`."""
        with self.books.begin() as connection:
            told = messages.write(
                connection,
                purpose="tell_balance",
                msisdn=self.gateway.msisdn,
                text="",
                now=utc_now(),
                order_id=order.id,
            )
            messages.ended(connection, told.id, status=message, reason=None, now=utc_now())

    def earlier_order_of_days_ago(self, shillings: str, state: str, days: str) -> None:
        self.earlier_order(shillings, state, now=utc_now() - timedelta(days=int(days)))
        self.earlier -= 1  # It was ordered before everything that is counted here.

    def owes_an_advance(self, shillings: str) -> None:
        lent = lent_in(self.books, self.gateway.msisdn, amount=kes(int(shillings)), placed_at=utc_now())
        self.earlier += 1
        self._is_told(lent, messages.DELIVERED)

    def other_line_owes_an_advance(self, number: str, shillings: str) -> None:
        lent_in(self.books, self._msisdn(number), amount=kes(int(shillings)))

    def borrowed(self, shillings: str) -> None:
        self._newest_is(shillings, line=CALLER, payer=CALLER, event="ADVANCE_PLACED")

    def gets_the_terms(self, times: str) -> None:
        """However often they were asked for."""
        told = self.city.records.messages(self.gateway.msisdn)
        assert [message["purpose"] for message in told] == ["advance_terms"] * int(times)

    def ordered_nothing(self) -> None:
        assert len(self.orders()) == self.earlier

    def ordered(self, shillings: str, payer: str) -> None:
        self.ordered_for(shillings, CALLER, payer)

    def ordered_for(self, shillings: str, line: str, payer: str) -> None:
        self._newest_is(shillings, line=line, payer=payer, event="PLACED")

    def asked(self, payer: str, shillings: str) -> None:
        self._newest_is(shillings, line=CALLER, payer=payer, event="ASK_PLACED")

    def friend_tops_up(self, number: str, shillings: str) -> None:
        who = {"asked_by": self._msisdn(number), "line": self.gateway.msisdn, "payer": self._msisdn(number)}
        order_in(self.books, State.CHARGING, amount=kes(int(shillings)), now=utc_now(), **who)

    def auto_nothing(self) -> None:
        assert self._standing() == []

    def auto(self, shillings: str, line: str) -> None:
        assert self._standing() == [(int(shillings.replace(",", "")) * 100, self._msisdn(line))]

    def _standing(self) -> list[tuple[int, str]]:
        with self.books.connect() as connection:
            found = auto.running_of(connection, self.gateway.msisdn)
        return [(one.terms.amount.minor, one.terms.line) for one in found]

    def _newest_is(self, shillings: str, *, line: str, payer: str, event: str) -> None:
        newest = self.orders()[-1]
        assert newest.amount_minor == int(shillings.replace(",", "")) * 100
        assert (newest.line, newest.payer) == (self._msisdn(line), self._msisdn(payer))
        assert newest.events == [event]

    def _msisdn(self, number: str) -> str:
        return read_msisdn(number.replace(CALLER, self.own_number), country="KE")

    def sent_voucher(self, tail: str, line: str) -> None:
        newest = self.orders()[-1]
        assert (newest.kind, newest.amount_minor, newest.line) == ("voucher", 0, self._msisdn(line))
        assert newest.moves[0].detail == {"tail": tail}

    def wrong_vouchers(self, count: str) -> None:
        who = {"asked_by": self.gateway.msisdn, "line": self.gateway.msisdn, "payer": self.gateway.msisdn}
        reason = {"reason": Reason.NO_VOUCHER.value}
        for _ in range(int(count)):
            voucher = {"amount": kes(0), "now": utc_now(), **who}
            order = order_in(self.books, State.REDEEMING, **voucher)
            with self.books.begin() as connection:
                book, event = SqlBook(connection), Event.REDEEM_REFUSED
                advance(book, order_id=order.id, event=event, now=utc_now(), timing=Timing(), detail=reason)
            self.earlier += 1

    def orders_in_all(self, count: str) -> None:
        assert len(self.orders()) - self.earlier == int(count)

    def orders(self) -> list[OrderSeen]:
        return self.city.orders(self.city.phone(self.gateway.msisdn))

    def _set_line(self, **values: object) -> None:
        self._forget_line()
        self.city.phone(self.gateway.msisdn).set_line(**values)

    def _forget_line(self) -> None:
        """Some time passes, so that the line is read anew."""
        with self.city.redis() as client:
            client.delete(f"ussd:line:{self.gateway.msisdn}")


DEEDS: dict[str, Callable[..., str | None]] = {
    r"dial (\S+)": Stage.dial,
    r"dial (\S+) in the code": Stage.dial_in_the_code,
    r"press ?(.*?) twice at once": Stage.press_twice_at_once,
    r"press ?(.*)": Stage.press,
    r"repeat": Stage.repeat,
    r"repeat (\S+)": Stage.repeat_older,
    r"hang up": Stage.hang_up,
    r"redis forgets": Stage.redis_forgets,
    r"line (owes|has) ([\d.]+)": Stage.line_has,
    r"line is (barred|gone)": Stage.line_is,
    r"other line (\d+) owes (\d+)": Stage.other_line_owes,
    r"other line (\d+) is (barred|gone)": Stage.other_line_is,
    r"other line (\d+) is closed to others": Stage.other_line_is_closed,
    r"line hangs": Stage.line_hangs,
    r"line answers again": Stage.line_answers_again,
    r"wallet (\w+) is down": Stage.wallet_is_down,
    r"wallet (\w+) answers again": Stage.wallet_answers_again,
    r"language (\w+)": Stage.language,
    r"earlier KES ([\d,]+) (\w+)": Stage.earlier_order,
    r"missed KES ([\d,]+) (\w+)": Stage.missed_order,
    r"friend (\d+) tops up KES (\d+)": Stage.friend_tops_up,
    r"auto tops up nothing": Stage.auto_nothing,
    r"auto tops up KES ([\d,]+) for (\d+)": Stage.auto,
    r"earlier KES ([\d,]+) (\w+) (\d+) days ago": Stage.earlier_order_of_days_ago,
    r"advance of KES (\d+) is owed": Stage.owes_an_advance,
    r"other line (\d+) owes an advance of KES (\d+)": Stage.other_line_owes_an_advance,
    r"borrowed KES (\d+)": Stage.borrowed,
    r"terms came (\d+) times?": Stage.gets_the_terms,
    r"ordered nothing": Stage.ordered_nothing,
    r"ordered KES ([\d,]+) paid by (\d+)": Stage.ordered,
    r"ordered KES ([\d,]+) for (\d+) paid by (\d+)": Stage.ordered_for,
    r"asked (\d+) for KES ([\d,]+)": Stage.asked,
    r"ordered (\d+) in all": Stage.orders_in_all,
    r"sent voucher ending in (\d{3}) for (\d+)": Stage.sent_voucher,
    r"(\d) vouchers were wrong today": Stage.wrong_vouchers,
}


@pytest.fixture
def stage(city: City, gateway: Gateway, books: Engine) -> Iterator[Stage]:
    with ExitStack() as last:
        yield Stage(city, gateway, books, last=last)


PLAYED = [
    pytest.param(dialogue, name, id=f"{dialogue.name}, through {name}" if len(dialogue.gateways) > 1 else dialogue.name)
    for dialogue in read_all()
    for name in dialogue.gateways
]


@pytest.mark.parametrize(("dialogue", "gateway"), PLAYED, indirect=["gateway"])
def test_dialogue(stage: Stage, dialogue: Dialogue) -> None:
    for step in dialogue.steps:
        where = f"{dialogue.file}:{step.line}: {step.deed}"
        heard = stage.play(step)
        assert (heard is None) == (step.answer == ""), f"{where}\n{heard}"
        if heard is not None:
            stage.heard = heard
            shown = heard.replace(stage.own_number, CALLER)
            assert matches(step.answer, shown), f"{where}\n--- written:\n{step.answer}\n--- heard:\n{shown}"
            assert GATEWAYS[stage.gateway.name].LIMITS.width.holds(heard.partition(" ")[2]), where
