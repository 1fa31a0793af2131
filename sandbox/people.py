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

    `chat` holds rows {"id", "from", "at", "message", "silent", "kind"}, oldest first. `phone` and
    `email` are where text messages and mail reach this person; "" for nowhere.
    """

    user_id: str
    name: str
    role: str
    device: str = "phone"
    phone: str = ""
    email: str = ""
    friend: bool = False
    blocked: bool = False
    deleted: bool = False
    unread: int = 0
    rings: int = 0
    wrote_at: datetime | None = None
    loading_until: datetime | None = None
    quick_reply: list[Json] = field(default_factory=list)
    chat: deque[Json] = field(default_factory=lambda: deque(maxlen=CHAT_LENGTH))


def cast() -> list[Person]:
    """Return the people every world begins with; none is a friend yet."""
    return [
        _person("林雅婷", "媽媽", "phone", "0900000101", "yating.lin"),
        _person("林志遠", "爸爸", "desktop", "0900000102", "chihyuan.lin"),
        _person("王淑芬", "生教組", "phone", "0900000109", "shufen.wang"),
    ]


def find_by_phone(people: dict[str, Person], number: str) -> Person | None:
    """Return whose mobile number this is."""
    return next((one for one in people.values() if number and one.phone == number), None)


def find_by_email(people: dict[str, Person], address: str) -> Person | None:
    """Return whose e-mail address this is, in any case of letters."""
    wanted = address.lower()
    return next((one for one in people.values() if wanted and one.email == wanted), None)


def _person(name: str, role: str, device: str, phone: str, mailbox: str) -> Person:
    email = f"{mailbox}@example.org"
    return Person(make_user_id(name), name, role, device, phone, email)
