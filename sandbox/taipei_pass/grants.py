"""Codes and tokens of the simulated Taipei Pass."""

import base64
import hashlib
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from sandbox.clock import Clock
from sandbox.taipei_pass.members import Member

CODE_LENGTH = 6
CODE_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=1)
# Source: the city's open dashboard: the single sign-on's refresh token lasts 60 minutes.
REFRESH_LIFE = timedelta(minutes=60)
_ALPHABET = string.ascii_letters + string.digits


class GrantError(Exception):
    """A refusal; the text is OAuth's error code."""


@dataclass(slots=True)
class Code:
    """What was agreed to when the code was handed out; `tokens` came from it."""

    account: str
    redirect_uri: str
    challenge: str
    expires_at: datetime
    is_used: bool = False
    tokens: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Memory:
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    refresh: dict[str, tuple[str, datetime]] = field(default_factory=dict)


_KEPT = TypeAdapter(_Memory)


class TaipeiPassGrants:
    """Hands out single-use codes and exchanges them."""

    def __init__(self, clock: Clock, members: dict[str, Member]) -> None:
        self._clock = clock
        self.members = members
        self.reset()

    def reset(self) -> None:
        """Forget all codes and tokens."""
        self._memory = _Memory()

    def dump(self) -> Any:
        """Return codes and tokens, for the state file."""
        return _KEPT.dump_python(self._memory, mode="json")

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        self._memory = _KEPT.validate_python(data)

    def make_code(self, account: str, redirect_uri: str, challenge: str) -> str:
        """Return a fresh 6-character code for this member."""
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
        expires_at = self._clock.now() + CODE_LIFE
        self._memory.codes[code] = Code(account, redirect_uri, challenge, expires_at)
        return code

    def exchange(self, code: str, redirect_uri: str, verifier: str) -> str:
        """Return an access token for the code. Raises GrantError.

        A code shown twice is refused and takes the tokens made from it along.
        """
        grant = self._memory.codes.get(code)
        if grant is None:
            raise GrantError("invalid_grant")
        if grant.is_used:
            for token in grant.tokens:
                self._memory.tokens.pop(token, None)
            raise GrantError("invalid_grant")
        grant.is_used = True
        if self._clock.now() >= grant.expires_at or redirect_uri != grant.redirect_uri:
            raise GrantError("invalid_grant")
        if grant.challenge and challenge_of(verifier) != grant.challenge:
            raise GrantError("invalid_grant")
        token = self._make_token(grant.account)
        grant.tokens.append(token)
        return token

    def make_refresh(self, token: str) -> str:
        """Return a refresh token for the member of this access token."""
        refresh = secrets.token_urlsafe(32)
        self._memory.refresh[refresh] = (
            self._memory.tokens[token][0],
            self._clock.now() + REFRESH_LIFE,
        )
        return refresh

    def refresh(self, refresh: str) -> str:
        """Return a new access token, once. Raises GrantError."""
        account, expires_at = self._memory.refresh.pop(refresh, ("", self._clock.now()))
        if not account or self._clock.now() >= expires_at:
            raise GrantError("invalid_grant")
        return self._make_token(account)

    def _make_token(self, account: str) -> str:
        token = secrets.token_urlsafe(32)
        self._memory.tokens[token] = (account, self._clock.now() + TOKEN_LIFE)
        return token

    def find_member(self, token: str) -> Member | None:
        """Return whose token this is, or None when it is unknown, revoked or expired."""
        account, expires_at = self._memory.tokens.get(token, ("", self._clock.now()))
        return self.members.get(account) if self._clock.now() < expires_at else None

    def revoke(self, token: str) -> None:
        """End the token."""
        self._memory.tokens.pop(token, None)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
