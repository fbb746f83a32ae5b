"""What Africa's Talking's codes and words mean, and what we do about each.

Sources: developers.africastalking.com (SMS and Airtime, "Responses" and "Notifications") and its SDKs.
"""

from providers.codes import Also, Meaning
from topup.outcomes import Reason

# statusCode of a recipient in the reply to a message.
SMS_STATUSES: dict[int, Meaning] = {
    100: Also.TAKEN,  # Processed
    101: Also.TAKEN,  # Sent
    102: Also.TAKEN,  # Queued
    401: Reason.PROVIDER,  # RiskHold
    402: Reason.PROVIDER,  # InvalidSenderId
    403: Reason.GONE,  # InvalidPhoneNumber
    404: Reason.GONE,  # UnsupportedNumberType
    405: Reason.PROVIDER,  # InsufficientBalance: ours.
    406: Reason.BARRED,  # UserInBlacklist: the person opted out.
    407: Reason.PROVIDER,  # CouldNotRoute
    409: Reason.BARRED,  # DoNotDisturbRejection
    500: Also.UNCERTAIN,  # InternalServerError
    501: Also.UNCERTAIN,  # GatewayError
    502: Reason.PROVIDER,  # RejectedByGateway
}

# `status` of a recipient in the reply to an airtime request. None of these says that the airtime arrived.
AIRTIME_STATUSES: dict[str, Meaning] = {
    "Sent": Also.TAKEN,
    "Queued": Also.TAKEN,
    "Success": Also.TAKEN,
    "Failed": Reason.PROVIDER,
    "InvalidPhoneNumber": Reason.GONE,
    "InvalidRequest": Reason.PROVIDER,
    "NotSupported": Reason.GONE,
    "InsufficientBalance": Reason.PROVIDER,
}

# `errorMessage` of an airtime request or recipient, by words that it holds in lower case; the first that fits decides.
AIRTIME_ERRORS: dict[str, Meaning] = {
    # Two equal requests within five minutes. We sent one: the first copy may be ours, repeated on its way.
    "duplicate": Also.UNCERTAIN,
    "insufficient": Reason.PROVIDER,  # Our account holds too little.
    "phone": Reason.GONE,  # Invalid phone number, unsupported phone number.
    "out of bounds": Reason.LIMIT,  # Value Out Of Bounds
    "amount": Reason.LIMIT,
}


def airtime_error(words: str, *, otherwise: Meaning) -> Meaning:
    """What an `errorMessage` means; `otherwise` when no row of AIRTIME_ERRORS fits."""
    fitting = (meaning for part, meaning in AIRTIME_ERRORS.items() if part in words.lower())
    return next(fitting, otherwise)


# `status` of an airtime transaction in a notification or when it is looked up. Failed is final: their tries are over.
AIRTIME_ENDS: dict[str, bool] = {"Success": True, "Failed": False}
AIRTIME_AT_WORK = frozenset({"Sent", "Queued", "Pending", "PendingConfirmation"})

# An HTTP status other than 2xx. What is not here is uncertain.
HTTP_STATUSES: dict[int, Meaning] = {
    400: Reason.PROVIDER,
    401: Reason.PROVIDER,  # The API key is not good for this user name.
    403: Reason.PROVIDER,
    404: Reason.PROVIDER,
    405: Reason.PROVIDER,
    415: Reason.PROVIDER,
    422: Reason.PROVIDER,
    429: Also.NOT_TAKEN,
}
