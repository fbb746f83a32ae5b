"""Lines, wallets and vouchers as the control API shows them."""

from typing import Any

from sandbox.world import Line, Voucher, Wallet


def line_body(line: Line) -> dict[str, Any]:
    """The body of `GET /lines/<msisdn>`."""
    return {"state": line.state.value, "balance_minor": line.balance_minor, "currency": line.currency}


def wallet_body(wallet: Wallet) -> dict[str, Any]:
    """The body of `GET /wallets/<msisdn>`."""
    return {"balance_minor": wallet.balance_minor, "currency": wallet.currency}


def voucher_body(voucher: Voucher) -> dict[str, Any]:
    """The body of `GET /vouchers/<pin>`."""
    return {
        "amount_minor": voucher.amount_minor,
        "currency": voucher.currency,
        "state": voucher.state.value,
        "serial": voucher.serial,
        "used_by": voucher.used_by,
    }
