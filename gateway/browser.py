"""A browser in a phone's namespace: curl asks, w3m draws, and somebody presses buttons.

Every page is asked for by curl and drawn by w3m, so that what is shown can be done again by hand. Forms are read from
the page as any browser reads them.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from gateway.errors import GatewayProblem

# Runs a command where the phone is, with that on its stdin.
Run = Callable[..., "subprocess.CompletedProcess[str]"]

_DRAW = ["w3m", "-dump", "-T", "text/html", "-cols", "72"]

# Behind the page curl says where it was found.
_FOUND_AT = "\n%{url_effective}"

_REFRESH = re.compile(r"(\d+);\s*url=(.+)", re.IGNORECASE)

# What differs each time and says nothing to a reader: sealed drafts, and orders' references in addresses.
_LONGEST_SHOWN = 12


class NoSuchButton(GatewayProblem):
    """The page has no button {label!r}. It says:\n{page}"""


class PageNotThere(GatewayProblem):
    """{url} could not be asked for: {why}"""


@dataclass(slots=True, kw_only=True)
class Form:
    """A form: where it leads, what it sends in any case, and its buttons by their labels."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The page asks for itself again: after so many seconds, at that address."""

    after_s: int
    url: str


class _Reader(HTMLParser):
    """Finds the forms of a page, and whether it asks for itself again."""

    def __init__(self, *, url: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.again: Again | None = None
        self._url = url
        self._button: tuple[str, str] | None = None
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.forms.append(Form(action=urljoin(self._url, said.get("action", ""))))
            case "input" if self.forms:
                self.forms[-1].fields[said.get("name", "")] = said.get("value", "")
            case "button":
                self._button, self._label = (said.get("name", ""), said.get("value", "")), ""
            case "meta" if said.get("http-equiv") == "refresh" and (found := _REFRESH.fullmatch(said["content"])):
                self.again = Again(after_s=int(found[1]), url=urljoin(self._url, found[2]))

    def handle_data(self, data: str) -> None:
        self._label += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None:
            self.forms[-1].buttons[self._label.strip()] = self._button
            self._button = None


class Browser:
    """What a phone shows."""

    def __init__(self, run: Run) -> None:
        """`run` runs a command in the phone's namespace."""
        self._run = run
        self._forms: list[Form] = []
        self.page = ""
        self.again: Again | None = None

    def open(self, url: str, *, headers: tuple[str, ...] = ()) -> str:
        """Open a page, wherever that leads; gives the command that did it. Raises PageNotThere."""
        return self._ask(url, [word for header in headers for word in ("-H", header)])

    def press(self, label: str) -> str:
        """Press the button whose label begins so; gives the command that did it. Raises NoSuchButton, PageNotThere."""
        for form in self._forms:
            for found, (name, value) in form.buttons.items():
                if found.startswith(label):
                    sent = {**form.fields, **({name: value} if name else {})}
                    return self._ask(form.action, [word for pair in sent.items() for word in ("-d", "=".join(pair))])
        raise NoSuchButton(label=label, page=self.page)

    def _ask(self, url: str, words: list[str]) -> str:
        done = self._run("curl", "-sSL", "-w", _FOUND_AT, *words, url)
        if done.returncode != 0:
            raise PageNotThere(url=url, why=done.stderr.strip())
        html, _, found_at = done.stdout.rpartition("\n")
        reader = _Reader(url=found_at)
        reader.feed(html)
        self._forms, self.again = reader.forms, reader.again
        self.page = self._run(*_DRAW, stdin=html).stdout.strip("\n")
        return f"curl -sL{''.join(map(_shown, words))} {url} | w3m -dump -T text/html"


def _shown(word: str) -> str:
    name, equals, value = word.partition("=")
    short = f"{name}=..." if equals and len(value) > _LONGEST_SHOWN else word
    return f" '{short}'" if " " in short else f" {short}"
