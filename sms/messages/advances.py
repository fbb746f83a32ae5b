"""Advances: what is offered, what becomes of one, and of the top-ups that repay it.

What people have asked to read (the terms) takes two segments.
"""

from collections.abc import Sequence

from sms.messages.line_seen import Told, told_of_line
from topup.advances import Lending
from topup.ids import short_reference
from topup.line import Line
from topup.money import Money
from topup.orders import Order
from words.text import AsTyped, Text, ToTheCent, say


def lent(order: Order, *, owed: Money, line: Line, short_code: str) -> Text:
    """The advance is on the line. `owed` is what is to be repaid; `line` is not known when it was not seen active."""
    return Told(
        say(
            "Your advance of {amount} was added. Your next top-up repays {owed}. Dial {code} for your balance.",
            amount=order.amount,
            owed=owed,
            code=short_code,
        ),
        lambda balance: say(
            "Your advance of {amount} was added. Your next top-up repays {owed}. Balance {balance}.",
            amount=order.amount,
            owed=owed,
            balance=balance,
        ),
    ).of(line)


def not_lent(order: Order, *, short_code: str) -> Text:
    """The advance is not on the line, and surely never will be."""
    return say(
        "Sorry, your advance of {amount} could not be added. You owe nothing for it. Dial {code} to try again.",
        amount=order.amount,
        code=short_code,
    )


def checking_advance(order: Order, *, care_number: str) -> Text:
    """Nobody knows whether the line got the advance. A person looks at it."""
    return say(
        "We are checking your advance of {amount}. You only owe it if your line got it. We will send you an SMS. "
        "Help: call {care}, ref {reference}.",
        amount=order.amount,
        care=care_number,
        reference=short_reference(order.id),
    )


def repaid(order: Order, *, repaid: Money, line: Line, short_code: str) -> Text:
    """A top-up that repaid an advance, or some of it, and put the rest on the line."""
    told = _partly_repaid(order, repaid)
    unread = say("{told} Dial {code} for your balance.", told=told, code=short_code)
    return told_of_line(
        line,
        came_back=order.line_was_away,
        back=Told(
            unread, lambda balance: say("{told} Your line is back. Balance {balance}.", told=told, balance=balance)
        ),
        as_before=_with_balance(told, unread=unread),
    )


def repaid_and_line_owes(order: Order, *, repaid: Money, owed: Money, short_code: str) -> Text:
    """The same, when the rest was less than the line itself owes."""
    return say(
        "{told} Your line still owes {owed} and stays suspended. Dial {code} to top up.",
        told=_partly_repaid(order, repaid),
        owed=ToTheCent(owed),
        code=short_code,
    )


def repaid_all(order: Order, *, left: Money) -> Text:
    """A top-up of which an advance took everything. `left` is what is then still to be repaid."""
    if left.minor:
        return say(
            "{amount} received and all of it repaid your advance. You still owe {left}.", amount=order.amount, left=left
        )
    return say("{amount} received and all of it repaid your advance. You owe nothing more.", amount=order.amount)


def repaid_by_another(order: Order, *, by: str, repaid: Money, line: Line) -> Text:
    """To the owner of a line that somebody else topped up. `by` is in the national form."""
    told = say(
        "{by} topped up your line with {amount}, {repaid} of it repaid your advance.",
        by=by,
        amount=order.amount,
        repaid=repaid,
    )
    return _with_balance(told, unread=told).of(line)


def received_for(order: Order, *, line: str) -> Text:
    """To whoever paid for a line that owed an advance, which is not their business. `line` is in the national form."""
    return say("{amount} was received for {line}. Thank you.", amount=order.amount, line=line)


def offered(amounts: Sequence[Money], *, lending: Lending) -> Text:
    """The answer to ADVANCE: what may be borrowed, and what is to be repaid of each."""
    offers = [say("{amount} (repay {owed})", amount=amount, owed=lending.owed_for(amount)) for amount in amounts]
    listed = offers[0]
    for offer in offers[1:]:
        listed = say("{some}, {more}", some=listed, more=offer)
    return say("Send ADVANCE and the amount: {offers}.", offers=listed)


def please_confirm(amount: Money, *, lending: Lending) -> Text:
    """The answer to ADVANCE with an amount: the fee is said before the yes."""
    return say(
        "You get {amount} now, and your next top-ups repay {owed}. To take it send ADVANCE {typed} YES.",
        amount=amount,
        owed=lending.owed_for(amount),
        typed=AsTyped(amount),
    )


def promised(order: Order, *, lending: Lending) -> Text:
    """The advance was agreed to."""
    return say(
        "{amount} is on its way to your line. Your next top-ups repay {owed}.",
        amount=order.amount,
        owed=lending.owed_for(order.amount),
    )


def no_advance(why: Text, *, short_code: str) -> Text:
    """Why there is no advance just now, and what does help."""
    return say("{why} To top up send TOPUP 100, or dial {code}.", why=why, code=short_code)


def debt(owed: Money) -> Text:
    """The answer to DEBT."""
    if owed.minor:
        return say("You owe {owed} for your advance. Your next top-up repays it.", owed=owed)
    return say("You owe nothing for advances.")


def terms(lending: Lending) -> Text:
    """What is agreed to with an advance, in two segments at the most."""
    return say(
        "Advance: you get credit now and pay back the amount and {percent} percent of it, in whole units. "
        "Your next top-ups repay it first, whoever pays them; scratch cards do not. "
        "You can have another when it is repaid. There is no other charge and no last day.",
        percent=lending.fee_percent,
    )


def _with_balance(told: Text, *, unread: Text) -> Told:
    return Told(unread, lambda balance: say("{told} Balance {balance}.", told=told, balance=balance))


def _partly_repaid(order: Order, repaid: Money) -> Text:
    return say("{amount} received, {repaid} of it repaid your advance.", amount=order.amount, repaid=repaid)
