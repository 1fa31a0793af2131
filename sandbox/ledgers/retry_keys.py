"""The ledger of X-Line-Retry-Key: which keys were accepted, and every attempt made with them."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import parse_instant
from sandbox.people import Json

# Source: LINE docs, "Retry failed API requests": kept 24 hours from the first attempt.
KEPT = timedelta(hours=24)


@dataclass(slots=True)
class Entry:
    """One retry key; `accepted` holds {"request_id", "sent_messages"} of each acceptance."""

    first_attempt_at: datetime
    accepted: list[Json] = field(default_factory=list)
    attempts: list[Json] = field(default_factory=list)
    is_burnt: bool = False


class RetryKeys:
    """All retry keys; callers hold the world's lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all keys."""
        self._entries: dict[str, Entry] = {}
        self.keyless: list[Json] = []

    def dump(self) -> Json:
        """Return the whole ledger, for the state file."""
        entries = {
            key: asdict(entry) | {"first_attempt_at": entry.first_attempt_at.isoformat()}
            for key, entry in self._entries.items()
        }
        return {"entries": entries, "keyless": self.keyless}

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self._entries = {
            key: Entry(**row | {"first_attempt_at": parse_instant(row["first_attempt_at"])})
            for key, row in data["entries"].items()
        }
        self.keyless = data["keyless"]

    def find_accepted(self, key: str, now: datetime) -> Json | None:
        """Return the acceptance a repeat must answer with, or None when the key is free."""
        entry = self._entries.setdefault(key, Entry(now))
        if now - entry.first_attempt_at >= KEPT:
            entry.first_attempt_at = now
            entry.is_burnt = False
        return entry.accepted[-1] if entry.is_burnt else None

    def accept(self, key: str, request_id: str, sent_messages: list[Json], now: datetime) -> None:
        """Burn the key."""
        entry = self._entries.setdefault(key, Entry(now))
        entry.accepted.append({"request_id": request_id, "sent_messages": sent_messages})
        entry.is_burnt = True

    def note_attempt(self, key: str | None, attempt: Json, now: datetime) -> None:
        """Keep {"at", "endpoint", "to", "status", "request_id"} of one finished call."""
        if key is None:
            self.keyless.append(attempt)
            return
        self._entries.setdefault(key, Entry(now)).attempts.append(attempt)

    def picture(self) -> Json:
        """Return the whole ledger for the inspector."""
        return {
            "keys": {key: _entry_picture(entry) for key, entry in self._entries.items()},
            "keyless": list(self.keyless),
        }


def _entry_picture(entry: Entry) -> Json:
    return {
        "first_attempt_at": entry.first_attempt_at.isoformat(timespec="seconds"),
        "accepted_request_ids": [accepted["request_id"] for accepted in entry.accepted],
        "message_ids": [
            [message["id"] for message in accepted["sent_messages"]] for accepted in entry.accepted
        ],
        "attempts": list(entry.attempts),
    }
