"""The ways of paying that the page on offers: each is a row, with what its form asks for and where it leads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from store.desk import Desk
from topup.asks import AskedOfOneself
from topup.kinds import Kind
from topup.phone import example_number, read_msisdn
from topup.wallets import NoWalletHere
from web.guide.draft import Draft
from web.guide.page import Button, Field, Form
from words.text import Text, say

# Asked for with another way's name, and none of its own.
NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way of paying. `chosen` makes the draft of it from what was typed, and raises a person's mistakes.

    `field` is what its form asks for, if anything; `is_open` says whether this person may choose it.
    """

    name: str
    label: Text
    chosen: Callable[[Desk, Draft, str], Draft]
    field: Callable[[Desk], Field] | None = None
    heading: Text | None = None
    is_open: Callable[[Desk, Draft], bool] = lambda desk, draft: True

    def form(self, desk: Desk, *, action: str) -> Form:
        """Its form, which leads to `action`."""
        button = Button(label=self.label, name="way", value=self.name)
        return Form(
            action=action,
            buttons=[button],
            field=self.field(desk) if self.field else None,
            heading=self.heading,
        )


def has_wallet(desk: Desk, draft: Draft) -> bool:
    """Whether the person's own number has a wallet that can be asked."""
    try:
        desk.wallet_of(draft.msisdn)
    except NoWalletHere:
        return False
    return True


def number_field(label: Callable[[str], Text]) -> Callable[[Desk], Field]:
    """A field for a phone number, whose label shows how one looks."""
    return lambda desk: Field(name=NUMBER, label=label(example_number(country=desk.country)))


def _own(desk: Desk, draft: Draft, typed: str) -> Draft:
    desk.wallet_of(draft.msisdn)
    return draft.with_payer(None)


def _other(desk: Desk, draft: Draft, typed: str) -> Draft:
    payer = read_msisdn(typed, country=desk.country)
    desk.wallet_of(payer)
    return draft.with_payer(payer)


def _ask(desk: Desk, draft: Draft, typed: str) -> Draft:
    payer = read_msisdn(typed, country=desk.country)
    if payer == draft.msisdn:
        raise AskedOfOneself()
    desk.wallet_of(payer)
    return draft.with_payer(payer, kind=Kind.ASK)


WAYS: Sequence[Way] = (
    Way(name="own", label=say("This number"), chosen=_own, is_open=has_wallet),
    Way(
        name="other",
        label=say("Next"),
        chosen=_other,
        heading=say("Another number"),
        field=number_field(lambda example: say("Type the number that pays, like {example}.", example=example)),
    ),
    Way(
        name="ask",
        label=say("Next"),
        chosen=_ask,
        heading=say("Ask somebody to pay"),
        field=number_field(lambda example: say("Type the number to ask, like {example}.", example=example)),
    ),
)
