"""The stories of one order that every moment is tried in: each outcome of a call, with each way of being told of it.

A story is about one step of an order's life. The other steps go plainly, so only the moments of that step are its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from tests.safety.plans import Asked, Deed, End, Plan, Reply, Told
from topup.kinds import Kind
from topup.money import Money

_CHARGING = frozenset({"charge", "settle", "enquire"})
_CREDITING = frozenset({"credit", "settle", "enquire"})
_LENDING = frozenset({"lend", "settle", "enquire"})
_RETURNING = frozenset({"refund", "settle", "enquire"})
_LOOKING = frozenset({"look"})
_TELLS = ("balance", "credited", "declined", "refunded", "checking", "repaid")
_TELLING = frozenset({"alert", *(f"tell_{what}" for what in _TELLS)})

_FOREVER = 20

AMOUNT = Money(10000, "KES")
ADVANCE = Money(5000, "KES")

# How a callback that tells the truth comes, or does not.
_WAYS = (Told.COMES, Told.NEVER, Told.EARLY, Told.TWICE, Told.LATE)
_LOST_OR_TAKEN = (Reply.ACCEPTED, Reply.UNKNOWN)
_AT_ONCE = (Reply.CONFIRMED, Reply.REFUSED, Reply.NOT_SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A plan, and the jobs of the step that it is about; their moments count from the first job called `after`.

    `is_decided_last`: the person who decides reviews comes when nothing else happens any more. `owes`: the line
    owes KES 55 of an advance when the order is placed.
    """

    name: str
    plan: Plan
    jobs: frozenset[str]
    after: str = ""
    credit_provider: str = "ucip"
    is_decided_last: bool = False
    kind: Kind = Kind.TOPUP
    amount: Money = AMOUNT
    owes: bool = False


def stories() -> list[Story]:
    """All of them. In every other one whoever is asked by the person who decides would rather have the money back."""
    told = [*_charging(), *_crediting(), *_sending_airtime(), *_returning(), *_looking_and_telling()]
    told += [*_lending(), *_repaying()]
    return [replace(story, plan=replace(story.plan, wants_credit=number % 2 == 0)) for number, story in enumerate(told)]


def _charging() -> Iterator[Story]:
    for deed in _deeds(_LOST_OR_TAKEN, (End.HAPPENS, End.REFUSED, End.BUSY)):
        for asked in Asked if deed.told in (Told.COMES, Told.NEVER) else (Asked.BY_NAME, Asked.SILENT):
            yield from _both(_charge((deed,), asked))
    for reply in _AT_ONCE:
        yield _charge((Deed(reply),), Asked.BY_NAME)
    for told in (told for told in Told if told not in _WAYS):
        for reply, asked in product(_LOST_OR_TAKEN, (Asked.BY_NAME, Asked.SILENT)):
            yield from _both(_charge((Deed(reply, told=told),), asked))
    yield _charge((Deed(Reply.UNKNOWN, End.NOTHING),), Asked.BY_REFERENCE)
    yield _charge((Deed(Reply.NOT_SENT),) * _FOREVER, Asked.BY_NAME)
    yield _charge((Deed(end=End.BUSY),) * _FOREVER, Asked.BY_NAME)
    yield _charge((Deed(end=End.BUSY), Deed(Reply.NOT_SENT), Deed(end=End.BUSY)), Asked.BY_NAME)


def _crediting() -> Iterator[Story]:
    for reply in _AT_ONCE:
        yield _credit((Deed(reply),))
    for end, after_s, asked in product((End.HAPPENS, End.NOTHING), (0.0, 20.0), (Asked.BY_NAME, Asked.SILENT)):
        yield _credit((Deed(Reply.UNKNOWN, end, Told.NEVER, after_s),), asked)
    yield _credit((Deed(Reply.NOT_SENT),) * _FOREVER)
    for unreadable in (2, _FOREVER):
        yield replace(_credit(()), plan=Plan(unreadable=unreadable), name=f"the line cannot be read {unreadable} times")


def _sending_airtime() -> Iterator[Story]:
    deeds = [*_deeds(_LOST_OR_TAKEN, (End.HAPPENS, End.REFUSED)), *(Deed(reply) for reply in _AT_ONCE[1:])]
    for deed, asked in product(deeds, (Asked.BY_NAME, Asked.SILENT)):
        story = _credit((deed,), asked)
        yield from _both(replace(story, name=f"airtime: {story.name}", credit_provider="airtime"))


