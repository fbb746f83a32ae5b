"""What Daraja accepts, and how it says no. The forms are those of Safaricom's developer portal."""

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import iso, utc_now
from sandbox.config import Config
from sandbox.errors import SandboxError
from sandbox.mpesa import Push, make_checkout_id, make_merchant_id

Form = Mapping[str, Any]

MAX_AMOUNT = 250_000
_MSISDN = re.compile(r"254[17]\d{8}", re.ASCII)
_TYPES = ("CustomerPayBillOnline", "CustomerBuyGoodsOnline")


class DarajaRefused(SandboxError):
    """{code}: {message}"""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(code=code, message=message)
        self.status, self.code, self.message = status, code, message


def read_push(form: Form, config: Config) -> Push:
    """The request that an STK push makes. Raises DarajaRefused."""
    check_password(form, config)
    amount = whole(form.get("Amount"))
    account = str(form.get("AccountReference", ""))
    url = str(form.get("CallBackURL", ""))
    _demand("TransactionType", form.get("TransactionType") in _TYPES)
    _demand("Amount", 1 <= amount <= MAX_AMOUNT)
    _demand("PartyA", _MSISDN.fullmatch(str(form.get("PartyA", ""))))
    _demand("PhoneNumber", _MSISDN.fullmatch(str(form.get("PhoneNumber", ""))))
    _demand("PartyB", str(form.get("PartyB", "")).isdecimal())
    _demand("CallBackURL", _is_url(url))
    _demand("AccountReference", 1 <= len(account) <= 12)
    _demand("TransactionDesc", 1 <= len(str(form.get("TransactionDesc", ""))) <= 13)
    return Push(
        merchant_request_id=make_merchant_id(),
        checkout_request_id=make_checkout_id(),
        msisdn=f"+{form['PhoneNumber']}",
        amount_minor=amount * 100,
        callback_url=url,
        reference=urlsplit(url).path.rstrip("/").rpartition("/")[2],
        account=account,
        at=iso(utc_now()),
    )


def check_password(form: Form, config: Config) -> None:
    """The password is base64(short code + passkey + timestamp). Raises DarajaRefused."""
    short_code, stamp = str(form.get("BusinessShortCode", "")), str(form.get("Timestamp", ""))
    _demand("BusinessShortCode", short_code == config.daraja_short_code)
    _demand("Timestamp", _is_timestamp(stamp))
    expected = base64.b64encode(f"{short_code}{config.daraja_passkey}{stamp}".encode())
    if not hmac.compare_digest(str(form.get("Password", "")).encode(), expected):
        raise DarajaRefused(status=500, code="500.001.1001", message="Wrong credentials")


def check_reversal(form: Form, config: Config) -> None:
    """Whether a request to give a charge back is in order. Raises DarajaRefused."""
    _demand("CommandID", form.get("CommandID") == "TransactionReversal")
    _demand("TransactionID", form.get("TransactionID"))
    _demand("Amount", whole(form.get("Amount")) >= 1)
    _demand("ReceiverParty", str(form.get("ReceiverParty")) == config.daraja_short_code)
    _demand("RecieverIdentifierType", str(form.get("RecieverIdentifierType")) in ("4", "11"))
    _demand("Remarks", form.get("Remarks"))
    _demand("ResultURL", _is_url(str(form.get("ResultURL", ""))))
    _demand("QueueTimeOutURL", _is_url(str(form.get("QueueTimeOutURL", ""))))
    given = str(form.get("SecurityCredential") or "")
    # The real credential is encrypted with a random padding, so any will do unless one is set.
    trusted = given and given == (config.daraja_security_credential or given)
    if form.get("Initiator") != config.daraja_initiator or not trusted:
        raise DarajaRefused(status=500, code="500.001.1001", message="The initiator information is invalid.")


def whole(value: Any) -> int:
    """A whole amount that clients write as a number or as a string; 0 for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12 else 0


def _demand(name: str, fits: object) -> None:
    if not fits:
        raise DarajaRefused(status=400, code="400.002.02", message=f"Bad Request - Invalid {name}")


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _is_timestamp(stamp: str) -> bool:
    try:
        datetime.strptime(stamp, "%Y%m%d%H%M%S")  # noqa: DTZ007 - only its form is looked at
    except ValueError:
        return False
    return len(stamp) == 14
