"""Credit put on lines: by amount, by voucher, by an adjustment, or as airtime. Nothing here is done only once."""

from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import utc_now
from sandbox.errors import SandboxError
from sandbox.outside import Outside
from sandbox.world import Line, Voucher, VoucherRefused


class NoSuchVoucher(SandboxError):
    """No voucher has this activation code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refill:
    """A refill that happened: the line before and after it, and how much it was."""

    before: Line
    after: Line
    amount_minor: int
    currency: str
    voucher: Voucher | None = None


class Refills:
    """The effects on lines, each in one transaction with its book entry."""

    def __init__(self, outside: Outside) -> None:
        self._store = outside.store
        self._people = outside.people
        self._books = outside.books

    def by_amount(
        self, *, book: str, reference: str, msisdn: str, amount_minor: int, currency: str, **extras: Any
    ) -> Refill:
        """Add the amount (an adjustment may take away). Raises LineIsClosed, CurrencyDiffers, TooMuchCredit."""
        now = utc_now()
        with self._store.transaction():
            before = self._people.line(msisdn)
            after = before.credited(amount_minor, currency=currency, now=now)
            self._people.save_line(msisdn, after)
            self._books.enter(
                book,
                reference=reference,
                msisdn=msisdn,
                amount_minor=amount_minor,
                currency=currency,
                at=now,
                balance_before_minor=before.balance_minor,
                balance_after_minor=after.balance_minor,
                **extras,
            )
        return Refill(before=before, after=after, amount_minor=amount_minor, currency=currency)

    def by_voucher(self, *, reference: str, msisdn: str, pin: str, **extras: Any) -> Refill:
        """Use the voucher for the line. Raises NoSuchVoucher, VoucherRefused and what `by_amount` raises."""
        with self._store.transaction():
            voucher = self._people.voucher(pin)
            if voucher is None:
                raise NoSuchVoucher()
            used = voucher.used(msisdn)
            refill = self.by_amount(
                book="refills",
                reference=reference,
                msisdn=msisdn,
                amount_minor=voucher.amount_minor,
                currency=voucher.currency,
                voucher_serial=voucher.serial,
                **extras,
            )
            self._people.save_voucher(pin, used)
        return replace(refill, voucher=used)

    def why_refused(self, pin: str, error: VoucherRefused, *, msisdn: str) -> str:
        """The state that refused the voucher; a used one says whether by the same line: `used by same`."""
        voucher = self._people.voucher(pin)
        if voucher is not None and voucher.used_by is not None:
            return "used by same" if voucher.used_by == msisdn else "used by other"
        return str(error.facts["state"])
