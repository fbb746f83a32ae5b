"""The rules of orders, their ids and schedules, and reconciliation."""

from drills.mutations.mutation import CALLS, HOLDING, LIFE, ORDERS, RECONCILE, Mutation

MUTATIONS = (
    Mutation(
        "a prompt comes hours after the call",
        "topup/schedule.py",
        "return now - agreed_at > timedelta(seconds=CHARGE_WITHIN_S)",
        "return False",
        (CALLS, "tests/unit/test_schedule.py"),
    ),
    Mutation(
        "an enquiry is given up at once",
        "topup/schedule.py",
        "        return self.stretched(waits[tried - 1]) if tried <= len(waits) else None\n\n    def next_message_wait",
        "        return None\n\n    def next_message_wait",
        ("tests/unit/test_schedule.py", CALLS),
    ),
    Mutation(
        "a confirmation may be recorded again",
        "topup/life.py",
        "    if rule is not None and not (seen and event in ONCE):",
        "    if rule is not None:",
        (LIFE, ORDERS),
    ),
    Mutation(
        "the yes by SMS to a call that dropped is another order than that of the call",
        "topup/caller.py",
        "            conversation=self.conversation,\n            asked_by=self.msisdn,",
        '            conversation=f"{self.conversation}:sms",\n            asked_by=self.msisdn,',
        ("tests/unit/test_sms_auto.py",),
    ),
    Mutation(
        "an ask that a restored backup has open is taken for unanswered",
        "topup/life.py",
        "(s.ASKED,         e.OPERATOR_HOLD,",
        "# (s.ASKED,         e.OPERATOR_HOLD,",
        (HOLDING,),
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
        "the same conversation orders twice",
        "topup/ids.py",
        "named.encode()",
        "(named + secrets.token_hex(4)).encode()",
        ("tests/unit/test_ids.py",),
    ),
    Mutation(
        "a conversation whose name comes again is taken for that of whoever had it first",
        "topup/ids.py",
        'f"{asked_by}\\x00{channel}\\x00{conversation}"',
        'f"{channel}\\x00{conversation}"',
        ("tests/unit/test_store_desk.py",),
    ),
)
