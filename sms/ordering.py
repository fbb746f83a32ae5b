"""TOPUP, ASK, YES and NO: ordering a top-up, and answering whoever asks us to pay for theirs."""

from sms import keywords
from sms.messages import asks, ordering, other_lines
from sms.writer import INSTRUCTIONS, Acted, Writer
from topup.asks import NothingAsked, WhichAsk
from topup.errors import RedialError
from topup.kinds import Kind
from topup.limits import LineHasEnough, PayerHasPaidEnough, SameAgain
from topup.money import Money, read_amount
from topup.orders import Wanted
from topup.phone import read_msisdn
from words.mistakes import mistake_in_words, sentence_for
from words.text import Text


def top_up(writer: Writer, command: keywords.TopUp) -> Acted:
    """Take a top-up of the writer's line, or of another."""
    if command.amount is None:
        return "top_up_how", ordering.top_up_instructions()
    return _order(writer, command, command.amount, Kind.TOPUP, line=command.line)


def ask(writer: Writer, command: keywords.Ask) -> Acted:
    """Ask somebody to pay for the writer's line."""
    if command.amount is None or command.payer is None:
        return "ask_how", asks.ask_instructions()
    return _order(writer, command, command.amount, Kind.ASK, line=None)


def answer_ask(writer: Writer, command: keywords.Yes | keywords.No) -> Acted:
    """Pay for whoever asked, or do not.

    A yes is put off while the payer's wallet does not answer: a charge is tried for a minute only, and the order would
    end unpaid, where the ask has an hour.
    """
    yes, code = isinstance(command, keywords.Yes), writer.desk.short_code
    try:
        ask = writer.desk.asked_of(writer.connection, writer.msisdn, code=command.code)
        if yes and ask.order.payment_provider in writer.down:
            return "wallet_down", asks.wallet_down_to_accept(ask.order, code=ask.code)
        order = writer.desk.answer_ask(writer.connection, writer.msisdn, code=ask.code, yes=yes)
    except NothingAsked:
        return INSTRUCTIONS, asks.nothing_asked(short_code=code)
    except WhichAsk as error:
        return "which_ask", asks.which_ask(error.facts["codes"])
    except (LineHasEnough, PayerHasPaidEnough) as error:
        return "top_up_refused", ordering.mistaken(mistake_in_words(error), short_code=code)
    if yes:
        return "ask_accepted", asks.accepted(order)
    return "ask_declined", asks.said_no(order, asked_by=writer.shown(order.asked_by))


def _order(
    writer: Writer, command: keywords.TopUp | keywords.Ask, amount: str, kind: Kind, *, line: str | None
) -> Acted:
    try:
        wanted = _wanted(writer, command, amount, kind, line=line)
        if writer.line.is_beyond_help:
            return "top_up_refused", beyond_help(writer, wanted.line)
        wallet = writer.desk.wallet_of(wanted.payer)
        if wallet.provider in writer.down and not command.again:
            return "wallet_down", _wallet_down(command, wallet.name, wanted.amount, line=line)
        order = writer.desk.place_in(writer.connection, wanted)
    except SameAgain as error:
        return "top_up_again", _again(command, error, line=line)
    except RedialError as error:
        if (why := sentence_for(error)) is None:
            raise
        return "top_up_refused", ordering.mistaken(why, short_code=writer.desk.short_code)
    payer = writer.shown(order.payer)
    if kind is Kind.ASK:
        return "asked", asks.asked(order, payer=payer)
    return "top_up_taken", ordering.asked_to_pay(order, payer=payer)


def _wanted(
    writer: Writer, command: keywords.TopUp | keywords.Ask, amount: str, kind: Kind, *, line: str | None
) -> Wanted:
    desk = writer.desk
    return Wanted(
        channel=writer.letter.channel,
        conversation=writer.letter.id,
        asked_by=writer.msisdn,
        amount=desk.limits.check(read_amount(amount, currency=desk.currency)),
        payer=read_msisdn(command.payer, country=desk.country) if command.payer else writer.msisdn,
        line=read_msisdn(line, country=desk.country) if line else None,
        language=writer.language,
        line_was=writer.line.state,
        kind=kind,
        again=command.again,
    )


def beyond_help(writer: Writer, line: str | None) -> Text:
    """What is said of a line that no top-up brings back: another than the writer's own when `line` names it."""
    if line is None or line == writer.msisdn:
        return writer.line_state()
    return other_lines.line_beyond_help(line=writer.shown(line), care_number=writer.desk.care_number)


def _wallet_down(command: keywords.TopUp | keywords.Ask, wallet: str, amount: Money, *, line: str | None) -> Text:
    """Who else can pay, and how to say that it is to be tried: the command as it was written, and AGAIN."""
    if isinstance(command, keywords.Ask):
        return ordering.wallet_down_to_ask(wallet, amount, payer=command.payer or "")
    return ordering.wallet_down(wallet, amount, payer=command.payer, line=line)


def _again(command: keywords.TopUp | keywords.Ask, error: SameAgain, *, line: str | None) -> Text:
    """How to say that twice is meant: the command as it was written, and AGAIN."""
    amount: Money = error.facts["amount"]
    if isinstance(command, keywords.Ask):
        return asks.asked_just_now(amount, payer=command.payer or "")
    return ordering.ordered_just_now(amount, payer=command.payer, line=line)
