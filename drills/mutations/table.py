"""Every guard that is broken by hand: one change of text each, and the tests that ought to notice it.

A new guard of the money gets a row. Whoever changes the text that a row looks for changes the row as well.
"""

from dataclasses import dataclass

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
SCHEMA = "store/migrations/versions/0001_the_first_house.py"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A guard taken away: what that means, where `old` becomes `new`, and who should notice."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "the database takes a move that LIFE does not have",
        SCHEMA,
        "    FOREIGN KEY (source, event, target) REFERENCES legal_moves,\n",
        "",
        (GUARDS,),
    ),
    Mutation(
        "the database takes a move that does not begin where the last one ended",
        SCHEMA,
        ",\n    FOREIGN KEY (order_id, prev_seq, source) REFERENCES order_moves (order_id, seq, target)\n",
        "\n",
        (GUARDS,),
    ),
    Mutation(
        "the database takes a second confirmation",
        SCHEMA,
        "CREATE UNIQUE INDEX confirmed_once",
        "CREATE INDEX confirmed_once",
        (GUARDS,),
    ),
    Mutation(
        "moves and transfers can be changed",
        SCHEMA,
        "BEFORE UPDATE OR DELETE ON order_moves",
        "BEFORE DELETE ON order_moves",
        (GUARDS,),
    ),
    Mutation(
        "a charge is made before it is committed as sent",
        "workers/charge.py",
        "        house.move(connection, order, Event.CHARGE_SENT",
        "        house.payments[order.payment_provider].charge(attempt)\n"
        "        house.move(connection, order, Event.CHARGE_SENT",
        (CALLS,),
    ),
    Mutation(
        "a charge is sent in whatever state the order is",
        "workers/charge.py",
        "if order.state is not State.CREATED:",
        "if False:",
        (CALLS,),
    ),
    Mutation(
        "a prompt comes hours after the call",
        "topup/schedule.py",
        "return now - agreed_at > timedelta(seconds=CHARGE_WITHIN_S)",
        "return False",
        (CALLS, "tests/unit/test_schedule.py"),
    ),
    Mutation(
        "what is unknown is taken for refused",
        "workers/settling.py",
        "            case Pending() | Unknown():\n",
        '            case Unknown():\n                return self._refused(Refused(Reason.PROVIDER, "?"))\n'
        "            case Pending() | Unknown():\n",
        (SETTLE, CALLS),
    ),
    Mutation(
        "an event acts as often as it comes",
        "store/inbox.py",
        "    if connection.scalar(_FIRST, values) is not None:",
        "    if connection.scalar(_FIRST, values) is not None or True:",
        (INBOX,),
    ),
    Mutation(
        "another amount is taken for the one ordered",
        "workers/settling.py",
        "if outcome.amount not in (None, self.kept.attempt.amount):",
        "if False:",
        (SETTLE,),
    ),
    Mutation(
        "a credit of another amount is taken for the one that was sent",
        "workers/settling.py",
        "        if self.kept.purpose in _DIFFERS:\n",
        '        if self.kept.purpose == "charge":\n',
        (SETTLE,),
    ),
    Mutation(
        "a credit is held against what was paid, and not against what was sent",
        "workers/settling.py",
        "(None, self.kept.attempt.amount)",
        "(None, self.order.amount)",
        (SETTLE_CREDITS,),
    ),
    Mutation(
        "one receipt pays two orders",
        "workers/settling.py",
        'if self.kept.purpose == "charge" and self._has_anothers_receipt(outcome):',
        "if False:",
        (SETTLE_RECEIPTS,),
    ),
    Mutation(
        "the same receipt once more is taken for a second payment",
        "workers/settling.py",
        "if is_known and (self.kept.receipt == outcome.receipt or outcome.facts.get(RECEIPT_IS_DERIVED)):",
        "if False:",
        (MODEL,),
    ),
    Mutation(
        "a callback without a name of ours to hold it against counts alone",
        "workers/settle.py",
        "    if case.kept.attempt.provider_ref is None:\n        return _nameless(case, told)\n",
        "",
        (MODEL,),
    ),
    Mutation(
        "an older attempt's refusal ends a newer one",
        "workers/settling.py",
        "case Refused() | NotSent() if not self._is_newest():",
        "case Refused() | NotSent() if False:",
        (SETTLE_ATTEMPTS,),
    ),
    Mutation(
        "a callback is believed although its names do not fit",
        "workers/settle.py",
        "    if known is not None and event.provider_ref is not None and event.provider_ref != known:",
        "    if False:",
        (NAMES,),
    ),
    Mutation(
        "a stranger's receipt counts although the provider names another",
        "workers/settle.py",
        "    if is_nameless and isinstance(asked, Confirmed) and not asked.facts.get(RECEIPT_IS_DERIVED):",
        "    if False:",
        (NAMES,),
    ),
    Mutation(
        "a job that keeps failing is tried for ever",
        "workers/failing.py",
        "if failed >= MOST_FAILURES:",
        "if False:",
        (FAILING,),
    ),
    Mutation(
        "money that came by itself counts as ordered",
        "store/book.py",
        "       AND kind <> 'stray' AND state NOT IN",
        "       AND state NOT IN",
        (BOOK,),
    ),
    Mutation(
        "credits to one line are not serialised",
        "workers/credit.py",
        "if book.lock_refills(order) != before:",
        "if False:",
        (CALLS,),
    ),
    Mutation(
        "an enquiry is given up at once",
        "topup/schedule.py",
        "        return self.stretched(waits[tried - 1]) if tried <= len(waits) else None\n\n    def next_message_wait",
        "        return None\n\n    def next_message_wait",
        ("tests/unit/test_schedule.py", CALLS),
    ),
    Mutation(
        "the relay does not lease what it hands over",
        "store/outbox.py",
        ".values(leased_until=now + lease)",
        ".values(leased_until=None)",
        (OUTBOX,),
    ),
    Mutation(
        "two relays take the same rows",
        "store/outbox.py",
        ".with_for_update(skip_locked=True)",
        "",
        (OUTBOX, RELAY),
    ),
    Mutation(
        "what was handed to a lost Redis is not handed over again",
        "workers/relay.py",
        "            if was_lost:\n                self._recover(connection)\n",
        "",
        (RELAY,),
    ),
    Mutation(
        "a refill whose answer was lost is confirmed without comparing",
        "providers/ucip.py",
        "        if line.balance - before == attempt.amount:",
        "        if True:",
        (HTTP,),
    ),
    Mutation(
        "a lost answer is taken for a request that was not sent",
        "providers/http.py",
        '            return Unknown(f"no whole answer from',
        '            return NotSent(f"no whole answer from',
        (HTTP,),
    ),
    Mutation(
        "what nobody answered is sent again by the library",
        "providers/connection.py",
        "            return pycurl.PREREQFUNC_ABORT",
        "            return pycurl.PREREQFUNC_OK",
        (HTTP,),
    ),
    Mutation(
        "money travels on a connection that was used before",
        "providers/http.py",
        "            alone=request.moves_money,",
        "            alone=False,",
        (HTTP,),
    ),
    Mutation(
        "a confirmation may be recorded again",
        "topup/life.py",
        "    if rule is not None and not (seen and event in ONCE):",
        "    if rule is not None:",
        (LIFE, ORDERS),
    ),
    Mutation(
        "the database keeps two orders for one slot of a standing order",
        SCHEMA,
        "    at          timestamptz NOT NULL,\n    PRIMARY KEY (standing_id, slot)\n",
        "    at          timestamptz NOT NULL\n",
        (AUTO_ONCE,),
    ),
    Mutation(
        "a clock goes on with a standing order that somebody else has claimed, or that was stopped",
        "workers/auto.py",
        "        if not auto.lock_claimed(connection, standing.id, until=until):\n",
        "        if False:\n",
        (AUTO_ONCE,),
    ),
    Mutation(
        "a standing order asks beyond its week's most",
        "workers/auto.py",
        "        if terms.cap < auto.spent_since(",
        "        if terms.cap + terms.cap + terms.cap < auto.spent_since(",
        (AUTO,),
    ),
    Mutation(
        "the yes by SMS to a call that dropped is another order than that of the call",
        "topup/caller.py",
        "            conversation=self.conversation,\n            asked_by=self.msisdn,",
        '            conversation=f"{self.conversation}:sms",\n            asked_by=self.msisdn,',
        ("tests/unit/test_sms_auto.py",),
    ),
    Mutation(
        "one voucher may belong to two orders",
        SCHEMA,
        "    fingerprint text NOT NULL UNIQUE,\n",
        "    fingerprint text NOT NULL,\n",
        (VOUCHERS,),
    ),
    Mutation(
        "wrong vouchers are not counted",
        "store/desk.py",
        "            vouchers.check_sender(connection, order.asked_by, since=self._midnight(now))\n",
        "",
        (VOUCHERS,),
    ),
    Mutation(
        "a voucher that may have landed is sent as if for the first time",
        "workers/redeem.py",
        "facts={_SENT_AGAIN: True} if may_have_landed else {}",
        "facts={}",
        (REDEEM,),
    ),
    Mutation(
        "a late answer to a voucher's first time is believed after it was sent again",
        "workers/redeem.py",
        "            sent = _of_either(sent)\n",
        "            pass\n",
        (REDEEM,),
    ),
    Mutation(
        "a voucher is loaded beside a credit to its line",
        "workers/redeem.py",
        "        if book.lock_refills(order).another_is_on_its_way:\n",
        "        if False:\n",
        (REDEEM,),
    ),
    Mutation(
        "the number of a voucher lies open in Redis",
        "ussd/packing.py",
        "    return [_sealed(mark, seal)] if may_hold_a_pin(mark) else mark\n",
        "    return mark\n",
        ("tests/unit/test_engine_vouchers.py",),
    ),
    Mutation(
        "the number of a voucher is kept with the SMS in which it came",
        "sms/gateways/africastalking.py",
        '"text": starred(text)',
        '"text": text',
        ("tests/unit/test_sms_gateway.py",),
    ),
    Mutation(
        "what a lost credit may have repaid is promised to another",
        "store/advances.py",
        "- coalesce(sum((pledge.detail",
        "- 0 * coalesce(sum((pledge.detail",
        (LEND,),
    ),
    Mutation(
        "what a top-up repays is not kept with the move that decides it",
        "workers/credit.py",
        "{REPAYS: repays.minor} if repays.minor else {}",
        "{}",
        (LEND,),
    ),
    Mutation(
        "the database takes a second confirmation of an advance",
        SCHEMA,
        ", 'LEND_CONFIRMED');",
        ");",
        (GUARDS,),
    ),
    Mutation(
        "an enquiry that is not let in says that nothing was paid",
        "providers/tokens.py",
        'NotSent("the access token was refused, and a new one too")',
        'Refused(Reason.PROVIDER, "token_refused")',
        ("tests/contracts/test_daraja.py",),
    ),
    Mutation(
        "a lane that is full goes on being filled",
        "workers/relay.py",
        "if count >= _MOST_WAITING]",
        "if False]",
        (RELAY,),
    ),
    Mutation(
        "a credit that is said to have failed is believed without asking the provider",
        "workers/settle.py",
        "    asked = house.credits[kept.provider].enquire_credit",
        "    if isinstance(event.answer, Refused):\n        return event.answer\n"
        "    asked = house.credits[kept.provider].enquire_credit",
        (CREDITS_TOLD,),
    ),
    Mutation(
        "a refusal that the provider does not confirm is believed",
        "workers/settle.py",
        'case.kept.purpose != "refund"',
        "False",
        (CALLBACKS, CREDITS_TOLD),
    ),
    Mutation(
        "beside a credit that a person has yet to decide, a balance proves a refill",
        "workers/credit.py",
        "    if before.another_may_land:",
        "    if False:",
        (CALLS,),
    ),
    Mutation(
        "a balance proves a refill although another may have moved it",
        "providers/ucip.py",
        "if attempt.facts.get(ANOTHER_MAY_LAND):",
        "if False:",
        ("tests/contracts/test_ucip_refill.py",),
    ),
    Mutation(
        "a credit that landed after all is sent once more",
        "workers/settling.py",
        "if self.kept.purpose in REFILLS and self.order.state in _TO_BE_SENT_AGAIN:",
        "if False:",
        (SETTLE_DECIDED,),
    ),
    Mutation(
        "what a person looks at because of a contradiction is ended by the same refusal again",
        "workers/settling.py",
        "        if self._is_disputed():\n",
        "        if False:\n",
        (CONTRADICTIONS, CREDITS_TOLD),
    ),
    Mutation(
        "a contradiction about a credit gives the money back",
        "workers/settling.py",
        '    "credit": Event.CREDIT_DIFFERS,\n',
        "",
        (CREDITS_TOLD,),
    ),
    Mutation(
        "paid, against a refusal that the provider repeats, is only logged",
        "workers/settling.py",
        'if self.kept.purpose == "charge" and self.order.state is State.UNPAID:',
        "if False:",
        (CONTRADICTIONS,),
    ),
    Mutation(
        "an enquiry that finds nothing out makes a refusal forgotten",
        "workers/settling.py",
        "return self.kept.outcome if self.kept.outcome in _PLAIN else None",
        "return None",
        (SETTLE,),
    ),
    Mutation(
        "that money went back is believed although the provider denies it",
        "workers/settle.py",
        "return asked if is_plain(asked) else event.answer",
        "return event.answer",
        (REFUNDS_TOLD,),
    ),
    Mutation(
        "what came while the provider was silent is passed over when it comes again",
        "workers/settle.py",
        "    if isinstance(asked, Confirmed) and asked is not event.answer:\n        return replace",
        "    if False:\n        return replace",
        (CALLBACKS,),
    ),
    Mutation(
        "one provider's callback tells what another did",
        "workers/settle.py",
        "return kept if kept is not None and kept.provider == callback.provider else None",
        "return kept",
        (NAMES,),
    ),
    Mutation(
        "who has waited for an order's lock takes its past as it was before",
        "store/book.py",
        "len(row.past) == order.seq + 1",
        "True",
        (BOOK,),
    ),
    Mutation(
        "a balance that was read before a top-up ended begins another by itself",
        "store/auto.py",
        "or_(is_open, orders.c.state_at >= since)",
        "is_open",
        (AUTO,),
    ),
    Mutation(
        "who agrees anew to auto top-ups begins a new week",
        "store/auto.py",
        "        standing_orders.c.payer == standing.payer,\n",
        "        standing_orders.c.id == standing.id,\n",
        (AUTO,),
    ),
    Mutation(
        "an ask that a restored backup has open is taken for unanswered",
        "topup/life.py",
        "(s.ASKED,         e.OPERATOR_HOLD,",
        "# (s.ASKED,         e.OPERATOR_HOLD,",
        (HOLDING,),
    ),
    Mutation(
        "what a decision after the backup may have sent is not noted",
        "store/holding.py",
        "    for order_id in before:\n",
        "    for order_id in ():\n",
        (HOLDING,),
    ),
    Mutation(
        "what was under way in a backup is held without what may have been sent since",
        "store/holding.py",
        "    _note_what_may_have_been_sent(connection, book.lock(order_id))\n    detail",
        "    detail",
        (HOLDING,),
    ),
    Mutation(
        "after a restore a standing order asks for what it may have asked already",
        "store/auto.py",
        "at=rhythm.next_look(row.id, when, after=now, zone=zone)",
        "at=now",
        (HOLDING,),
    ),
    Mutation(
        "a credit that landed is known by its newest name only",
        "store/movements.py",
        ', *row["tried"]',
        "",
        (HOLDING,),
    ),
    Mutation(
        "a decision lands on another question than the one that was seen",
        "store/review.py",
        "    if decision.seen != _standing(order):",
        "    if False:",
        (DECIDING,),
    ),
    Mutation(
        "a receipt of something else is taken for the payment's",
        "store/review.py",
        "    if receipt is not None and not is_said_to_have_come:",
        "    if False:",
        (DECIDING,),
    ),
    Mutation(
        "a receipt that a person types overwrites the one that the provider told",
        "store/review.py",
        "        if known.receipt != receipt:",
        "        if False:",
        (DECIDING,),
    ),
    Mutation(
        "a name that stands for a receipt is taken for one",
        "store/review.py",
        "(known is None or not known.has_true_receipt):",
        "known is None:",
        (DECIDING,),
    ),
    Mutation(
        "the receipt of money that was held without one makes it further money",
        "workers/strays.py",
        "    if not is_derived and (known :=",
        "    if False and (known :=",
        (DECIDING,),
    ),
    Mutation(
        "a person lets a second payment go back by the name of the first",
        "store/review.py",
        "    if other is not None:\n        raise WouldRefundAnother",
        "    if False:\n        raise WouldRefundAnother",
        (DECIDING,),
    ),
    Mutation(
        "a second payment whose credit is refused goes back by the name of the first",
        "workers/refund.py",
        "(other := attempts.refunded_instead(connection, charged)) is not None:",
        "(other := charged) is None:",
        (DECIDING,),
    ),
    Mutation(
        "a person acknowledges what was told after they looked",
        "store/strays.py",
        "(one for one in found if one.name == name)",
        "iter(found[::-1])",
        (STRAYS,),
    ),
    Mutation(
        "what was acknowledged once hides whatever is told later",
        "store/strays.py",
        "@> jsonb_build_array(said - 'at')",
        "<> '[]'",
        (STRAYS,),
    ),
    Mutation(
        "of everything that was told of one attempt only the newest is listed",
        "store/strays.py",
        "    told = [*listed, {",
        "    told = [{",
        (STRAYS,),
    ),
    Mutation(
        "of two strays that are told at once one is lost",
        "store/strays.py",
        "    SqlBook(connection).lock_by_attempt(reference)\n    kept =",
        "    kept =",
        (STRAYS,),
    ),
    Mutation(
        "what was told before there was a list of it is not listed any more",
        "store/strays.py",
        "THEN alone || listed ELSE",
        "THEN listed ELSE",
        (STRAYS,),
    ),
    Mutation(
        "money that is told again after a person closed it is seen by nobody",
        "workers/strays.py",
        "    elif (closed := SqlBook(connection).lock(stray.id)).state is State.UNPAID:",
        "    elif False:",
        (STRAYS,),
    ),
    Mutation(
        "the database takes any order back into review that has ended unpaid",
        "store/migrations/versions/0003_closed_strays_come_back.py",
        "    IF NOT EXISTS",
        "    IF false AND NOT EXISTS",
        (GUARDS,),
    ),
    Mutation(
        "a person takes an order back into review that is no stray",
        "store/review.py",
        "    if order.kind is not Kind.STRAY or not was_closed:",
        "    if not was_closed:",
        (DECIDING,),
    ),
    Mutation(
        "a person takes a stray back into review that they did not close",
        "store/review.py",
        "    if order.kind is not Kind.STRAY or not was_closed:",
        "    if order.kind is not Kind.STRAY:",
        (DECIDING,),
    ),
    Mutation(
        "money that is told again after a person closed it a second time is seen by nobody",
        "workers/strays.py",
        "{f' {times} times' if times > 1 else ''}",
        "",
        (STRAYS,),
    ),
    Mutation(
        "a second payment that is known without a receipt is held as if it had one",
        "workers/settling.py",
        "                is_derived=bool(outcome.facts.get(RECEIPT_IS_DERIVED)),\n",
        "",
        (SETTLE_ATTEMPTS,),
    ),
    Mutation(
        "what a statement names is looked for in the statement's own days only",
        "store/movements.py",
        "(at >= :since OR order_id IN (SELECT order_id FROM named))",
        "at >= :since",
        (MOVEMENTS,),
    ),
    Mutation(
        "what another day's statement may have is missing from this one's",
        "topup/reconciliation.py",
        "return self.since <= entry.earliest and entry.latest < self.until",
        "return self.since <= entry.at < self.until",
        (RECONCILE,),
    ),
    Mutation(
        "what neither of two days has is never missing",
        "topup/reconciliation.py",
        "if found and span.since <= found[-1].until:",
        "if False:",
        (RECONCILE,),
    ),
    Mutation(
        "a second payment of another day is taken for the first",
        "topup/reconciliation.py",
        "    return not (any(ours.names) and any(theirs.names)) and ours.earliest <= theirs.at <= ours.latest",
        "    return True",
        (RECONCILE,),
    ),
    Mutation(
        "a row of a wallet's statement with a status that nobody knows is passed over",
        "providers/statements.py",
        "    if status and status.upper() not in form.statuses:",
        "    if status and status.upper() not in form.statuses:\n        return False\n    if False:",
        ("tests/unit/test_statements.py",),
    ),
    Mutation(
        "playing keys pays without the screen having been seen",
        "ussd/engine.py",
        "if option.pays and call.playing and _placed(call) is None:",
        "if False:",
        (ENGINE,),
    ),
    Mutation(
        "the same conversation orders twice",
        "topup/ids.py",
        "named.encode()",
        "(named + secrets.token_hex(4)).encode()",
        ("tests/unit/test_ids.py",),
    ),
    Mutation(
        "nothing was taken is told after the money has come late",
        "workers/tell.py",
        "        if is_overtaken(connection, order, telling.purpose):\n",
        "        if False:\n",
        (TELL,),
    ),
    Mutation(
        "what was written before the money came goes out after it",
        "workers/send.py",
        "    if overtaken and",
        "    if False and",
        (TELL,),
    ),
    Mutation(
        "money that is held apart is denied",
        "workers/overtaken.py",
        "    return TELL_NOT_PAID if is_held else effect.value\n",
        "    return effect.value\n",
        (TELL,),
    ),
    Mutation(
        "who waits for a credit is told so although it has come, or the money has gone back",
        "workers/overtaken.py",
        "    TELL_WAITING: waiting.STATES,\n",
        "",
        (WAITING,),
    ),
    Mutation(
        "money is said to wait for its credit that a person has to look at",
        "store/waiting.py",
        "~_has(order_moves, _REVIEWED), ",
        "",
        (WAITING,),
    ),
    Mutation(
        "the guide's page denies money that is held apart",
        "web/guide/routes.py",
        "apart = strays.held_for(connection, placed) if placed.state is State.UNPAID else []",
        "apart = []",
        (GUIDE_MONEY,),
    ),
    Mutation(
        "an SMS that was written before the money came stands on the guide's page after it",
        "web/guide/watching.py",
        "told and is_over and not apart",
        "told and is_over",
        (GUIDE_MONEY,),
    ),
    Mutation(
        "what an SMS told of before the order's last move stands on the guide's page after it",
        "store/messages.py",
        "        .where(messages.c.written_at >= orders.c.state_at)\n",
        "",
        (GUIDE_MONEY,),
    ),
    Mutation(
        "an amount of nothing is read as one",
        "providers/payload.py",
        "    if minor <= 0:\n",
        "    if False:\n",
        ("tests/unit/test_providers_daraja_events.py",),
    ),
    Mutation(
        "a worker that was held up for hours calls when it wakes up",
        "workers/calling.py",
        "    if held_up > WITHIN:\n",
        "    if False:\n",
        ("tests/unit/test_workers_held_up.py",),
    ),
    Mutation(
        "a voucher that was held up the second time is taken for one that was never sent",
        "workers/redeem.py",
        "was_before = isinstance(sent, NotSent) if is_again else",
        "was_before = False if is_again else",
        (REDEEM,),
    ),
    Mutation(
        "a conversation whose name comes again is taken for that of whoever had it first",
        "topup/ids.py",
        'f"{asked_by}\\x00{channel}\\x00{conversation}"',
        'f"{channel}\\x00{conversation}"',
        ("tests/unit/test_store_desk.py",),
    ),
    Mutation(
        "a request that comes again across an update orders twice",
        "store/placed.py",
        "asked_by=asked_by), mint_order_id(**conversed)",
        "asked_by=asked_by), ''",
        ("tests/unit/test_store_desk.py",),
    ),
    Mutation(
        "two payers at once pass the day of a line",
        "store/desk.py",
        "book.lock_people(wanted.asked_by, wanted.payer, wanted.line or wanted.asked_by)",
        "book.lock_people(wanted.asked_by, wanted.payer)",
        ("tests/unit/test_store_desk.py",),
    ),
    Mutation(
        "two who say yes at once pass the day of a line",
        "store/desk.py",
        "book.lock_people(payer, self.asked_of(connection, payer, code=code).order.line)",
        "book.lock_people(payer)",
        ("tests/unit/test_store_asks.py",),
    ),
    Mutation(
        "amounts are sold that a wallet cannot be asked for",
        "settings/together.py",
        "        if offered and step_minor % unit_minor:\n",
        "        if False:\n",
        ("tests/unit/test_settings.py",),
    ),
    Mutation(
        "amounts are sold that the charging system cannot credit",
        "settings/together.py",
        "        if self.credit_by is CreditBy.UCIP and step_minor",
        "        if False and step_minor",
        ("tests/unit/test_settings.py",),
    ),
)
