"""The grammar of what people send us.

People write `topup100`, `Top up KES 100.`, `JAZA 100 kwa 0711 000 002`. A keyword is looked for at the beginning,
whatever its case and whatever stands around it; what follows is read as generously as it can be without guessing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopUp:
    """TOPUP: the amount, the payer and the line as they were written; absent when they were not.

    `again`: twice is meant.
    """

    amount: str | None
    payer: str | None
    again: bool = False
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """ASK: let somebody else be asked to pay. Absent is what was not written."""

    amount: str | None
    payer: str | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Advance:
    """ADVANCE: the amount as it was written, absent when it was not; `yes`: it is agreed to."""

    amount: str | None
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Debt:
    """DEBT: what do I owe of an advance?"""


@dataclass(frozen=True, slots=True)
class Terms:
    """TERMS: what do I agree to with an advance?"""


@dataclass(frozen=True, slots=True)
class Yes:
    """YES to paying for somebody; `code` names for whom, when it was written."""

    code: int | None


@dataclass(frozen=True, slots=True)
class No:
    """NO to paying for somebody; `code` names for whom, when it was written."""

    code: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """BLOCK: nobody else may top up my line."""


@dataclass(frozen=True, slots=True)
class Unblock:
    """UNBLOCK: they may again."""


@dataclass(frozen=True, slots=True)
class Balance:
    """BAL: what is on the line?"""


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS: where is my money?"""


@dataclass(frozen=True, slots=True)
class Help:
    """HELP: what can I write?"""


@dataclass(frozen=True, slots=True)
class Language:
    """LANG: `code` is a language of words.text.LANGUAGES; absent when it is none."""

    code: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """STOP: do not write to me again."""


@dataclass(frozen=True, slots=True)
class Start:
    """START: write to me again."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Anything else."""


Command = (
    TopUp
    | Ask
    | Advance
    | Debt
    | Terms
    | Yes
    | No
    | Block
    | Unblock
    | Balance
    | Status
    | Help
    | Language
    | Stop
    | Start
    | NotUnderstood
)

# The words for each command, in every language. `make words` cannot help here: people type what they are used to.
WORDS: Mapping[str, tuple[str, ...]] = {
    "topup": ("TOP UP", "TOPUP", "RECHARGE", "JAZA", "WEKA", "ONGEZA", "NUNUA"),
    "ask": ("ASK", "PAY FOR ME", "OMBA", "NILIPIE"),
    "advance": ("ADVANCE", "OKOA JAHAZI", "OKOA", "MKOPO"),
    "debt": ("DEBT", "DENI"),
    "terms": ("TERMS", "MASHARTI"),
    "yes": ("YES", "NDIYO", "NDIO"),
    "no": ("NO", "HAPANA", "LA"),
    "block": ("BLOCK", "FUNGA"),
    "unblock": ("UNBLOCK", "FUNGUA"),
    "balance": ("BALANCE", "BAL", "SALIO"),
    "status": ("STATUS", "HALI"),
    "help": ("HELP", "INFO", "MSAADA", "SAIDIA"),
    "language": ("LANGUAGE", "LANG", "LUGHA"),
    "stop": ("STOP", "UNSUBSCRIBE", "ACHA", "SIMAMA"),
    "start": ("START", "ANZA"),
}

_LANGUAGES = {"EN": "en", "ENG": "en", "ENGLISH": "en", "KIINGEREZA": "en"} | {
    "SW": "sw",
    "SWA": "sw",
    "SWAHILI": "sw",
    "KISWAHILI": "sw",
}

# The commands that need nothing beside their keyword.
_ALONE: Mapping[str, Command] = {
    "debt": Debt(),
    "terms": Terms(),
    "block": Block(),
    "unblock": Unblock(),
    "balance": Balance(),
    "status": Status(),
    "help": Help(),
    "stop": Stop(),
    "start": Start(),
}


def _pattern() -> re.Pattern[str]:
    ways = (
        f"(?P<{name}>" + "|".join(r"[\s_-]*".join(map(re.escape, word.split())) for word in words) + ")"
        for name, words in WORDS.items()
    )
    return re.compile(r"\W*(?:" + "|".join(ways) + r")(?![A-Z])(?:(?!-\d)[\W_])*(?P<rest>.*)", re.ASCII | re.DOTALL)


_COMMAND = _pattern()

_AMOUNT_AND_PAYER = re.compile(
    r"(?P<amount>(?:KES|KSHS?|SHS?)?[\s.]*\d[\d,]*(?:\.\d{1,2})?\s*(?:/[=-]|KES|KSHS?|SHS?|BOB)?)"
    r"(?:[\s,;:.]+(?:FROM|BY|PAYER|KWA|NA|KUTOKA)?[\s:]*(?P<payer>\+?\d[\d\s-]{6,}))?"
    r"(?:[\s,;:.]+(?:FOR|LINE|LAINI|YA)[\s:]*(?P<line>\+?\d[\d\s-]{6,}))?"
    r"(?:[\s,;:.]+(?P<again>AGAIN|TENA))?\W*",
    re.ASCII,
)
_AROUND_AMOUNT = re.compile(r"BOB|[\s]|^(?:KSHS?|SHS?)\.?|(?:KSHS?|SHS?)$", re.ASCII)

# No keyword needs more; a longer text is read by its beginning.
_LONGEST = 480


def read(text: str) -> Command:
    """What a person wants. Never raises: what cannot be read is NotUnderstood."""
    # One blank for every run of them: the patterns would try all the ways in which their parts can share a long one.
    found = _COMMAND.fullmatch(" ".join(text.split())[:_LONGEST].upper())
    if found is None:
        return NotUnderstood()
    rest = found["rest"].strip()
    name = _which(found)
    match name:
        case "topup":
            return _top_up(rest)
        case "ask":
            wanted = _top_up(rest)
            return Ask(amount=wanted.amount, payer=wanted.payer, again=wanted.again)
        case "advance":
            return _advance(rest)
        case "yes" | "no":
            return _answer(name, rest)
        case "language":
            return Language(_LANGUAGES.get(rest.strip(" .,!?")))
        case _:
            return _ALONE[name]


def _which(found: re.Match[str]) -> str:
    return next(name for name in WORDS if found[name])


def _top_up(rest: str) -> TopUp:
    found = _AMOUNT_AND_PAYER.fullmatch(rest)
    if found is None:
        return TopUp(amount=rest or None, payer=None)
    return TopUp(
        amount=_AROUND_AMOUNT.sub("", found["amount"]),
        payer=_number(found["payer"]),
        again=found["again"] is not None,
        line=_number(found["line"]),
    )


def _advance(rest: str) -> Advance:
    """The amount as TOPUP has it, and perhaps the yes behind it."""
    found = re.fullmatch(r"(.*?)[\s,;:.]*(YES|NDIYO|NDIO)?\W*", rest, re.ASCII)
    amount = found[1] if found else rest
    return Advance(amount=_top_up(amount).amount, yes=found is not None and found[2] is not None)


def _number(written: str | None) -> str | None:
    return re.sub(r"[\s-]", "", written) if written else None


def _answer(name: str, rest: str) -> Command:
    """YES or NO, alone or with the number that stood in the question; with anything else it is no answer to us."""
    found = re.fullmatch(r"(\d{3})?\W*", rest, re.ASCII)
    if found is None:
        return NotUnderstood()
    code = int(found[1]) if found[1] else None
    return Yes(code) if name == "yes" else No(code)
