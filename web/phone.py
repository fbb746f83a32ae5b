"""The phone page (being drawn)."""

from collections.abc import Sequence

from flask import Blueprint


def make_blueprint(*, sandbox_url: str, short_codes: Sequence[str], sms_code: str) -> Blueprint:
    """No routes yet."""
    return Blueprint("phone", __name__)
