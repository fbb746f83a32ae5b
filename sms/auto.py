"""AUTO and STOPAUTO: agreeing to be asked by oneself's own standing order, and ending it."""

from sms.auto_grammar import Auto, StopAuto
from sms.messages import auto as messages
from sms.writer import Acted, Writer
from store import auto
from topup.auto import Terms, When
from topup.errors import RedialError
from topup.money import Money, read_amount
from topup.phone import read_msisdn
from words.mistakes import sentence_for


def agree(writer: Writer, command: Auto) -> Acted:
    """Keep a standing order of the writer's, or tell what runs."""
    desk = writer.desk
    if command.amount is None:
        return _tell(writer, command)
    try:
        terms = _terms(writer, command)
        if terms is None:
            return "auto_how", messages.instructions()
        desk.auto.agree_in(
            writer.connection,
            writer.msisdn,
            terms,
            channel=writer.letter.channel,
            conversation=writer.letter.id,
            language=writer.language,
        )
    except RedialError as error:
        if (why := sentence_for(error)) is None:
            raise
        return "auto_refused", messages.mistaken(why)
    return "auto_agreed", messages.agreed(terms, country=desk.country)


def stop(writer: Writer, _: StopAuto) -> Acted:
    """End every standing order of the writer's, at once."""
    stopped = auto.stop_all_of(writer.connection, writer.msisdn, now=writer.clock(), why="STOPAUTO")
    return "auto_stopped", messages.stopped() if stopped else messages.none_runs()


def _tell(writer: Writer, command: Auto) -> Acted:
    if command.unreadable or not writer.caller.standing:
        return "auto_how", messages.instructions()
    return "auto_told", messages.running(writer.caller.standing, country=writer.desk.country)


def _terms(writer: Writer, command: Auto) -> Terms | None:
    """What was written; None when the most a week is missing, without which nobody knows what they agree to.

    Once a week needs no other most than its own amount.
    """
    desk = writer.desk
    amount = _money(writer, command.amount or "")
    when: When | None = command.day if command.below is None else _money(writer, command.below)
    cap = _money(writer, command.cap) if command.cap else amount if command.day else None
    if when is None or cap is None:
        return None
    line = read_msisdn(command.line, country=desk.country) if command.line else writer.msisdn
    return Terms(line=line, amount=amount, when=when, cap=cap)


def _money(writer: Writer, written: str) -> Money:
    return read_amount(written, currency=writer.desk.currency)
