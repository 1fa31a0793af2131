"""The simulated people, each with one LINE account."""

import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
CHAT_LENGTH = 200


def make_user_id(seed: str) -> str:
    """Return the LINE user id that always belongs to this seed."""
    return "U" + hashlib.sha256(f"sandbox:{seed}".encode()).hexdigest()[:32]


BOT_USER_ID = make_user_id("official account")
BOT_NAME = "臺北市到離校通知"


@dataclass(slots=True, eq=False)
class Person:
    """One LINE account and its chat with the official account.

    `chat` holds rows {"id", "from", "at", "message", "silent"}, oldest first.
    """

    user_id: str
    name: str
    role: str
    device: str = "phone"
    friend: bool = False
    blocked: bool = False
    unread: int = 0
    rings: int = 0
    wrote_at: datetime | None = None
    quick_reply: list[Json] = field(default_factory=list)
    chat: deque[Json] = field(default_factory=lambda: deque(maxlen=CHAT_LENGTH))


def cast() -> list[Person]:
    """Return the people every world begins with; none is a friend yet."""
    return [
        Person(make_user_id("林雅婷"), "林雅婷", "媽媽"),
        Person(make_user_id("林志遠"), "林志遠", "爸爸", device="desktop"),
        Person(make_user_id("王淑芬"), "王淑芬", "生教組"),
    ]