def _returning() -> Iterator[Story]:
    deeds = [*_deeds(_LOST_OR_TAKEN, (End.HAPPENS, End.REFUSED)), *(Deed(reply) for reply in _AT_ONCE)]
    for deed, asked in product(deeds, (Asked.BY_NAME, Asked.SILENT)):
        yield from _both(_refund((deed,), asked))
    yield _refund((Deed(Reply.UNKNOWN, End.NOTHING),), Asked.SILENT)
    yield _refund((Deed(Reply.NOT_SENT),) * _FOREVER, Asked.BY_NAME)


def _lending() -> Iterator[Story]:
    """An advance is put on a line as a credit is."""
    for story in _a_few_credits():
        yield replace(story, name=f"lend: {story.name}", jobs=_LENDING, after="lend", kind=Kind.ADVANCE, amount=ADVANCE)


def _repaying() -> Iterator[Story]:
    for story in _a_few_credits():
        yield replace(story, name=f"repay in part: {story.name}", owes=True)
    yield replace(_credit(()), name="a debt takes all of a top-up", amount=ADVANCE, owes=True)


def _a_few_credits() -> Iterator[Story]:
    """One of each end that a refill can come to: it is the same work as that of every top-up."""
    for reply in _AT_ONCE:
        yield _credit((Deed(reply),))
    yield _credit((Deed(Reply.UNKNOWN, End.HAPPENS, Told.NEVER, 20.0),), Asked.BY_NAME)
    yield _credit((Deed(Reply.UNKNOWN, End.NOTHING, Told.NEVER),), Asked.SILENT)
    late = _credit((Deed(Reply.UNKNOWN, End.HAPPENS, Told.LATE),), Asked.SILENT)
    yield replace(late, name=f"airtime: {late.name}", credit_provider="airtime")


def _looking_and_telling() -> Iterator[Story]:
    for returns in (True, False):
        yield Story(name=f"the line returns: {returns}", plan=Plan(line_returns=returns), jobs=_LOOKING)
    ends = (Plan(), Plan(charge=(Deed(Reply.REFUSED),)), Plan(credit=(Deed(Reply.REFUSED),)))
    lost = Plan(charge=(Deed(Reply.UNKNOWN, End.NOTHING),))
    replies = (Deed(), Deed(Reply.REFUSED), Deed(Reply.NOT_SENT), Deed(Reply.UNKNOWN), Deed(Reply.UNKNOWN, End.NOTHING))
    for plan, sms in product((*ends, lost), replies):
        told = replace(plan, sms=(sms,))
        yield Story(name=f"SMS: {sms.reply.value}, {sms.end.value}: {_named(plan)}", plan=told, jobs=_TELLING)


def _deeds(replies: tuple[Reply, ...], ends: tuple[End, ...]) -> list[Deed]:
    return [Deed(reply, end, told) for reply, end, told in product(replies, ends, _WAYS)]


def _both(story: Story) -> Iterator[Story]:
    """A callback may come late before or after a person has decided: both are stories."""
    yield story
    deeds = (*story.plan.charge, *story.plan.credit, *story.plan.refund)
    if any(deed.told in (Told.LATE, Told.SECOND_PAYMENT_LATE) for deed in deeds):
        yield replace(story, name=f"{story.name}, decided last", is_decided_last=True)


def _charge(deeds: tuple[Deed, ...], asked: Asked) -> Story:
    return Story(name=f"charge {_listed(deeds, asked)}", plan=Plan(charge=deeds, asked=asked), jobs=_CHARGING)


def _credit(deeds: tuple[Deed, ...], asked: Asked = Asked.BY_NAME) -> Story:
    plan = Plan(credit=deeds, asked=asked)
    return Story(name=f"credit {_listed(deeds, asked)}", plan=plan, jobs=_CREDITING, after="credit")


def _refund(deeds: tuple[Deed, ...], asked: Asked) -> Story:
    plan = Plan(credit=(Deed(Reply.REFUSED),), refund=deeds, asked=asked)
    return Story(name=f"refund {_listed(deeds, asked)}", plan=plan, jobs=_RETURNING, after="refund")


def _listed(deeds: tuple[Deed, ...], asked: Asked) -> str:
    first = f"{deeds[0]}" if deeds else "plain"
    return f"{first}{f' x {len(deeds)}' if len(deeds) > 1 else ''}; enquiries {asked.value}"


def _named(plan: Plan) -> str:
    return ", ".join(f"{kind} {deeds[0]}" for kind in ("charge", "credit") if (deeds := getattr(plan, kind))) or "plain"
