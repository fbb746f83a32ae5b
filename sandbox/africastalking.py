"""What every address of Africa's Talking has in common: who may call, where it posts, how it writes money and ids."""

import hmac
import re
import secrets
from collections.abc import Mapping

from aiohttp import web

from sandbox.config import Config
from sandbox.money import major
from sandbox.web import text_reply

PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def refuse_stranger(request: web.Request, config: Config, form: Mapping[str, object]) -> web.Response | None:
    """The refusal for a wrong apiKey or username, or None."""
    key_fits = hmac.compare_digest(request.headers.get("apiKey", "").encode(), config.at_api_key.encode())
    if key_fits and form.get("username") == config.at_username:
        return None
    return text_reply("The supplied authentication is invalid", status=401)


def sms_url(config: Config, topic: str) -> str:
    """The project's address for `incoming`, `delivery` or `optout`."""
    return f"{config.redial_url}/sms/africastalking/{config.gateway_secret}/{topic}"


def airtime_url(config: Config, topic: str) -> str:
    """The project's address for `status` or `validation`."""
    return f"{config.redial_url}/callbacks/africastalking/{config.callback_secret}/airtime/{topic}"


def make_id(kind: str) -> str:
    """A new id, such as `ATXid_...` for a message."""
    return f"{kind}_{secrets.token_hex(16)}"


def written(currency: str, amount_minor: int) -> str:
    """Money as Africa's Talking writes it: `KES 10.0000`."""
    return f"{currency} {major(amount_minor, currency, 4)}"
