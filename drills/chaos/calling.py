"""How people call: they read a screen, type what it asks for, and dial again when the network fails in the middle."""

import re
import time
from collections.abc import Callable
from threading import Lock

from tests.outside import Phone, Screen

BEFORE_DIALLING_AGAIN_S = 0.5

_TRIES = 5
_MOST_KEYS = 14
_OPTION = re.compile(r"(\d+) (.*)")

# Several people of a drill may have the same helper, whose phone makes one call at a time.
_in_use: dict[str, Lock] = {}


def call_until_it_works(phone: Phone, code: str, *, key_for: Callable[[str], str | None]) -> Screen | None:
    """The last screen of a call that came to its end; None when the person rang off, or gave up.

    `key_for` says what is typed when a screen is read; None when the person rings off.
    """
    with _in_use.setdefault(phone.msisdn, Lock()):
        for _ in range(_TRIES):
            screen = _call(phone, code, key_for=key_for)
            if screen is None or not screen.failed:
                return screen
            time.sleep(BEFORE_DIALLING_AGAIN_S)
    return None


def option(text: str, words: str) -> str | None:
    """The number of the option that begins with these words."""
    found = (_OPTION.match(line) for line in text.splitlines())
    return next((option[1] for option in found if option and option[2].startswith(words)), None)


def national(msisdn: str) -> str:
    """A number as Kenyans write it."""
    return f"0{msisdn.removeprefix('+254')}"


def _call(phone: Phone, code: str, *, key_for: Callable[[str], str | None]) -> Screen | None:
    screen = phone.dial(code)
    for _ in range(_MOST_KEYS):
        if screen.failed or not screen.open:
            return screen
        key = key_for(screen.text)
        if key is None:
            break
        screen = phone.key(key)
    phone.hangup()
    return None
