"""The simulated world: people, their chats, what they saw, and the log of it all."""

import itertools
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.hub import Hub
from sandbox.people import Json, Person, cast, make_user_id
from sandbox.rich_menus import RichMenus

LOG_LENGTH = 200
WRITER_WINDOW = timedelta(days=7)
_QUOTABLE = {"text", "textV2", "sticker", "image", "video", "imagemap", "template", "flex"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one accepted send reaches a person; `alert` is "ring", "silent" or "none"."""

    kind: str
    alert: str
    billed: int
    request_id: str
    retry_key: str | None = None


class World:
    """Everything people can see, behind one lock that callers may hold over several steps."""

    def __init__(self, clock: Clock, hub: Hub, menus: RichMenus) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._hub = hub
        self._menus = menus
        self._row_ids = itertools.count(1)
        # 18 digits as LINE's, and not the same again after a restart.
        self._message_ids = itertools.count(500_000_000_000_000_000 + secrets.randbelow(10**17))
        self.reset()

    def reset(self) -> None:
        """Begin again with the first cast, empty chats and an empty log."""
        with self.lock:
            self.people: dict[str, Person] = {person.user_id: person for person in cast()}
            self.log: deque[Json] = deque(maxlen=LOG_LENGTH)
            self.seen: list[Json] = []

    def add(self, name: str, role: str, device: str) -> Person:
        """Bring a new person into the world."""
        with self.lock:
            person = Person(make_user_id(f"{name} {len(self.people)}"), name, role, device)
            self.people[person.user_id] = person
            self.publish_phone(person)
            return person

    def is_reachable(self, person: Person) -> bool:
        """Tell whether a push would arrive: friends, and strangers who wrote within 7 days."""
        if person.blocked:
            return False
        if person.friend:
            return True
        return person.wrote_at is not None and self._clock.now() - person.wrote_at < WRITER_WINDOW

    def next_message_id(self) -> str:
        """Return an 18-digit message id."""
        return str(next(self._message_ids))

    def sent_messages(self, messages: Sequence[Json]) -> list[Json]:
        """Return LINE's `sentMessages` entries for these message objects."""
        return [self._sent_message(message) for message in messages]

    def deliver(
        self, person: Person, messages: Sequence[Json], sent: Sequence[Json], how: Delivery
    ) -> None:
        """Put the messages on the person's screen and into the log."""
        with self.lock:
            for number, (message, entry) in enumerate(zip(messages, sent, strict=True)):
                self._show(person, message, entry, how, billed=how.billed if number == 0 else 0)
            if how.kind != "reply":
                person.unread += len(messages)
            person.rings += how.alert == "ring"
            person.quick_reply = _quick_reply(messages[-1])
            price = f"計費 {how.billed} 則" if how.billed else "免費"
            self.note(person.name, describe(messages), how.alert, f"200・{price}", how.kind)
            self.publish_phone(person)

    def say(self, person: Person, message: Json, *, from_: str = "person") -> str:
        """Add what the person (or the phone itself, "system") says to the chat; return its id."""
        with self.lock:
            message_id = self.next_message_id()
            self._append(person, message_id, from_, message, silent=True)
            if from_ == "person":
                person.quick_reply = []
                person.wrote_at = self._clock.now()
            self.publish_phone(person)
            return message_id

    def note(self, who: str, what: str, alert: str, answer: str, kind: str) -> None:
        """Write one row of the log, newest first."""
        row: Json = {
            "id": next(self._row_ids),
            "at": self._clock.iso(),
            "who": who,
            "what": what,
            "alert": alert,
            "answer": answer,
            "kind": kind,
        }
        with self.lock:
            self.log.appendleft(row)
        self._hub.publish(lambda: {"type": "log", "row": row})

    def publish_phone(self, person: Person) -> None:
        """Tell open phone pages how this phone looks now."""
        self._hub.publish(lambda: {"type": "phone", "phone": self.picture(person)})

    def publish_phones(self) -> None:
        """Tell open phone pages how every phone looks now."""
        with self.lock:
            for person in self.people.values():
                self.publish_phone(person)

    def picture(self, person: Person) -> Json:
        """Return the phone as the phone page draws it."""
        with self.lock:
            return {
                "user_id": person.user_id,
                "name": person.name,
                "role": person.role,
                "device": person.device,
                "friend": person.friend,
                "blocked": person.blocked,
                "unread": person.unread,
                "rings": person.rings,
                "rich_menu": self._menu_picture(person),
                "quick_reply": [] if person.device == "desktop" else list(person.quick_reply),
                "messages": list(person.chat),
            }

    def _menu_picture(self, person: Person) -> Json | None:
        if person.device == "desktop" or person.blocked:
            return None
        return self._menus.picture(person.user_id)

    def _sent_message(self, message: Json) -> Json:
        entry: Json = {"id": self.next_message_id()}
        if message["type"] in _QUOTABLE:
            entry["quoteToken"] = secrets.token_urlsafe(36)
        return entry

    def _show(
        self, person: Person, message: Json, entry: Json, how: Delivery, *, billed: int
    ) -> None:
        silent = how.alert != "ring"
        self._append(person, entry["id"], "account", message, silent=silent)
        self.seen.append(
            {
                "at": self._clock.iso(),
                "user_id": person.user_id,
                "name": person.name,
                "kind": how.kind,
                "alert": how.alert,
                "billed": billed,
                "retry_key": how.retry_key,
                "request_id": how.request_id,
                "message_id": entry["id"],
                "message": message,
            }
        )

    def _append(
        self, person: Person, message_id: object, from_: str, message: Json, *, silent: bool
    ) -> None:
        person.chat.append(
            {
                "id": message_id,
                "from": from_,
                "at": self._clock.iso(),
                "message": message,
                "silent": silent,
            }
        )


def describe(messages: Sequence[Json]) -> str:
    """Return what the lock screen would show of these messages."""
    first = messages[0]
    text = str(first.get("altText") or first.get("text") or f"［{first['type']}］")
    return text if len(messages) == 1 else f"{text}（{len(messages)} 個訊息）"


def _quick_reply(message: Json) -> list[Json]:
    quick_reply = message.get("quickReply")
    if not isinstance(quick_reply, dict):
        return []
    return list(quick_reply["items"])
