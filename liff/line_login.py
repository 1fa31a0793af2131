"""Whose ID token this is: by LINE's public keys here, or by asking LINE where they do not help.

Both ways end in the same judgement of the claims, by our clock.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from core.people.names import clean_name
from core.post.reaching import direct_session
from core.settings import Settings
from liff.line_keys import LineKeys

# Seconds to connect and to wait: a person looks at the start page meanwhile.
TIMEOUT = (3, 10)
ISSUER = "https://access.line.me"
USER_ID = re.compile(r"U[0-9a-f]{32}")
# Source: LINE docs, "Verify ID token": LIFF's are ES256, those of a web login HS256.
BY_KEY, BY_SECRET = "ES256", "HS256"
MAX_TOKEN = 8192
# How far ahead of ours LINE's clock may be.
SKEW = timedelta(seconds=60)

Claims = dict[str, Any]


class TokenProblem(StrEnum):
    """Why a token proved nobody."""

    EXPIRED = "expired"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class LineIdentity:
    """A LINE user as the ID token names them, with the token's own times.

    The display name may be empty. `signed` is the part of the token that the signature covers.
    """

    user_id: str
    name: str
    issued_at: datetime
    expires_at: datetime
    signed: str


class LineLogin:
    """LINE's answer to who somebody is. One for the process: it keeps LINE's keys."""

    def __init__(self, settings: Settings) -> None:
        self._api = settings.line_api
        self._channel_id = settings.line_login_channel_id
        self._keys = LineKeys(self._api)

    def verify(self, id_token: str, now: datetime) -> LineIdentity | TokenProblem:
        """Return whose token it is. Only a token made for our own login channel counts."""
        header = _header(id_token)
        if header.get("alg") not in (BY_KEY, BY_SECRET):
            return TokenProblem.INVALID
        key = self._key_of(header, now)
        if key is None:
            return self.verify_at_line(id_token, now)
        claims = _open(id_token, key)
        return TokenProblem.INVALID if claims is None else self._judge(claims, id_token, now)

    def needs_line(self, id_token: str, now: datetime) -> bool:
        """Tell whether no key at hand is the one that the token names."""
        return self._key_of(_header(id_token), now) is None

    def verify_at_line(self, id_token: str, now: datetime) -> LineIdentity | TokenProblem:
        """Return the same by asking LINE, which holds the secret of tokens that have no key.

        Source: LINE Login API reference, "Verify ID token".
        """
        form = {"id_token": id_token, "client_id": self._channel_id}
        try:
            with direct_session() as session:
                url = f"{self._api}/oauth2/v2.1/verify"
                answer = session.post(url, data=form, timeout=TIMEOUT, allow_redirects=False)
            body = answer.json()
        except requests.RequestException:
            return TokenProblem.UNAVAILABLE
        if answer.status_code == 429 or answer.status_code >= 500 or not isinstance(body, dict):
            return TokenProblem.UNAVAILABLE
        if answer.status_code != 200:
            is_old = body.get("error_description") == "IdToken expired."
            return TokenProblem.EXPIRED if is_old else TokenProblem.INVALID
        return self._judge(body, id_token, now)

    def _key_of(self, header: Mapping[str, Any], now: datetime) -> ECKey | None:
        key_id = header.get("kid")
        if header.get("alg") != BY_KEY or not isinstance(key_id, str):
            return None
        return self._keys.find(key_id, now)

    def _judge(self, claims: Claims, id_token: str, now: datetime) -> LineIdentity | TokenProblem:
        # In LINE's order: a token can be wrong in two ways.
        issued_at, expires_at = _moment(claims.get("iat")), _moment(claims.get("exp"))
        if claims.get("iss") != ISSUER or expires_at is None:
            return TokenProblem.INVALID
        if expires_at <= now:
            return TokenProblem.EXPIRED
        user_id = claims.get("sub")
        is_ours = claims.get("aud") == self._channel_id
        if not is_ours or not isinstance(user_id, str) or not USER_ID.fullmatch(user_id):
            return TokenProblem.INVALID
        if issued_at is None or issued_at > now + SKEW or not _has_begun(claims, now):
            return TokenProblem.INVALID
        signed, _, _ = id_token.rpartition(".")
        name = _display_name(claims.get("name"))
        return LineIdentity(user_id, name, issued_at, expires_at, signed)


def _header(id_token: str) -> dict[str, Any]:
    """Return what the token says of itself; nothing of it is believed. Empty when unreadable."""
    parts = id_token.split(".")
    if len(parts) != 3 or not all(parts) or len(id_token) > MAX_TOKEN:
        return {}
    try:
        header = orjson.loads(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def _open(id_token: str, key: ECKey) -> Claims | None:
    try:
        return dict(jwt.decode(id_token, key, algorithms=[BY_KEY]).claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _has_begun(claims: Mapping[str, Any], now: datetime) -> bool:
    if "nbf" not in claims:
        return True
    begins_at = _moment(claims["nbf"])
    return begins_at is not None and begins_at <= now + SKEW


def _display_name(name: object) -> str:
    # Display names hold anything; what can't be a name is not repeated on a page.
    return (clean_name(name[:40]) or "") if isinstance(name, str) else ""
