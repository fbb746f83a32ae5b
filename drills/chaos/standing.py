"""Who agrees to auto top-ups in a drill, by SMS or by dialling, and stops them; and the world that spends meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from drills.chaos.calling import call_until_it_works, national, option
from drills.chaos.evidence import Agreement, Autos, AutoTerms, Entry, Stop
from sandbox.clock import iso, utc_now
from tests.outside import Outside, Phone

# The clock looks at any hour, and the same may be paid again within a drill, though not at once.
RHYTHM = {
    "AUTO_EVERY_S": "2",
    "AUTO_FROM_HOUR": "0",
    "AUTO_UNTIL_HOUR": "24",
    "AUTO_LOOKS_A_MINUTE": "300",
    "AGAIN_WITHIN_S": "6",
}

# When a drill is over, nothing is placed any more by itself: every order is to come to its end.
IT_IS_OVER = """
    UPDATE standing_orders SET stopped_at = now(), why_stopped = 'the drill is over' WHERE stopped_at IS NULL
"""

_READS_FOR_S = 3.0
_LOOKS_EVERY_S = 0.5
_SPENDS_EVERY_S = 1.0
_LINES_AT_ONCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """What somebody agrees to, in shillings, and how they say it; `helper` agrees in their place, if there is one.

    `stops_by` is "sms" or "menu" for whoever stops it again. The amounts are none that people order, so that no SMS can
    be true of another order of theirs.
    """

    amount: int
    below: int
    cap: int
    by_sms: bool
    helper: str | None
    stops_by: str | None


def draw_auto(dice: Random, *, helper: str) -> Auto:
    """What a person of these dice agrees to."""
    amount = dice.choice((30, 40, 60))
    return Auto(
        amount=amount,
        below=dice.choice((20, 30, 50)),
        cap=amount * dice.choice((1, 2, 3)),
        by_sms=dice.random() < 0.5,
        helper=helper if dice.random() < 0.3 else None,
        stops_by=dice.choices((None, "sms", "menu"), (60, 20, 20))[0],
    )


class Agreeing:
    """Somebody who agrees to an auto top-up of `line`. What they say is kept in `autos`."""

    def __init__(self, line: str, auto: Auto, *, phone_of: Callable[[str], Phone], autos: Autos) -> None:
        self._line = line
        self._auto = auto
        self._phone = phone_of(auto.helper or line)
        self._autos = autos
        self._seen: str | None = None

    def go_on(self) -> None:
        """Agree, and if it is not to last: stop, once it is agreed and has asked, or could have."""
        is_agreed = self._agree()
        if self._auto.stops_by is None:
            return
        about = f"KES {self._auto.amount} for {national(self._line)}"
        if is_agreed or self._reads(f"Agreed: {about}"):
            self._reads(f"Auto top-up: {about}")
            self._stop()

    def _agree(self) -> bool:
        """Whether a screen said that it is agreed."""
        auto, at = self._auto, iso(utc_now())
        if auto.by_sms:
            whose = f" FOR {national(self._line)}" if auto.helper else ""
            self._phone.sms(f"AUTO {auto.amount} BELOW {auto.below} MAX {auto.cap}{whose}")
            end = None
        else:
            end = call_until_it_works(self._phone, "*384*55*6#", key_for=self._key_to_agree)
        is_agreed = end is not None and end.text.startswith("Agreed.")
        terms = AutoTerms(
            payer=self._phone.msisdn,
            line=self._line,
            amount_minor=100 * auto.amount,
            below_minor=100 * auto.below,
            cap_minor=100 * auto.cap,
        )
        self._autos.agreements.append(Agreement(terms=terms, at=at, seen=is_agreed))
        return is_agreed

    def _stop(self) -> None:
        sent_at = iso(utc_now())
        if self._auto.stops_by == "sms":
            self._phone.sms("STOPAUTO")
            self._autos.stops.append(Stop(payer=self._phone.msisdn, line=None, sent_at=sent_at))
            return
        call_until_it_works(self._phone, "*384*55*6#", key_for=self._key_to_stop)
        self._autos.stops.append(Stop(payer=self._phone.msisdn, line=self._line, sent_at=sent_at, seen_at=self._seen))

    def _key_to_agree(self, text: str) -> str | None:
        """What is typed when this is read; None when an earlier call, which broke off, has agreed to it."""
        auto, line = self._auto, national(self._line)
        if "Begin a new one" in text:
            return None if option(text, self._listed) else option(text, "Begin a new one")
        if "Type the number to top up" in text:
            return line
        if "How much each time?" in text:
            return str(auto.amount)
        if "When?" in text:
            return str(auto.below)
        if "At most how much a week?" in text:
            return str(auto.cap)
        if "Each time you enter your PIN" in text:
            wanted = f"KES {auto.amount} for {line} when below KES {auto.below}, at most KES {auto.cap} a week."
            return option(text, "Agree") if wanted in text else "00"
        if "for which line?" in text:
            return option(text, "Another line" if auto.helper else "My line")
        return option(text, "Auto top-up") or option(text, "Other ways")

    def _key_to_stop(self, text: str) -> str | None:
        if "It has stopped." in text:
            self._seen = iso(utc_now())
            return None
        if "Begin a new one" in text:
            return option(text, self._listed)
        return option(text, "Stop it") or option(text, "Auto top-up") or option(text, "Other ways")

    @property
    def _listed(self) -> str:
        return f"KES {self._auto.amount} for {national(self._line)}"

    def _reads(self, words: str) -> bool:
        """Wait a while for an SMS that begins so. Whether it came."""
        give_up_at = time.monotonic() + _READS_FOR_S
        while time.monotonic() < give_up_at:
            if any(text.startswith(words) for text in self._phone.inbox()):
                return True
            time.sleep(_LOOKS_EVERY_S)
        return False


class Spending:
    """The world spends what is on the lines of people who have agreed to something, again and again."""

    def __init__(self, outside: Outside, autos: Autos, *, dice: Random) -> None:
        self._outside = outside
        self._autos = autos
        self._dice = dice
        self._next = 0.0

    def step(self) -> None:
        """Spend from some of the lines, when it is time again."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SPENDS_EVERY_S
        agreed = [agreement.terms for agreement in self._autos.agreements]
        for terms in self._dice.sample(agreed, min(_LINES_AT_ONCE, len(agreed))):
            self._spend(terms)

    def _spend(self, terms: AutoTerms) -> None:
        """Leave less than the agreed balance, and no debt, so that the line stays what it is.

        It stands in the evidence before it is so, and after: nobody knows how long it takes.
        """
        line = self._outside.get(f"/lines/{terms.line}")
        left = 100 * self._dice.randrange(terms.below_minor // 100)
        if line["state"] == "active" and line["balance_minor"] > left:
            self._autos.spent.append(_spent(terms.line, left))
            self._outside.put(f"/lines/{terms.line}", {"balance_minor": left})
            self._autos.spent.append(_spent(terms.line, left))


def _spent(line: str, left: int) -> Entry:
    return {"msisdn": line, "balance_after_minor": left, "at": iso(utc_now())}
