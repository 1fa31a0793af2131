"""Channel access tokens of all four kinds, and who holds them.

Source: LINE docs, "Channel access token".
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from sandbox.clock import Clock, parse_instant
from sandbox.people import Json
from sandbox.settings import Settings

SHORT_LIFE = timedelta(days=30)
STATELESS_LIFE = timedelta(minutes=15)
MOST_TOKENS = 30
ASSERTION_LIFE = timedelta(minutes=30)
AUDIENCE = "https://api.line.me/"
LONG_LIVED, SHORT_LIVED, V21, STATELESS = "long-lived", "short-lived", "v2.1", "stateless"


class TokenError(Exception):
    """A refusal of the token endpoints: OAuth's `error` and LINE's description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(slots=True)
class ChannelToken:
    """One token; `key_id` is what LINE calls the id of a v2.1 token."""

    token: str
    channel_id: str
    kind: str
    expires_at: datetime
    key_id: str = ""


class ChannelTokens:
    """All tokens but the long-lived one, which the settings hold."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._long_lived = settings.line_channel_access_token.encode()
        self.reset()

    def reset(self) -> None:
        """Forget all tokens and all assertion keys."""
        self._tokens: dict[str, ChannelToken] = {}
        self._keys: list[Json] = []

    def is_good(self, token: str) -> bool:
        """Tell whether the Messaging API accepts this bearer token."""
        if secrets.compare_digest(token.encode(), self._long_lived):
            return True
        found = self.find(token)
        return found is not None and found.channel_id != self._settings.line_login_channel_id

    def is_login_channel(self, token: str) -> bool:
        """Tell whether it is a v2.1 or stateless token of the login channel."""
        found = self.find(token)
        return bool(
            found
            and found.kind in (V21, STATELESS)
            and found.channel_id == self._settings.line_login_channel_id
        )

    def find(self, token: str) -> ChannelToken | None:
        """Return a token that is still good."""
        found = self._tokens.get(token)
        return found if found and self._clock.now() < found.expires_at else None

    def seconds_left(self, token: ChannelToken) -> int:
        """Return how long the token is still good."""
        return int((token.expires_at - self._clock.now()).total_seconds())

    def check_secret(self, channel_id: str, secret: str) -> None:
        """Raise TokenError unless the secret is this channel's."""
        is_login = channel_id == self._settings.line_login_channel_id
        expected = (
            self._settings.line_login_channel_secret
            if is_login
            else self._settings.line_channel_secret
        )
        if not channel_id.isdigit() or not secrets.compare_digest(
            secret.encode(), expected.encode()
        ):
            raise TokenError("invalid_client", "invalid client_id or client_secret")

    def issue_stateless(self, channel_id: str) -> ChannelToken:
        """Return a token for 15 minutes; there may be any number, and none can be revoked."""
        return self._keep(channel_id, STATELESS, STATELESS_LIFE)

    def issue_short_lived(self, channel_id: str) -> ChannelToken:
        """Return a token for 30 days; the thirty-first makes the oldest worthless."""
        mine = self._alive(channel_id, SHORT_LIVED)
        if len(mine) >= MOST_TOKENS:
            del self._tokens[mine[0].token]
        return self._keep(channel_id, SHORT_LIVED, SHORT_LIFE)

    def issue_by_assertion(self, assertion: str) -> ChannelToken:
        """Return a v2.1 token for a signed assertion. Raises TokenError, at 30 tokens too."""
        claims = self._read_assertion(assertion)
        seconds = claims.get("token_exp")
        if type(seconds) is not int or not 0 < seconds <= SHORT_LIFE.total_seconds():
            raise TokenError("invalid_request", "Invalid token_exp")
        channel_id = str(claims["sub"])
        if len(self._alive(channel_id, V21)) >= MOST_TOKENS:
            raise TokenError("invalid_request", "The number of tokens has reached the limit")
        token = self._keep(channel_id, V21, timedelta(seconds=seconds))
        token.key_id = secrets.token_urlsafe(16)
        return token

    def channel_of_assertion(self, assertion: str) -> str:
        """Return whose assertion this is. Raises TokenError."""
        return str(self._read_assertion(assertion)["sub"])

    def key_ids(self, assertion: str) -> list[str]:
        """Return the ids of the v2.1 tokens that are still good. Raises TokenError."""
        channel_id = self.channel_of_assertion(assertion)
        return [token.key_id for token in self._alive(channel_id, V21)]

    def revoke(self, token: str, *, channel_id: str | None = None) -> None:
        """Make a token worthless; stateless ones stay good, foreign ones too."""
        found = self._tokens.get(token)
        if found and found.kind != STATELESS and channel_id in (None, found.channel_id):
            del self._tokens[token]

    def register_key(self, public_key: Json) -> str:
        """Take an RSA public key (JWK) for assertions and return the key id LINE gives it."""
        if not {"kty", "n", "e"} <= public_key.keys():
            raise ValueError("not an RSA public key")
        key = RSAKey.import_key({name: public_key[name] for name in ("kty", "n", "e")})
        key_id = secrets.token_hex(16)
        self._keys.append(key.as_dict(private=False) | {"kid": key_id})
        return key_id

    def dump(self) -> Json:
        """Return everything, for the state file."""
        tokens = [
            asdict(token) | {"expires_at": token.expires_at.isoformat()}
            for token in self._tokens.values()
        ]
        return {"tokens": tokens, "keys": self._keys}

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        tokens = [
            ChannelToken(**row | {"expires_at": parse_instant(row["expires_at"])})
            for row in data["tokens"]
        ]
        self._tokens = {token.token: token for token in tokens}
        self._keys = data["keys"]

    def _alive(self, channel_id: str, kind: str) -> list[ChannelToken]:
        now = self._clock.now()
        return [
            token
            for token in self._tokens.values()
            if (token.channel_id, token.kind) == (channel_id, kind) and now < token.expires_at
        ]

    def _keep(self, channel_id: str, kind: str, life: timedelta) -> ChannelToken:
        name = f"sandbox.{kind}.{secrets.token_urlsafe(32)}"
        token = ChannelToken(name, channel_id, kind, self._clock.now() + life)
        self._tokens[name] = token
        return token

    def _read_assertion(self, assertion: str) -> Json:
        keys = KeySet([RSAKey.import_key(key) for key in self._keys])
        try:
            claims = dict(jwt.decode(assertion, keys, algorithms=["RS256"]).claims)
        except (JoseError, ValueError) as error:
            raise TokenError("invalid_client", "Invalid client_assertion") from error
        now, ends = self._clock.now().timestamp(), claims.get("exp")
        if not isinstance(ends, int) or not now < ends <= now + ASSERTION_LIFE.total_seconds():
            raise TokenError("invalid_client", "Invalid exp")
        same = claims.get("iss") == claims.get("sub")
        if not same or not str(claims.get("sub")).isdigit() or claims.get("aud") != AUDIENCE:
            raise TokenError("invalid_client", "Invalid client_assertion")
        return claims
