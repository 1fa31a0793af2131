"""A push as ready bytes, for the sides that neither build nor store it."""

import os
import uuid

PATH = "/v2/bot/message/push"


def push_url() -> str:
    """Return where pushes go."""
    return os.environ["LINE_API_BASE"] + PATH


def request_to(person: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a push of `content`, a JSON array, under a new retry key."""
    headers = {
        "Authorization": "Bearer stub",
        "Content-Type": "application/json",
        "X-Line-Retry-Key": str(uuid.uuid4()),
    }
    return b'{"to":"%b","messages":%b}' % (person.encode(), content), headers
