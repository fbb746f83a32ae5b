"""Whose mobile money can be asked: the wallet that belongs to a payer's number.

A wallet belongs to a SIM, so the network that a number was given to decides which one it is. Numbers move between
networks, and no numbering plan says which ones did: who moved is asked at the old network, which answers that there is
no such wallet, and nothing is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType, carrier

from topup.errors import RedialError
from topup.phone import first_of, masked, range_of


class NoWalletHere(RedialError):
    """None of the wallets that can be asked here belongs to {payer}."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """Mobile money. `provider` is the PaymentProvider that asks it, `name` what people call it.

    `receipts_are_upper_case`: so they are to be kept, however a person types one.
    `refunds_by_reference`: a refund names our charge and no receipt, so that of two payments for one charge it cannot
    say which.
    """

    provider: str
    name: str
    receipts_are_upper_case: bool = False
    refunds_by_reference: bool = False


M_PESA = Wallet("daraja", "M-PESA", receipts_are_upper_case=True)
MTN_MOMO = Wallet("mtn_momo", "MTN MoMo", refunds_by_reference=True)
AIRTEL_MONEY = Wallet("airtel_money", "Airtel Money")

WALLETS: Mapping[str, Wallet] = {wallet.provider: wallet for wallet in (M_PESA, MTN_MOMO, AIRTEL_MONEY)}


@dataclass(frozen=True, slots=True)
class Country:
    """The wallets of a country by network, the most used first, and the currency that they all hold."""

    currency: str
    wallets: Mapping[str, Wallet]


# By ISO 3166 country; networks as the numbering plan of phonenumbers names them. M-PESA of Tanzania is not asked by
# Daraja, and Airtel sold its business in Ghana, so neither stands here.
COUNTRIES: Mapping[str, Country] = {
    "KE": Country("KES", {"Safaricom": M_PESA, "Airtel": AIRTEL_MONEY}),
    "UG": Country("UGX", {"MTN": MTN_MOMO, "Airtel": AIRTEL_MONEY}),
    "TZ": Country("TZS", {"Airtel": AIRTEL_MONEY}),
    "GH": Country("GHS", {"MTN": MTN_MOMO}),
    "ZM": Country("ZMW", {"MTN": MTN_MOMO, "Airtel": AIRTEL_MONEY}),
    "RW": Country("RWF", {"MTN": MTN_MOMO, "Airtel": AIRTEL_MONEY}),
}

_NO_MOBILE = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE})


def wallets_of(payer: str, *, offered: frozenset[str], currency: str) -> tuple[Wallet, ...]:
    """The wallets that may belong to `payer` (E.164), in order of choice, of those `offered` (PaymentProvider names).

    Only wallets that hold `currency` count: nothing is exchanged here. A number in a range that is new to the numbering
    plan may have any wallet of its country.
    """
    return _wallets_of_range(range_of(payer), offered=offered, currency=currency)


@lru_cache(maxsize=65536)
def _wallets_of_range(range_: str, *, offered: frozenset[str], currency: str) -> tuple[Wallet, ...]:
    number = phonenumbers.parse(first_of(range_))
    country = COUNTRIES.get(phonenumbers.region_code_for_country_code(number.country_code or 0))
    if country is None or country.currency != currency or phonenumbers.number_type(number) in _NO_MOBILE:
        return ()
    network = carrier.name_for_number(number, "en")
    found = [country.wallets.get(network)] if network else country.wallets.values()
    return tuple(wallet for wallet in found if wallet is not None and wallet.provider in offered)


def wallet_of(payer: str, *, offered: frozenset[str], currency: str) -> Wallet:
    """The first choice among `wallets_of`. Raises NoWalletHere."""
    found = wallets_of(payer, offered=offered, currency=currency)
    if not found:
        raise NoWalletHere(payer=masked(payer))
    return found[0]
