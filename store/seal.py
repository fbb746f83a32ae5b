"""Sealing what must not be read where it is kept: the numbers of vouchers, in the database and in Redis.

AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce before every sealed text; the keys are derived from the
installation's secret by HKDF-SHA256 (RFC 5869), one to seal and one for fingerprints.
"""

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from topup.errors import RedialError

_KEY_BYTES, _NONCE_BYTES = 32, 12


class UnableToOpen(RedialError):
    """What is sealed here was sealed with another secret, for something else, or was changed."""


class Seal:
    """Seals and opens texts under one secret. What was sealed for one thing is not opened for another."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(_derived(secret, b"redial: sealed texts"))
        self._fingerprint_key = _derived(secret, b"redial: fingerprints")

    def seal(self, text: str, *, of: str) -> bytes:
        """The text, sealed for what `of` names (an order's id, say)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), of.encode())

    def open(self, sealed: bytes, *, of: str) -> str:
        """The text that was sealed for what `of` names. Raises UnableToOpen."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], of.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise UnableToOpen() from error

    def fingerprint(self, text: str) -> str:
        """A name for the text: the same for the same one, and it tells nothing to whoever lacks the secret."""
        return hmac.digest(self._fingerprint_key, text.encode(), "sha256").hex()


@lru_cache(maxsize=4)
def seal_of(secret: str) -> Seal:
    """The seal of an installation's secret."""
    return Seal(secret)


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(secret.encode())
