"""Every sentence of the source stands in every catalogue, with the same placeholders; `make words` keeps them so."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.unit.catalogues import flaws_of, placeholders
from words.text import DOMAIN, IN_GSM_ALPHABET, LANGUAGES, LOCALE_DIR, SOURCE, translated
from words.width import septets_of

ROOT = LOCALE_DIR.parent
SPEAKING = ("ussd", "sms", "web", "workers", "topup", "words", "store", "providers")
TRANSLATED = [language for language in LANGUAGES if language != SOURCE]


@dataclass(frozen=True, slots=True)
class Said:
    """One call of `say` in the source. `msgid` is absent where it is not written out."""

    where: str
    msgid: str | None
    values: frozenset[str]


def said_in(file: Path) -> Iterator[Said]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            first = node.args[0]
            msgid = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
            names = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
            yield Said(f"{file.relative_to(ROOT)}:{node.lineno}", msgid, names)


def all_said() -> list[Said]:
    files = [*ROOT.glob("*.py"), *(file for package in SPEAKING for file in (ROOT / package).rglob("*.py"))]
    return [said for file in sorted(files) for said in said_in(file)]


SAID = all_said()
MSGIDS = sorted({said.msgid for said in SAID if said.msgid is not None})


def catalogue_of(language: str) -> Catalog:
    with (LOCALE_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language)


def test_the_source_says_something() -> None:
    assert len(MSGIDS) > 60


def test_only_the_names_of_languages_are_said_without_being_written_out() -> None:
    assert {said.where.partition(":")[0] for said in SAID if said.msgid is None} == {"ussd/menu.py"}


@pytest.mark.parametrize("said", [said for said in SAID if said.msgid], ids=lambda said: said.where)
def test_a_sentence_is_given_what_its_placeholders_name(said: Said) -> None:
    assert said.msgid is not None
    assert set(placeholders(said.msgid)) == said.values


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_whole_and_is_what_is_spoken(language: str) -> None:
    spoken = {msgid: translated(msgid, language) for msgid in MSGIDS}
    assert list(flaws_of(catalogue_of(language), language=language, said=MSGIDS, spoken=spoken)) == []


def test_there_is_a_catalogue_for_every_language_and_no_other() -> None:
    assert sorted(place.parent.parent.name for place in LOCALE_DIR.glob("*/*/redial.po")) == sorted(TRANSLATED)


# What is wrong is found, and named.

WHOLE = """
msgid "You owe {owed}."
msgstr "Unadaiwa {owed}."

msgid "Help"
msgstr "Msaada"
"""

WRONG = {
    "a sentence is missing": (
        'msgid "Help"\nmsgstr "Msaada"',
        "sw lacks 'You owe {owed}.': run `make words`",
    ),
    "nobody says it any more": (
        f'{WHOLE}\nmsgid "Hello"\nmsgstr "Habari"',
        "sw has 'Hello', which nobody says: run `make words`",
    ),
    "it is kept though it is obsolete": (
        f'{WHOLE}\n#~ msgid "Hello"\n#~ msgstr "Habari"',
        "sw keeps 'Hello', which is obsolete: run `make words`",
    ),
    "it is not translated": (
        WHOLE.replace("Msaada", ""),
        "sw does not translate 'Help'",
    ),
    "it is guessed": (
        WHOLE.replace('msgid "Help"', '#, fuzzy\nmsgid "Help"'),
        "sw only guesses 'Help': read it, and take away `fuzzy`",
    ),
    "a placeholder is missing": (
        WHOLE.replace("Unadaiwa {owed}", "Unadaiwa"),
        "sw lacks {owed} in 'Unadaiwa.'",
    ),
    "a placeholder is mistyped": (
        WHOLE.replace("Unadaiwa {owed}", "Unadaiwa {owned} {owed}"),
        "sw has {owned} in 'Unadaiwa {owned} {owed}.', which is not given",
    ),
    "a placeholder stands twice": (
        WHOLE.replace("Unadaiwa {owed}", "Unadaiwa {owed} {owed}"),
        "sw does not say each of ['owed'] as often as the source does: 'Unadaiwa {owed} {owed}.'",
    ),
    "a brace is lost": (
        WHOLE.replace("Unadaiwa {owed}", "Unadaiwa {owed"),
        "sw has a brace without its other in 'Unadaiwa {owed.'",
    ),
    "it was changed and not compiled": (
        WHOLE.replace("Msaada", "Usaidizi"),
        "sw speaks an older 'Help': run `make words-compile`",
    ),
}


def flaws_in(written: str) -> list[str]:
    """What is said of such a catalogue, where `WHOLE` was compiled."""
    catalogue = read_po(BytesIO(written.encode()), locale="sw")
    spoken = {"You owe {owed}.": "Unadaiwa {owed}.", "Help": "Msaada"}
    return list(flaws_of(catalogue, language="sw", said=spoken.keys(), spoken=spoken))


def test_of_a_catalogue_that_is_whole_nothing_is_said() -> None:
    assert flaws_in(WHOLE) == []


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_catalogue_is_named(wrong: str) -> None:
    written, sentence = WRONG[wrong]
    assert sentence in flaws_in(written)


@pytest.mark.parametrize("language", sorted(IN_GSM_ALPHABET))
def test_every_sentence_is_in_the_alphabet_of_an_sms(language: str) -> None:
    """Doubled braces aside, which are placeholders here and nothing on the phone."""
    wide = [msgid for msgid in MSGIDS if septets_of(translated(msgid, language)) is None]
    assert wide == []
