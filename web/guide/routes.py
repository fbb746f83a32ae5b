"""`/guide`: the recharge guide's addresses. Every step is a form; only the last one does something."""

import hmac
from dataclasses import replace

from flask import Blueprint, Response, g, request, url_for

from store import messages, strays, vouchers
from store.desk import Desk
from store.engine import alone
from topup.caller import Caller
from topup.errors import RedialError
from topup.kinds import Kind
from topup.life import State
from topup.limits import SameAgain
from topup.line import Line
from topup.money import read_amount
from topup.phone import UnableToReadNumber, read_msisdn
from topup.vouchers import UnableToReadPin, read_pin
from web.guide import pages as page_names
from web.guide.answering import (
    NOT_FOUND,
    Guide,
    answer_everywhere,
    asked_language,
    draft_of,
    draw_home,
    drawn_response,
    language_query,
    pages_of,
    see,
)
from web.guide.draft import CHANNEL, Draft, DraftTooOld
from web.guide.strangers import answer_strangers
from web.guide.watching import watched
from web.guide.ways import NUMBER, WAYS
from web.guide.who import Known
from words.mistakes import mistake_in_words, sentence_for
from words.text import LANGUAGES, SOURCE


def make_blueprint(guide: Guide) -> Blueprint:
    """The routes."""
    routes = Blueprint("guide", __name__, url_prefix="/guide", template_folder="../templates")
    answer_everywhere(routes, guide)
    answer_strangers(routes, guide)
    _answer_looks(routes, guide)
    _answer_choices(routes, guide)
    _answer_payment(routes, guide)
    return routes


def _answer_looks(routes: Blueprint, guide: Guide) -> None:
    """What can be looked at, and changes nothing that costs."""
    desk = guide.desk

    @routes.get("")
    @routes.get("/", endpoint="home_with_slash")
    def home() -> Response:
        """The line, and what can be done."""
        if g.known is None:
            return drawn_response(pages_of(guide).who(lang=language_query()))
        caller = desk.caller(g.known.msisdn)
        own = caller.language if caller.language in LANGUAGES and not language_query() else None
        g.language = own or asked_language()
        line = _own_line(desk, g.known.msisdn, caller)
        return draw_home(guide, Draft.begun(g.known.msisdn, line=line, language=g.language))

    @routes.get("/<any(amount, line, voucher, payer, order, number, code, leave):step>")
    def begin(step: str) -> Response:
        """The address of a step, opened without the form that leads there."""
        return see(pages_of(guide).places.home)

    @routes.get("/language/<code>")
    def language(code: str) -> Response:
        """Speak another language from now on, in every channel. Only a link of one's own page is followed."""
        known: Known | None = g.known
        mark = request.args.get("mark", "")
        is_own = known is not None and hmac.compare_digest(mark.encode(), guide.seal.mark(known.msisdn).encode())
        if known is not None and is_own and code in LANGUAGES:
            desk.choose_language(known.msisdn, code)
        return see(pages_of(guide).places.home)

    @routes.get("/order/<conversation>")
    def watch(conversation: str) -> Response:
        """What has become of it."""
        if g.known is None:
            return drawn_response(pages_of(guide).who(lang=language_query()))
        placed = desk.placed_in(channel=CHANNEL, conversation=conversation, asked_by=g.known.msisdn)
        if placed is None:
            return drawn_response(pages_of(guide).sorry(NOT_FOUND, status=404))
        with alone(guide.engine) as connection:
            told = messages.last_told(connection, order_id=placed.id, msisdn=placed.asked_by)
            apart = strays.held_for(connection, placed) if placed.state is State.UNPAID else []
            tail = vouchers.tail_of(connection, placed.id) if placed.kind is Kind.VOUCHER else ""
        g.language = placed.language if placed.language in LANGUAGES else SOURCE
        page = watched(
            placed,
            apart=apart,
            told=told,
            tail=tail,
            looks=max(request.args.get("looks", 0, type=int), 0),
            desk=desk,
            href=lambda looks: url_for("guide.watch", conversation=conversation, looks=looks),
            home=pages_of(guide).places.home,
        )
        return drawn_response(page)


def _answer_choices(routes: Blueprint, guide: Guide) -> None:
    """What is topped up, and with how much or which voucher."""
    desk = guide.desk

    @routes.post("/amount")
    def amount() -> Response:
        """How much; then, who pays."""
        draft = draft_of(guide, page_names.HOME)
        if draft.line.is_beyond_help:
            return draw_home(guide, draft)
        try:
            typed = read_amount(request.form.get("amount", ""), currency=desk.currency)
            chosen = replace(draft, amount=desk.limits.check(typed))
        except RedialError as error:
            return draw_home(guide, draft, why=mistake_in_words(error))
        return drawn_response(pages_of(guide).payer(chosen))

    @routes.post("/voucher")
    def voucher() -> Response:
        """Which voucher; then, which line it goes on. A number that cannot be one is not shown again either."""
        draft = draft_of(guide, page_names.HOME)
        if draft.line.is_beyond_help:
            return draw_home(guide, draft)
        try:
            pin = read_pin(request.form.get("voucher", ""))
        except UnableToReadPin as error:
            return draw_home(guide, draft, why=mistake_in_words(error))
        return drawn_response(pages_of(guide).confirm_voucher(draft, pin))

    @routes.post("/line")
    def line() -> Response:
        """Another line to top up; then, how much."""
        draft = draft_of(guide, page_names.HOME)
        try:
            msisdn = read_msisdn(request.form.get(NUMBER, ""), country=desk.country)
        except UnableToReadNumber as error:
            return draw_home(guide, draft, why=mistake_in_words(error))
        if msisdn == draft.msisdn:
            line = _own_line(desk, msisdn, desk.caller(msisdn))
            return draw_home(guide, replace(draft, other_line=None, line=line))
        return draw_home(guide, replace(draft, other_line=msisdn, line=desk.read_line(msisdn)))


def _own_line(desk: Desk, msisdn: str, caller: Caller) -> Line:
    """The caller's line as a top-up finds it, which repays an advance first: with less it does not come back."""
    line = desk.read_line(msisdn)
    return line.after(caller.history.owed) if caller.history else line


def _answer_payment(routes: Blueprint, guide: Guide) -> None:
    """Who pays; and the order, the only thing here that costs."""
    desk = guide.desk

    @routes.post("/payer")
    def payer() -> Response:
        """Who pays, and how; then, everything that will happen."""
        draft = draft_of(guide, page_names.PAYER)
        way = next((way for way in WAYS if way.name == request.form.get("way")), None)
        if way is None:
            raise DraftTooOld()
        try:
            chosen = way.chosen(desk, draft, request.form.get(NUMBER, ""))
        except RedialError as error:
            return drawn_response(pages_of(guide).payer(draft, why=mistake_in_words(error)))
        return drawn_response(pages_of(guide).confirm(chosen))

    @routes.post("/order")
    def order() -> Response:
        """Place it. The same form again finds the same order."""
        again = "again" in request.form
        draft, pages = draft_of(guide, page_names.AGAIN if again else page_names.CONFIRM), pages_of(guide)
        try:
            desk.place(draft.wanted(again=again))
        except SameAgain:
            return drawn_response(pages.again(draft))
        except RedialError as error:
            if (why := sentence_for(error)) is None:
                raise
            if draft.pin is not None:  # The same voucher would be refused again: another one is asked for.
                return draw_home(guide, draft.without_voucher(), why=why)
            return drawn_response(pages.confirm(draft, why=why))
        return see(url_for("guide.watch", conversation=draft.conversation))
