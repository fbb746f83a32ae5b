"""The widest of everything that fills a sentence: if these fit, whatever fills it does."""

from datetime import UTC, datetime

from topup.advances import History, Lending
from topup.caller import Recent
from topup.life import State
from topup.line import Line, LineState
from topup.money import Money
from topup.wallets import WALLETS

AMOUNT = Money(99_999_999, "KES")  # KES 999,999.99
NOTHING = Money(0, "KES")  # What a voucher is worth, as long as nobody knows.
BALANCE = Money(999_999_999, "KES")  # KES 9,999,999.99
CODE = "*384*55123#"
CARE = "0711000000"
FOREIGN = "+256772000001"  # A number of another country keeps its international form, which is longer.
FRIEND = "+256772000002"  # As wide, and somebody else.
TIME = datetime(2026, 9, 30, 23, 59, tzinfo=UTC)

WALLET = max(WALLETS.values(), key=lambda wallet: len(wallet.name))

LINES = [Line(state, balance) for state in LineState for balance in (None, BALANCE, -BALANCE)]

# The most that may be lent anywhere, and who may borrow it, who owes, and who has never topped up.
LENDING = Lending(amounts=(AMOUNT,) * 3, fee_percent=10, days=999, top_ups=99, share_percent=100, below=BALANCE)
HISTORIES = [
    History(days=999, top_ups=99, lately=BALANCE, owed=Money(0, "KES")),
    History(days=999, top_ups=99, lately=BALANCE, owed=AMOUNT),
    History(days=0, top_ups=0, lately=Money(0, "KES"), owed=Money(0, "KES")),
]


def recent(state: State) -> Recent:
    """A top-up that takes much room to tell."""
    return Recent("WWWWWWWW", AMOUNT, state, TIME)
