"""Columns nobody reads without the keys, and who holds the keys: the engine they are used on.

Sealed texts and blind indexes are made by their room and only checked here. LINE user ids and
webhook bodies are hidden and shown again on their way in and out, so no query and no room has to
know.

A key that is missing is a fault of the whole process and raised. One value that was spoilt is read
as empty and logged: it stands among hundreds of good ones in a batch, and an empty address or body
ends in a named state by itself, where an exception would hold up everybody's, again and again.
"""

import base64
import logging
import re
from threading import Lock
from typing import Any

from sqlalchemy import Column, Dialect, Engine, LargeBinary, String, TypeDecorator, select
from sqlmodel import Field, SQLModel

from core.crypto import Pseudonyms, SealBroken, ValueSpoilt, Vault
from core.db import snapshot, table_of

logger = logging.getLogger(__name__)

KEPT_KEY = "kept_key.key"
LINE_USERS = "line_user"
SEALED = re.compile(r"^[A-Za-z0-9_-]{1,16}:[A-Za-z0-9+/=_-]+$")


class SealedText(TypeDecorator[str]):
    """Hold what core.crypto.Vault sealed (`key id:base64`); refuse anything that looks clear.

    `purpose` is the one it was sealed for, by which a rotation opens it; empty: `table.column`
    without the ending `_sealed`.
    """

    impl = String
    cache_ok = True

    def __init__(self, purpose: str = "") -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and not SEALED.match(value):
            raise ValueError("clear text in a sealed column")
        return value


class KeptKey(SQLModel, table=True):
    """A key of ours that is kept with the data, itself sealed."""

    __tablename__ = "kept_key"

    name: str = Field(primary_key=True, max_length=32)
    key_sealed: str = Field(sa_column=Column(SealedText(KEPT_KEY), nullable=False))


class Keyring:
    """What the hiding columns of one engine need."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self.vault = vault
        self._engine = engine
        self._line_users: Pseudonyms | None = None
        self._loading = Lock()

    @property
    def line_users(self) -> Pseudonyms:
        """Return what hides LINE user ids; read once. Raises SealBroken where there is no key."""
        if self._line_users is None:
            with self._loading:
                self._line_users = self._line_users or self._load()
        return self._line_users

    def _load(self) -> Pseudonyms:
        key = table_of(KeptKey).c
        # Another connection, which only reads: the caller's may be in the middle of anything.
        with snapshot(self._engine) as session:
            sealed = session.scalar(select(key.key_sealed).where(key.name == LINE_USERS))
        if sealed is None:
            raise SealBroken("no key for LINE user ids; run: python app.py migrate")
        return Pseudonyms(base64.b64decode(self.vault.open(sealed, KEPT_KEY)))


def hold_keys(engine: Engine, vault: Vault) -> None:
    """Let this engine's columns hide and show."""
    engine.dialect.keyring = Keyring(engine, vault)  # type: ignore[attr-defined]  # ours


def keyring_of(dialect: Dialect) -> Keyring:
    """Return the keys of the engine. Raises SealBroken where none were given."""
    keyring: Keyring | None = getattr(dialect, "keyring", None)
    if keyring is None:
        raise SealBroken("this engine holds no keys")
    return keyring


class BlindIndex(TypeDecorator[str]):
    """Hold what core.crypto.Vault indexed; refuse anything else.

    `of` names the sealed column of the same row that it is made from again in a rotation. Where the
    clear value is kept nowhere, `fades` names the column that says when nobody looks it up any more
    (a moment, or a Taipei date whose end counts), and `kept` a setting of days to add to it.
    """

    impl = String
    cache_ok = True

    def __init__(self, purpose: str, *, of: str = "", fades: str = "", kept: str = "") -> None:
        super().__init__()
        self.purpose = purpose
        self.of = of
        self.fades = fades
        self.kept = kept

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and not SEALED.match(value):
            raise ValueError("clear text in an index")
        return value


class SealedBytes(TypeDecorator[bytes]):
    """Hold UTF-8 bytes sealed for `purpose`; the program only meets them in clear."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return keyring_of(dialect).vault.seal(value.decode(), self.purpose).encode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        try:
            return keyring_of(dialect).vault.open(bytes(value).decode(), self.purpose).encode()
        except (ValueSpoilt, UnicodeDecodeError):
            logger.error("sealed value spoilt", extra={"kind": self.purpose})
            return b""


class LineUserId(TypeDecorator[str]):
    """Hold a LINE user id as its pseudonym; the program only meets it in clear.

    The same id is the same pseudonym everywhere, so equality, joins and unique rules hold.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).line_users.hide(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return keyring_of(dialect).line_users.reveal(value)
        except ValueSpoilt:
            logger.error("sealed value spoilt", extra={"kind": LINE_USERS})
            return ""
