"""The people of a drill: what each is like is drawn from the seed, and they act as people do with what they read."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from drills.chaos.borrowing import Borrowing, Loan, draw_loan
from drills.chaos.calling import BEFORE_DIALLING_AGAIN_S, call_until_it_works, national, option
from drills.chaos.cards import Loading, draw_card
from drills.chaos.evidence import Autos, Card, LineAtFirst, Promise
from drills.chaos.standing import Agreeing, Auto, draw_auto
from tests.outside import Phone, Screen

_READS_FOR_S = 6.0
_HAS_A_CARD = 0.15
_BORROWS = 0.2
_AGREES = 0.12

_TOLD_TO_PAY = re.compile(r"KES ([\d,]+): in a moment [\w -]+ asks")
_ASKED = re.compile(r".* Reply YES (\d{3}) to pay")
# Stands on the screen that is agreed to, whether its wallet answers or not, and on no other.
_CONFIRMS = "2 Another payer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who wants a top-up, and what befalls them. Money is minor units.

    `friend` pays, if there is one; `asks` says that they are asked first, and `says` what they answer ("YES", "NO" or
    nothing). `helper` is who orders, if it is not the owner of the line. Whoever has a `card` loads that instead;
    whoever has a `loan` borrows and repays when they have topped up. Whoever agrees to an `auto` top-up orders nothing
    else, unless they borrow.
    """

    msisdn: str
    line: LineAtFirst
    state: str
    wallet_minor: int
    prompt_answer: str
    way: str
    amount: int
    friend: str | None
    asks: bool
    says: str
    helper: str | None
    stops_at: str | None
    insists: bool
    card: Card | None = None
    loan: Loan | None = None
    auto: Auto | None = None


def number_of(number: int, *, first: int) -> str:
    """The number of the `number`th of a row that begins at 07`first`; every third is with Airtel, which has 073."""
    return f"+2547{first + number + (20_000_000 if number % 3 == 2 else 0)}"


def draw_person(seed: int, number: int, *, friends: Sequence[str]) -> Person:
    """The `number`th person of that seed, always the same."""
    dice = Random(f"{seed}/person/{number}")  # noqa: S311 - chance here guards nothing
    state = dice.choices(("suspended", "active", "barred", "gone"), (68, 24, 5, 3))[0]
    balance_minor = -100 * dice.randint(5, 300) if state == "suspended" else 100 * dice.randint(0, 50)
    friend = dice.choice(friends) if dice.random() < 0.35 else None
    asks = friend is not None and dice.random() < 0.4
    return Person(
        msisdn=number_of(number, first=12_000_000),
        line=LineAtFirst(balance_minor=balance_minor, closed=state in ("barred", "gone")),
        state=state,
        wallet_minor=dice.choices((100_000, 900), (94, 6))[0],
        prompt_answer=dice.choices(("pin", "wrong_pin", "cancel", "ignore"), (84, 5, 5, 6))[0],
        way=dice.choices(("menu", "direct", "sms"), (35, 35, 30))[0],
        amount=dice.choice((10, 20, 50, 50, 100, 100, 250, 500)),
        friend=friend,
        asks=asks,
        says=dice.choices(("YES", "NO", ""), (80, 10, 10))[0],
        helper=dice.choice(friends) if not asks and dice.random() < 0.15 else None,
        stops_at=dice.choices((None, "Cancel", "hang up"), (92, 4, 4))[0],
        insists=dice.random() < 0.3,
        card=draw_card(dice, number) if dice.random() < _HAS_A_CARD else None,
        loan=draw_loan(dice, helper=dice.choice(friends)) if dice.random() < _BORROWS else None,
        auto=draw_auto(dice, helper=dice.choice(friends)) if dice.random() < _AGREES else None,
    )


