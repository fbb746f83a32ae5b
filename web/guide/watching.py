"""The page to look at until the line is back: it asks for itself again, ever more slowly, and comes to an end."""

from collections.abc import Callable, Sequence

from store.desk import Desk
from topup.ids import short_reference
from topup.life import State
from topup.orders import Order
from web.guide.page import Again, Link, Page
from web.guide.telling import title_of, true_now
from words.text import say

# The waits between two looks, seconds: a PIN takes half a minute, what takes longer takes much longer. After a quarter
# of an hour the page stands still; the SMS comes all the same.
_WAITS_S = (3, 3, 3, 3, 5, 5, 5, 8, 8, 13, 13, 20, 20, 30, 30, 60, 60, 120, 120, 180, 180)

_GOOD, _WAITS, _BAD = "good", "wait", "bad"
_TONES = {State.DONE: _GOOD, State.UNPAID: _BAD}


def watched(
    order: Order,
    *,
    apart: Sequence[Order],
    told: str | None,
    tail: str,
    looks: int,
    desk: Desk,
    href: Callable[[int], str],
    home: str,
) -> Page:
    """The page of an order. `told` is the newest SMS about it to whoever looks; `looks` counts how often they have.

    `apart` are the orders that hold money which is said to have come to it, given where it is unpaid. They are told of
    in place of that SMS, which may have been written before the money came. `tail` is the end of the voucher's number,
    where the order is for one; `href` is the page's address for the next look, `home` the guide's first page.
    """
    rests = all(one.state.in_review or one.state.is_end for one in (order, *apart))
    is_over = rests and (order.state.in_review or told is not None)
    may_look = not is_over and looks < len(_WAITS_S)
    foot = [say("Ref {reference}", reference=short_reference(order.id))]
    if not is_over:
        foot.insert(0, _LOOKS_AGAIN if may_look else _LOOKS_NO_MORE)
    now = true_now(order, apart=apart, tail=tail, country=desk.country, care_number=desk.care_number)
    return Page(
        title=title_of(order),
        says=[told] if told and is_over and not apart else now,
        tone=_TONES.get((order, *apart)[-1].state, _WAITS),
        foot=foot,
        links=[Link(href=home, label=say("Begin again"))] if is_over else [Link(href=href(0), label=say("Look again"))],
        again=Again(href=href(looks + 1), after_s=_WAITS_S[looks]) if may_look else None,
    )


_LOOKS_AGAIN = say("This page looks again by itself.")
_LOOKS_NO_MORE = say("This page looks no more by itself. An SMS tells you the end.")
