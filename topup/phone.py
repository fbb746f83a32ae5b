"""Phone numbers: E.164 within, the national form shown and accepted."""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from topup.errors import RedialError

_LONGEST = 25
_DIGITS_OF_RANGE = 3

# What people write a number with. Letters are no digits here, and an extension is no number to charge.
_TYPED = re.compile(r"\+?[\d ().-]+", re.ASCII)


class UnableToReadNumber(RedialError):
    """This is not a phone number that can be reached: {typed!r}."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What of a country's numbering plan tells that a number in E.164 needs no parsing, as nearly every caller's is."""

    code: str
    lengths: frozenset[int]
    prefix: re.Pattern[str]

    def has_as_written(self, written: str) -> bool:
        """Whether it is a possible number of this country, and is written as E.164 would have it.

        What begins as a prefix for dialling might have to lose it: that is for the parser to say.
        """
        digits = written[len(self.code) :]
        return (
            written.startswith(self.code)
            and len(digits) in self.lengths
            and digits.isascii()
            and digits.isdecimal()
            and not digits.startswith("0")
            and self.prefix.match(digits) is None
        )


@lru_cache(maxsize=64)
def _plan(country: str) -> _Plan:
    code = phonenumbers.country_code_for_region(country)
    region = phonenumbers.region_code_for_country_code(code)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        return _Plan(f"+{code}", frozenset(), re.compile(""))
    prefix = re.compile(metadata.national_prefix_for_parsing or "0")
    return _Plan(f"+{code}", frozenset(metadata.general_desc.possible_length), prefix)


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


def read_caller(given: str, *, country: str) -> str:
    """The E.164 form of a number that a network gave us.

    A network knows its own new ranges before any numbering plan does, so a possible number is enough.
    Raises UnableToReadNumber.
    """
    written = given if given.startswith(("+", "0")) else f"+{given}"
    if _plan(country).has_as_written(written):
        return written
    number = _parse(written, country)
    if not phonenumbers.is_possible_number(number):
        raise UnableToReadNumber(typed=given)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def national(msisdn: str, *, country: str) -> str:
    """How people of `country` write the number: `0711000002`; a foreign number keeps its E.164 form."""
    return _national_range(range_of(msisdn), country=country) + msisdn[-_DIGITS_OF_RANGE:]


def range_of(msisdn: str) -> str:
    """What the thousand numbers around an E.164 number have in common.

    Numbers are given out by the thousand at least, so whose they are and how they are written is the same for all of
    them. There are far fewer ranges than numbers, so what is known of a range can be remembered.
    """
    return msisdn[:-_DIGITS_OF_RANGE]


def first_of(range_: str) -> str:
    """The first number of a range."""
    return range_ + "0" * _DIGITS_OF_RANGE


@lru_cache(maxsize=65536)
def _national_range(range_: str, *, country: str) -> str:
    return _national(first_of(range_), country=country)[:-_DIGITS_OF_RANGE]


def _national(msisdn: str, *, country: str) -> str:
    number = _parse(msisdn, country)
    if phonenumbers.country_code_for_region(country) != number.country_code:
        return msisdn
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(character for character in shown if character.isdigit())


def subscriber_number(msisdn: str) -> tuple[str, str]:
    """The country (ISO 3166) of an E.164 number, and the number without its country code: `("UG", "752000001")`."""
    number = _parse(msisdn, "ZZ")
    return phonenumbers.region_code_for_country_code(number.country_code or 0), str(number.national_number)


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
