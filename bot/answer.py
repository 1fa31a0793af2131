"""What a handler gives back: what to say and which menu to show. It never does either itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class MenuKind(StrEnum):
    """Which rich menu a person sees."""

    PARENT = "parent"
    UNBOUND = "unbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Up to five LINE message objects and what goes with them.

    `matters`: worth a push, which costs quota, when the free reply is no longer possible.
    """

    messages: list[Json] = field(default_factory=list)
    matters: bool = False
    menu: MenuKind | None = None
    leaves_room: bool = False
