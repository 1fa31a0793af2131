"""Reply tokens: 32 hex characters, good once and for a minute."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import parse_instant
from sandbox.people import Json

# Source: LINE docs, "Send reply message": one minute from receipt; after a redelivery one minute
# from that one, but never later than 20 minutes after the event.
GOOD_FOR = timedelta(seconds=60)
GOOD_AFTER_EVENT = timedelta(minutes=20)


@dataclass(slots=True)
class _Token:
    user_id: str
    event_at: datetime
    good_until: datetime


class ReplyTokens:
    """Unused tokens; callers hold the world's lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all tokens."""
        self._tokens: dict[str, _Token] = {}

    def issue(self, user_id: str, now: datetime) -> str:
        """Return a fresh token for this user's event."""
        token = secrets.token_hex(16)
        self._tokens[token] = _Token(user_id, now, now + GOOD_FOR)
        return token

    def renew(self, token: str, now: datetime) -> None:
        """Give a redelivered event's token another minute, if it is still unused."""
        known = self._tokens.get(token)
        if known:
            known.good_until = min(now + GOOD_FOR, known.event_at + GOOD_AFTER_EVENT)

    def find(self, token: str, now: datetime) -> str | None:
        """Return the user the token answers, or None when it is unknown, used or too old."""
        known = self._tokens.get(token)
        return known.user_id if known and now < known.good_until else None

    def spend(self, token: str) -> None:
        """Use the token up."""
        self._tokens.pop(token, None)

    def dump(self) -> Json:
        """Return the unused tokens, for the state file."""
        return {
            token: [known.user_id, known.event_at.isoformat(), known.good_until.isoformat()]
            for token, known in self._tokens.items()
        }

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self._tokens = {
            token: _Token(user_id, parse_instant(event_at), parse_instant(good_until))
            for token, (user_id, event_at, good_until) in data.items()
        }
