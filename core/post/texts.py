"""A text message: one number, one part, one name under which the firm knows it again."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from core.post.answer import Answer

# Source: 3GPP TS 23.040: UCS-2 units of a message that is not split.
ONE_PART = 70
MOBILE = re.compile(r"09\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """`to` is 09 and eight digits. `key` is the same for every try of the same message.

    `receipts_to` is the address where the firm tells what became of it, "" for the one agreed on.
    """

    key: UUID
    to: str
    body: str
    receipts_to: str = ""

    @property
    def is_sound(self) -> bool:
        """Tell whether it is words for a mobile number: no controls, no second line or number."""
        is_clean = not any(unicodedata.category(char)[0] == "C" for char in self.body)
        return is_clean and bool(self.body.strip()) and MOBILE.fullmatch(self.to) is not None

    @property
    def wire_body(self) -> str:
        """Return the text in composed form, on one line."""
        return " ".join(unicodedata.normalize("NFC", self.body).split())

    @property
    def fits(self) -> bool:
        """Tell whether it goes as one part."""
        return len(self.wire_body.encode("utf-16-le")) // 2 <= ONE_PART


class Fate(StrEnum):
    """What became of a message the firm took. WAITING: nothing final is known of it yet."""

    WAITING = "waiting"
    ARRIVED = "arrived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to ask after: by the firm's id of it, or "" where its answer was never heard."""

    key: UUID
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the firm knows of a message, and its id of it."""

    reference: str
    fate: Fate


class TextSender(Protocol):
    """A firm that sends text messages."""

    @property
    def name(self) -> str:
        """Return how the firm is called in addresses and in what is kept."""

    def send(self, text: Text) -> Answer:
        """Send one message; never raises for what the network or the firm does."""

    def ask(self, asked: Sequence[Asked]) -> Mapping[UUID, Found]:
        """Return by key what the firm knows; what it does not tell of is left out. Never raises."""
