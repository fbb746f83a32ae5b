"""What the sandbox is told by its environment. docs/sandbox.md lists it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sandbox.errors import SandboxError


class BadSetting(SandboxError):
    """{name} is {value!r}, but it must be {must_be}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The addresses, names and secrets of the world. The defaults do for a sandbox used by itself."""

    host: str = "127.0.0.1"
    port: int = 8001
    directory: Path = Path("var/sandbox")
    redial_url: str = "http://127.0.0.1:8000"
    gateway_secret: str = "gateway"  # noqa: S105 - guards nothing but the sandbox
    callback_secret: str = "callback"  # noqa: S105 - guards nothing but the sandbox
    short_codes: tuple[str, ...] = ("*384*55#",)
    sms_short_code: str = "38455"
    currency: str = "KES"
    at_username: str = "sandbox"
    at_api_key: str = "sandbox"
    at_sender_id: str = ""
    daraja_consumer_key: str = "sandbox"
    daraja_consumer_secret: str = "sandbox"  # noqa: S105 - guards nothing but the sandbox
    daraja_short_code: str = "174379"
    daraja_passkey: str = "sandbox"
    daraja_initiator: str = "sandbox"
    daraja_security_credential: str = ""
    momo_target_environment: str = "sandbox"
    momo_collection: tuple[str, str, str] = ("sandbox", "sandbox", "sandbox")
    momo_disbursement: tuple[str, str, str] = ("sandbox", "sandbox", "sandbox")
    airtel_client_id: str = "sandbox"
    airtel_client_secret: str = "sandbox"  # noqa: S105 - guards nothing but the sandbox
    ucip_username: str = "sandbox"
    ucip_password: str = "sandbox"  # noqa: S105 - guards nothing but the sandbox
    ucip_refill_profile: str = ""
    ucip_minor_per_unit: Decimal = field(default_factory=lambda: Decimal(1))


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """Read the environment; an empty variable is as good as none. Raises BadSetting."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    default = Config()

    def text(name: str, otherwise: str) -> str:
        return given.get(name, otherwise)

    def momo_user(product: str) -> tuple[str, str, str]:
        """The API user, the API key and the subscription key of a product."""
        user, key, subscription = (
            text(f"MOMO_{product}_{name}", "sandbox") for name in ("USER", "API_KEY", "SUBSCRIPTION_KEY")
        )
        return user, key, subscription

    return Config(
        host=text("SANDBOX_HOST", default.host),
        port=_port(text("SANDBOX_PORT", str(default.port))),
        directory=Path(text("SANDBOX_DIR", str(default.directory))),
        redial_url=text("REDIAL_URL", default.redial_url).rstrip("/"),
        gateway_secret=text("GATEWAY_SECRET", default.gateway_secret),
        callback_secret=text("CALLBACK_SECRET", default.callback_secret),
        short_codes=_codes(text("SHORT_CODES", ",".join(default.short_codes))),
        sms_short_code=text("SMS_SHORT_CODE", default.sms_short_code),
        currency=text("CURRENCY", default.currency),
        at_username=text("AT_USERNAME", default.at_username),
        at_api_key=text("AT_API_KEY", default.at_api_key),
        at_sender_id=text("AT_SENDER_ID", default.at_sender_id),
        daraja_consumer_key=text("DARAJA_CONSUMER_KEY", default.daraja_consumer_key),
        daraja_consumer_secret=text("DARAJA_CONSUMER_SECRET", default.daraja_consumer_secret),
        daraja_short_code=text("DARAJA_SHORT_CODE", default.daraja_short_code),
        daraja_passkey=text("DARAJA_PASSKEY", default.daraja_passkey),
        daraja_initiator=text("DARAJA_INITIATOR", default.daraja_initiator),
        daraja_security_credential=text("DARAJA_SECURITY_CREDENTIAL", default.daraja_security_credential),
        momo_target_environment=text("MOMO_TARGET_ENVIRONMENT", default.momo_target_environment),
        momo_collection=momo_user("COLLECTION"),
        momo_disbursement=momo_user("DISBURSEMENT"),
        airtel_client_id=text("AIRTEL_CLIENT_ID", default.airtel_client_id),
        airtel_client_secret=text("AIRTEL_CLIENT_SECRET", default.airtel_client_secret),
        ucip_username=text("UCIP_USERNAME", default.ucip_username),
        ucip_password=text("UCIP_PASSWORD", default.ucip_password),
        ucip_refill_profile=text("UCIP_REFILL_PROFILE", default.ucip_refill_profile),
        ucip_minor_per_unit=_positive("SANDBOX_UCIP_MINOR_PER_UNIT", text("SANDBOX_UCIP_MINOR_PER_UNIT", "1")),
    )


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal()) or not 0 <= int(value) <= 65535:
        raise BadSetting(name="SANDBOX_PORT", value=value, must_be="a port number")
    return int(value)


def _codes(value: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for code in value.split(",") if code.strip())
    if not codes or not all(code.startswith("*") and code.endswith("#") and len(code) > 2 for code in codes):
        raise BadSetting(name="SHORT_CODES", value=value, must_be="codes such as *384*55#, with commas between")
    return codes


def _positive(name: str, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(0)
    if not (number.is_finite() and number > 0):
        raise BadSetting(name=name, value=value, must_be="a number above zero")
    return number
