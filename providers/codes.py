"""What the codes of any provider can mean. Each provider's own stand in a table of these: `<provider>_codes.py`."""

from enum import Enum, auto

from topup.outcomes import NotSent, Reason, Refused, Unknown


class Also(Enum):
    """What a code can mean besides a refusal with a Reason."""

    HAPPENED = auto()  # It surely happened.
    TAKEN = auto()  # It was taken on, and its end will be told later.
    AT_WORK = auto()  # It is still being worked at.
    NOT_TAKEN = auto()  # Turned away at the door: nothing was begun, and the same may be tried again.
    TOKEN = auto()  # The access token is no longer good: nothing was begun.
    UNCERTAIN = auto()  # Nobody knows. What stands in no table means this too.


Meaning = Reason | Also


def without_success(meaning: Meaning, *, code: str, says: str = "") -> Refused | NotSent | Unknown:
    """The outcome of a call whose `code` means anything but success. `says` is the provider's own sentence."""
    if isinstance(meaning, Reason):
        return Refused(meaning, code, {"says": says} if says else {})
    words = f"{code} {says}".rstrip()
    return NotSent(f"turned away: {words}") if meaning is Also.NOT_TAKEN else Unknown(f"answered {words}")
