"""1: the yes, by SMS, to a top-up whose call dropped before it.

The order is that of the call: its id is minted from the call's own session. So it is placed once, whether the yes comes
by SMS, twice by SMS, or was pressed in the call after all.
"""

from sms import keywords
from sms.messages import ordering
from sms.writer import INSTRUCTIONS, Acted, Writer
from topup.errors import RedialError
from topup.limits import SameAgain
from words.accounts import top_up_in_words
from words.mistakes import sentence_for


def go_on(writer: Writer, _: keywords.GoOn) -> Acted:
    """Place the top-up of the call that dropped, if the writer was reminded of one."""
    unfinished, desk = writer.unfinished, writer.desk
    if unfinished is None:
        return INSTRUCTIONS, ordering.nothing_to_go_on_with(short_code=desk.short_code)
    wanted = unfinished.wanted()
    channel, conversation = wanted.channel, wanted.conversation
    if desk.placed_in(channel=channel, conversation=conversation, asked_by=wanted.asked_by) is not None:
        return "status", top_up_in_words(writer.caller.recent[0])
    line = None if wanted.line is None else writer.shown(wanted.line)
    payer = None if wanted.payer == writer.msisdn else writer.shown(wanted.payer)
    try:
        order = desk.place_in(writer.connection, wanted)
    except SameAgain as error:
        return "top_up_again", ordering.ordered_just_now(error.facts["amount"], payer=payer, line=line)
    except RedialError as error:
        if (why := sentence_for(error)) is None:
            raise
        return "top_up_refused", ordering.mistaken(why, short_code=desk.short_code)
    return "top_up_taken", ordering.asked_to_pay(order, payer=writer.shown(order.payer))
