"""What each command of an SMS does. A new command is a row of the table at the end, and the function that it names."""

from collections.abc import Callable, Mapping
from typing import Any

from sms import advance_grammar, auto, auto_grammar, keywords
from sms.advances import advance, debt, terms
from sms.going_on import go_on
from sms.messages import other_lines, replies
from sms.ordering import answer_ask, ask, top_up
from sms.vouchers import load
from sms.writer import INSTRUCTIONS, Acted, Writer
from store import subscribers
from store.auto import stop_all_of


def _balance(writer: Writer, _: keywords.Balance) -> Acted:
    return "balance", writer.line_state()


def _status(writer: Writer, _: keywords.Status) -> Acted:
    return "status", replies.last_top_up(writer.caller.recent)


def _language(writer: Writer, command: keywords.Language) -> Acted:
    if command.code is None:
        return "language", replies.unknown_language()
    subscribers.choose_language(writer.connection, writer.msisdn, language=command.code, now=writer.clock())
    writer.language = command.code
    return "language", replies.language_changed()


def _stop(writer: Writer, _: keywords.Stop) -> Acted:
    subscribers.stop(writer.connection, writer.msisdn, now=writer.clock())
    stop_all_of(writer.connection, writer.msisdn, now=writer.clock(), why="STOP")
    return "stopped", replies.stopped()


def _start(writer: Writer, _: keywords.Start) -> Acted:
    subscribers.start(writer.connection, writer.msisdn, now=writer.clock())
    return "started", replies.started()


def _block(writer: Writer, _: keywords.Block) -> Acted:
    subscribers.close(writer.connection, writer.msisdn, now=writer.clock())
    return "line_closed", other_lines.line_closed()


def _unblock(writer: Writer, _: keywords.Unblock) -> Acted:
    subscribers.open_up(writer.connection, writer.msisdn, now=writer.clock())
    return "line_opened", other_lines.line_opened()


def _help(writer: Writer, _: keywords.Help) -> Acted:
    return "help", replies.instructions(short_code=writer.desk.short_code)


def _not_understood(writer: Writer, _: keywords.NotUnderstood) -> Acted:
    return INSTRUCTIONS, replies.instructions(short_code=writer.desk.short_code)


ACTS: Mapping[type[keywords.Command], Callable[[Writer, Any], Acted]] = {
    keywords.TopUp: top_up,
    keywords.Ask: ask,
    keywords.Voucher: load,
    advance_grammar.Advance: advance,
    advance_grammar.Debt: debt,
    advance_grammar.Terms: terms,
    keywords.Yes: answer_ask,
    keywords.No: answer_ask,
    auto_grammar.Auto: auto.agree,
    auto_grammar.StopAuto: auto.stop,
    keywords.GoOn: go_on,
    keywords.Block: _block,
    keywords.Unblock: _unblock,
    keywords.Balance: _balance,
    keywords.Status: _status,
    keywords.Language: _language,
    keywords.Help: _help,
    keywords.Stop: _stop,
    keywords.Start: _start,
    keywords.NotUnderstood: _not_understood,
}
