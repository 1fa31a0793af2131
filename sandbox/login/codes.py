"""LINE Login's authorization codes: good once, for ten minutes, for one redirect URI."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.taipei_pass.grants import challenge_of

# Source: LINE Login reference, "Issue access token": a code is valid for 10 minutes, once.
CODE_LIFE = timedelta(minutes=10)


class CodeError(Exception):
    """A refusal of the token endpoint; the text is LINE's error_description."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the user agreed to when the code was handed out."""

    user_id: str
    redirect_uri: str
    scope: str
    challenge: str = ""
    nonce: str = ""


class LoginCodes:
    """Hands out codes and takes them back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget all codes."""
        self._codes: dict[str, tuple[Agreed, datetime]] = {}

    def make(self, agreed: Agreed) -> str:
        """Return a fresh code."""
        code = secrets.token_urlsafe(15)
        self._codes[code] = agreed, self._clock.now() + CODE_LIFE
        return code

    def take(self, code: str, redirect_uri: str, verifier: str) -> Agreed:
        """Return what was agreed to, once. Raises CodeError."""
        agreed, expires_at = self._codes.pop(code, (None, self._clock.now()))
        if agreed is None or self._clock.now() >= expires_at:
            raise CodeError("invalid authorization code")
        if redirect_uri != agreed.redirect_uri:
            raise CodeError("redirect_uri does not match")
        if agreed.challenge and challenge_of(verifier) != agreed.challenge:
            raise CodeError("code_verifier does not match")
        return agreed
