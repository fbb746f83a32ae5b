"""What Daraja's codes mean, and what we do about each.

Sources: Safaricom's developer portal (M-PESA Express, M-PESA Express Query, Reversals) and what integrators
report. The portal's lists are neither whole nor kept up to date, so a code that is not here is never taken
for a refusal.
"""

from dataclasses import dataclass

from providers.codes import Also, Meaning
from topup.outcomes import Reason

# The end of a prompt (STK push), in its callback and in the answer to a query: ResultCode.
PROMPT_RESULTS: dict[str, Meaning] = {
    "0": Also.HAPPENED,
    "1": Reason.NOT_ENOUGH,  # The balance is insufficient for the transaction.
    "17": Reason.LIMIT,  # Declined by a limit rule of the wallet.
    "26": Reason.PROVIDER,  # M-PESA turned the transaction away: too much traffic.
    "1001": Reason.BUSY,  # Unable to lock the subscriber: the phone is in another session.
    "1019": Reason.NO_ANSWER,  # The transaction expired before the payer answered.
    "1025": Reason.PROVIDER,  # The prompt could not be sent.
    "1032": Reason.CANCELLED,  # Cancelled by the payer.
    "1037": Reason.NO_ANSWER,  # The phone could not be reached, or nobody answered in time.
    "2001": Reason.WRONG_PIN,
    "4999": Also.AT_WORK,  # The transaction is still under processing.
    "9999": Reason.PROVIDER,  # The prompt could not be sent.
}

# The end of a reversal, in its result callback: ResultCode.
REVERSAL_RESULTS: dict[str, Meaning] = {
    "0": Also.HAPPENED,
    "R000001": Also.HAPPENED,  # Already reversed: a receipt is reversed once and whole, so the payer has it back.
    "R000002": Reason.PROVIDER,  # There is no such receipt.
    "1": Reason.PROVIDER,  # Our own account holds too little.
    "11": Reason.PROVIDER,  # Our account is in a state that does not allow it.
    "21": Reason.PROVIDER,  # The initiator may not do this.
    "2001": Reason.PROVIDER,  # The initiator's credentials are wrong.
    "2006": Reason.PROVIDER,  # The account that should pay is not active.
    "2028": Reason.PROVIDER,  # This short code may not reverse.
    "8006": Reason.PROVIDER,  # The initiator's credential is locked.
}


@dataclass(frozen=True, slots=True)
class RequestError:
    """One way in which a request is answered with an error: its errorCode, and what its errorMessage says."""

    code: str
    says: str  # In lower case; empty when the code alone decides.
    meaning: Meaning


# An error in place of an acknowledgement: errorCode and errorMessage. The first that fits decides.
# 500.001.1001 stands for half a dozen different things, which only its words tell apart.
REQUEST_ERRORS: tuple[RequestError, ...] = (
    RequestError("400.002.02", "phonenumber", Reason.NO_WALLET),  # Bad Request - Invalid PhoneNumber.
    RequestError("400.002.02", "partya", Reason.NO_WALLET),
    RequestError("400.002.02", "", Reason.PROVIDER),  # Bad Request - Invalid (another field).
    RequestError("400.002.05", "", Reason.PROVIDER),  # Invalid request payload.
    RequestError("400.003.01", "", Also.TOKEN),  # Invalid access token.
    RequestError("401.002.01", "", Also.TOKEN),
    RequestError("401.003.01", "", Also.TOKEN),
    RequestError("404.001.03", "", Also.TOKEN),
    RequestError("404.001.01", "", Reason.PROVIDER),  # No such resource.
    RequestError("500.001.1001", "unable to lock subscriber", Reason.BUSY),  # Another transaction is in process.
    RequestError("500.001.1001", "merchant does not exist", Reason.PROVIDER),
    RequestError("500.001.1001", "wrong credentials", Reason.PROVIDER),
    RequestError("500.001.1001", "initiator information", Reason.PROVIDER),  # The initiator's credentials are wrong.
    RequestError("500.001.1001", "", Also.UNCERTAIN),
    RequestError("500.003.02", "", Also.NOT_TAKEN),  # Spike arrest, by the gateway before M-PESA.
    RequestError("500.003.03", "", Also.NOT_TAKEN),  # Quota violation, likewise.
    RequestError("429.001.01", "", Also.NOT_TAKEN),
)


def request_error(*, status: int, code: str, message: str) -> Meaning:
    """What an error in place of an acknowledgement means, by HTTP status, `errorCode` and `errorMessage`."""
    for row in REQUEST_ERRORS:
        if row.code == code and row.says in message.lower():
            return row.meaning
    return _BY_STATUS.get(status, Reason.PROVIDER if 400 <= status < 500 else Also.UNCERTAIN)


# Where no row fits. Of the 4xx, these do not say that nothing was begun.
_BY_STATUS: dict[int, Meaning] = {
    401: Also.TOKEN,
    408: Also.UNCERTAIN,
    409: Also.UNCERTAIN,
    429: Also.NOT_TAKEN,
}
