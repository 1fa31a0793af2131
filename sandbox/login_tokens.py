"""LINE Login's tokens: ES256 ID tokens with their public keys, and access tokens."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from sandbox.clock import Clock
from sandbox.people import Json
from sandbox.settings import Settings

ISSUER = "https://access.line.me"
SCOPE = "openid profile chat_message.write"
# Source: line.md 5.2: ID token one hour, LIFF access token twelve; stateless tokens 15 minutes.
ID_TOKEN_LIFE = timedelta(hours=1)
ACCESS_TOKEN_LIFE = timedelta(hours=12)
STATELESS_LIFE = timedelta(minutes=15)


class LoginError(Exception):
    """A refusal of /oauth2/v2.1/verify; the text is LINE's error_description."""


@dataclass(slots=True)
class Access:
    """What an access token stands for."""

    user_id: str
    expires_at: datetime
    is_revoked: bool = False


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
        self._stateless: dict[str, datetime] = {}

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
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": user_id,
            "aud": self._settings.line_login_channel_id,
            "exp": now + int(ID_TOKEN_LIFE.total_seconds()),
            "iat": now,
            "amr": ["linesso"],
            "name": name,
        }
        header = {"alg": "ES256", "kid": key.kid, "typ": "JWT"}
        return jwt.encode(header, claims | (changes or {}), key, algorithms=["ES256"])

    def verify_id_token(self, token: str, client_id: str, *, nonce: str, user_id: str) -> Json:
        """Return the claims, or raise LoginError with one of LINE's six texts."""
        claims = self._decode(token)
        if claims.get("iss") != ISSUER:
            raise LoginError("Invalid IdToken Issuer.")
        if float(str(claims.get("exp", 0))) <= self._clock.now().timestamp():
            raise LoginError("IdToken expired.")
        if claims.get("aud") != client_id:
            raise LoginError("Invalid IdToken Audience.")
        if nonce and claims.get("nonce") != nonce:
            raise LoginError("Invalid IdToken Nonce.")
        if user_id and claims.get("sub") != user_id:
            raise LoginError("Invalid IdToken Subject Identifier.")
        return claims

    def make_access_token(self, user_id: str) -> str:
        """Return a LIFF access token of this user."""
        token = f"sandbox.access.{secrets.token_urlsafe(32)}"
        self._access[token] = Access(user_id, self._clock.now() + ACCESS_TOKEN_LIFE)
        return token

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
        """Make all access tokens of this user worthless."""
        for access in self._access.values():
            if access.user_id == user_id:
                access.is_revoked = True

    def make_stateless(self) -> str:
        """Return a channel access token good for 15 minutes."""
        token = f"sandbox.stateless.{secrets.token_urlsafe(32)}"
        self._stateless[token] = self._clock.now() + STATELESS_LIFE
        return token

    def is_channel_token(self, token: str) -> bool:
        """Tell whether the Messaging API accepts this bearer token."""
        if secrets.compare_digest(
            token.encode(), self._settings.line_channel_access_token.encode()
        ):
            return True
        expires_at = self._stateless.get(token)
        return expires_at is not None and self._clock.now() < expires_at

    def _decode(self, token: str) -> Json:
        try:
            return dict(jwt.decode(token, KeySet(list(self._keys)), algorithms=["ES256"]).claims)
        except (JoseError, ValueError) as error:
            raise LoginError("Invalid IdToken.") from error
