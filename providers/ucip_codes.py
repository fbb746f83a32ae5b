"""What UCIP's codes mean, and what we do about each.

Source: Ericsson's Charging System, Account Information and Refill (AIR), UCIP 5.0, "Response codes" and
"Fault codes". A code that is not here is never taken for a refusal.
"""

from providers.codes import Also, Meaning
from topup.line import LineState
from topup.outcomes import Reason

# Codes below this are success, some with a warning (1: the supervision period, 2: the service fee period has
# ended).
FIRST_FAILURE = 100

# The responseCode of a Refill that did not succeed.
REFILL_RESPONSES: dict[int, Meaning] = {
    100: Also.UNCERTAIN,  # Other error.
    102: Reason.GONE,  # Subscriber not found.
    103: Reason.BARRED,  # Barred from refill, after too many wrong vouchers.
    104: Reason.BARRED,  # Temporarily blocked by the operator.
    107: Reason.PROVIDER,  # Voucher already used by this subscriber.
    108: Reason.PROVIDER,  # Voucher already used by another subscriber.
    109: Reason.PROVIDER,  # Voucher unavailable.
    110: Reason.PROVIDER,  # Voucher expired.
    111: Reason.PROVIDER,  # Voucher stolen or missing.
    112: Reason.PROVIDER,  # Voucher damaged.
    113: Reason.PROVIDER,  # Voucher pending in another refill.
    114: Reason.PROVIDER,  # Voucher type not accepted.
    115: Reason.BARRED,  # Refill not accepted for this class of line.
    119: Reason.PROVIDER,  # There is no such voucher.
    120: Reason.PROVIDER,  # Our refill profile is not known to the node.
    123: Reason.LIMIT,  # The line would hold more than it may.
    126: Reason.BARRED,  # The account is not active.
    176: Reason.BARRED,  # Refill denied: first call not done.
    177: Reason.BARRED,  # Refill denied: not active in its network.
    178: Reason.BARRED,  # Refill denied: supervision period over.
    179: Reason.BARRED,  # Refill denied: service fee period over.
    999: Also.UNCERTAIN,  # Other error, no retry.
}

# The responseCode of a Refill by voucher that did not succeed: at the first time, and at a second look, when the same
# was sent before and nobody knows what became of it. What is true of the voucher itself was true then. What is true of
# the line, or of us, may have come since: it tells nothing of the first time.
VOUCHER_RESPONSES: dict[int, tuple[Meaning, Meaning]] = {
    100: (Also.UNCERTAIN, Also.UNCERTAIN),  # Other error.
    102: (Reason.GONE, Also.UNCERTAIN),  # Subscriber not found.
    103: (Reason.NO_MORE_VOUCHERS, Also.UNCERTAIN),  # Barred from refill, after too many wrong vouchers.
    104: (Reason.BARRED, Also.UNCERTAIN),  # Temporarily blocked by the operator.
    107: (Reason.VOUCHER_USED, Also.HAPPENED),  # Voucher already used by this subscriber: by our first time.
    108: (Reason.VOUCHER_OF_ANOTHER, Reason.VOUCHER_OF_ANOTHER),  # Voucher already used by another subscriber.
    109: (Reason.VOUCHER_NOT_ON_SALE, Reason.VOUCHER_NOT_ON_SALE),  # Voucher unavailable.
    110: (Reason.VOUCHER_EXPIRED, Reason.VOUCHER_EXPIRED),  # Voucher expired.
    111: (Reason.VOUCHER_STOLEN, Reason.VOUCHER_STOLEN),  # Voucher stolen or missing.
    112: (Reason.VOUCHER_DAMAGED, Reason.VOUCHER_DAMAGED),  # Voucher damaged.
    113: (Reason.VOUCHER_BUSY, Also.AT_WORK),  # Voucher pending in another refill: in our first, perhaps.
    114: (Reason.VOUCHER_NOT_FOR_LINE, Reason.VOUCHER_NOT_FOR_LINE),  # Voucher type not accepted.
    115: (Reason.VOUCHER_NOT_FOR_LINE, Also.UNCERTAIN),  # Refill not accepted for this class of line.
    119: (Reason.NO_VOUCHER, Reason.NO_VOUCHER),  # There is no such voucher.
    120: (Reason.PROVIDER, Also.UNCERTAIN),  # Refill profile not known.
    123: (Reason.LIMIT, Also.UNCERTAIN),  # The line would hold more than it may.
    126: (Reason.BARRED, Also.UNCERTAIN),  # The account is not active.
    176: (Reason.NO_FIRST_CALL, Also.UNCERTAIN),  # Refill denied: first call not done.
    177: (Reason.BARRED, Also.UNCERTAIN),  # Refill denied: not active in its network.
    178: (Reason.LINE_RAN_OUT, Also.UNCERTAIN),  # Refill denied: supervision period over.
    179: (Reason.LINE_RAN_OUT, Also.UNCERTAIN),  # Refill denied: service fee period over.
    999: (Also.UNCERTAIN, Also.UNCERTAIN),  # Other error, no retry.
}

# The responseCode of a read that tells a line's state all the same.
LINE_RESPONSES: dict[int, LineState] = {
    102: LineState.GONE,
    104: LineState.BARRED,
    126: LineState.BARRED,
}

# An XML-RPC faultCode: the node did not come to an answer.
FAULTS: dict[int, Meaning] = {
    1000: Reason.PROVIDER,  # Illegal request message: ours is wrong.
    1001: Reason.PROVIDER,  # Mandatory field missing.
    1002: Reason.PROVIDER,  # Illegal data type.
    1003: Reason.PROVIDER,  # Data out of bounds.
    1004: Reason.PROVIDER,  # Unknown operation.
    1005: Also.UNCERTAIN,  # Internal server error.
    1006: Also.UNCERTAIN,  # Recoverable error: some of it may have been carried out.
    1007: Also.NOT_TAKEN,  # Overload: rejected before it was looked at, for another node to take.
    1008: Also.UNCERTAIN,  # External server error.
}

# An HTTP status without an answer in it. None of these lets a call reach the node's logic.
HTTP_REFUSALS: dict[int, str] = {
    400: "http_400",
    401: "http_401",  # Wrong user or password.
    403: "http_403",  # The protocol version in our User-Agent is not served.
    404: "http_404",
}
