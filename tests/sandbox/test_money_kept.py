"""Whatever people, wallets and charging systems do in whatever order: no money appears, and none is lost."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.clock import iso, utc_now
from sandbox.config import Config
from sandbox.mpesa import Mpesa, Push, make_checkout_id, make_merchant_id
from sandbox.outside import build_outside
from sandbox.refills import NoSuchVoucher, Refills
from sandbox.reversals import Reversal, Reversals
from sandbox.store import Store
from sandbox.world import LineIsClosed, LineState, NotEnoughMoney, TooMuchCredit, Voucher, VoucherRefused, Wallet

PEOPLE = ("+254711000001", "+254711000002")
PINS = ("11111111", "22222222")
START_MINOR = 50_000

people = st.sampled_from(PEOPLE)
amounts = st.integers(1, 400).map(lambda shillings: shillings * 100)


class Money(RuleBasedStateMachine):
    """Drives the world below its web faces, and holds it against its own books after every step."""

    @initialize()
    def begin(self) -> None:
        """A world in memory, where everybody has some money and two vouchers are printed."""
        self.store = Store(None)
        outside = build_outside(config=Config(), store=self.store)
        self.people, self.books = outside.people, outside.books
        self.mpesa = Mpesa(outside, in_session=lambda _msisdn: False)
        self.reversals, self.refills = Reversals(outside, mpesa=self.mpesa), Refills(outside)
        self.pushes: list[Push] = []
        for msisdn in PEOPLE:
            self.people.save_wallet(msisdn, Wallet(currency="KES", balance_minor=START_MINOR))
        for serial, pin in enumerate(PINS):
            self.people.save_voucher(pin, Voucher(serial=str(serial), amount_minor=5000, currency="KES"))

    def teardown(self) -> None:
        """Let go of the store."""
        self.store.close()

    @rule(msisdn=people, amount=amounts, result=st.sampled_from([0, 0, 0, 1, 1032, 2001]))
    def pay(self, msisdn: str, amount: int, result: int) -> None:
        """A payment is asked for, and ends somehow."""
        push = Push(
            merchant_request_id=make_merchant_id(),
            checkout_request_id=make_checkout_id(),
            msisdn=msisdn,
            amount_minor=amount,
            callback_url="http://127.0.0.1:1/x",
            reference=str(len(self.pushes)),
            account="TOPUP",
            at=iso(utc_now()),
        )
        self.store.put("push", push.checkout_request_id, {name: getattr(push, name) for name in push.__slots__})
        self.pushes.append(self.mpesa.end(push, result))

    @rule(place=st.integers(0, 30), result=st.sampled_from([0, 1032]))
    def end_again(self, place: int, result: int) -> None:
        """A payment that has ended is told to end once more, otherwise."""
        if self.pushes:
            ended = self.pushes[place % len(self.pushes)]
            assert self.mpesa.end(ended, result) == ended

    @rule(place=st.integers(0, 30), change=st.sampled_from([0, 0, 0, 100]))
    def give_back(self, place: int, change: int) -> None:
        """A charge is given back, now and then with a wrong amount, now and then again."""
        charges = [push for push in self.pushes if push.receipt]
        if charges:
            charge = charges[place % len(charges)]
            self.reversals.end(
                Reversal(
                    originator_conversation_id="o",
                    conversation_id="c",
                    receipt=str(charge.receipt),
                    amount_minor=charge.amount_minor + change,
                    result_url="http://127.0.0.1:1/r/result",
                    timeout_url="http://127.0.0.1:1/r/timeout",
                    reference="r",
                    msisdn=charge.msisdn,
                )
            )

    @rule(msisdn=people, amount=amounts, book=st.sampled_from(["refills", "airtime"]))
    def credit(self, msisdn: str, amount: int, book: str) -> None:
        """A line is credited, if it may be."""
        try:
            self.refills.by_amount(book=book, reference="1", msisdn=msisdn, amount_minor=amount, currency="KES")
        except (LineIsClosed, TooMuchCredit):
            assert self.people.line(msisdn).hold is not None

    @rule(msisdn=people, amount=st.integers(-50_000, 50_000))
    def adjust(self, msisdn: str, amount: int) -> None:
        """A balance is adjusted either way, if the line is open."""
        if self.people.line(msisdn).hold is None:
            self.refills.by_amount(
                book="adjustments", reference="1", msisdn=msisdn, amount_minor=amount, currency="KES"
            )

    @rule(msisdn=people, pin=st.sampled_from([*PINS, "33333333"]))
    def scratch(self, msisdn: str, pin: str) -> None:
        """Somebody tries a voucher."""
        before = self.people.voucher(pin)
        try:
            self.refills.by_voucher(reference="1", msisdn=msisdn, pin=pin)
        except (LineIsClosed, NoSuchVoucher, VoucherRefused):
            assert self.people.voucher(pin) == before

    @rule(msisdn=people, barred=st.booleans())
    def hold(self, msisdn: str, barred: bool) -> None:
        """The operator bars a line, or opens it again."""
        line = self.people.line(msisdn)
        open_state = LineState.SUSPENDED if line.balance_minor < 0 else LineState.ACTIVE
        state = LineState.BARRED if barred else open_state
        self.people.save_line(msisdn, line.set(now=utc_now(), state=state, balance_minor=None, currency=None))

    @invariant()
    def wallets_agree_with_the_books(self) -> None:
        """What a wallet holds is what it began with, less its charges, and what came back."""
        for msisdn in PEOPLE:
            books = self.books.read(msisdn=msisdn)
            charged = sum(entry["amount_minor"] for entry in books["charges"])
            returned = sum(entry["amount_minor"] for entry in books["reversals"])
            wallet = self.people.wallet(msisdn)
            assert wallet.balance_minor == START_MINOR - charged + returned
            assert wallet.balance_minor >= 0

    @invariant()
    def lines_agree_with_the_books(self) -> None:
        """What a line holds is the sum of everything that was ever put on it."""
        for msisdn in PEOPLE:
            books = self.books.read(msisdn=msisdn)
            entries = books["refills"] + books["airtime"] + books["adjustments"]
            assert self.people.line(msisdn).balance_minor == sum(entry["amount_minor"] for entry in entries)

    @invariant()
    def nothing_happens_twice(self) -> None:
        """A receipt is charged once and given back at most once; a voucher is used at most once."""
        books = self.books.read()
        charged = Counter(entry["receipt"] for entry in books["charges"])
        returned = Counter(entry["receipt"] for entry in books["reversals"])
        vouchers = Counter(entry["voucher_serial"] for entry in books["refills"] if "voucher_serial" in entry)
        for counts in (charged, returned, vouchers):
            assert all(count == 1 for count in counts.values())
        assert set(returned) <= set(charged)
        assert set(charged) == {push.receipt for push in self.pushes if push.receipt}


Money.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestMoney = Money.TestCase


def write_and_fail(store: Store) -> None:
    """Write something in a transaction within a transaction that fails."""
    with store.transaction(), store.transaction():
        store.put("wallet", "1", {"balance_minor": 1})
        store.append("charges", owner="1", at="2026", body={})
        raise NotEnoughMoney(balance_minor=1, amount_minor=2)


def test_a_transaction_that_fails_leaves_nothing_behind() -> None:
    store = Store(None)
    with pytest.raises(NotEnoughMoney):
        write_and_fail(store)
    assert (store.get("wallet", "1"), store.entries("charges")) == (None, [])
    with store.transaction():
        store.put("wallet", "1", {"balance_minor": 2})
    assert store.get("wallet", "1") == {"balance_minor": 2}
    store.close()
