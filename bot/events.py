"""A stored webhook event as a small value of ours; what we don't know is None."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from linebot.v3.webhooks import (
    Event,
    FollowEvent,
    JoinEvent,
    MessageEvent,
    PostbackEvent,
    UnfollowEvent,
)


class Happening(StrEnum):
    """What a person did, as far as it concerns us."""

    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    JOIN = "join"
    TEXT = "text"
    OTHER_MESSAGE = "other_message"
    POSTBACK = "postback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One event. `room` is (group or room, its id) when it did not happen in a 1:1 chat.

    `content` is the text, the postback's data, or the kind of another message; `picked` is the date
    chosen in a date picker. `is_silent` means that another module holds the chat and we must not
    speak.
    """

    event_id: str
    happening: Happening
    occurred_at: datetime
    line_user_id: str | None
    room: tuple[str, str] | None = None
    reply_token: str | None = None
    content: str = ""
    picked: str = ""
    is_unblocked: bool = False
    is_redelivery: bool = False
    is_silent: bool = False


def parse_event(body: bytes) -> Incoming | None:
    """Return the event, or None for a kind that is new to us or of no concern."""
    try:
        event = Event.from_dict(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        # LINE adds kinds and properties without notice.
        return None
    said = _said(event)
    if said is None or event.source is None:
        return None
    happening, content = said
    return Incoming(
        event_id=event.webhook_event_id,
        happening=happening,
        occurred_at=datetime.fromtimestamp(event.timestamp / 1000, UTC),
        line_user_id=getattr(event.source, "user_id", None),
        room=_room(event.source),
        reply_token=getattr(event, "reply_token", None),
        content=content,
        picked=_picked(event),
        is_unblocked=bool(getattr(getattr(event, "follow", None), "is_unblocked", False)),
        is_redelivery=bool(event.delivery_context.is_redelivery),
        is_silent=event.mode == "standby",
    )


def _said(event: Any) -> tuple[Happening, str] | None:
    if isinstance(event, MessageEvent):
        if event.message.type == "text":
            return Happening.TEXT, event.message.text
        return Happening.OTHER_MESSAGE, str(event.message.type)
    if isinstance(event, PostbackEvent):
        return Happening.POSTBACK, event.postback.data
    for kind, happening in (
        (FollowEvent, Happening.FOLLOW),
        (UnfollowEvent, Happening.UNFOLLOW),
        (JoinEvent, Happening.JOIN),
    ):
        if isinstance(event, kind):
            return happening, ""
    return None


def _picked(event: Any) -> str:
    params = event.postback.params if isinstance(event, PostbackEvent) else None
    return str((params or {}).get("date", ""))


def _room(source: Any) -> tuple[str, str] | None:
    match source.type:
        case "group":
            return "group", source.group_id
        case "room":
            return "room", source.room_id
    return None
