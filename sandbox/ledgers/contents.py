"""What people sent as pictures, sounds and files, for as long as LINE would give it out."""

import base64
from dataclasses import dataclass
from datetime import datetime

from sandbox.clock import parse_instant
from sandbox.people import Json


@dataclass(slots=True)
class Content:
    """One file; before `ready_at` LINE still prepares it, and a failed one never gets ready."""

    data: bytes
    media_type: str
    ready_at: datetime
    has_failed: bool = False
    is_gone: bool = False

    def status(self, now: datetime) -> str:
        """Return LINE's word for how far the preparation is."""
        if self.has_failed:
            return "failed"
        return "succeeded" if now >= self.ready_at else "processing"


class Contents:
    """All files by message id; callers hold the world's lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._contents: dict[str, Content] = {}

    def put(self, message_id: str, content: Content) -> None:
        """Keep what a message carried."""
        self._contents[message_id] = content

    def find(self, message_id: str) -> Content | None:
        """Return what a message carried, unsent ones included."""
        return self._contents.get(message_id)

    def unsend(self, message_id: str) -> None:
        """Give it out no more."""
        if message_id in self._contents:
            self._contents[message_id].is_gone = True

    def dump(self) -> Json:
        """Return everything, for the state file."""
        return {
            message_id: {
                "data": base64.b64encode(content.data).decode(),
                "media_type": content.media_type,
                "ready_at": content.ready_at.isoformat(),
                "has_failed": content.has_failed,
                "is_gone": content.is_gone,
            }
            for message_id, content in self._contents.items()
        }

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self._contents = {message_id: _content(row) for message_id, row in data.items()}


def _content(row: Json) -> Content:
    data, ready_at = base64.b64decode(row["data"]), parse_instant(row["ready_at"])
    return Content(data, row["media_type"], ready_at, row["has_failed"], row["is_gone"])
