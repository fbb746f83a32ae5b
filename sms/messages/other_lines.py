"""A line that somebody else tops up: what its owner is told, and whoever does it; and how an owner ends that."""

from sms.messages.line_seen import Told
from topup.line import Line
from topup.orders import Order
from words.text import Text, say


def topped_up_by_another(order: Order, *, by: str, line: Line) -> Text:
    """To the owner of a line that somebody else topped up. `by` is in the national form."""
    amount = order.amount
    return Told(
        say("{by} topped up your line with {amount}.", by=by, amount=amount),
        lambda balance: say(
            "{by} topped up your line with {amount}. Balance {balance}.", by=by, amount=amount, balance=balance
        ),
    ).of(line)


def other_line_topped_up(order: Order, *, line: str) -> Text:
    """To whoever topped up a line that is not their own. `line` is in the national form."""
    return say("{amount} was added to {line}. Thank you.", amount=order.amount, line=line)


def line_beyond_help(*, line: str, care_number: str) -> Text:
    """To somebody who wants to top up a line that no top-up brings back. `line` is in the national form."""
    return say("{line} cannot be topped up. Nothing was taken. Help: call {care}.", line=line, care=care_number)


def line_closed() -> Text:
    """The answer to BLOCK."""
    return say("From now on nobody else can top up your line. Send UNBLOCK to change this.")


def line_opened() -> Text:
    """The answer to UNBLOCK."""
    return say("Others can top up your line again. Send BLOCK to change this.")
