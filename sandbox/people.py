"""The register of people: their lines, wallets, vouchers and inboxes, kept in the store."""

import re
from dataclasses import asdict
from datetime import datetime

from sandbox.clock import iso
from sandbox.errors import BadRequest
from sandbox.hub import Hub
from sandbox.networks import currency_of
from sandbox.store import Body, Store
from sandbox.world import Line, LineState, Voucher, VoucherState, Wallet

_MSISDN = re.compile(r"\+?([1-9]\d{6,14})", re.ASCII)


def read_msisdn(text: str) -> str:
    """The E.164 form of a number written with or without its `+`. Raises BadRequest."""
    match = _MSISDN.fullmatch(text.strip())
    if not match:
        raise BadRequest(why=f"This is not an MSISDN in E.164 form, such as +254711000001: {text[:30]!r}.")
    return f"+{match[1]}"


class People:
    """Everybody whom the world knows. Who is asked about for the first time comes into being with the defaults."""

    def __init__(self, *, store: Store, hub: Hub, currency: str) -> None:
        self._store = store
        self._hub = hub
        self._currency = currency

    def meet(self, msisdn: str) -> None:
        """Remember that this person exists."""
        if self._store.get("phone", msisdn) is None:
            self._store.put("phone", msisdn, {})

    def known(self) -> list[str]:
        """The MSISDNs of everybody who was ever set or seen."""
        return sorted({msisdn for kind in ("phone", "line", "wallet") for msisdn in self._store.all(kind)})

    def currency(self, msisdn: str) -> str:
        """What a person of that country counts in."""
        return currency_of(msisdn) or self._currency

    def prompt_answer(self, msisdn: str) -> str | None:
        """How this person answers prompts, when it differs from the settings."""
        return (self._store.get("phone", msisdn) or {}).get("prompt_answer")

    def set_prompt_answer(self, msisdn: str, answer: str | None) -> None:
        """Let this person answer prompts so; None follows the settings."""
        self._store.put("phone", msisdn, {"prompt_answer": answer})

    def line(self, msisdn: str) -> Line:
        """The person's line; one that nobody set is active and holds nothing."""
        body = self._store.get("line", msisdn)
        return _line(body) if body else Line(currency=self.currency(msisdn))

    def save_line(self, msisdn: str, line: Line) -> None:
        """Keep the line as it is now."""
        body = {"currency": line.currency, "balance_minor": line.balance_minor}
        body["hold"] = line.hold.value if line.hold else None
        body["owing_since"] = iso(line.owing_since) if line.owing_since else None
        self._store.put("line", msisdn, body)
        self._hub.tell(msisdn, "line")

    def wallet(self, msisdn: str) -> Wallet:
        """The person's wallet; one that nobody set holds 1,000.00."""
        body = self._store.get("wallet", msisdn)
        return Wallet(**body) if body else Wallet(currency=self.currency(msisdn))

    def save_wallet(self, msisdn: str, wallet: Wallet) -> None:
        """Keep the wallet as it is now."""
        self._store.put("wallet", msisdn, asdict(wallet))
        self._hub.tell(msisdn, "wallet")

    def voucher(self, pin: str) -> Voucher | None:
        """The voucher of that PIN, if one was printed."""
        body = self._store.get("voucher", pin)
        return Voucher(**{**body, "state": VoucherState(body["state"])}) if body else None

    def save_voucher(self, pin: str, voucher: Voucher) -> None:
        """Keep the voucher as it is now."""
        self._store.put("voucher", pin, {**asdict(voucher), "state": voucher.state.value})

    def take_message(self, msisdn: str, *, sender: str, text: str, at: datetime) -> None:
        """Put a message into the person's inbox."""
        self._store.append("inbox", owner=msisdn, at=iso(at), body={"from": sender, "text": text, "at": iso(at)})
        self._hub.tell(msisdn, "inbox")

    def inbox(self, msisdn: str) -> list[Body]:
        """The person's messages, oldest first."""
        return self._store.entries("inbox", owner=msisdn)


def _line(body: Body) -> Line:
    return Line(
        currency=body["currency"],
        balance_minor=body["balance_minor"],
        hold=LineState(body["hold"]) if body["hold"] else None,
        owing_since=datetime.fromisoformat(body["owing_since"]) if body["owing_since"] else None,
    )
