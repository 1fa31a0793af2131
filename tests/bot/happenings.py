"""Webhook events as LINE sends them, and the signed request around them."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.conftest import MONDAY_MORNING
from tests.factories import MEI

Json = dict[str, Any]
_numbers = count(1)


def make_event(
    kind: str,
    *,
    user: str | None = MEI,
    at: datetime = MONDAY_MORNING,
    event_id: str | None = None,
    **more: Any,
) -> Json:
    """One event with everything LINE always sends."""
    number = next(_numbers)
    source = {"type": "user", "userId": user} if user else {"type": "user"}
    return {
        "type": kind,
        "webhookEventId": event_id or f"01HEVENT{number:018d}",
        "deliveryContext": {"isRedelivery": False},
        "timestamp": int(at.timestamp() * 1000),
        "source": source,
        "replyToken": f"{number:032x}",
        "mode": "active",
    } | more


def make_text(text: str, **more: Any) -> Json:
    """A typed message."""
    message = {
        "id": "444573844083572737",
        "type": "text",
        "text": text,
        "quoteToken": "q3Plxr4AgKd",
        "markAsReadToken": "30yhdy232",
    }
    return make_event("message", message=message, **more)


def make_follow(*, is_unblocked: bool = False, **more: Any) -> Json:
    """Somebody adds the account."""
    return make_event("follow", follow={"isUnblocked": is_unblocked}, **more)


def make_unfollow(**more: Any) -> Json:
    """Somebody blocks the account."""
    event = make_event("unfollow", **more)
    del event["replyToken"]
    return event


def make_postback(data: str, **more: Any) -> Json:
    """A pressed button."""
    return make_event("postback", postback={"data": data}, **more)


def seconds_ago(seconds: float) -> datetime:
    """A moment before the fixed clock's now."""
    return MONDAY_MORNING - timedelta(seconds=seconds)


def sign(body: bytes, secret: str) -> str:
    """The signature LINE puts beside the body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def as_body(events: list[Json]) -> bytes:
    """The request body around events."""
    return json.dumps({"destination": "U" + "9" * 32, "events": events}).encode()
