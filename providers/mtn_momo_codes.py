"""What MTN MoMo's codes mean, and what we do about each.

Sources: MTN's developer portal (Collection, Disbursement, their lists of error codes) and what integrators report.
"""

from collections.abc import Mapping

from providers.codes import Also, Meaning
from topup.outcomes import Reason

# `status` of a request to pay and of a refund.
STATUSES: Mapping[str, Meaning] = {
    "SUCCESSFUL": Also.HAPPENED,
    "PENDING": Also.AT_WORK,
    "CREATED": Also.AT_WORK,
    "FAILED": Reason.PROVIDER,  # Surely over; `reason` says why.
    "REJECTED": Reason.CANCELLED,
    "TIMEOUT": Reason.NO_ANSWER,
}

# `reason` of one that has failed. It is over whatever the reason, so one that is not here is still a refusal.
REASONS: Mapping[str, Reason] = {
    "PAYER_NOT_FOUND": Reason.NO_WALLET,
    "NOT_ENOUGH_FUNDS": Reason.NOT_ENOUGH,
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": Reason.NOT_ENOUGH,
    "PAYER_LIMIT_REACHED": Reason.LIMIT,
    "APPROVAL_REJECTED": Reason.CANCELLED,  # The payer said no, or gave a wrong PIN: it is not told which.
    "PAYMENT_NOT_APPROVED": Reason.CANCELLED,
    "TRANSACTION_CANCELED": Reason.CANCELLED,
    "EXPIRED": Reason.NO_ANSWER,
    "COULD_NOT_PERFORM_TRANSACTION": Reason.NO_ANSWER,  # The payer did not approve it within some minutes.
    "PAYEE_NOT_FOUND": Reason.PROVIDER,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": Reason.PROVIDER,
    "SENDER_ACCOUNT_NOT_ACTIVE": Reason.PROVIDER,
    "NOT_ALLOWED": Reason.PROVIDER,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": Reason.PROVIDER,
    "INVALID_CURRENCY": Reason.PROVIDER,
    "INVALID_CALLBACK_URL_HOST": Reason.PROVIDER,
    "SERVICE_UNAVAILABLE": Reason.PROVIDER,
    "INTERNAL_PROCESSING_ERROR": Reason.PROVIDER,
}

# `code` of a request that is answered with an error, whatever its HTTP status: MTN answers mistakes of ours with 500.
REQUEST_ERRORS: Mapping[str, Meaning] = {
    "RESOURCE_ALREADY_EXIST": Also.TAKEN,  # The same X-Reference-Id has landed before: it is ours.
    "PAYER_NOT_FOUND": Reason.NO_WALLET,
    "PAYEE_NOT_FOUND": Reason.PROVIDER,
    "NOT_ALLOWED": Reason.PROVIDER,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": Reason.PROVIDER,
    "INVALID_CURRENCY": Reason.PROVIDER,
    "INVALID_CALLBACK_URL_HOST": Reason.PROVIDER,
    "REQUEST_REJECTED": Reason.PROVIDER,
    "ACCESS_DENIED": Reason.PROVIDER,
    "FORBIDDEN_IP": Reason.PROVIDER,
    "SERVICE_UNAVAILABLE": Also.UNCERTAIN,
    "INTERNAL_PROCESSING_ERROR": Also.UNCERTAIN,
}

# Where no code is given, or none that is known. Of the 4xx, these do not say that nothing was begun.
_BY_STATUS: Mapping[int, Meaning] = {
    401: Also.TOKEN,
    408: Also.UNCERTAIN,
    409: Also.TAKEN,
    429: Also.NOT_TAKEN,  # Turned away by the API gateway, before MoMo.
}


def request_error(*, status: int, code: str) -> Meaning:
    """What an error in place of an acknowledgement means, by HTTP status and `code` (empty when there is none)."""
    meaning = REQUEST_ERRORS.get(code) or _BY_STATUS.get(status)
    return meaning or (Reason.PROVIDER if 400 <= status < 500 else Also.UNCERTAIN)


def refusal_reason(*, status: str, reason: str) -> Reason:
    """Why a request ended without success, by its `status` and `reason`."""
    by_status = STATUSES.get(status)
    return REASONS.get(reason) or (by_status if isinstance(by_status, Reason) else Reason.PROVIDER)
