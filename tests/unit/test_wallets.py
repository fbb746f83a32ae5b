"""Whose mobile money can be asked, by country and network."""

import pytest
from phonenumbers import carrierdata

from topup.phone import subscriber_number
from topup.wallets import (
    AIRTEL_MONEY,
    COUNTRIES,
    M_PESA,
    MTN_MOMO,
    WALLETS,
    NoWalletHere,
    Wallet,
    wallet_of,
    wallets_of,
)

ALL = frozenset(WALLETS)


@pytest.mark.parametrize(
    ("payer", "currency", "wallet"),
    [
        ("+254711000001", "KES", M_PESA),
        ("+254110000001", "KES", M_PESA),
        ("+254733000001", "KES", AIRTEL_MONEY),
        ("+254750000001", "KES", AIRTEL_MONEY),
        ("+254100000001", "KES", AIRTEL_MONEY),
        ("+256772000001", "UGX", MTN_MOMO),
        ("+256752000001", "UGX", AIRTEL_MONEY),
        ("+255682000001", "TZS", AIRTEL_MONEY),
        ("+233244000001", "GHS", MTN_MOMO),
        ("+260966000001", "ZMW", MTN_MOMO),
        ("+260977000001", "ZMW", AIRTEL_MONEY),
        ("+250788000001", "RWF", MTN_MOMO),
        ("+250733000001", "RWF", AIRTEL_MONEY),
    ],
)
def test_a_number_is_asked_by_the_wallet_of_its_network(payer: str, currency: str, wallet: Wallet) -> None:
    assert wallets_of(payer, offered=ALL, currency=currency) == (wallet,)
    assert wallet_of(payer, offered=ALL, currency=currency) == wallet


@pytest.mark.parametrize(
    ("payer", "currency", "why"),
    [
        ("+254770000001", "KES", "Telkom's wallet is not asked here"),
        ("+255754000001", "TZS", "M-PESA of Tanzania is not that of Kenya"),
        ("+233264000001", "GHS", "AirtelTigo is no longer Airtel"),
        ("+254202000001", "KES", "a landline has no wallet"),
        ("+256772000001", "KES", "it holds shillings of another country"),
        ("+46733123450", "EUR", "no wallet of this country is known"),
    ],
)
def test_a_number_without_a_wallet_that_can_be_asked_has_none(payer: str, currency: str, why: str) -> None:
    assert wallets_of(payer, offered=ALL, currency=currency) == (), why
    with pytest.raises(NoWalletHere) as refused:
        wallet_of(payer, offered=ALL, currency=currency)
    assert payer not in str(refused.value), "a whole number does not belong into a log"


def test_a_wallet_that_is_not_set_up_is_not_chosen() -> None:
    without = ALL - {"airtel_money"}
    assert wallets_of("+254733000001", offered=without, currency="KES") == ()
    assert wallets_of("+254711000001", offered=without, currency="KES") == (M_PESA,)
    assert wallets_of("+254711000001", offered=frozenset(), currency="KES") == ()


def test_a_range_that_is_new_to_the_numbering_plan_may_have_any_wallet_of_its_country_the_most_used_first() -> None:
    new = "+254911000001"
    assert wallets_of(new, offered=ALL, currency="KES") == (M_PESA, AIRTEL_MONEY)
    assert wallets_of(new, offered=frozenset({"airtel_money"}), currency="KES") == (AIRTEL_MONEY,)
    assert wallet_of(new, offered=ALL, currency="KES") == M_PESA


def test_every_network_of_the_table_is_one_that_the_numbering_plan_names() -> None:
    code_of = {"KE": "254", "UG": "256", "TZ": "255", "GH": "233", "ZM": "260", "RW": "250"}
    assert code_of.keys() == COUNTRIES.keys()
    for country, code in code_of.items():
        named = {names["en"] for prefix, names in carrierdata.CARRIER_DATA.items() if prefix.startswith(code)}
        assert set(COUNTRIES[country].wallets) <= named, country


def test_every_wallet_is_somewhere_in_the_table() -> None:
    found = {wallet for country in COUNTRIES.values() for wallet in country.wallets.values()}
    assert found == set(WALLETS.values())


@pytest.mark.parametrize(
    ("msisdn", "country", "number"),
    [("+256752000001", "UG", "752000001"), ("+254711000001", "KE", "711000001"), ("+260977000001", "ZM", "977000001")],
)
def test_a_number_is_taken_apart_into_its_country_and_the_rest(msisdn: str, country: str, number: str) -> None:
    assert subscriber_number(msisdn) == (country, number)
