"""What LINE would refuse or silently lose in a message. Source: LINE docs, "Messaging API"."""

import json
from collections.abc import Iterator
from typing import Any

from linebot.v3.messaging import PushMessageRequest

Json = dict[str, Any]


def assert_line_takes(messages: list[Json], longest_alt: int = 30) -> None:
    """Fail when LINE's own models or its limits would not have these messages as they are."""
    assert 1 <= len(messages) <= 5
    request = PushMessageRequest.from_dict({"to": "U" + "0" * 32, "messages": messages})
    # A property the models do not know would be dropped on the way.
    assert request.to_dict()["messages"] == messages
    for message in messages:
        _check_message(message, longest_alt)


def _check_message(message: Json, longest_alt: int) -> None:
    if message["type"] == "text":
        assert 1 <= len(message["text"]) <= 5000
    else:
        assert 1 <= len(message["altText"]) <= longest_alt
        _check_container(message["contents"])
    items = message.get("quickReply", {}).get("items", [])
    assert len(items) <= 13
    for part in parts_of(message):
        _check_part(part)


def _check_container(container: Json) -> None:
    bubbles = container.get("contents", [container])
    assert len(bubbles) <= 12
    assert len({bubble["size"] for bubble in bubbles}) == 1
    assert size_of(container) < 50_000
    for bubble in bubbles:
        assert size_of(bubble) < 30_000


def _check_part(part: Json) -> None:
    if part.get("type") in ("uri", "message", "postback", "datetimepicker"):
        assert 1 <= len(part["label"]) <= 20
        assert len(part.get("text", "")) <= 300
        assert len(part.get("displayText", "")) <= 300
        assert len(part.get("data", "")) <= 300
        assert part.get("uri", "https://").startswith(("https://liff.line.me/", "https://", "tel:"))
    if part.get("type") == "text" and "size" in part:
        # Flex keeps its colours in the dark, so every text brings its own.
        assert part["color"].startswith("#")
        assert part["scaling"] is True
        assert part["wrap"] is True or part["adjustMode"] == "shrink-to-fit"
        assert part["text"]


def size_of(value: Json) -> int:
    """Return the bytes of the JSON LINE would get."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def words_of(messages: list[Json]) -> list[str]:
    """Return every text people read, lock screen excluded."""
    return [part["text"] for part in parts_of(messages) if part.get("type") in ("text", "span")]


def parts_of(value: Any) -> Iterator[Json]:
    """Yield every object of a message, outermost first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts_of(inner)
