"""How far narrowcasts got; here they are done as soon as they are accepted."""

from datetime import UTC, datetime

from sandbox.people import Json


class Narrowcasts:
    """Progress by request id; callers hold the world's lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._done: dict[str, Json] = {}

    def add(self, request_id: str, people: int, now: datetime) -> None:
        """Keep one that reached so many people."""
        at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._done[request_id] = {
            "phase": "succeeded",
            "successCount": people,
            "failureCount": 0,
            "targetCount": people,
            "acceptedTime": at,
            "completedTime": at,
        }

    def find(self, request_id: str) -> Json | None:
        """Return the progress, None for a request that is not known."""
        return self._done.get(request_id)
