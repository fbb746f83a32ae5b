"""Every page of the guide, in walking order: what it says, and where its forms lead. Nothing here asks a provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from store.desk import Desk
from topup.caller import Caller
from topup.kinds import Kind
from topup.money import Money
from topup.phone import example_number, national
from topup.vouchers import Pin
from web.guide.draft import Draft, Seal
from web.guide.page import Button, Field, Form, Link, Page
from web.guide.ways import WAYS, has_wallet, number_field
from words.accounts import top_up_in_words
from words.agreeing import (
    asked_already,
    asked_of_another,
    headline,
    load_this_voucher,
    offer,
    same_again,
    what_will_happen,
    who_pays,
)
from words.show import show_typed
from words.text import LANGUAGES, Text, say

# What a page is called in the seal of its forms: a form of one page is no form of another.
HOME, PAYER, CONFIRM, AGAIN = "home", "payer", "confirm", "again"

TOP_UP = say("Top up")

# Longer than any amount or number that is written with blanks and a currency.
_LONGEST_AMOUNT = 16

# Twice a voucher's most digits, which may stand in groups.
_LONGEST_VOUCHER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the guide's pages are, as paths on whatever host it was found at."""

    home: str
    number: str
    code: str
    amount: str
    line: str
    voucher: str
    payer: str
    order: str
    leave: str
    language: str  # with {code} in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Makes the pages of one request. `down` says which providers do not answer just now."""

    desk: Desk
    places: Places
    seal: Seal
    down: Callable[[], frozenset[str]]

    # Somebody who is not known yet.

    def who(self, *, lang: str = "", why: Text | None = None) -> Page:
        """Whose number is it? `lang` is the query of a language that was chosen, with its question mark."""
        example = example_number(country=self.desk.country)
        field = Field(
            name="number", label=say("Type your number, like {example}. An SMS brings a code.", example=example)
        )
        return Page(
            title=TOP_UP,
            why=why,
            forms=[Form(action=f"{self.places.number}{lang}", field=field, buttons=[_next()])],
            foot=self._help(),
            languages=[_language(code, f"{self.places.home}?lang={code}") for code in LANGUAGES],
        )

    def code(self, msisdn: str, *, lang: str = "", why: Text | None = None) -> Page:
        """The code from the SMS. It says the same whether there is such a line or not."""
        field = Field(name="code", label=say("Type the code."), keyboard="numeric", longest=12, is_code=True)
        return Page(
            title=TOP_UP,
            why=why,
            says=[say("If {number} is a line of ours, an SMS with a code comes to it.", number=self._shown(msisdn))],
            forms=[Form(action=f"{self.places.code}{lang}", field=field, buttons=[_next()])],
            foot=self._help(),
            links=[self._begin_again()],
        )

    # Somebody who is.

    def home(self, draft: Draft, *, caller: Caller, by_code: bool, mark: str, why: Text | None = None) -> Page:
        """What the line is and what is owed; the amounts, beginning with what brings it back."""
        under_way = caller.under_way
        says = [say("You have {amount} on its way.", amount=under_way.amount)] if under_way else []
        forms = self._what_helps(draft)
        forms.append(self._other_line())
        if by_code:
            forms.append(Form(action=self.places.leave, buttons=[Button(label=say("This is not my number"))]))
        return Page(
            title=self._shown(draft.msisdn),
            why=why,
            says=[headline(draft.line, care_number=self.desk.care_number), *says],
            tone="" if draft.line.owes is None else "bad",
            forms=forms,
            rows_heading=say("My top-ups"),
            rows=[top_up_in_words(found) for found in caller.recent],
            foot=self._help(),
            languages=[_language(code, f"{self.places.language.format(code=code)}?mark={mark}") for code in LANGUAGES],
            sealed=self.seal.seal(draft, page=HOME),
        )

    def other_line(self, draft: Draft, *, why: Text | None = None) -> Page:
        """The amounts, or a voucher, for another line."""
        line = self._shown(draft.line_to_top_up)
        beyond_help = say(
            "{line} cannot be topped up. Nothing was paid. Help: call {care}.",
            line=line,
            care=self.desk.care_number,
        )
        return Page(
            title=say("Top up {line}", line=line),
            why=why,
            says=[beyond_help] if draft.line.is_beyond_help else [],
            forms=self._what_helps(draft),
            links=[self._begin_again()],
            sealed=self.seal.seal(draft, page=HOME),
        )

    def payer(self, draft: Draft, *, why: Text | None = None) -> Page:
        """Whose mobile money pays."""
        says, own_wallet_down = [], None
        if has_wallet(self.desk, draft):
            own = self.desk.wallet_of(draft.msisdn)
            own_wallet_down = own.name if own.provider in self.down() else None
        else:
            says.append(say("Your number has no mobile money that we can ask."))
        if draft.other_line:
            says.append(say("Top up {line}", line=self._shown(draft.other_line)))
        ways = [way for way in WAYS if way.is_open(self.desk, draft)]
        return Page(
            title=who_pays(amount=draft.agreed, own_wallet_down=own_wallet_down),
            why=why,
            says=says,
            forms=[way.form(self.desk, action=self.places.payer) for way in ways],
            links=[self._begin_again()],
            sealed=self.seal.seal(draft, page=PAYER),
        )

    def confirm(self, draft: Draft, *, why: Text | None = None) -> Page:
        """Everything that will happen, before it does."""
        line, payer = self._shown(draft.line_to_top_up), self._shown(draft.payer_or_self)
        wallet = self.desk.wallet_of(draft.payer_or_self)
        is_down = wallet.provider in self.down()
        if draft.kind is Kind.ASK:
            wallet_down = wallet.name if is_down else None
            will = asked_of_another(amount=draft.agreed, line=line, payer=payer, wallet_down=wallet_down)
        else:
            will = what_will_happen(
                amount=draft.agreed,
                owed=draft.line.owes,
                line=line,
                wallet=wallet.name,
                payer=payer,
                is_down=is_down,
            )
        yes = Button(label=say("Ask") if draft.kind is Kind.ASK else say("Pay"), is_main=True)
        return self._agreeing(draft, say("{amount}", amount=draft.agreed), will, yes, page=CONFIRM, why=why)

    def confirm_voucher(self, draft: Draft, pin: Pin) -> Page:
        """Which voucher goes on which line, before it does."""
        will = load_this_voucher(pin, line=self._shown(draft.line_to_top_up))
        yes = Button(label=say("Load"), is_main=True)
        with_it = draft.with_voucher(pin, currency=self.desk.currency)
        return self._agreeing(with_it, say("Voucher"), will, yes, page=CONFIRM)

    def again(self, draft: Draft) -> Page:
        """The same was ordered a moment ago: for an ask that is all, a top-up may be meant twice."""
        if draft.kind is Kind.ASK:
            was = asked_already(amount=draft.agreed, payer=self._shown(draft.payer_or_self))
            return Page(title=say("Ask somebody to pay"), says=[was], links=[self._begin_again()])
        yes = Button(label=say("Pay once more"), name="again", value="yes")
        return self._agreeing(draft, say("{amount}", amount=draft.agreed), same_again(draft.agreed), yes, page=AGAIN)

    # What went wrong.

    def sorry(self, why: Text, *, status: int) -> Page:
        """What happened, what became of the money, and what to do."""
        return Page(title=TOP_UP, why=why, links=[self._begin_again()], foot=self._help(), status=status)

    def _agreeing(
        self, draft: Draft, title: Text, will: Text, yes: Button, *, page: str, why: Text | None = None
    ) -> Page:
        return Page(
            title=title,
            why=why,
            says=[will],
            forms=[Form(action=self.places.order, buttons=[yes])],
            links=[Link(href=self.places.home, label=say("Cancel"))],
            sealed=self.seal.seal(draft, page=page),
        )

    def _what_helps(self, draft: Draft) -> list[Form]:
        """What can be put on the line: nothing, where nothing brings it back."""
        return [] if draft.line.is_beyond_help else [*self._amounts(draft), self._voucher()]

    def _amounts(self, draft: Draft) -> list[Form]:
        limits = self.desk.limits
        clearing = limits.clearing_amount(draft.line)
        tiles = [_tile(amount, clearing) for amount in limits.offers(draft.line)]
        another = Field(
            name="amount",
            label=say("Type the amount, {smallest} to {largest}.", smallest=limits.smallest, largest=limits.largest),
            keyboard="decimal",
            longest=_LONGEST_AMOUNT,
        )
        return [
            Form(action=self.places.amount, buttons=tiles, heading=say("How much?")),
            Form(action=self.places.amount, field=another, buttons=[_next()], heading=say("Another amount")),
        ]

    def _voucher(self) -> Form:
        field = Field(
            name="voucher",
            label=say("Type the digits of the voucher."),
            keyboard="numeric",
            longest=_LONGEST_VOUCHER,
        )
        return Form(action=self.places.voucher, field=field, buttons=[_next()], heading=say("Voucher"))

    def _other_line(self) -> Form:
        field = number_field(lambda example: say("Type the number to top up, like {example}.", example=example))
        return Form(
            action=self.places.line, field=field(self.desk), buttons=[_next()], heading=say("Top up another line")
        )

    def _help(self) -> Sequence[Text]:
        desk = self.desk
        return [say("Dial {code} at any time. Help: call {care}.", code=desk.short_code, care=desk.care_number)]

    def _begin_again(self) -> Link:
        return Link(href=self.places.home, label=say("Begin again"))

    def _shown(self, msisdn: str) -> str:
        return national(msisdn, country=self.desk.country)


def _next() -> Button:
    return Button(label=say("Next"))


def _tile(amount: Money, clearing: Money | None) -> Button:
    label = offer(amount, clearing=clearing)
    return Button(label=label, name="amount", value=show_typed(amount), is_main=amount == clearing)


def _language(code: str, href: str) -> Link:
    return Link(href=href, label=LANGUAGES[code], lang=code)
