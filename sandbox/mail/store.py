"""The mailbox's letters as they came in, and their parts for showing."""

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from sandbox.clock import Clock
from sandbox.people import Json, find_by_email
from sandbox.world import World

LETTERS = 500
# Any byte may come by mail; Latin-1 gives each a character of its own.
EncodedBytes = Annotated[
    bytes,
    PlainSerializer(lambda raw: raw.decode("latin-1"), return_type=str, when_used="json"),
    PlainValidator(lambda text: text.encode("latin-1") if isinstance(text, str) else text),
]


@dataclass(frozen=True, slots=True)
class Letter:
    """One accepted mail: envelope and the exact bytes."""

    number: int
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: EncodedBytes

    def parsed(self) -> EmailMessage:
        """Return the message by the modern rules."""
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        """Return a header decoded, "" when it is missing or cannot be read."""
        try:
            return str(self.parsed().get(name, ""))
        except (IndexError, ValueError):
            return ""

    def headers(self) -> list[tuple[str, str]]:
        """Return all headers as they were sent, in their order."""
        raw = message_from_bytes(self.raw)
        return [(name, str(value)) for name, value in raw.items()]

    def body(self, kind: str) -> str:
        """Return the text of the best part of this kind, "plain" or "html"; "" without one."""
        part = self.parsed().get_body((kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content()).replace("\r\n", "\n")
        except (LookupError, ValueError):
            return ""

    def attachments(self) -> list[str]:
        """Return the names of what is attached."""
        return [part.get_filename() or "（沒有檔名）" for part in self.parsed().iter_attachments()]

    def picture(self) -> Json:
        """Return the letter as JSON."""
        return {
            "id": self.number,
            "at": self.at.isoformat(timespec="seconds"),
            "envelope_from": self.sender,
            "envelope_to": list(self.recipients),
            "subject": self.header("Subject"),
            "headers": [list(pair) for pair in self.headers()],
            "text": self.body("plain"),
            "html": self.body("html"),
            "attachments": self.attachments(),
        }


_KEPT = TypeAdapter(Letter)


class MailStore:
    """Letters, oldest first; the newest 500 stay."""

    def __init__(self, clock: Clock, world: World) -> None:
        self._clock = clock
        self._world = world
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self.reset()

    def reset(self) -> None:
        """Forget all letters."""
        with self._lock:
            self._letters: deque[Letter] = deque(maxlen=LETTERS)

    def take(self, sender: str, recipients: list[str], raw: bytes) -> Letter:
        """Keep a letter."""
        with self._lock:
            letter = Letter(next(self._numbers), self._clock.now(), sender, tuple(recipients), raw)
            self._letters.append(letter)
        self._tell(letter)
        return letter

    def write(self, to: str, subject: str, text: str, sender: str) -> None:
        """Put a letter of the sandbox's own services straight into the mailbox."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = sender, to, subject
        letter.set_content(text)
        self.take(sender, [to], letter.as_bytes())

    def letters(self, to: str = "") -> list[Letter]:
        """Return the letters, all or those to one address."""
        with self._lock:
            found = list(self._letters)
        wanted = to.lower()
        return [one for one in found if not to or wanted in map(str.lower, one.recipients)]

    def find(self, number: int) -> Letter | None:
        """Return the letter of this number."""
        return next((one for one in self.letters() if one.number == number), None)

    def dump(self) -> Any:
        """Return the letters, for the state file."""
        with self._lock:
            return [_KEPT.dump_python(letter, mode="json") for letter in self._letters]

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        with self._lock:
            self._letters.extend(_KEPT.validate_python(row) for row in data)
            self._numbers = itertools.count(
                max((one.number for one in self._letters), default=0) + 1
            )

    def _tell(self, letter: Letter) -> None:
        for address in letter.recipients:
            person = find_by_email(self._world.people, address)
            who = person.name if person else address
            self._world.note(who, f"E-mail：{letter.header('Subject')}", "none", "250", "mail")
