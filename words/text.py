"""Sentences: what is said, kept apart from the language it is said in.

`say("You owe {owed}.", owed=money)` names a sentence by its English words (its msgid in the gettext catalogues of
locale/) and what fills it. Only `rendered` turns it into a language, so a screen can be drawn for anybody.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from topup.auto import Weekday
from topup.errors import RedialError
from topup.money import Money
from words.show import show_balance, show_money, show_time, show_typed, show_weekday

LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"
DOMAIN = "redial"
SOURCE = "en"

# Every language, and how it calls itself. One name in Chinese makes a whole screen UCS-2, so the others may have all
# of their letters too.
LANGUAGES: Mapping[str, str] = {"en": "English", "sw": "Kiswahili", "fr": "Français", "zh": "中文"}

# The languages whose sentences stay in the GSM 7-bit alphabet, where twice as much fits and an SMS costs half.
IN_GSM_ALPHABET = frozenset(LANGUAGES) - {"zh"}


class CatalogueMissing(RedialError):
    """The sentences of {language!r} are not compiled: run `make words`."""


@dataclass(frozen=True, slots=True)
class ToTheCent:
    """Money that is shown with its cents even when there are none, as a balance is."""

    money: Money


@dataclass(frozen=True, slots=True)
class AsTyped:
    """Money as a person types it: it stands in what they are told to send, which must be read in every language."""

    money: Money


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence and what fills it. A value may be another Text."""

    msgid: str
    values: Mapping[str, "Value"]


Value = str | int | Money | ToTheCent | AsTyped | datetime | Weekday | Text


def say(msgid: str, **values: Value) -> Text:
    """The sentence `msgid`, with `values` for its placeholders."""
    return Text(msgid, values)


def rendered(text: Text, language: str) -> str:
    """The sentence in `language` (a key of LANGUAGES)."""
    sentence = translated(text.msgid, language)
    if not text.values:
        return sentence
    return sentence.format_map({name: _shown(value, language) for name, value in text.values.items()})


def translated(msgid: str, language: str) -> str:
    """The bare sentence of a catalogue, placeholders and all."""
    if language == SOURCE:
        return msgid
    return catalogue(language).gettext(msgid)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language. Raises CatalogueMissing."""
    try:
        return gettext.translation(DOMAIN, LOCALE_DIR, [language])
    except FileNotFoundError as error:
        raise CatalogueMissing(language=language) from error


def _shown(value: Value, language: str) -> str:
    match value:
        case Text():
            return rendered(value, language)
        case Money():
            return show_money(value, language)
        case ToTheCent():
            return show_balance(value.money, language)
        case AsTyped():
            return show_typed(value.money)
        case datetime():
            return show_time(value, language)
        case Weekday():
            return show_weekday(value, language)
        case _:
            return str(value)
