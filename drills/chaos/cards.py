"""The scratch cards of a drill, and how people load them: on their own line or another's, by SMS or by dialling.

One card is not handed out: one that the very same line has used elsewhere before. When the answer to it is lost, the
charging system says of the second look what it says of a card that our first time used, so nobody could tell.
"""

import re
from dataclasses import dataclass
from random import Random

from drills.chaos.calling import call_until_it_works, national, option
from drills.chaos.evidence import Card, Fate, Promise
from tests.outside import Outside, Phone, Screen

_LOADING = re.compile(r"We are loading your voucher \.\.\.(\d+)")

# Whoever had a card that somebody has used before its holder could.
_ANOTHER = "+254711999999"


def draw_card(dice: Random, number: int) -> Card:
    """The card of the `number`th person. Its last digits are nobody else's among a thousand."""
    return Card(
        pin=f"{dice.randint(10**10, 10**11 - 1)}{number % 1000:03}",
        serial=f"{number:010}",
        amount_minor=100 * dice.choice((10, 20, 50, 100, 250)),
        fate=dice.choices(tuple(Fate), (80, 10, 10))[0],
    )


def print_card(outside: Outside, card: Card) -> None:
    """Let the world know of the card, as it is when its holder comes by it."""
    if card.fate is Fate.WRONG:
        return
    used = {"state": "used", "used_by": _ANOTHER} if card.fate is Fate.USED else {}
    body = {"amount_minor": card.amount_minor, "serial": card.serial, **used}
    outside.put(f"/vouchers/{card.pin}", body)


@dataclass(frozen=True, slots=True)
class Loading:
    """Somebody with a phone and a card, who loads it on `line`, their own or another."""

    phone: Phone
    card: Card
    line: str

    def by_sms(self) -> None:
        """Write VOUCHER and the digits."""
        behind = "" if self._is_own else f" FOR {national(self.line)}"
        self.phone.sms(f"VOUCHER {self.card.pin}{behind}")

    def by_dialling(self) -> list[Promise]:
        """Dial the digits, and say yes. What the last screen promised."""
        end = call_until_it_works(self.phone, f"*384*55*{self.card.pin}#", key_for=self._key_for)
        return self._promised(end) if end else []

    @property
    def _is_own(self) -> bool:
        return self.line == self.phone.msisdn

    def _key_for(self, text: str) -> str | None:
        if "already" in text:
            return None  # An earlier call, which broke off, has ordered it.
        if "Type the number of the line" in text:
            return national(self.line)
        if "Load voucher" in text:
            return option(text, "Load" if f"on {national(self.line)}?" in text else "Another line")
        return None

    def _promised(self, end: Screen) -> list[Promise]:
        told = _LOADING.match(end.text)
        return [Promise(msisdn=self.phone.msisdn, amount_minor=0, kind="voucher", tail=told[1])] if told else []
