"""ADVANCE, DEBT and TERMS: credit for the writer's line that is paid for later."""

from sms.advance_grammar import Advance, Debt, Terms
from sms.messages import advances as messages
from sms.writer import Acted, Writer
from topup.advances import NoAdvancesHere
from topup.errors import RedialError
from topup.kinds import Kind
from topup.money import Money, read_amount
from topup.orders import Wanted
from words.mistakes import mistake_in_words, sentence_for
from words.text import Text


def advance(writer: Writer, command: Advance) -> Acted:
    """Say what may be borrowed; say what an amount costs; or, when that is agreed to, lend it."""
    try:
        return _advance(writer, command)
    except RedialError as error:
        if (why := sentence_for(error)) is None:
            raise
        return "advance_refused", messages.no_advance(why, short_code=writer.desk.short_code)


def debt(writer: Writer, _: Debt) -> Acted:
    """What the writer's line owes."""
    history = writer.caller.history
    return "debt", messages.debt(history.owed) if history else _none_here(writer)


def terms(writer: Writer, _: Terms) -> Acted:
    """What is agreed to with an advance."""
    lending = writer.desk.lending
    return "advance_terms", messages.terms(lending) if lending else _none_here(writer)


def _advance(writer: Writer, command: Advance) -> Acted:
    lending = writer.desk.lending
    history = writer.caller.history
    if lending is None or history is None:
        raise NoAdvancesHere()
    if command.amount is None:
        offers = lending.offers(line=writer.line, history=history)
        return "advance_offered", messages.offered(offers, lending=lending)
    amount = lending.check(
        read_amount(command.amount, currency=writer.desk.currency), line=writer.line, history=history
    )
    if not command.yes:
        return "advance_costs", messages.please_confirm(amount, lending=lending)
    order = writer.desk.place_in(writer.connection, _wanted(writer, amount))
    return "advance_promised", messages.promised(order, lending=lending)


def _wanted(writer: Writer, amount: Money) -> Wanted:
    return Wanted(
        channel=writer.letter.channel,
        conversation=writer.letter.id,
        asked_by=writer.msisdn,
        payer=writer.msisdn,
        amount=amount,
        language=writer.language,
        line_was=writer.line.state,
        kind=Kind.ADVANCE,
        line_seen=writer.line,
    )


def _none_here(writer: Writer) -> Text:
    return messages.no_advance(mistake_in_words(NoAdvancesHere()), short_code=writer.desk.short_code)
