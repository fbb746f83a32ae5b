"""What is wrong with a catalogue, each thing in a sentence that names the language, the sentence and what to do."""

from collections.abc import Collection, Iterator, Mapping
from string import Formatter

from babel.messages.catalog import Catalog, Message


def placeholders(sentence: str) -> list[str]:
    """The names between braces, sorted; one that stands twice is there twice. Raises ValueError for a lone brace."""
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def flaws_of(
    catalogue: Catalog, *, language: str, said: Collection[str], spoken: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Everything that is wrong with a catalogue.

    `said` are the sentences of the source. `spoken` is what the compiled catalogue makes of each; None leaves it out.
    """
    messages = {str(message.id): message for message in catalogue if message.id}
    unsaid = set(messages) - set(said)
    yield from (f"{language} lacks {msgid!r}: run `make words`" for msgid in sorted(set(said) - set(messages)))
    yield from (f"{language} has {msgid!r}, which nobody says: run `make words`" for msgid in sorted(unsaid))
    yield from (f"{language} keeps {msgid!r}, which is obsolete: run `make words`" for msgid in catalogue.obsolete)
    for msgid, message in messages.items():
        yield from _flaws_in(message, language)
        if spoken is not None and message.string and spoken.get(msgid) != message.string:
            yield f"{language} speaks an older {msgid!r}: run `make words-compile`"


def _flaws_in(message: Message, language: str) -> Iterator[str]:
    msgid, translation = str(message.id), str(message.string or "")
    if message.fuzzy:
        yield f"{language} only guesses {msgid!r}: read it, and take away `fuzzy`"
    if not translation:
        yield f"{language} does not translate {msgid!r}"
        return
    try:
        has, wants = placeholders(translation), placeholders(msgid)
    except ValueError:
        yield f"{language} has a brace without its other in {translation!r}"
        return
    missing, unknown = sorted(set(wants) - set(has)), sorted(set(has) - set(wants))
    yield from (f"{language} lacks {{{name}}} in {translation!r}" for name in missing)
    yield from (f"{language} has {{{name}}} in {translation!r}, which is not given" for name in unknown)
    if not missing and not unknown and has != wants:
        yield f"{language} does not say each of {wants} as often as the source does: {translation!r}"
