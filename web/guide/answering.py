"""What all pages of the guide have in common: how they are drawn, how often they may be asked for, how they fail."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from redis.exceptions import RedisError
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException

from store.desk import Desk
from store.rates import Rates
from web.guide.draft import Draft, DraftTooOld, Seal
from web.guide.page import Page
from web.guide.pages import Pages, Places
from web.guide.proving import Proving
from web.guide.who import Known, Who
from words.text import LANGUAGES, SOURCE, Text, rendered, say

log = structlog.get_logger(__name__)

_SEE_OTHER = 303
_A_MINUTE_S = 60

# Whoever is not known yet may share an address with many.
_STRANGERS_AT_AN_ADDRESS = 10

STYLE = (Path(__file__).parent.parent / "templates" / "guide" / "style.css").read_text("utf-8").strip()
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

# The page is what stands in it: nothing is fetched, nothing runs, and its forms lead nowhere else.
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_TOO_OLD = say("This page was too old. Nothing was ordered. Please begin again.")
_OUR_FAULT = say("Sorry, something went wrong on our side. If you have ordered, an SMS tells you the end.")
NOT_FOUND = say("There is no such page. Nothing was paid.")
_TOO_MANY = say("These were very many pages. Nothing was paid. Please wait a minute.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What the routes work with. `is_secure`: phones reach the guide by HTTPS.

    `down` says which providers do not answer just now.
    """

    engine: Engine
    desk: Desk
    who: Who
    seal: Seal
    proving: Proving
    rates: Rates
    down: Callable[[], frozenset[str]]
    pages_a_minute: int
    is_secure: bool


def answer_everywhere(routes: Blueprint, guide: Guide) -> None:
    """What holds for every page: how often, how it is kept, and what is said when it fails."""

    @routes.before_request
    def meet() -> Response | None:
        known = g.known = guide.who.calls(request)
        whose = known.msisdn if known else request.remote_addr or "nobody"
        most = guide.pages_a_minute * (1 if known else _STRANGERS_AT_AN_ADDRESS)
        try:
            wait_s = guide.rates.wait_s("page", whose, most=most, within_s=_A_MINUTE_S)
        except RedisError as error:
            log.warning("guide_counts_nothing", why=type(error).__name__)
            return None
        if wait_s is None:
            return None
        response = drawn_response(pages_of(guide).sorry(_TOO_MANY, status=429))
        response.headers["Retry-After"] = str(wait_s)
        return response

    @routes.after_request
    def harden(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    @routes.errorhandler(DraftTooOld)
    def too_old(error: DraftTooOld) -> Response:
        return drawn_response(pages_of(guide).sorry(_TOO_OLD, status=400))

    @routes.errorhandler(HTTPException)
    def no_such_page(error: HTTPException) -> Response:
        return drawn_response(pages_of(guide).sorry(NOT_FOUND, status=error.code or 500))

    @routes.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        # What was placed stands and will be told by SMS, so the sentence promises nothing about it.
        log.error("guide_failed", exc_info=error)
        return drawn_response(pages_of(guide).sorry(_OUR_FAULT, status=503))


def draw_home(guide: Guide, draft: Draft, *, why: Text | None = None) -> Response:
    """The first page of a draft, for whoever is known: their own line's, or the other's that they have chosen."""
    known: Known = g.known
    pages = pages_of(guide)
    if draft.other_line:
        return drawn_response(pages.other_line(draft, why=why))
    caller = guide.desk.caller(known.msisdn)
    mark = guide.seal.mark(known.msisdn)
    return drawn_response(pages.home(draft, caller=caller, by_code=known.by_code, mark=mark, why=why))


def draft_of(guide: Guide, page: str) -> Draft:
    """The draft in the form. Raises DraftTooOld unless this page made it for whoever calls."""
    if g.known is None:
        raise DraftTooOld()
    draft = guide.seal.open(request.form.get("draft", ""), page=page, msisdn=g.known.msisdn)
    g.language = draft.language
    return draft


def pages_of(guide: Guide) -> Pages:
    """The pages, with addresses as they are on the host by which this request came."""
    places = Places(
        home=url_for("guide.home"),
        number=url_for("guide.number"),
        code=url_for("guide.code"),
        amount=url_for("guide.amount"),
        line=url_for("guide.line"),
        voucher=url_for("guide.voucher"),
        payer=url_for("guide.payer"),
        order=url_for("guide.order"),
        leave=url_for("guide.leave"),
        language=f"{url_for('guide.home')}/language/{{code}}",
    )
    return Pages(desk=guide.desk, places=places, seal=guide.seal, down=guide.down)


def asked_language() -> str:
    """The language of a link, else the first of the browser's that we speak."""
    asked = request.args.get("lang", "")
    spoken = [tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0]
    return next((language for language in (asked, *spoken) if language in LANGUAGES), SOURCE)


def language_query() -> str:
    """The query of a language that was chosen by a link; empty for none."""
    asked = request.args.get("lang", "")
    return f"?lang={asked}" if asked in LANGUAGES else ""


def drawn_response(page: Page) -> Response:
    """The page in the language of this request: a draft's, the person's own, or the one that was asked for."""
    return Response(drawn(page, g.get("language") or asked_language()), status=page.status, mimetype="text/html")


def drawn(page: Page, language: str) -> str:
    """The page as HTML, in `language` (a key of LANGUAGES)."""

    def shown(text: Text | str) -> str:
        return rendered(text, language) if isinstance(text, Text) else text

    return render_template("guide/page.html", page=page, language=language, style=STYLE, say=shown, begun=_begun)


def _begun(words: str) -> str:
    """Words as they stand at the head of a page: what elsewhere ends a sentence (`done`) begins it here."""
    return words[:1].upper() + words[1:]


def see(href: str) -> Response:
    """Let the browser GET another page: going back or loading again then repeats nothing."""
    response = redirect(href, code=_SEE_OTHER)
    return Response(response.get_data(), status=_SEE_OTHER, headers=response.headers)
