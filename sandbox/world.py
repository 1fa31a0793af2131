"""The simulated world: people, their chats, what they saw, and the log of it all."""

import itertools
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta

import orjson

from sandbox.clock import Clock, parse_instant
from sandbox.hub import Hub
from sandbox.ledgers.rich_menus import RichMenus
from sandbox.ledgers.sights import Delivery, Sights
from sandbox.people import CHAT_LENGTH, Json, Person, cast, make_user_id

LOG_LENGTH = 200
WRITER_WINDOW = timedelta(days=7)
_QUOTABLE = {"text", "textV2", "sticker", "image", "video", "imagemap", "template", "flex"}


class World:
    """Everything people can see, behind one lock that callers may hold over several steps."""

    def __init__(self, clock: Clock, hub: Hub, menus: RichMenus, sights: Sights) -> None:
        self.lock = threading.RLock()
        self._sights = sights
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
            self._sights.reset()
            # Whose message a markAsReadToken is of.
            self.read_tokens: dict[str, str] = {}

    def add(self, name: str, role: str, device: str) -> Person:
        """Bring a new person into the world."""
        with self.lock:
            person = Person(make_user_id(f"{name} {len(self.people)}"), name, role, device)
            self.people[person.user_id] = person
            self.publish_phone(person)
            return person

    def is_reachable(self, person: Person) -> bool:
        """Tell whether a push would arrive: friends, and strangers who wrote within 7 days."""
        if person.blocked or person.deleted:
            return False
        if person.friend:
            return True
        return person.wrote_at is not None and self._clock.now() - person.wrote_at < WRITER_WINDOW

    def remember_read_token(self, token: str, user_id: str) -> None:
        """Remember whose message a markAsReadToken is of."""
        with self.lock:
            self.read_tokens[token] = user_id

    def mark_read(self, person: Person) -> None:
        """Let the person see 已讀 beside all they have said."""
        with self.lock:
            for row in person.chat:
                if row["from"] == "person":
                    row["read"] = True
            self.publish_phone(person)

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
            billed, at = how.billed, self._clock.iso()
            for message, entry in zip(messages, sent, strict=True):
                silent = how.alert != "ring"
                self._show(person, message, entry, at, silent=silent, kind=how.kind)
                data = orjson.dumps(message)
                self._sights.see(person, data, entry["id"], how, billed=billed)
                # People are counted, not message objects.
                billed = 0
            person.loading_until = None
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
            entry = {"id": message_id}
            self._show(person, message, entry, self._clock.iso(), from_=from_, silent=True)
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
                "phone_number": person.phone,
                "email": person.email,
                "friend": person.friend,
                "blocked": person.blocked,
                "unread": person.unread,
                "rings": person.rings,
                "is_loading": self._is_loading(person),
                "rich_menu": self._menu_picture(person),
                "quick_reply": [] if person.device == "desktop" else list(person.quick_reply),
                "messages": list(person.chat),
            }

    def _is_loading(self, person: Person) -> bool:
        until = person.loading_until
        return until is not None and self._clock.now() < until

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
        self,
        person: Person,
        message: Json,
        entry: Json,
        at: str,
        *,
        silent: bool,
        kind: str = "",
        from_: str = "account",
    ) -> None:
        person.chat.append(
            {
                "id": entry["id"],
                "from": from_,
                "at": at,
                "message": message,
                "silent": silent,
                "kind": kind,
            }
        )

    def dump(self) -> Json:
        """Return the people and their chats, for the state file."""
        return {
            "people": [_person_row(person) for person in self.people.values()],
            "read_tokens": self.read_tokens,
        }

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        people = [_person(row) for row in data["people"]]
        self.people = {person.user_id: person for person in people}
        self.read_tokens = data["read_tokens"]


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


_TIMES = ("wrote_at", "loading_until")


def _person_row(person: Person) -> Json:
    row: Json = {field.name: getattr(person, field.name) for field in fields(person)}
    for key in _TIMES:
        row[key] = row[key] and row[key].isoformat()
    return row | {"chat": list(person.chat)}


def _person(row: Json) -> Person:
    times = {key: row[key] and parse_instant(row[key]) for key in _TIMES}
    return Person(**row | times | {"chat": deque(row["chat"], maxlen=CHAT_LENGTH)})
