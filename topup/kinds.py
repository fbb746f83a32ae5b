"""The ways in which an order can come to be paid, each with the event that begins its life."""

from enum import Enum

from topup.life import LIFE, Event, State


class Kind(Enum):
    """What sort of order it is."""

    TOPUP = "topup"  # Whoever pays is prompted at once.
    ASK = "ask"  # Whoever is to pay is asked by SMS first, and prompted when they say yes.
    VOUCHER = "voucher"  # Paid for long ago, in a shop: nobody is prompted, and the operator owes the credit.
    ADVANCE = "advance"  # Nobody pays: the line gets credit now, and repays it with its later top-ups.
    STRAY = "stray"  # Money that came and belongs to no order: this one is made to hold it.

    @property
    def begins(self) -> Event:
        """The first event of such an order."""
        return _BEGINNINGS.get(self, Event.PLACED)

    @property
    def first_state(self) -> State:
        """Where such an order stands when it is placed."""
        return next(rule.target for rule in LIFE if rule.event is self.begins)


_BEGINNINGS = {Kind.ASK: Event.ASK_PLACED, Kind.VOUCHER: Event.VOUCHER_PLACED, Kind.ADVANCE: Event.ADVANCE_PLACED}
