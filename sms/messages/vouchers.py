"""What becomes of a voucher: to whoever sent it, and to the owner of another line on which it was loaded."""

from collections.abc import Mapping

from sms.messages.line_seen import Told, told_of_line
from topup.line import Line
from topup.money import Money
from topup.outcomes import Reason
from topup.vouchers import Pin
from words.agreeing import loading_voucher
from words.text import Text, ToTheCent, say


def loading(pin: Pin, *, line: str | None) -> Text:
    """The answer to VOUCHER. `line`: another than the sender's own, in the national form."""
    return loading_voucher(pin.tail, line=line)


def how_to_load() -> Text:
    """The answer to VOUCHER without a number."""
    return say("Send VOUCHER and the digits of the voucher. For another line: VOUCHER, the digits, FOR 0711000003.")


def not_taken(why: Text, *, short_code: str) -> Text:
    """What was wrong with a voucher by SMS."""
    return say("{why} Nothing was loaded. You can also dial {code}.", why=why, code=short_code)


def loaded(worth: Money | None, *, came_back: bool, line: Line) -> Text:
    """The voucher is on the reader's own line, which is active. `worth` is absent where nobody told it."""
    added = _added(worth)
    return told_of_line(
        line,
        came_back=came_back,
        back=Told(
            say("{added} Your line is back.", added=added),
            lambda balance: say("{added} Your line is back. Balance {balance}.", added=added, balance=balance),
        ),
        as_before=_with_balance(added),
    )


def loaded_not_back(worth: Money | None, *, owed: Money | None, short_code: str) -> Text:
    """The voucher is on the reader's own line. The debt was paid first, and there may be more of it."""
    added = _added(worth)
    if owed is not None:
        return say(
            "{added} You still owe {owed}, so your line stays suspended. Dial {code} to top up.",
            added=added,
            owed=ToTheCent(owed),
            code=short_code,
        )
    return say(
        "{added} Your line may take some minutes to come back. Dial {code} for your balance.",
        added=added,
        code=short_code,
    )


def loaded_for_another(worth: Money | None, *, line: str) -> Text:
    """The voucher is on another line, which is in the national form."""
    if worth is None:
        return say("Your voucher was added to {line}.", line=line)
    return say("{amount} from your voucher was added to {line}.", amount=worth, line=line)


def loaded_by_another(worth: Money | None, *, by: str, line: Line) -> Text:
    """To the owner of a line on which somebody else has loaded a voucher. `by` is in the national form."""
    added = (
        say("{by} loaded a voucher on your line.", by=by)
        if worth is None
        else say("{by} loaded a voucher of {amount} on your line.", by=by, amount=worth)
    )
    return _with_balance(added).of(line)


def not_loaded(tail: str, *, reason: Reason | None, short_code: str) -> Text:
    """The voucher was not used, and why."""
    why = _NOT_LOADED.get(reason, _OUR_FAULT) if reason else _OUR_FAULT
    return say("Voucher ...{tail} was not loaded. {why} Dial {code} to try again.", tail=tail, why=why, code=short_code)


def checked_not_loaded(tail: str, *, short_code: str) -> Text:
    """A person has found out that the voucher was not used."""
    return say(
        "We have checked your voucher ...{tail}: it was not loaded. Dial {code} to try again.",
        tail=tail,
        code=short_code,
    )


def checking(tail: str, *, care_number: str, reference: str) -> Text:
    """Nobody knows yet whether the voucher was used."""
    return say(
        "We are checking your voucher ...{tail}. Please keep it. We will send you an SMS. "
        "Help: call {care}, ref {reference}.",
        tail=tail,
        care=care_number,
        reference=reference,
    )


def waiting(tail: str, *, line: str | None, care_number: str, reference: str) -> Text:
    """It has not been loaded for a while. `line`: another than the reader's own, in the national form."""
    if line is not None:
        return say(
            "Loading your voucher ...{tail} on {line} takes longer than usual. "
            "Please keep it and wait: we will send you an SMS. Help: call {care}, ref {reference}.",
            tail=tail,
            line=line,
            care=care_number,
            reference=reference,
        )
    return say(
        "Loading your voucher ...{tail} takes longer than usual. "
        "Please keep it and wait: we will send you an SMS. Help: call {care}, ref {reference}.",
        tail=tail,
        care=care_number,
        reference=reference,
    )


def _with_balance(added: Text) -> Told:
    return Told(added, lambda balance: say("{added} Balance {balance}.", added=added, balance=balance))


def _added(worth: Money | None) -> Text:
    if worth is None:
        return say("Your voucher was added.")
    return say("{amount} from your voucher was added.", amount=worth)


_NOT_LOADED: Mapping[Reason, Text] = {
    Reason.NO_VOUCHER: say("There is no such voucher: please look at its digits again."),
    Reason.VOUCHER_USED: say("This line has had it already."),
    Reason.VOUCHER_OF_ANOTHER: say("Another line has had it already."),
    Reason.VOUCHER_NOT_ON_SALE: say("It may not be sold yet: ask in the shop."),
    Reason.VOUCHER_EXPIRED: say("Its time is over: ask in the shop."),
    Reason.VOUCHER_STOLEN: say("It was reported as stolen: ask in the shop."),
    Reason.VOUCHER_DAMAGED: say("It was reported as damaged: ask in the shop."),
    Reason.VOUCHER_BUSY: say("It is just being used somewhere else."),
    Reason.VOUCHER_NOT_FOR_LINE: say("It is not for lines of this kind."),
    Reason.NO_MORE_VOUCHERS: say("Too many were wrong, so the operator takes none for this line."),
    Reason.BARRED: say("The line is blocked by the operator."),
    Reason.GONE: say("The operator does not know this line."),
    Reason.LIMIT: say("The line would hold more than it may."),
    Reason.NO_FIRST_CALL: say("Please make a first call from the line before."),
    Reason.LINE_RAN_OUT: say("The time of the line is over: ask the operator."),
}
_OUR_FAULT = say("Sorry, the operator cannot be reached just now.")
