"""What a person is told about their own mistake, in every channel alike."""

from collections.abc import Callable

from topup import advances
from topup.asks import AskedOfOneself, AskedTooOften, LineIsClosed, WantsNoAsks
from topup.auto import CapTooSmall, TooManyAutoTopUps
from topup.errors import RedialError
from topup.limits import AmountNotWhole, AmountTooLarge, AmountTooSmall, LineHasEnough, PayerHasPaidEnough
from topup.money import UnableToReadAmount
from topup.phone import UnableToReadNumber
from topup.vouchers import TooManyAtOnce, UnableToReadPin, VoucherOnItsWay, VouchersLocked, VoucherWasUsed
from topup.wallets import NoWalletHere
from words.text import Text, ToTheCent, say

_SENTENCES: dict[type[RedialError], Callable[[RedialError], Text]] = {
    UnableToReadAmount: lambda error: say("That is not an amount."),
    AmountTooSmall: lambda error: say("The smallest top-up is {smallest}.", smallest=error.facts["smallest"]),
    AmountTooLarge: lambda error: say("The largest top-up is {largest}.", largest=error.facts["largest"]),
    AmountNotWhole: lambda error: say("Please use a multiple of {step}.", step=error.facts["step"]),
    LineHasEnough: lambda error: say("A line may get {largest} a day.", largest=error.facts["largest"]),
    PayerHasPaidEnough: lambda error: say("A payer may pay {largest} a day.", largest=error.facts["largest"]),
    AskedOfOneself: lambda error: say("That is your own number."),
    AskedTooOften: lambda error: say("You have asked others {times} times today.", times=error.facts["times"]),
    WantsNoAsks: lambda error: say("That number wants no messages."),
    LineIsClosed: lambda error: say("The owner of that line lets nobody else top it up."),
    CapTooSmall: lambda error: say("The most a week must be {amount} or more.", amount=error.facts["amount"]),
    TooManyAutoTopUps: lambda error: say("You have {count} auto top-ups already.", count=error.facts["count"]),
    advances.NoAdvancesHere: lambda error: say("There are no advances here."),
    advances.AdvanceUnpaid: lambda error: say("You still owe {owed}; a top-up repays it.", owed=error.facts["owed"]),
    advances.StillUnderWay: lambda error: say("Something for your line is still on its way. Please try later."),
    advances.LineNotSeen: lambda error: say("We cannot see your line just now. Please try later."),
    advances.LineCannotBorrow: lambda error: say("Your line cannot be topped up, so it can have no advance."),
    advances.HasCredit: lambda error: say(
        "Advances are for when you have less than {below}.", below=error.facts["below"]
    ),
    advances.TooFewTopUps: lambda error: say(
        "Top-ups that you still need for an advance: {more}.", more=error.facts["more"]
    ),
    advances.LineTooNew: lambda error: say(
        "You get advances {days} days after your first top-up.", days=error.facts["days"]
    ),
    advances.ToppedUpTooLittle: lambda error: say(
        "Top up {more} more within {days} days to get one.", more=error.facts["more"], days=error.facts["days"]
    ),
    advances.AdvanceTooSmallForLine: lambda error: say(
        "No advance brings your line back: it owes {owed}.", owed=ToTheCent(error.facts["owed"])
    ),
    advances.AdvanceNotOffered: lambda error: say("You cannot have {amount} just now.", amount=error.facts["amount"]),
    UnableToReadNumber: lambda error: say("That is not a phone number."),
    NoWalletHere: lambda error: say("That number has no mobile money that we can ask."),
    UnableToReadPin: lambda error: say("A voucher has 8 to 20 digits."),
    VoucherOnItsWay: lambda error: say("That voucher is being loaded already."),
    VoucherWasUsed: lambda error: say("That voucher has been loaded already."),
    TooManyAtOnce: lambda error: say("Please wait until your other vouchers are loaded."),
    VouchersLocked: lambda error: say(
        "{times} vouchers were wrong today. Try again tomorrow.", times=error.facts["times"]
    ),
}


def sentence_for(error: RedialError) -> Text | None:
    """The sentence for a person's mistake; None when the error is not a person's."""
    explain = _SENTENCES.get(type(error))
    return explain(error) if explain else None


def mistake_in_words(error: RedialError) -> Text:
    """The sentence for what is surely a person's mistake. Raises the error itself when it is not."""
    sentence = sentence_for(error)
    if sentence is None:
        raise error
    return sentence
