"""What smsbox answers to sendsms, and what we do about each.

Source: Kannel 1.4 User's Guide, "Using the HTTP interface to send SMS messages"; the wording is that of 1.4.5.
"""

from providers.codes import Also, Meaning
from topup.outcomes import Reason

# An HTTP status and how the text begins. One status alone does not say it: a proxy before smsbox answers 503 too, and
# then nobody knows what smsbox did.
REPLIES: dict[tuple[int, str], Meaning] = {
    (202, "0: Accepted for delivery"): Also.TAKEN,
    (202, "3: Queued for later delivery"): Also.TAKEN,  # No SMSC is connected now; bearerbox keeps it until one is.
    (202, "Sent."): Also.TAKEN,  # With immediate-sendsms-reply: smsbox has it, bearerbox perhaps not yet.
    (400, "Number(s) has/have been denied"): Reason.BARRED,  # By their white-list, black-list or sendsms-chars.
    (403, "Not routable. Do not try again."): Reason.PROVIDER,  # No SMSC of theirs serves this number or smsc-id.
    # KANNEL_USERNAME, KANNEL_PASSWORD or user-allow-ip; but an smsbox that starts knows no user yet and says so too.
    (403, "Authorization failed for sendsms"): Also.NOT_TAKEN,
    (500, "Sending failed."): Also.UNCERTAIN,
    (503, "Temporal failure, try again later."): Also.NOT_TAKEN,  # bearerbox is full, suspended or shutting down.
}

# What else is wrong with a request is said in many words, and will not mend by itself. What is not here is uncertain.
HTTP_STATUSES: dict[int, Meaning] = {
    400: Reason.PROVIDER,
    401: Reason.PROVIDER,
    403: Reason.PROVIDER,
    404: Reason.PROVIDER,  # KANNEL_URL is not the address of sendsms.
    405: Reason.PROVIDER,
    413: Reason.PROVIDER,
    415: Reason.PROVIDER,
}


def meaning_of(*, status: int, text: str) -> Meaning:
    """What an answer of smsbox means. `text` is its body."""
    said = (meaning for (code, begins), meaning in REPLIES.items() if code == status and text.startswith(begins))
    return next(said, HTTP_STATUSES.get(status, Also.UNCERTAIN))
