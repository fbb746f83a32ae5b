"""Payments out of a wallet by name: what MTN MoMo and Airtel Money share. momo.py and airtel.py are their front doors.

Each takes a payment under a name that its client chose, takes no second one of that name, and can be asked by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from sandbox.clock import iso, utc_now
from sandbox.faults import Fault
from sandbox.money import major
from sandbox.network import Body, Callback
from sandbox.outside import Outside
from sandbox.world import CurrencyDiffers, NotEnoughMoney, Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One request for a payment. `end` is how it ended, in its provider's own code; None until then.

    `name` is what the provider knows it by, `reference` the client's own (it stands in the books), `account` what the
    payer is shown. `given_back` is the receipt of its refund.
    """

    name: str
    msisdn: str
    amount_minor: int
    currency: str
    reference: str
    account: str
    callback_url: str
    at: str
    end: str | None = None
    receipt: str | None = None
    given_back: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one provider calls things, and what it posts. The codes are its own words for how a payment ends."""

    provider: str
    brand: str
    operation: str  # Of its callback, in sandbox/faults.py.
    networks: frozenset[str]  # Africa's Talking's codes of the networks whose numbers have such a wallet.
    paid: str
    not_enough: str
    no_wallet: str
    expired: str
    by_answer: Mapping[str, str]
    make_receipt: Callable[[], str]
    body: Callable[[Payment], Body]
    altered: Mapping[str, Callable[[Payment, Fault], Payment]] = field(default_factory=dict)
    play_money: str = ""  # A currency that is in no wallet: what is paid in it comes from nowhere.


class WalletPayments:
    """The operator of one kind of wallet. Money moves in one transaction with its book entry and its end."""

    def __init__(self, outside: Outside, scheme: Scheme, *, in_session: Callable[[str], bool]) -> None:
        self._outside = outside
        self._scheme = scheme
        self._kind = f"{scheme.provider}_payment"
        self._in_session = in_session
        outside.prompts.provider(scheme.provider, self._answered)

    def resume(self) -> None:
        """End what was under way when the sandbox was stopped, and is on no phone's screen any more."""
        shown = {body["request"] for body in self._outside.store.all("prompt").values()}
        for name, body in self._outside.store.all(self._kind).items():
            if body["end"] is None and name not in shown:
                self._end_later(Payment(**body), self._scheme.expired, after_s=0)

    def payment(self, name: str) -> Payment | None:
        """The payment of that name."""
        body = self._outside.store.get(self._kind, name)
        return Payment(**body) if body else None

    def by_receipt(self, receipt: str) -> Payment | None:
        """The payment that has this receipt."""
        body = self._outside.store.get(f"{self._kind}_receipt", receipt)
        return self.payment(body["name"]) if body else None

    async def begin(self, payment: Payment, *, network: str, forced: str | None) -> None:
        """Take a payment on: ask the payer, or end it by itself. `forced` is what to end it with.

        `network` is the code of the payer's network. A phone that is in a call shows no prompt, so it gives no answer.
        """
        settings, scheme = self._outside.settings.now, self._scheme
        self._save(payment)
        self._outside.network.maybe_forge(
            scheme.operation, msisdn=payment.msisdn, url=payment.callback_url, lie=partial(self._lie, payment)
        )
        known = forced or (None if network in scheme.networks else scheme.no_wallet)
        if self._outside.faults.take(scheme.operation, "callback_before_reply", payment.msisdn):
            await self._tell(self.end(payment, known or scheme.paid))
        elif known is not None:
            self._end_later(payment, known, after_s=settings.callback_after_s)
        elif self._in_session(payment.msisdn) or self._outside.prompts.open_for(payment.msisdn):
            self._end_later(payment, scheme.expired, after_s=settings.prompt_expires_s)
        else:
            self._show(payment)

    def end(self, payment: Payment, end: str) -> Payment:
        """Let the payment end so, once: money moves when it is paid. What had ended already stays as it ended."""
        with self._outside.store.transaction():
            current = self.payment(payment.name)
            if current is None or current.end is not None:
                return current or payment
            ended = replace(payment, end=end)
            if end == self._scheme.paid:
                ended = self._pay(ended)
            self._save(ended)
        return ended

    def give_back(self, payment: Payment, *, reference: str) -> Payment:
        """Give a paid payment back, whole, under a receipt of its own. Whether it may is for the caller to see."""
        people, scheme = self._outside.people, self._scheme
        returned = replace(payment, given_back=scheme.make_receipt())
        with self._outside.store.transaction():
            wallet = people.wallet(payment.msisdn)
            if payment.currency != scheme.play_money:
                wallet = wallet.received(payment.amount_minor, currency=payment.currency)
            people.save_wallet(payment.msisdn, wallet)
            self._say(payment, wallet, f"{returned.given_back}: you got back {_shown(payment)} from REDIAL.")
            self._save(returned)
            self._outside.books.enter(
                "reversals",
                reference=reference,
                msisdn=payment.msisdn,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                at=utc_now(),
                provider=scheme.provider,
                receipt=payment.receipt,
                transaction_id=returned.given_back,
                charge_reference=payment.reference,
            )
        return returned

    def _pay(self, payment: Payment) -> Payment:
        people, scheme = self._outside.people, self._scheme
        wallet = people.wallet(payment.msisdn)
        try:
            if payment.currency != scheme.play_money:
                wallet = wallet.paid(payment.amount_minor, currency=payment.currency)
        except (NotEnoughMoney, CurrencyDiffers):
            return replace(payment, end=scheme.not_enough)
        paid = replace(payment, receipt=scheme.make_receipt())
        people.save_wallet(payment.msisdn, wallet)
        self._outside.store.put(f"{self._kind}_receipt", str(paid.receipt), {"name": paid.name})
        self._outside.books.enter(
            "charges",
            reference=paid.reference,
            msisdn=paid.msisdn,
            amount_minor=paid.amount_minor,
            currency=paid.currency,
            at=utc_now(),
            provider=scheme.provider,
            receipt=paid.receipt,
            account=paid.account,
            name=paid.name,
        )
        self._say(paid, wallet, f"{paid.receipt}: you paid {_shown(paid)} to REDIAL for {paid.account}.")
        return paid

    def _show(self, payment: Payment) -> None:
        self._outside.prompts.ask(
            msisdn=payment.msisdn,
            provider=self._scheme.provider,
            request=payment.name,
            text=f"Pay {_shown(payment)} to REDIAL for {payment.account}? Enter {self._scheme.brand} PIN:",
            amount_minor=payment.amount_minor,
            currency=payment.currency,
        )

    def _answered(self, request: str, answer: str) -> None:
        payment = self.payment(request)
        if payment is not None and payment.end is None:
            ended = self.end(payment, self._scheme.by_answer[answer])
            self._outside.later.after(0, partial(self._tell, ended))

    def _end_later(self, payment: Payment, end: str, *, after_s: float) -> None:
        async def end_and_tell() -> None:
            await self._tell(self.end(payment, end))

        self._outside.later.after(after_s, end_and_tell)

    async def _tell(self, payment: Payment) -> None:
        scheme = self._scheme
        if not payment.callback_url:
            return
        altered = {
            kind: (lambda fault, alter=alter: scheme.body(alter(payment, fault)))
            for kind, alter in scheme.altered.items()
        }
        callback = Callback(
            operation=scheme.operation,
            msisdn=payment.msisdn,
            url=payment.callback_url,
            body=scheme.body(payment),
            altered=altered,
            opposite=lambda: scheme.body(self._opposite(payment)),
        )
        await self._outside.network.send(callback)

    def _opposite(self, payment: Payment) -> Payment:
        if payment.end == self._scheme.paid:
            return replace(payment, end=self._scheme.by_answer["cancel"], receipt=None)
        return self._as_if_paid(payment)

    def _lie(self, payment: Payment, real_ids: bool) -> Body:
        lie = self._as_if_paid(payment)
        return self._scheme.body(lie if real_ids else replace(lie, name="0" * 12, reference="0" * 12))

    def _as_if_paid(self, payment: Payment) -> Payment:
        return replace(payment, end=self._scheme.paid, receipt=self._scheme.make_receipt())

    def _say(self, payment: Payment, wallet: Wallet, words: str) -> None:
        text = f"{words} Balance {wallet.currency} {major(wallet.balance_minor, wallet.currency)}."
        self._outside.people.take_message(payment.msisdn, sender=self._scheme.brand, text=text, at=utc_now())

    def _save(self, payment: Payment) -> None:
        self._outside.store.put(self._kind, payment.name, asdict(payment))


def new_payment(
    *, name: str, msisdn: str, amount_minor: int, currency: str, reference: str, account: str, callback_url: str
) -> Payment:
    """A payment that begins now."""
    return Payment(
        name=name,
        msisdn=msisdn,
        amount_minor=amount_minor,
        currency=currency,
        reference=reference,
        account=account,
        callback_url=callback_url,
        at=iso(utc_now()),
    )


def _shown(payment: Payment) -> str:
    return f"{payment.currency} {major(payment.amount_minor, payment.currency)}"
