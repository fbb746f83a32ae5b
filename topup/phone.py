"""Phone numbers: E.164 within, the national form shown and accepted."""

import re
from functools import lru_cache

import phonenumbers

from topup.errors import RedialError

_LONGEST = 25

# Mobile money lives on these. A plan that does not tell the two kinds of line apart leaves it to the wallet's answer.
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})

# What people write a number with. Letters are no digits here, and an extension is no number to charge.
_TYPED = re.compile(r"\+?[\d ().-]+", re.ASCII)


class UnableToReadNumber(RedialError):
    """This is not a phone number that can be reached: {typed!r}."""


class NotAMobileNumber(RedialError):
    """This is a phone number, but not a mobile one: {typed!r}."""


@lru_cache(maxsize=4096)
def read_msisdn(typed: str, *, country: str) -> str:
    """The E.164 form (`+254711000001`) of a number that a person typed, in `country` (ISO 3166).

    Raises UnableToReadNumber for what the numbering plan does not know: a typing mistake must not be charged.
    """
    if _TYPED.fullmatch(typed.strip()) is None:
        raise UnableToReadNumber(typed=typed[:_LONGEST])
    number = _parse(typed, country)
    if not phonenumbers.is_valid_number(number):
        raise UnableToReadNumber(typed=typed)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def read_payer(typed: str, *, country: str) -> str:
    """The E.164 form of a number that a person typed as the one that pays.

    Raises UnableToReadNumber, and NotAMobileNumber for a landline or a service number, which can have no wallet.
    """
    msisdn = read_msisdn(typed, country=country)
    if phonenumbers.number_type(_parse(msisdn, country)) not in _MOBILE:
        raise NotAMobileNumber(typed=typed)
    return msisdn


@lru_cache(maxsize=65536)
def read_caller(given: str, *, country: str) -> str:
    """The E.164 form of a number that a network gave us.

    A network knows its own new ranges before any numbering plan does, so a possible number is enough.
    Raises UnableToReadNumber.
    """
    number = _parse(given if given.startswith(("+", "0")) else f"+{given}", country)
    if not phonenumbers.is_possible_number(number):
        raise UnableToReadNumber(typed=given)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def national(msisdn: str, *, country: str) -> str:
    """How people of `country` write the number: `0711000002`; a foreign number keeps its E.164 form."""
    number = _parse(msisdn, country)
    if phonenumbers.country_code_for_region(country) != number.country_code:
        return msisdn
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(character for character in shown if character.isdigit())


@lru_cache(maxsize=64)
def example_number(*, country: str) -> str:
    """A mobile number of `country` as its people write it, to show how one looks."""
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        raise UnableToReadNumber(typed=country)
    return national(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), country=country)


def masked(msisdn: str) -> str:
    """The number as logs may keep it: its beginning and its last three digits."""
    return f"{msisdn[:6]}***{msisdn[-3:]}" if len(msisdn) > 9 else "***"


def _parse(typed: str, country: str) -> phonenumbers.PhoneNumber:
    if len(typed) > _LONGEST or not typed.isascii():
        raise UnableToReadNumber(typed=typed[:_LONGEST])
    try:
        return phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise UnableToReadNumber(typed=typed) from error
