"""Who takes an advance in a drill: after a top-up that was done, and before the top-ups that repay it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from drills.chaos.calling import call_until_it_works, national, option
from drills.chaos.evidence import Promise
from tests.outside import Phone

# With these a line that has one finished top-up may borrow, whatever is on it.
TERMS = {
    "ADVANCE_PRESETS_MINOR": "5000,10000",
    "ADVANCE_AFTER_DAYS": "0",
    "ADVANCE_AFTER_TOP_UPS": "1",
    "ADVANCE_BELOW_MINOR": "100000000",
    "ADVANCE_SHARE_PERCENT": "1000",
}
_WAITS_FOR_S = 8.0
_LOOKS_EVERY_S = 0.5

_PROMISED = re.compile(r"KES ([\d,]+) is on its way to your line\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What somebody borrows, by SMS or by dialling, and the top-ups that they order afterwards, in shillings.

    `helper` orders the last of these, if there is one. `hastily`: the top-ups do not wait for each other, nor for the
    advance, so that several credits meet one debt.
    """

    amount: int
    by_sms: bool
    repays: tuple[int, ...]
    helper: str | None
    hastily: bool


def draw_loan(dice: Random, *, helper: str) -> Loan:
    """What a person of these dice borrows."""
    return Loan(
        amount=dice.choice((50, 100)),
        by_sms=dice.random() < 0.5,
        repays=dice.choice(((20,), (100,), (250,), (50, 100), (20, 250))),
        helper=helper if dice.random() < 0.3 else None,
        hastily=dice.random() < 0.4,
    )


class Borrowing:
    """Somebody who has just ordered a top-up, and borrows. `phone_of` gives anybody's phone."""

    def __init__(self, msisdn: str, loan: Loan, *, phone_of: Callable[[str], Phone]) -> None:
        self._phone = phone_of(msisdn)
        self._phone_of = phone_of
        self._loan = loan
        self.promises: list[Promise] = []

    def go_on(self) -> None:
        """Read that the top-up is done, borrow, and top up again."""
        self._read("received", "was added to your line")
        self._borrow()
        if not self._loan.hastily:
            self._read("our advance of")
        *own, last = self._loan.repays
        for amount in own:
            self._phone.sms(f"TOPUP {amount} AGAIN")
        if self._loan.helper is None:
            self._phone.sms(f"TOPUP {last} AGAIN")
        else:
            self._phone_of(self._loan.helper).sms(f"TOPUP {last} FOR {national(self._phone.msisdn)}")

    def _borrow(self) -> None:
        if self._loan.by_sms:
            self._phone.sms(f"ADVANCE {self._loan.amount} YES")
            return
        end = call_until_it_works(self._phone, "*384*55*6#", key_for=self._key_for)
        if end is not None and (told := _PROMISED.match(end.text)):
            minor = 100 * int(told[1].replace(",", ""))
            self.promises.append(Promise(msisdn=self._phone.msisdn, amount_minor=minor, kind="advance"))

    def _key_for(self, text: str) -> str | None:
        """What is typed when this is read; None where nothing is lent."""
        if "You get KES" in text:
            return option(text, "Take it")
        if "Terms by SMS" in text:
            return option(text, f"KES {self._loan.amount},")
        return option(text, "Advance")

    def _read(self, *words: str) -> None:
        """Wait a while for an SMS with any of these words. Whoever reads none goes on all the same."""
        give_up_at = time.monotonic() + _WAITS_FOR_S
        while time.monotonic() < give_up_at:
            if any(word in text for text in self._phone.inbox() for word in words):
                return
            time.sleep(_LOOKS_EVERY_S)
