"""Codes and tokens of the simulated Taipei Pass."""

import base64
import hashlib
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.taipei_pass_members import Member, sample_members

CODE_LENGTH = 6
CODE_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=1)
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


class TaipeiPassGrants:
    """Hands out single-use codes and exchanges them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.members = sample_members()
        self.reset()

    def reset(self) -> None:
        """Forget all codes and tokens."""
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, tuple[str, datetime]] = {}

    def make_code(self, account: str, redirect_uri: str, challenge: str) -> str:
        """Return a fresh 6-character code for this member."""
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
        expires_at = self._clock.now() + CODE_LIFE
        self._codes[code] = Code(account, redirect_uri, challenge, expires_at)
        return code

    def exchange(self, code: str, redirect_uri: str, verifier: str) -> str:
        """Return an access token for the code. Raises GrantError.

        A code shown twice is refused and takes the tokens made from it along.
        """
        grant = self._codes.get(code)
        if grant is None:
            raise GrantError("invalid_grant")
        if grant.is_used:
            for token in grant.tokens:
                self._tokens.pop(token, None)
            raise GrantError("invalid_grant")
        grant.is_used = True
        if self._clock.now() >= grant.expires_at or redirect_uri != grant.redirect_uri:
            raise GrantError("invalid_grant")
        if grant.challenge and challenge_of(verifier) != grant.challenge:
            raise GrantError("invalid_grant")
        token = secrets.token_urlsafe(32)
        self._tokens[token] = (grant.account, self._clock.now() + TOKEN_LIFE)
        grant.tokens.append(token)
        return token

    def find_member(self, token: str) -> Member | None:
        """Return whose token this is, or None when it is unknown, revoked or expired."""
        account, expires_at = self._tokens.get(token, ("", self._clock.now()))
        return self.members.get(account) if self._clock.now() < expires_at else None

    def revoke(self, token: str) -> None:
        """End the token."""
        self._tokens.pop(token, None)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
