"""Who may tell of a text: whoever signs the body, or was given the text's own address.

Mitake signs nothing: it asks an address that went with the text. So the address is signed, and is
good for that text alone.
"""

import hashlib
import hmac
from urllib.parse import urlencode
from uuid import UUID

from core.post_settings import SmsProvider
from core.settings import Settings

LONGEST_SIGNATURE = 128


def receipts_address(settings: Settings, provider: str, key: UUID) -> str:
    """Return where the firm tells of this text; "" where it signs and has one address for all."""
    if provider != SmsProvider.MITAKE:
        return ""
    asked = urlencode({"text": str(key), "sign": _sign(settings, _named(str(key)))})
    return f"{settings.base_url.rstrip('/')}/sms/receipts/{provider}?{asked}"


def is_signed(settings: Settings, body: bytes, signature: str) -> bool:
    """Tell whether the hex HMAC-SHA256 of the body is that of our firm."""
    return _is_same(_sign(settings, body), signature)


def is_own_address(settings: Settings, key: str, signature: str) -> bool:
    """Tell whether an address is the one that went with the text of this key."""
    return _is_same(_sign(settings, _named(key)), signature)


def _named(key: str) -> bytes:
    # Never a body somebody could have signed.
    return b"address\n" + key.encode()


def _sign(settings: Settings, signed: bytes) -> str:
    secret = settings.sms_callback_secret.get_secret_value().encode()
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def _is_same(expected: str, given: str) -> bool:
    if len(given) > LONGEST_SIGNATURE:
        return False
    return hmac.compare_digest(expected.encode(), given.encode())
