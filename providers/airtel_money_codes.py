"""What Airtel Money's codes mean, and what we do about each.

Sources: Airtel's developer portal (Collection, its response and error codes) and what integrators report. Of several
codes the portal says that only an enquiry tells the end; those, and every code that is not here, are never taken for a
refusal.
"""

from collections.abc import Mapping

from providers.codes import Also, Meaning
from topup.outcomes import Reason

# `status.response_code`: of a payment that was asked for, and of the answer to an enquiry.
RESPONSE_CODES: Mapping[str, Meaning] = {
    "DP00800001000": Also.UNCERTAIN,  # Ambiguous: still processing.
    "DP00800001001": Also.HAPPENED,
    "DP00800001002": Reason.WRONG_PIN,
    "DP00800001003": Reason.LIMIT,  # Over what the wallet may pay.
    "DP00800001004": Reason.LIMIT,  # Under the least that a wallet may pay.
    "DP00800001005": Reason.NO_ANSWER,  # The payer gave no PIN.
    "DP00800001006": Also.TAKEN,  # In process: the payer is being asked. It comes with HTTP 200 and is no payment.
    "DP00800001007": Reason.NOT_ENOUGH,
    "DP00800001008": Reason.CANCELLED,  # Refused.
    "DP00800001009": Reason.PROVIDER,  # Do not honor: a refusal without a cause.
    "DP00800001010": Reason.NO_WALLET,  # The party is barred, or not registered with Airtel Money.
    "DP00800001024": Also.UNCERTAIN,  # Timed out between their systems.
    "DP00800001025": Also.UNCERTAIN,  # Not found, which is said of what has not arrived yet as well.
    "DP00800001026": Reason.PROVIDER,  # The signature does not fit the body.
    "DP00800001029": Reason.NO_ANSWER,  # Expired.
}

# `status.result_code`, where there is no response code: of a request that came no further than Airtel's front door, and
# of a refund.
RESULT_CODES: Mapping[str, Meaning] = {
    "ESB000001": Also.UNCERTAIN,  # Something went wrong.
    "ESB000004": Also.UNCERTAIN,  # Something went wrong while the payment was begun.
    "ESB000008": Reason.PROVIDER,  # A field is not valid.
    "ESB000010": Also.HAPPENED,
    "ESB000011": Reason.PROVIDER,  # Failed.
    "ESB000014": Also.UNCERTAIN,  # Something went wrong while the state was fetched.
    "ESB000033": Reason.NO_WALLET,  # The number is too long or too short.
    "ESB000034": Reason.PROVIDER,  # No such country.
    "ESB000035": Reason.PROVIDER,  # No such currency.
    "ESB000036": Reason.NO_WALLET,  # The number is not written as they write one.
    "ESB000039": Reason.PROVIDER,  # We are not set up for this country.
    "ESB000041": Also.TAKEN,  # The same transaction id has landed before: it is ours.
    "ESB000045": Also.UNCERTAIN,  # No transaction has this id.
    "0000900": Also.UNCERTAIN,  # Ambiguous.
}

# `data.transaction.status` of the answer to an enquiry.
STATUSES: Mapping[str, Meaning] = {
    "TS": Also.HAPPENED,
    "TF": Reason.PROVIDER,  # Failed; the response code says why.
    "TE": Reason.NO_ANSWER,  # Expired.
    "TIP": Also.AT_WORK,
    "TA": Also.UNCERTAIN,  # Ambiguous.
}

# Where no code is given, or none that is known. Of the 4xx, these do not say that nothing was begun.
_BY_STATUS: Mapping[int, Meaning] = {
    401: Also.TOKEN,
    408: Also.UNCERTAIN,
    409: Also.UNCERTAIN,
    429: Also.NOT_TAKEN,  # Turned away by the API gateway, before Airtel Money.
}


def request_meaning(*, status: int, response_code: str, result_code: str) -> Meaning:
    """What the answer to a request means, by HTTP status and its codes (empty where there are none).

    A success is believed of HTTP 2xx only.
    """
    meaning = RESPONSE_CODES.get(response_code) or RESULT_CODES.get(result_code) or _BY_STATUS.get(status)
    if meaning is None:
        meaning = Reason.PROVIDER if 400 <= status < 500 else Also.UNCERTAIN
    is_good = meaning in (Also.HAPPENED, Also.TAKEN) and result_code != "ESB000041"
    return Also.UNCERTAIN if is_good and not 200 <= status < 300 else meaning


def refusal_reason(*, status: str, response_code: str) -> Reason:
    """Why a payment of this final `status` (TF, TE) was not made, by its response code where that tells."""
    for meaning in (RESPONSE_CODES.get(response_code), STATUSES.get(status)):
        if isinstance(meaning, Reason):
            return meaning
    return Reason.PROVIDER
