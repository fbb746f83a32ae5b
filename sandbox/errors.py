"""The base of every error that the sandbox raises itself."""

from typing import Any


class SandboxError(Exception):
    """The sandbox could not do what it was asked to."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        message = (type(self).__doc__ or "").strip().split("\n")[0]
        super().__init__(message.format(**facts))


class BadRequest(SandboxError):
    """{why}"""


class Conflict(SandboxError):
    """{why}"""


class NotFound(SandboxError):
    """{why}"""
