"""A guard that is broken by hand, and the test files that guards are noticed by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """A guard taken away: what that means, where `old` becomes `new` in `file`, and the tests that ought to notice.

    `old` stands in the file once. Whoever changes that text changes the row as well.
    """

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


GUARDS = "tests/unit/test_store_guards.py"
SETTLE = "tests/unit/test_settling.py"
SETTLE_ATTEMPTS = "tests/unit/test_settling_attempts.py"
SETTLE_DECIDED = "tests/unit/test_settling_decided.py"
SETTLE_CREDITS = "tests/unit/test_settling_credits.py"
SETTLE_RECEIPTS = "tests/unit/test_settling_receipts.py"
CALLBACKS = "tests/unit/test_workers_settle.py"
CONTRADICTIONS = "tests/unit/test_workers_settle_contradictions.py"
CREDITS_TOLD = "tests/unit/test_workers_settle_credit.py"
NAMES = "tests/unit/test_workers_settle_names.py"
REFUNDS_TOLD = "tests/unit/test_workers_settle_refunds.py"
CALLS = "tests/unit/test_workers_calls.py"
LEND = "tests/unit/test_workers_lend.py"
RELAY = "tests/unit/test_workers_relay.py"
INBOX = "tests/unit/test_store_inbox.py"
ATTEMPTS = "tests/unit/test_store_attempts.py"
DELIVERIES = "tests/unit/test_sms_delivery.py"
OUTBOX = "tests/unit/test_store_outbox.py"
BOOK = "tests/unit/test_store_book.py"
FAILING = "tests/unit/test_workers_failing.py"
MODEL = "tests/safety/test_model.py"
LIFE = "tests/unit/test_life.py"
ORDERS = "tests/unit/test_orders.py"
ENGINE = "tests/unit/test_engine.py"
HTTP = "tests/contracts"
AUTO = "tests/unit/test_workers_auto.py"
AUTO_ONCE = "tests/unit/test_workers_auto_once.py"
REDEEM = "tests/unit/test_workers_redeem.py"
VOUCHERS = "tests/unit/test_store_vouchers.py"
HOLDING = "tests/unit/test_store_holding.py"
STRAYS = "tests/unit/test_store_strays.py"
DECIDING = "tests/unit/test_store_review.py"
RECONCILE = "tests/unit/test_reconciliation.py"
MOVEMENTS = "tests/unit/test_store_movements.py"
TELL = "tests/unit/test_workers_tell.py"
WAITING = "tests/unit/test_workers_waiting.py"
GUIDE_MONEY = "tests/unit/test_guide_money.py"
