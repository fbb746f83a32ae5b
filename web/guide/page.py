"""What a page of the guide is made of. One template draws them all, so each is small, and none can forget its seal."""

from collections.abc import Sequence
from dataclasses import dataclass

from words.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something to type. `keyboard` is the one that a phone shows (an HTML inputmode)."""

    name: str
    label: Text
    keyboard: str = "tel"
    longest: int = 20
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press. What it says to us is `value` of `name`."""

    label: Text
    name: str = ""
    value: str = ""
    is_main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Buttons that lead to `action`, with or without a field. `heading` says what it is for."""

    action: str
    buttons: Sequence[Button]
    field: Field | None = None
    heading: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link. `label` is a sentence, or the name of a language as it calls itself (`lang` is its code then)."""

    href: str
    label: Text | str
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The page is asked for again by itself, after `after_s` seconds, at `href`."""

    href: str
    after_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page. `sealed` goes into each of its forms; `why` is what was wrong with the last one; `tone` colours the head.

    Plain text is a number as a title, or an SMS as it went out.
    """

    title: Text | str
    says: Sequence[Text | str] = ()
    why: Text | None = None
    tone: str = ""
    forms: Sequence[Form] = ()
    rows_heading: Text | None = None
    rows: Sequence[Text] = ()
    foot: Sequence[Text] = ()
    links: Sequence[Link] = ()
    languages: Sequence[Link] = ()
    sealed: str = ""
    again: Again | None = None
    status: int = 200
