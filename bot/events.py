"""A stored webhook event as a small value of ours; what we don't know is None."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from linebot.v3.webhooks import (
    AccountLinkEvent,
    Event,
    FollowEvent,
    JoinEvent,
    MessageEvent,
    PostbackEvent,
    UnfollowEvent,
    UnsendEvent,
)

SWITCHED = "newRichMenuAliasId"


class Happening(StrEnum):
    """What a person did, as far as it concerns us."""

    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    JOIN = "join"
    TEXT = "text"
    FILE = "file"
    UNSEND = "unsend"
    OTHER_MESSAGE = "other_message"
    POSTBACK = "postback"
    ACCOUNT_LINK = "account_link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One event. `room` is (group or room, its id) when it did not happen in a 1:1 chat.

    `content` is the text, the postback's data, a file's name, the kind of another message, the id
    of one taken back, or the nonce of a link LINE made ("" where it made none); `message_id` and
    `file_size` (bytes) are a file's; `picked` is the date or the moment chosen in a picker.
    `language` is what LINE's profile says, asked where it is of use.
    `is_silent` means that another module holds the chat and we must not
    speak; `is_retry`, that we worked on this very event before and nobody may have heard of it.
    """

    event_id: str
    happening: Happening
    occurred_at: datetime
    line_user_id: str | None
    room: tuple[str, str] | None = None
    reply_token: str | None = None
    content: str = ""
    picked: str = ""
    message_id: str = ""
    file_size: int = 0
    language: str = ""
    is_unblocked: bool = False
    is_silent: bool = False
    is_retry: bool = False


def parse_event(body: bytes) -> Incoming | None:
    """Return the event, or None for a kind that is new to us or of no concern."""
    try:
        event = Event.from_dict(json.loads(body))
        occurred_at = datetime.fromtimestamp(event.timestamp / 1000, UTC)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        # LINE adds kinds and properties without notice; and no calendar holds every number.
        return None
    said = _said(event)
    if said is None or event.source is None:
        return None
    happening, content = said
    return Incoming(
        event_id=event.webhook_event_id,
        happening=happening,
        occurred_at=occurred_at,
        line_user_id=getattr(event.source, "user_id", None),
        room=_room(event.source),
        reply_token=getattr(event, "reply_token", None),
        content=content,
        picked=_picked(event),
        message_id=str(getattr(getattr(event, "message", None), "id", "")),
        file_size=int(getattr(getattr(event, "message", None), "file_size", 0) or 0),
        is_unblocked=bool(getattr(getattr(event, "follow", None), "is_unblocked", False)),
        is_silent=event.mode == "standby",
    )


def _said(event: Any) -> tuple[Happening, str] | None:
    if isinstance(event, MessageEvent):
        if event.message.type == "text":
            return Happening.TEXT, _legible(event.message.text)
        if event.message.type == "file":
            return Happening.FILE, _legible(str(event.message.file_name))
        return Happening.OTHER_MESSAGE, str(event.message.type)
    if isinstance(event, UnsendEvent):
        return Happening.UNSEND, str(event.unsend.message_id)
    if isinstance(event, PostbackEvent):
        if SWITCHED in (event.postback.params or {}):
            # A tab between two menus: LINE has shown the other one already.
            return None
        return Happening.POSTBACK, _legible(event.postback.data)
    if isinstance(event, AccountLinkEvent):
        return Happening.ACCOUNT_LINK, event.link.nonce if event.link.result == "ok" else ""
    for kind, happening in (
        (FollowEvent, Happening.FOLLOW),
        (UnfollowEvent, Happening.UNFOLLOW),
        (JoinEvent, Happening.JOIN),
    ):
        if isinstance(event, kind):
            return happening, ""
    return None


def _legible(text: str) -> str:
    """Return the text without what no keyboard writes and no database of text can hold."""
    whole = text.encode(errors="ignore").decode()
    return "".join(char for char in whole if char >= " " or char in "\n\t")


def _picked(event: Any) -> str:
    params = event.postback.params if isinstance(event, PostbackEvent) else None
    given = params or {}
    # 2026-11-24 of a date picker, 2026-11-23T07:50 of one for moments.
    return str(given.get("date") or given.get("datetime") or "")


def _room(source: Any) -> tuple[str, str] | None:
    match source.type:
        case "group":
            return "group", source.group_id
        case "room":
            return "room", source.room_id
    return None
