"""Structured logs: one line an event, phone numbers masked, one request or job id through all of its lines."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from topup.phone import masked

# A number in E.164 or in the national form of ten digits, wherever it stands in a value.
_NUMBER = re.compile(r"(?<![\w-])\+?\d{10,15}(?![\w-])")


def mask_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let no whole phone number reach a log."""
    for key, value in event.items():
        if isinstance(value, str) and key != "timestamp":
            event[key] = _NUMBER.sub(lambda found: masked(found[0]), value)
    return event


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
    ending: list[Any] = (
        [structlog.processors.format_exc_info, mask_numbers, structlog.processors.JSONRenderer()]
        if as_json
        else [
            mask_numbers,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
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
