"""Proving whose number it is: a code by SMS, typed where it was asked for.

The cookie that waits for the code is SameSite=Strict, so no other site can have a visitor of its own type a code.
"""

import math
import secrets
from dataclasses import dataclass

from sqlalchemy import Engine

from sms.messages.replies import one_time_code
from store import messages, outbox
from store.codes import LASTS_S, Codes, Verdict
from store.rates import Rates
from topup.clock import Clock
from topup.errors import RedialError
from topup.phone import subscriber_number
from web.guide.draft import Seal
from words.text import rendered

PURPOSE = "guide_code"

_AN_HOUR_S = 3600
_A_NUMBER_AN_HOUR = 4


class TooManyCodes(RedialError):
    """So many codes were asked for that the next one waits {minutes} minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """Sends codes and checks what is typed. `an_address_an_hour`: how many codes one address may have sent."""

    engine: Engine
    codes: Codes
    rates: Rates
    seal: Seal
    clock: Clock
    country: str
    an_address_an_hour: int

    def send(self, msisdn: str, *, address: str, language: str) -> str:
        """Owe an SMS with a code to this number; the cookie that waits for it.

        The answer is the same for every number, whether it is a line or not. Raises TooManyCodes.
        """
        for whose, most in ((address, self.an_address_an_hour), (msisdn, _A_NUMBER_AN_HOUR)):
            wait_s = self.rates.wait_s("code", whose, most=most, within_s=_AN_HOUR_S)
            if wait_s is not None:
                raise TooManyCodes(minutes=math.ceil(wait_s / 60))
        asking = secrets.token_urlsafe(12)
        if subscriber_number(msisdn)[0] == self.country:  # Elsewhere nobody has a line of ours, and an SMS costs much.
            self._write(msisdn, asking, language)
        return self.seal.written([msisdn, asking], about="asking")

    def _write(self, msisdn: str, asking: str, language: str) -> None:
        text = one_time_code(self.codes.make(msisdn=msisdn, asking=asking))
        with self.engine.begin() as connection:
            now = self.clock()
            message = messages.write(connection, purpose=PURPOSE, msisdn=msisdn, text=rendered(text, language), now=now)
            outbox.owe_one(connection, effect=outbox.SEND, subject=message.id, due_at=now)

    def asked(self, cookie: str) -> tuple[str, str] | None:
        """The number and the asking of a cookie that waits for a code; None for any other."""
        row = self.seal.read(cookie, about="asking", within_s=LASTS_S)
        return (row[0], row[1]) if row else None

    def check(self, asked: tuple[str, str], typed: str) -> Verdict:
        """Whether what was typed is the code."""
        digits = "".join(character for character in typed if character.isdecimal())
        return self.codes.check(msisdn=asked[0], asking=asked[1], typed=digits)
