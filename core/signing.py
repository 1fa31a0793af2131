"""Signing what leaves the house and comes back: one way, with the keys of the day."""

from collections.abc import Sequence
from hashlib import sha256

from itsdangerous import Signer, URLSafeSerializer
from itsdangerous.encoding import base64_decode

from core.settings import Settings


def serializer_of(settings: Settings, salt: str) -> URLSafeSerializer:
    """Return what signs and reads things of one kind, which `salt` names."""
    # The last key signs, all of them verify.
    keys = [*reversed(settings.old_secret_keys), settings.secret_key.get_secret_value()]
    return URLSafeSerializer(keys, salt=salt)


def signatures_of(settings: Settings, salt: str, value: bytes) -> Sequence[bytes]:
    """Return the bare signature (32 bytes) by each key that counts, the one that signs first.

    For what has no room for a whole one: it may be cut, and is compared by the caller.
    """
    keys = [settings.secret_key.get_secret_value(), *settings.old_secret_keys]
    signers = [Signer(key, salt=salt, key_derivation="hmac", digest_method=sha256) for key in keys]
    return [base64_decode(signer.get_signature(value)) for signer in signers]
