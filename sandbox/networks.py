"""Which network and which currency a number belongs to. Numbers that moved to another network are not known here."""

# Africa's Talking's network codes, by prefix.
_CODES = {
    "+25410": "63903",
    "+25473": "63903",
    **dict.fromkeys((f"+25475{digit}" for digit in range(7)), "63903"),
    "+254762": "63903",
    "+25478": "63903",
    "+25477": "63907",
    "+254": "63902",
    "+25670": "64101",
    "+25675": "64101",
    "+256": "64110",
    "+25565": "64002",
    "+25568": "64005",
    "+25569": "64005",
    "+25578": "64005",
    "+255": "64004",
    "+23320": "62002",
    "+23350": "62002",
    "+233": "62001",
    "+234": "62130",
    "+25072": "63514",
    "+25073": "63514",
    "+250": "63510",
    "+26057": "64501",
    "+26077": "64501",
    "+26097": "64501",
    "+260": "64502",
    "+26599": "65010",
    "+265": "65001",
    "+27": "65510",
}
TEST_NETWORK = "99999"

_CURRENCIES = {
    "+254": "KES",
    "+256": "UGX",
    "+255": "TZS",
    "+233": "GHS",
    "+234": "NGN",
    "+250": "RWF",
    "+260": "ZMW",
    "+265": "MWK",
    "+27": "ZAR",
}

# ISO 3166 countries by the code that their numbers begin with.
DIALLING_CODES = {
    "KE": "+254",
    "UG": "+256",
    "TZ": "+255",
    "GH": "+233",
    "NG": "+234",
    "RW": "+250",
    "ZM": "+260",
    "MW": "+265",
}
MTN = frozenset({"64110", "62001", "62130", "63510", "64502"})
AIRTEL = frozenset({"63903", "64101", "64005", "62120", "63514", "64501", "65010"})


def currency_of(msisdn: str) -> str | None:
    """The currency of the number's country, when it is one of those that are served."""
    return _CURRENCIES.get(msisdn[:4]) or _CURRENCIES.get(msisdn[:3])


def network_code(msisdn: str) -> str:
    """The code of the longest prefix that fits."""
    for length in range(7, 2, -1):
        if (code := _CODES.get(msisdn[:length])) is not None:
            return code
    return TEST_NETWORK
