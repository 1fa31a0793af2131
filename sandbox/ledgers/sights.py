"""What the people saw, and what did not reach them: the record behind the inspector."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from sandbox.people import Json, Person

# Why an accepted message did not arrive.
BLOCKED, NOT_A_FRIEND, DELETED = "blocked", "not a friend", "account deleted"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one accepted send reaches a person; `alert` is "ring", "silent" or "none".

    `at` is ISO 8601 with milliseconds, Taipei.
    """

    kind: str
    alert: str
    billed: int
    request_id: str
    retry_key: str | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """One message object for one person; `reason` says why it did not arrive, None when it did.

    The message is kept as its bytes: there may be hundreds of thousands.
    """

    user_id: str
    name: str
    how: Delivery
    billed: int
    message_id: str
    message: bytes
    reason: str | None = None

    def picture(self) -> Json:
        """Return the row of the inspector."""
        row: Json = {
            "at": self.how.at,
            "user_id": self.user_id,
            "name": self.name,
            "kind": self.how.kind,
            "alert": self.how.alert if self.reason is None else "none",
            "billed": self.billed,
            "retry_key": self.how.retry_key,
            "request_id": self.how.request_id,
            "message_id": self.message_id,
            "message": orjson.loads(self.message),
        }
        return row if self.reason is None else row | {"reason": self.reason}


class Sights:
    """All of them, oldest first; callers hold the world's lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._seen: list[Sight] = []
        self._dropped: list[Sight] = []

    def see(
        self, person: Person, message: bytes, message_id: str, how: Delivery, *, billed: int
    ) -> None:
        """Keep a message that came onto a person's screen."""
        self._seen.append(Sight(person.user_id, person.name, how, billed, message_id, message))

    def drop(
        self, person: Person, messages: list[Json], sent: list[Json], how: Delivery, reason: str
    ) -> None:
        """Keep messages that were accepted and then reached nobody."""
        for message, entry in zip(messages, sent, strict=True):
            data = orjson.dumps(message)
            sight = Sight(person.user_id, person.name, how, 0, str(entry["id"]), data, reason)
            self._dropped.append(sight)

    def seen_by(self, user_id: str | None) -> list[Json]:
        """Return what one person saw, or everybody (None)."""
        return list(_pictures(self._seen, user_id))

    def dropped_for(self, user_id: str | None) -> list[Json]:
        """Return what did not reach one person, or anybody (None), with the reason."""
        return list(_pictures(self._dropped, user_id))

    def counts(self) -> tuple[int, int]:
        """Return how many were seen and how many dropped."""
        return len(self._seen), len(self._dropped)

    def dump(self) -> Json:
        """Return everything, for the state file."""
        return {"seen": self.seen_by(None), "dropped": self.dropped_for(None)}

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self._seen = [_sight(row) for row in data["seen"]]
        self._dropped = [_sight(row) for row in data["dropped"]]


def why_unreached(person: Person) -> str:
    """Return why an accepted message does not reach this person."""
    if person.deleted:
        return DELETED
    return BLOCKED if person.blocked else NOT_A_FRIEND


def _pictures(sights: list[Sight], user_id: str | None) -> Iterator[Json]:
    return (one.picture() for one in sights if user_id in (None, one.user_id))


def _sight(row: Json) -> Sight:
    how = Delivery(
        row["kind"], row["alert"], row["billed"], row["request_id"], row["retry_key"], row["at"]
    )
    return Sight(
        row["user_id"],
        row["name"],
        how,
        row["billed"],
        row["message_id"],
        orjson.dumps(row["message"]),
        row.get("reason"),
    )
