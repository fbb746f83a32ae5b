"""Structured logs: one line an event, phone numbers masked, one request or job id through all of its lines."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from topup.phone import masked

# A number in E.164 or in the national form of ten digits, wherever it stands in a value. What is part of a longer name
# of letters and digits is none.
_NUMBER = re.compile(r"(?<![0-9A-Za-z-])\+?\d{10,15}(?![0-9A-Za-z-])")

# Both have as many digits in a row; most values have not, and are looked at no further.
_EIGHT_DIGITS = re.compile(r"\d{8}")

# What has as many digits as a voucher may have, and is no phone's.
_LIKE_A_VOUCHER = re.compile(r"(?<![0-9A-Za-z_-])(?:\d{8,9}|\d{16,20})(?![0-9A-Za-z-])")


def mask_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let no whole phone number reach a log, nor the number of a voucher."""
    for key, value in event.items():
        if key != "timestamp":
            event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    match value:
        case str():
            if _EIGHT_DIGITS.search(value) is None:
                return value
            hidden = _LIKE_A_VOUCHER.sub(lambda found: f"***{found[0][-3:]}", value)
            return _NUMBER.sub(lambda found: masked(found[0]), hidden)
        case dict():
            return {name: _masked(part) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(part) for part in value]
        case _:
            return value


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Lines to read. The plain traceback shows no local variables: they hold numbers and secrets."""
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def configure(*, as_json: bool) -> None:
    """Set up structlog for this process. Other libraries' warnings go the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # A traceback is made text before numbers are masked: errors of the database tell what they were given.
    ending: list[Any] = [
        structlog.processors.format_exc_info,
        mask_numbers,
        structlog.processors.JSONRenderer() if as_json else _for_people(),
    ]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
