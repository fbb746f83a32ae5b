"""The one base of every error that Redial raises itself."""

from typing import Any


class RedialError(Exception):
    """Redial could not do what it was asked to."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        message = (type(self).__doc__ or "").strip().split("\n")[0]
        super().__init__(message.format(**facts))
