"""Made-up evidence for the judge: a world in which all is well, to be spoilt in one place."""

from dataclasses import replace
from typing import Any

from drills.chaos.evidence import Card, Evidence, Fate, LineAtFirst, OrderKept, TransferKept

WHO = "+254712000001"
EMPTY: dict[str, list[dict[str, Any]]] = {
    "charges": [],
    "reversals": [],
    "refills": [],
    "adjustments": [],
    "airtime": [],
    "sms": [],
}


def order(order_id: str = "aaaa", **changes: Any) -> OrderKept:
    """An order of 100 shillings that is done."""
    made = OrderKept(
        id=order_id,
        kind="topup",
        channel="sms:africastalking",
        placed_at="2026-11-24T09:00:00+00:00",
        asked_by=WHO,
        line=WHO,
        payer=WHO,
        amount_minor=10_000,
        currency="KES",
        state="DONE",
        came_to=order_id,
        receipts=("R1",),
        events=(),
    )
    return replace(made, **changes)


def charge(reference: str = "aaaa-charge-1", *, receipt: str = "R1", amount_minor: int = 10_000, at: int = 1) -> Any:
    return entry(at, amount_minor, reference=reference, receipt=receipt)


def reversal(receipt: str = "R1", *, amount_minor: int = 10_000, at: int = 3) -> Any:
    return entry(at, amount_minor, reference="aaaa-refund-1", receipt=receipt, charge_reference="aaaa-charge-1")


def refill(
    reference: str = "aaaa-credit-1", *, amount_minor: int = 10_000, after_minor: int = 5_000, at: int = 2
) -> Any:
    return entry(at, amount_minor, reference="17", external_data1=reference, balance_after_minor=after_minor)


def sms(text: str, *, at: int = 4) -> Any:
    return entry(at, 80, reference="ATXid_1", text=text)


def entry(at: int, amount_minor: int, **more: object) -> dict[str, Any]:
    """An entry of the books, `at` so many seconds after nine."""
    return {"msisdn": WHO, "amount_minor": amount_minor, "at": f"2026-11-24T09:00:{at:02}+00:00", **more}


def taken(order_id: str = "aaaa", amount_minor: int = 10_000) -> TransferKept:
    return TransferKept(order_id=order_id, source="holding", target="clearing:daraja", amount_minor=amount_minor)


def given(order_id: str = "aaaa", amount_minor: int = 10_000) -> TransferKept:
    return TransferKept(order_id=order_id, source="float:ucip", target="holding", amount_minor=amount_minor)


def owed_back(order_id: str = "aaaa") -> TransferKept:
    return TransferKept(order_id=order_id, source="refunds_payable", target="holding", amount_minor=10_000)


def given_back(order_id: str = "aaaa") -> TransferKept:
    return TransferKept(order_id=order_id, source="clearing:daraja", target="refunds_payable", amount_minor=10_000)


def all_is_well(**changes: Any) -> Evidence:
    """One order of somebody who owed 50 shillings: paid, credited, and told so. Books are given by their names."""
    books = {**EMPTY, "charges": [charge()], "refills": [refill()], "sms": [sms(RECEIVED)]}
    books |= {name: changes.pop(name) for name in EMPTY if name in changes}
    evidence = Evidence(
        orders=[order()],
        transfers=[taken(), given()],
        ledger_faults=[],
        books=books,
        lines={WHO: LineAtFirst(balance_minor=-5_000)},
    )
    return replace(evidence, **changes)


def refunded(**changes: Any) -> Evidence:
    """One order that was paid, could not be credited, and was paid back."""
    return all_is_well(
        **{
            "orders": [order(state="REFUNDED")],
            "transfers": [taken(), owed_back(), given_back()],
            "refills": [],
            "reversals": [reversal()],
            "sms": [sms(WENT_BACK)],
            **changes,
        }
    )


def unpaid(**changes: Any) -> Evidence:
    """One order that nobody paid."""
    nothing: dict[str, Any] = {"transfers": [], "charges": [], "refills": [], "sms": [sms(NOT_PAID)]}
    return all_is_well(**{"orders": [order(state="UNPAID", receipts=())], **nothing, **changes})


def voucher(order_id: str = "aaaa", **changes: Any) -> OrderKept:
    """A voucher of the number ...012 that is done."""
    kind: dict[str, Any] = {"kind": "voucher", "amount_minor": 0, "receipts": (), "tail": "012"}
    return order(order_id, **{**kind, **changes})


def load(reference: str = "aaaa-redeem-1", *, serial: str = "S1", **changes: Any) -> Any:
    """The use of the voucher with that serial."""
    return {**refill(reference, **changes), "voucher_serial": serial}


def loaded(**changes: Any) -> Evidence:
    """One voucher of 100 shillings, loaded by somebody who owed 50, and told so."""
    return all_is_well(
        **{
            "orders": [voucher()],
            "transfers": [],
            "charges": [],
            "refills": [load()],
            "sms": [sms(LOADED)],
            "cards": [CARD],
            **changes,
        }
    )


def not_loaded(told: str, *, fate: Fate = Fate.GOOD, **changes: Any) -> Evidence:
    """One voucher that came to nothing, and what was told of it."""
    nothing: dict[str, Any] = {"orders": [voucher(state="UNPAID")], "refills": [], "sms": [sms(told)]}
    return loaded(**{**nothing, "cards": [replace(CARD, fate=fate)], **changes})


CARD = Card(pin="10000000000012", serial="S1", amount_minor=10_000)
LOADED = "KES 100 from your voucher was added. Your line is back. Balance KES 50.00."
_NOT_LOADED = "Voucher ...012 was not loaded. {} Dial *384*55# to try again."
NO_SUCH_CARD = _NOT_LOADED.format("There is no such voucher: please look at its digits again.")
ANOTHERS_CARD = _NOT_LOADED.format("Another line has had it already.")
HAD_CARD = _NOT_LOADED.format("This line has had it already.")
OUT_OF_REACH = _NOT_LOADED.format("Sorry, the operator cannot be reached just now.")
CHECKED_CARD = "We have checked your voucher ...012: it was not loaded. Dial *384*55# to try again."

RECEIVED = "KES 100 received. Your line is back. Balance KES 50.00."
WENT_BACK = "Sorry, we could not top up your line. KES 100 went back to M-PESA of 0712000001."
NOT_PAID = "KES 100 not paid. The M-PESA PIN was wrong. Nothing was taken. Dial *384*55# to try again."
IN_PART = "KES 100 received. You still owe KES 20.00, so your line stays suspended. Dial *384*55# to top up."
CHECKED = "We have checked your top-up of KES 100: it was not paid. Dial *384*55# to try again."
