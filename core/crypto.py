"""Sealing and finding personal data: AES-256-GCM with key ids, HMAC-SHA256 blind index."""

import base64
import os
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import AppError

NONCE_BYTES = 12
# Of codes for people: without the signs that are mistaken for each other when read aloud or copied
# from paper.
CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)


class SealBroken(AppError):
    """Raised when a sealed value was changed, moved to another purpose, or its key is gone."""


class ValueSpoilt(SealBroken):
    """Raised when the key is there and this one value does not open with it."""


@dataclass(frozen=True, slots=True)
class Key:
    """A named 32-byte key."""

    id: str
    secret: bytes


def parse_keys(text: str) -> tuple[Key, ...]:
    """Read `id:base64,id:base64`, newest first.

    Raises ValueError for a key that is not 32 bytes, and for an id that is odd or there twice.
    """
    keys: list[Key] = []
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        secret = base64.b64decode(encoded, validate=True)
        if not KEY_ID.fullmatch(key_id) or len(secret) != 32:
            raise ValueError("a key is id:base64 of 32 bytes")
        if key_id in {key.id for key in keys}:
            raise ValueError("a key id stands twice")
        keys.append(Key(key_id, secret))
    return tuple(keys)


class Vault:
    """Seal, open and index values. The newest key writes; every listed key still reads.

    `purpose` (such as "student.national_id") separates keys by use and is authenticated, so a value
    copied into another column does not open there.
    """

    def __init__(self, data_keys: tuple[Key, ...], index_keys: tuple[Key, ...]) -> None:
        self._data_keys = data_keys
        self._index_keys = index_keys

    @property
    def data_key_ids(self) -> list[str]:
        """Return the names of the keys that open, newest first."""
        return [key.id for key in self._data_keys]

    @property
    def index_key_ids(self) -> list[str]:
        """Return the names of the keys that index, newest first."""
        return [key.id for key in self._index_keys]

    def seal(self, clear: str, purpose: str) -> str:
        """Return `key id:base64(nonce + ciphertext)`."""
        key = self._data_keys[0]
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(_derive(key, purpose)).encrypt(nonce, clear.encode(), purpose.encode())
        return f"{key.id}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, purpose: str) -> str:
        """Return the clear text. Raises SealBroken, ValueSpoilt where the key is at hand."""
        key_id, _, encoded = sealed.partition(":")
        key = next((key for key in self._data_keys if key.id == key_id), None)
        if key is None:
            raise SealBroken("unknown data key")
        cipher = AESGCM(_derive(key, purpose))
        try:
            blob = base64.b64decode(encoded, validate=True)
            return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], purpose.encode()).decode()
        except (InvalidTag, ValueError):
            raise ValueSpoilt("sealed value does not fit") from None

    def index(self, clear: str, purpose: str) -> str:
        """Return the blind index under the newest key, for storing."""
        return self.index_candidates(clear, purpose)[0]

    def index_candidates(self, clear: str, purpose: str) -> list[str]:
        """Return the blind index under every key, newest first, for finding during a rotation."""
        return [_index(key, clear, purpose) for key in self._index_keys]


class Pseudonyms:
    """Names that stand for LINE user ids: the same each time, and opened only with the key.

    Deterministic (AES-SIV), so that rows are found, joined and kept unique by them.
    """

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESSIV(secret)

    @staticmethod
    def new_secret() -> bytes:
        """Return a fresh 64-byte key."""
        return AESSIV.generate_key(512)

    def hide(self, clear: str) -> str:
        """Return the pseudonym: URL-safe base64."""
        return base64.urlsafe_b64encode(self._cipher.encrypt(clear.encode(), None)).decode()

    def reveal(self, hidden: str) -> str:
        """Return who it is. Raises ValueSpoilt."""
        try:
            return self._cipher.decrypt(base64.urlsafe_b64decode(hidden), None).decode()
        except (InvalidTag, ValueError):
            raise ValueSpoilt("pseudonym does not fit") from None


def new_key(key_id: str) -> str:
    """Return a fresh key as the settings hold it: `id:base64`."""
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}"


# A batch opens and seals thousands of values under a handful of keys.
@lru_cache(maxsize=256)
def _derive(key: Key, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(key.secret)


def _index(key: Key, clear: str, purpose: str) -> str:
    mac = hmac.HMAC(_derive(key, purpose), hashes.SHA256())
    mac.update(clear.encode())
    return f"{key.id}:{base64.urlsafe_b64encode(mac.finalize()).decode()}"


def new_code() -> str:
    """Return a fresh random code for people: eight signs, some forty bits."""
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))


def fingerprint(secret: str) -> str:
    """Return a short one-way name of a random secret, to look it up without keeping it."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(secret.encode())
    return digest.finalize().hex()
