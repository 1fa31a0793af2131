"""LINE Login's tokens: ES256 ID tokens with their public keys, and access tokens."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey

from sandbox.clock import Clock, parse_instant
from sandbox.people import Json
from sandbox.settings import Settings

ISSUER = "https://access.line.me"
SCOPE = "openid profile chat_message.write"
# Of LIFF. Source: LINE docs, "Verify ID token" and "liff.getAccessToken()".
ID_TOKEN_LIFE = timedelta(hours=1)
ACCESS_TOKEN_LIFE = timedelta(hours=12)
# Source: LINE docs, "Issue access token".
REFRESH_TOKEN_LIFE = timedelta(days=90)
# Source: LINE docs, "User account linking".
LINK_TOKEN_LIFE = timedelta(minutes=10)


class LoginError(Exception):
    """A refusal of /oauth2/v2.1/verify; the text is LINE's error_description."""


@dataclass(slots=True)
class Access:
    """What an access token stands for."""

    user_id: str
    expires_at: datetime
    is_revoked: bool = False
    scope: str = SCOPE


class LoginTokens:
    """Issues and checks tokens; the signing key survives a reset."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: list[ECKey] = []
        self.rotate()
        self.reset()

    def reset(self) -> None:
        """Forget all access tokens."""
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Access] = {}
        self._link_tokens: dict[str, tuple[str, datetime]] = {}

    def rotate(self) -> None:
        """Sign with a new key from now on; the old public keys stay published."""
        key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(16), "use": "sig"})
        self._keys.append(key)

    def certs(self) -> Json:
        """Return the public keys as a JWK set."""
        return {"keys": [key.as_dict(private=False) | {"alg": "ES256"} for key in self._keys]}

    def make_id_token(self, user_id: str, name: str, changes: Json | None = None) -> str:
        """Return a signed ID token; `changes` replaces claims, for tests of the app's checks."""
        key = self._keys[-1]
        header = {"alg": "ES256", "kid": key.kid, "typ": "JWT"}
        claims = self._claims(user_id, name) | (changes or {})
        return jwt.encode(header, claims, key, algorithms=["ES256"])

    def make_web_id_token(self, user_id: str, name: str, nonce: str) -> str:
        """Return an ID token of web login, which LINE signs with the channel's secret."""
        key = OctKey.import_key(self._settings.line_login_channel_secret)
        claims = self._claims(user_id, name) | ({"nonce": nonce} if nonce else {})
        return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, key, algorithms=["HS256"])

    def _claims(self, user_id: str, name: str) -> Json:
        now = int(self._clock.now().timestamp())
        return {
            "iss": ISSUER,
            "sub": user_id,
            "aud": self._settings.line_login_channel_id,
            "exp": now + int(ID_TOKEN_LIFE.total_seconds()),
            "iat": now,
            "amr": ["linesso"],
            "name": name,
        }

    def verify_id_token(self, token: str, client_id: str, *, nonce: str, user_id: str) -> Json:
        """Return the claims, or raise LoginError with one of LINE's six texts."""
        claims = self._decode(token)
        if claims.get("iss") != ISSUER:
            raise LoginError("Invalid IdToken Issuer.")
        if not _is_number(claims.get("exp")):
            raise LoginError("Invalid IdToken.")
        if claims["exp"] <= self._clock.now().timestamp():
            raise LoginError("IdToken expired.")
        if claims.get("aud") != client_id:
            raise LoginError("Invalid IdToken Audience.")
        if nonce and claims.get("nonce") != nonce:
            raise LoginError("Invalid IdToken Nonce.")
        if user_id and claims.get("sub") != user_id:
            raise LoginError("Invalid IdToken Subject Identifier.")
        return claims

    def make_access_token(self, user_id: str, scope: str = SCOPE) -> str:
        """Return a LIFF access token of this user."""
        token = f"sandbox.access.{secrets.token_urlsafe(32)}"
        expires_at = self._clock.now() + ACCESS_TOKEN_LIFE
        self._access[token] = Access(user_id, expires_at, scope=scope)
        return token

    def make_refresh_token(self, user_id: str, scope: str) -> str:
        """Return a token that buys new access tokens."""
        token = f"sandbox.refresh.{secrets.token_urlsafe(16)}"
        expires_at = self._clock.now() + REFRESH_TOKEN_LIFE
        self._refresh[token] = Access(user_id, expires_at, scope=scope)
        return token

    def find_refresh(self, token: str) -> Access | None:
        """Return what a refresh token stands for; None when it is of no use any more."""
        access = self._refresh.get(token)
        if access is None or access.is_revoked or access.expires_at <= self._clock.now():
            return None
        return access

    def find_access(self, token: str) -> Access:
        """Return a good access token's meaning. Raises LoginError."""
        access = self._access.get(token)
        if access is None:
            raise LoginError("The access token not JWS")
        if access.is_revoked:
            raise LoginError("The access token revoked")
        if access.expires_at <= self._clock.now():
            raise LoginError("The access token expired")
        return access

    def seconds_left(self, access: Access) -> int:
        """Return how long the token is still good."""
        return int((access.expires_at - self._clock.now()).total_seconds())

    def revoke_user(self, user_id: str) -> None:
        """Make all tokens of this user worthless."""
        for access in (*self._access.values(), *self._refresh.values()):
            if access.user_id == user_id:
                access.is_revoked = True

    def revoke(self, token: str) -> None:
        """Make one access token worthless."""
        if token in self._access:
            self._access[token].is_revoked = True

    def make_link_token(self, user_id: str) -> str:
        """Return a token that ties a browser to this user, once and for 10 minutes."""
        token = secrets.token_urlsafe(24)
        self._link_tokens[token] = (user_id, self._clock.now() + LINK_TOKEN_LIFE)
        return token

    def take_link_token(self, token: str) -> str | None:
        """Return whose link token this is, and never again; None when it is of no use."""
        user_id, expires_at = self._link_tokens.pop(token, (None, self._clock.now()))
        return user_id if self._clock.now() < expires_at else None

    def dump(self) -> Json:
        """Return keys and tokens, for the state file."""
        return {
            "keys": [key.as_dict(private=True) for key in self._keys],
            "access": {token: _dumped(access) for token, access in self._access.items()},
            "refresh": {token: _dumped(access) for token, access in self._refresh.items()},
            "link_tokens": {
                token: [user_id, expires_at.isoformat()]
                for token, (user_id, expires_at) in self._link_tokens.items()
            },
        }

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self._keys = [ECKey.import_key(key) for key in data["keys"]]
        self._access = {token: _loaded(row) for token, row in data["access"].items()}
        self._refresh = {token: _loaded(row) for token, row in data["refresh"].items()}
        self._link_tokens = {
            token: (user_id, parse_instant(expires_at))
            for token, (user_id, expires_at) in data["link_tokens"].items()
        }

    def _decode(self, token: str) -> Json:
        try:
            if _algorithm(token) == "HS256":
                secret = OctKey.import_key(self._settings.line_login_channel_secret)
                return dict(jwt.decode(token, secret, algorithms=["HS256"]).claims)
            return dict(jwt.decode(token, KeySet(list(self._keys)), algorithms=["ES256"]).claims)
        except (JoseError, ValueError) as error:
            raise LoginError("Invalid IdToken.") from error


def _dumped(access: Access) -> list[Any]:
    return [access.user_id, access.expires_at.isoformat(), access.is_revoked, access.scope]


def _loaded(row: list[Any]) -> Access:
    user_id, expires_at, is_revoked, scope = row
    return Access(user_id, parse_instant(expires_at), is_revoked, scope)


def _algorithm(token: str) -> str:
    """Return the `alg` of a token's header. Raises ValueError when there is none to read."""
    head = token.split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return str(header["alg"]) if isinstance(header, dict) and "alg" in header else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
