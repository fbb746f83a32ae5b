"""The guide's addresses for whoever no gateway tells of: proving a number by a code from an SMS."""

from dataclasses import replace

from flask import Blueprint, Response, request

from store.codes import LASTS_S, Verdict
from topup.phone import UnableToReadNumber, read_msisdn
from web.guide.answering import Guide, asked_language, drawn_response, language_query, pages_of, see
from web.guide.proving import TooManyCodes
from web.guide.who import COOKIE
from words.mistakes import mistake_in_words
from words.text import say

_ASKING = "redial_code"


def answer_strangers(routes: Blueprint, guide: Guide) -> None:
    """Proving a number, where no gateway says who calls."""

    @routes.post("/number")
    def number() -> Response:
        """Send a code to the number that was typed."""
        pages = pages_of(guide)
        try:
            msisdn = read_msisdn(request.form.get("number", ""), country=guide.desk.country)
            cookie = guide.proving.send(msisdn, address=request.remote_addr or "nobody", language=asked_language())
        except UnableToReadNumber as error:
            return drawn_response(pages.who(lang=language_query(), why=mistake_in_words(error)))
        except TooManyCodes as error:
            why = say("Very many codes were asked for. Please wait {minutes} minutes.", minutes=error.facts["minutes"])
            return drawn_response(replace(pages.who(lang=language_query(), why=why), status=429))
        response = drawn_response(pages.code(msisdn, lang=language_query()))
        response.set_cookie(
            _ASKING,
            cookie,
            max_age=LASTS_S,
            path=pages.places.home,
            secure=guide.is_secure,
            httponly=True,
            samesite="Strict",
        )
        return response

    @routes.post("/code")
    def code() -> Response:
        """Look at the code that was typed."""
        pages, asked = pages_of(guide), guide.proving.asked(request.cookies.get(_ASKING, ""))
        verdict = guide.proving.check(asked, request.form.get("code", "")) if asked else Verdict.GONE
        if asked is None or verdict is Verdict.GONE:
            return drawn_response(
                pages.who(lang=language_query(), why=say("That code does not work any more. Ask for another."))
            )
        if verdict is Verdict.WRONG:
            return drawn_response(pages.code(asked[0], lang=language_query(), why=say("That is not the code.")))
        response = see(f"{pages.places.home}{language_query()}")
        response.delete_cookie(_ASKING, path=pages.places.home)
        response.set_cookie(
            COOKIE,
            guide.who.proof(asked[0]),
            max_age=guide.who.proof_s,
            path=pages.places.home,
            secure=guide.is_secure,
            httponly=True,
            samesite="Lax",
        )
        return response

    @routes.post("/leave")
    def leave() -> Response:
        """Forget whose number it is."""
        home = pages_of(guide).places.home
        response = see(home)
        response.delete_cookie(COOKIE, path=home)
        return response
