"""Every sentence of the source stands in every catalogue, with the same placeholders; `make words` keeps them so."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from words.text import DOMAIN, LANGUAGES, LOCALE_DIR, SOURCE, translated
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


def placeholders(sentence: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def catalogue_of(language: str) -> Catalog:
    with (LOCALE_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences_in(catalogue: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string or "") for message in catalogue if message.id}


def test_the_source_says_something() -> None:
    assert len(MSGIDS) > 60


def test_only_the_names_of_languages_are_said_without_being_written_out() -> None:
    assert {said.where.partition(":")[0] for said in SAID if said.msgid is None} == {"ussd/menu.py"}


@pytest.mark.parametrize("said", [said for said in SAID if said.msgid], ids=lambda said: said.where)
def test_a_sentence_is_given_what_its_placeholders_name(said: Said) -> None:
    assert said.msgid is not None
    assert set(placeholders(said.msgid)) == said.values


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_sentence_and_no_others(language: str) -> None:
    assert sorted(sentences_in(catalogue_of(language))) == MSGIDS, "run: make words"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_left_empty_or_guessed(language: str) -> None:
    catalogue = catalogue_of(language)
    assert [message.id for message in catalogue if message.id and not message.string] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("msgid", MSGIDS)
def test_a_translation_has_the_same_placeholders(msgid: str, language: str) -> None:
    assert placeholders(translated(msgid, language)) == placeholders(msgid)


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_spoken_is_what_the_catalogue_says(language: str) -> None:
    written = sentences_in(catalogue_of(language))
    assert {msgid: translated(msgid, language) for msgid in written} == written, "run: make words-compile"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_in_the_alphabet_of_an_sms(language: str) -> None:
    """Doubled braces aside, which are placeholders here and nothing on the phone."""
    wide = [msgid for msgid in MSGIDS if septets_of(translated(msgid, language)) is None]
    assert wide == []
