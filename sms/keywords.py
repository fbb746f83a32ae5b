"""The grammar of what people send us.

People write `topup100`, `Top up KES 100.`, `JAZA 100 kwa 0711 000 002`, `Arrêt`, `充值100由0711000002付款`. A
keyword is looked for at the beginning, whatever its case and accents and whatever stands around it; what follows is
read as generously as it can be without guessing.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from sms.advance_grammar import Advance, Debt, Terms, without_yes
from sms.auto_grammar import Auto, StopAuto, read_auto


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
class Voucher:
    """VOUCHER: its digits, and the line, as they were written; absent when they were not."""

    digits: str | None = field(repr=False)
    line: str | None = None


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


@dataclass(frozen=True, slots=True)
class GoOn:
    """1: go on with the top-up of the call that dropped."""


Command = (
    TopUp
    | (Ask | Yes | No)
    | Voucher
    | (Auto | StopAuto | GoOn)
    | (Advance | Debt | Terms)
    | (Block | Unblock | Balance | Status | Help | Language | Stop | Start | NotUnderstood)
)

# The words for each command, in every language, without accents. `make words` cannot help here: people type what they
# are used to, in the characters of the mainland or the traditional ones.
WORDS: Mapping[str, tuple[str, ...]] = {
    "topup": (
        *("TOP UP", "TOPUP", "RECHARGE", "JAZA", "WEKA", "ONGEZA", "NUNUA", "RECHARGER"),
        *("充值", "加值", "充话费", "充話費", "交话费", "交話費"),
    ),
    "ask": ("ASK", "PAY FOR ME", "OMBA", "NILIPIE", "DEMANDER", "DEMANDE", "代付", "请代付", "請代付"),
    "voucher": (
        *("VOUCHER", "SCRATCH CARD", "VOCHA", "KADI", "CARTE", "COUPON"),
        *("充值卡", "加值卡", "充值券", "刮刮卡"),
    ),
    "advance": ("ADVANCE", "OKOA JAHAZI", "OKOA", "MKOPO", "AVANCE", "预支话费", "預支話費", "预支", "預支"),
    "debt": ("DEBT", "DENI", "DETTE", "欠款"),
    "terms": ("TERMS", "MASHARTI", "CONDITIONS", "条款", "條款"),
    "yes": ("YES", "NDIYO", "NDIO", "OUI", "同意", "是"),
    "no": ("NO", "HAPANA", "LA", "NON", "不同意", "否"),
    "stop_auto": ("STOP AUTO", "ACHA AUTO", "SIMAMISHA AUTO", "ARRET AUTO", "停止自动充值"),
    "auto": ("AUTO", "OTOMATIKI", "自动充值"),
    "block": ("BLOCK", "FUNGA", "BLOQUER", "锁定", "鎖定"),
    "unblock": ("UNBLOCK", "FUNGUA", "DEBLOQUER", "解锁", "解鎖"),
    "balance": ("BALANCE", "BAL", "SALIO", "SOLDE", "余额", "餘額", "查余额", "查餘額", "余额查询", "餘額查詢"),
    "status": ("STATUS", "HALI", "STATUT", "ETAT", "状态", "狀態", "进度", "進度"),
    "help": ("HELP", "INFO", "MSAADA", "SAIDIA", "AIDE", "帮助", "幫助"),
    "language": ("LANGUAGE", "LANG", "LUGHA", "LANGUE", "语言", "語言"),
    "stop": (
        *("STOP", "UNSUBSCRIBE", "ACHA", "SIMAMA", "ARRET", "ARRETER", "DESABONNER"),
        *("停止", "退订", "退訂", "TD"),
    ),
    "start": ("START", "ANZA", "REPRENDRE", "DEMARRER", "开始", "開始"),
}

# How people call the languages of words.text.LANGUAGES.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "en": ("EN", "ENG", "ENGLISH", "KIINGEREZA", "ANGLAIS", "英语", "英語", "英文"),
    "sw": ("SW", "SWA", "SWAHILI", "KISWAHILI", "斯瓦希里语", "斯瓦希里語"),
    "fr": ("FR", "FRA", "FRENCH", "KIFARANSA", "FRANCAIS", "法语", "法語", "法文"),
    "zh": ("ZH", "CN", "CHINESE", "KICHINA", "CHINOIS", "MANDARIN", "中文", "汉语", "漢語", "普通话", "普通話"),
}
_LANGUAGES: Mapping[str, str] = {name: code for code, names in _CALLED.items() for name in names}

# The commands that need nothing beside their keyword.
_ALONE: Mapping[str, Command] = {
    "stop_auto": StopAuto(),
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


_HAN = "\u3400-\u9fff"


def _word_pattern(command: str, word: str) -> str:
    """A keyword where it ends: `TOPUPS` and `充值机` are other words. Behind `语言` the language follows at once."""
    if not word.isascii():
        return word if command == "language" else rf"{word}(?![{_HAN}])"
    return r"[\s_-]*".join(map(re.escape, word.split())) + r"(?![^\W\d_])"


@cache
def _pattern() -> re.Pattern[str]:
    ways = (
        f"(?P<{command}>" + "|".join(_word_pattern(command, word) for word in words) + ")"
        for command, words in WORDS.items()
    )
    return re.compile(r"\W*(?:" + "|".join(ways) + r")(?:(?!-[0-9])[\W_])*(?P<rest>.*)", re.DOTALL)


_BETWEEN = r"[\s,;:.。、]"
_AGAIN = rf"{_BETWEEN}+(?:AGAIN|TENA|ENCORE)|{_BETWEEN}*(?:再次|再充|再)"

# A comma parts thousands, or an amount from a payer. Chinese needs nothing at all before `由`, which names the payer.
_AMOUNT_AND_PAYER = re.compile(
    r"(?:DE\s+)?"
    r"(?P<amount>(?:KES|KSHS?|SHS?)?[\s.]*[0-9]+(?:,[0-9]{3}(?![0-9]))*(?:\.[0-9]{1,2})?"
    r"\s*(?:/[=-]|KES|KSHS?|SHS?|BOB|先令)?)"
    rf"(?:(?:{_BETWEEN}+(?:FROM|BY|PAYER|KWA|NA|KUTOKA|PAR|DE|DU)?|{_BETWEEN}*[由从從])[\s:]*"
    r"(?P<payer>\+?[0-9][0-9\s-]{6,})(?:付款?)?)?"
    rf"(?:(?:{_BETWEEN}+(?:FOR|LINE|LAINI|YA|POUR)|{_BETWEEN}*[给給])[\s:]*"
    r"(?P<line>\+?[0-9][0-9\s-]{6,}))?"
    rf"(?P<again>{_AGAIN})?\W*"
)
_AROUND_AMOUNT = re.compile(r"BOB|先令|[\s]|^(?:KSHS?|SHS?)\.?|(?:KSHS?|SHS?)$")

# Phones that write Chinese have digits and punctuation as wide as its characters, and a blank too.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " "}

_CODE = re.compile(rf"([0-9]{{3}})?(?:{_AGAIN})?\W*")

_GO_ON = re.compile(r"\W*1\W*", re.ASCII)

_PIN_AND_LINE = re.compile(
    r"(?P<digits>[0-9][0-9\s.-]*[0-9])"
    rf"(?:(?:{_BETWEEN}+(?:FOR|LINE|LAINI|YA|KWA|POUR)|{_BETWEEN}*[给給])[\s:]*"
    r"(?P<line>\+?[0-9][0-9\s-]{6,}))?\W*"
)

# No keyword needs more; a longer text is read by its beginning.
_LONGEST = 480


def read(text: str) -> Command:
    """What a person wants. Never raises: what cannot be read is NotUnderstood."""
    written = _plain(text)
    found = _pattern().fullmatch(written)
    if found is None:
        return GoOn() if _GO_ON.fullmatch(written) else NotUnderstood()
    rest = found["rest"].strip()
    name = _which(found)
    match name:
        case "topup":
            return _top_up(rest)
        case "ask":
            wanted = _top_up(rest)
            return Ask(amount=wanted.amount, payer=wanted.payer, again=wanted.again)
        case "voucher":
            return _voucher(rest)
        case "advance":
            return _advance(rest)
        case "yes" | "no":
            return _answer(name, rest)
        case "auto":
            return read_auto(rest)
        case "language":
            return Language(_LANGUAGES.get(rest.strip(" .,!?。")))
        case _:
            return _ALONE[name]


def _plain(text: str) -> str:
    """The text in capitals without accents, in letters, digits and punctuation of one width."""
    # One blank for every run of them: the patterns would try all the ways in which their parts can share a long one.
    narrow = " ".join(text.translate(_NARROW).split())[:_LONGEST].upper()
    return "".join(letter for letter in unicodedata.normalize("NFD", narrow) if not unicodedata.combining(letter))


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


def _voucher(rest: str) -> Voucher:
    found = _PIN_AND_LINE.fullmatch(rest)
    return Voucher(found["digits"], _number(found["line"])) if found else Voucher(rest or None)


def _advance(rest: str) -> Advance:
    """An advance is for the writer's own line: with a number behind the amount it is not read as one."""
    written, yes = without_yes(rest)
    wanted = _top_up(written)
    return Advance(amount=written if wanted.payer or wanted.line else wanted.amount, yes=yes)


def _number(written: str | None) -> str | None:
    return re.sub(r"[\s-]", "", written) if written else None


def _answer(name: str, rest: str) -> Command:
    """YES or NO, alone or with the number that stood in the question; with anything else it is no answer to us.

    AGAIN behind it says nothing more: whoever is told to send it again may write that as well.
    """
    found = _CODE.fullmatch(rest)
    if found is None:
        return NotUnderstood()
    code = int(found[1]) if found[1] else None
    return Yes(code) if name == "yes" else No(code)
