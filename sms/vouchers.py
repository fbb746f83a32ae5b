"""VOUCHER: loading a voucher by text."""

from sms import keywords
from sms.messages import vouchers as messages
from sms.ordering import beyond_help
from sms.writer import Acted, Writer
from topup.errors import RedialError
from topup.kinds import Kind
from topup.money import Money
from topup.orders import Wanted
from topup.phone import read_msisdn
from topup.vouchers import Pin, read_pin
from words.mistakes import sentence_for


def load(writer: Writer, command: keywords.Voucher) -> Acted:
    """Load a voucher on the writer's line, or on another."""
    if command.digits is None:
        return "voucher_how", messages.how_to_load()
    try:
        pin = read_pin(command.digits)
        line = read_msisdn(command.line, country=writer.desk.country) if command.line else None
        if writer.line.is_beyond_help:
            return "voucher_refused", beyond_help(writer, line)
        order = writer.desk.place_in(writer.connection, _wanted(writer, pin, line))
    except RedialError as error:
        if (why := sentence_for(error)) is None:
            raise
        return "voucher_refused", messages.not_taken(why, short_code=writer.desk.short_code)
    other = writer.shown(order.line) if order.is_for_another else None
    return "voucher_taken", messages.loading(pin, line=other)


def _wanted(writer: Writer, pin: Pin, line: str | None) -> Wanted:
    return Wanted(
        channel=writer.letter.channel,
        conversation=writer.letter.id,
        asked_by=writer.msisdn,
        payer=writer.msisdn,
        amount=Money(0, writer.desk.currency),
        language=writer.language,
        line_was=writer.line.state,
        kind=Kind.VOUCHER,
        line=line,
        pin=pin,
    )
