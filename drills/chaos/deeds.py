"""What the world really did, sorted by the order that it did it for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drills.chaos.evidence import Books, Entry, Evidence, OrderKept

_FEE_PERCENT = 10


@dataclass(slots=True)
class Deeds:
    """The entries of the books that belong to one order, oldest first."""

    charges: list[Entry] = field(default_factory=list)
    reversals: list[Entry] = field(default_factory=list)
    credits: list[Entry] = field(default_factory=list)
    loads: list[Entry] = field(default_factory=list)

    @property
    def taken_minor(self) -> int:
        """What was charged and not given back."""
        return total(self.charges) - total(self.reversals)

    @property
    def given_minor(self) -> int:
        """What was put on the line and is paid for here: a voucher was paid for in a shop."""
        return total(self.credits)

    def until(self, at: str) -> "Deeds":
        """What had happened by that time."""
        return Deeds(*([entry for entry in book if entry["at"] <= at] for book in self._all))

    def __str__(self) -> str:
        names = ("charged", "reversed", "credited", "loaded")
        told = [
            f"{name} {[entry['amount_minor'] for entry in book]}" for name, book in zip(names, self._all, strict=True)
        ]
        return ", ".join(told)

    @property
    def _all(self) -> tuple[list[Entry], list[Entry], list[Entry], list[Entry]]:
        return self.charges, self.reversals, self.credits, self.loads


def total(entries: Iterable[Entry]) -> int:
    """The sum of the entries' amounts, in minor units."""
    return sum(int(entry["amount_minor"]) for entry in entries)


def deeds_of(books: Books, orders: Iterable[OrderKept]) -> Mapping[str, Deeds]:
    """The deeds by order id.

    A payment belongs to the order that was made to hold its receipt, if there is one, else to the order whose
    reference it carries; a reversal to whom the payment belongs.
    """
    holders = {receipt: order.id for order in orders if order.kind == "stray" for receipt in order.receipts}
    found: defaultdict[str, Deeds] = defaultdict(Deeds)
    for entry in books["charges"]:
        found[holders.get(entry["receipt"]) or order_id_in(entry["reference"])].charges.append(entry)
    for entry in books["reversals"]:
        found[holders.get(entry["receipt"]) or order_id_in(entry["charge_reference"])].reversals.append(entry)
    for entry in (*books["refills"], *books["airtime"]):
        done = found[order_id_in(reference_of_credit(entry))]
        (done.loads if is_load(entry) else done.credits).append(entry)
    return found


def balances_by_line(evidence: Evidence) -> Mapping[str, list[Entry]]:
    """What changed the balance of each line, oldest first: credits, and what was spent."""
    books = evidence.books
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(
        (*books["refills"], *books["airtime"], *evidence.autos.spent), key=lambda each: str(each["at"])
    ):
        found[entry["msisdn"]].append(entry)
    return found


def fee_of(advance_minor: int) -> int:
    """What an advance of a drill costs: its amounts are such that nothing is rounded."""
    return advance_minor * _FEE_PERCENT // 100


def is_load(entry: Entry) -> bool:
    """Whether this refill is the use of a voucher."""
    return bool(entry.get("voucher_serial"))


def reference_of_credit(entry: Entry) -> str:
    """Our reference of a refill or of airtime."""
    return str(entry.get("external_data1") or entry.get("idempotency_key") or "")


def order_id_in(reference: str) -> str:
    """The order that an attempt's reference begins with."""
    return reference.split("-", 1)[0]
