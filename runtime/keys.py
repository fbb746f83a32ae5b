"""Secrets for local use: random, made once, kept in a file that only their owner can read."""

import os
import secrets
from pathlib import Path

from dotenv import dotenv_values

NAMES = ("GATEWAY_SECRET", "CALLBACK_SECRET", "ORDER_SECRET")

HEADER = "# Made once for this copy. Addresses and order numbers depend on them: keep the file with the data.\n"


def local_keys(file: Path) -> dict[str, str]:
    """The secrets of this copy by name; whichever `file` does not hold yet is made and written to it."""
    kept = {name: value for name, value in dotenv_values(file).items() if value}
    missing = [name for name in NAMES if name not in kept]
    if missing:
        kept |= {name: secrets.token_urlsafe(24) for name in missing}
        _write(file, kept)
    return kept


def _write(file: Path, kept: dict[str, str]) -> None:
    # Written aside and moved into place, so that a reader finds all of it or what was there before.
    aside = file.with_suffix(".unfinished")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as unfinished:
        unfinished.write(HEADER + "".join(f"{name}={value}\n" for name, value in kept.items()))
    aside.replace(file)
