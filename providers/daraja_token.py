"""Daraja's access token: Basic credentials, for an hour."""

import base64
from collections.abc import Callable
from datetime import datetime

from providers import tokens
from providers.http import Channel, Request


class TokenKeeper(tokens.TokenKeeper):
    """Keeps the token of the Daraja app with this consumer `key` and `secret`."""

    def __init__(self, *, key: str, secret: str, channel: Channel, now: Callable[[], datetime]) -> None:
        credentials = base64.b64encode(f"{key}:{secret}".encode()).decode()
        request = Request(
            method="GET",
            path="/oauth/v1/generate?grant_type=client_credentials",
            headers={"Authorization": f"Basic {credentials}"},
        )
        super().__init__(request=request, channel=channel, now=now)