class Ordering:
    """One person who orders, over one phone; and what the others do whom it takes. `phone_of` gives anybody's phone.

    What is said about auto top-ups is kept in `autos`.
    """

    def __init__(self, person: Person, *, phone_of: Callable[[str], Phone], autos: Autos) -> None:
        self._person = person
        self._phone = phone_of(person.msisdn)
        self._phone_of = phone_of
        self._autos = autos
        self.promises: list[Promise] = []

    def begin(self) -> None:
        """Let the person, the line and the wallet be as they were drawn."""
        person, phone = self._person, self._phone
        phone.set_line(balance_minor=person.line.balance_minor)
        if person.line.closed:
            phone.set_line(state=person.state)
        phone.set_wallet(person.wallet_minor)
        phone.answers_prompts(person.prompt_answer)

    def order(self) -> None:
        """Order, and try again when the network fails in the middle, as people do."""
        if self._person.card is not None:
            self._load(self._person.card)
            return
        if self._person.auto is not None:
            Agreeing(self._person.msisdn, self._person.auto, phone_of=self._phone_of, autos=self._autos).go_on()
            if self._person.loan is None:
                return
        self._top_up()
        if self._person.loan is not None:
            borrowing = Borrowing(self._person.msisdn, self._person.loan, phone_of=self._phone_of)
            borrowing.go_on()
            self.promises.extend(borrowing.promises)

    def _load(self, card: Card) -> None:
        person = self._person
        loading = Loading(self._phone_of(person.helper or person.msisdn), card, person.msisdn)
        if person.way == "sms":
            loading.by_sms()
        else:
            self.promises.extend(loading.by_dialling())

    def _top_up(self) -> None:
        if self._person.helper is not None:
            self._phone_of(self._person.helper).sms(f"TOPUP {self._person.amount} FOR {national(self._person.msisdn)}")
        elif self._person.way == "sms":
            payer = f" {national(self._person.friend)}" if self._person.friend else ""
            self._phone.sms(f"{'ASK' if self._person.asks else 'TOPUP'} {self._person.amount}{payer}")
        else:
            self._call()
        if self._person.asks:
            self._let_the_friend_answer()

    def _let_the_friend_answer(self) -> None:
        """The friend reads what comes, for a while, and answers the question of this very person."""
        friend = self._phone_of(self._person.friend or "")
        asked_by = national(self._person.msisdn)
        give_up_at = time.monotonic() + _READS_FOR_S
        while time.monotonic() < give_up_at:
            questions = [found[1] for text in friend.inbox() if (found := _ASKED.match(text)) and asked_by in text]
            if questions:
                if self._person.says:
                    friend.sms(f"{self._person.says} {questions[-1]}")
                return
            time.sleep(BEFORE_DIALLING_AGAIN_S)

    def _call(self) -> None:
        end = call_until_it_works(self._phone, self._code(), key_for=self._key_for)
        if end is not None:
            self._note(end)

    def _code(self) -> str:
        person = self._person
        if person.way == "menu" or person.asks:
            return "*384*55#"
        return f"*384*55*{person.amount}{f'*{national(person.friend)}' if person.friend else ''}#"

    def _key_for(self, text: str) -> str | None:
        """What the person types when they read this; None when they ring off."""
        person = self._person
        if "Type the amount" in text:
            return str(person.amount)
        if "Type the number that pays" in text or "Type the number to ask" in text:
            return national(person.friend or person.msisdn)
        if "Pay once more?" in text:
            return option(text, "Pay once more" if person.insists else "No")
        wanted = (
            *("on its way.", "Wait"),
            *("Go on with", "Yes"),
            *("How much?", "Another amount"),
            *("Who pays?", self._payer_wanted()),
            *("We ask", person.stops_at if person.stops_at == "Cancel" else "Ask"),
            *(_CONFIRMS, person.stops_at if person.stops_at == "Cancel" else "Pay"),
            *("Top up", "Top up"),
        )
        if _CONFIRMS in text and re.search(rf"KES {person.amount}\.? ", text) is None:
            return "00"  # Not what was wanted: begin again from home.
        if _CONFIRMS in text and person.stops_at == "hang up":
            return None
        chosen = next((choice for seen, choice in zip(wanted[::2], wanted[1::2], strict=True) if seen in text), None)
        return option(text, chosen) if chosen else None

    def _payer_wanted(self) -> str:
        if self._person.asks:
            return "Ask somebody to pay"
        return "Another number" if self._person.friend else "This number"

    def _note(self, screen: Screen) -> None:
        if told := _TOLD_TO_PAY.match(screen.text):
            shillings = int(told[1].replace(",", ""))
            self.promises.append(Promise(msisdn=self._person.msisdn, amount_minor=shillings * 100))
