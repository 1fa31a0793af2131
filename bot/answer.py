"""What a handler gives back: what to say and which menu to show. It never does either itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class MenuKind(StrEnum):
    """Which rich menu a person sees.

    Whoever is a parent and staff has two with tabs: PARENT_OF_STAFF is the parents' side of them.
    """

    PARENT = "parent"
    UNBOUND = "unbound"
    STAFF = "staff"
    BUREAU = "bureau"
    PARENT_OF_STAFF = "parent_of_staff"
    STAFF_OF_PARENT = "staff_of_parent"
    PARENT_OF_BUREAU = "parent_of_bureau"
    BUREAU_OF_PARENT = "bureau_of_parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Up to five LINE message objects and what goes with them.

    `matters`: worth a push, which costs quota, when the free reply is no longer possible.
    `menus_of_others`: whose rich menus change too, by LINE user id. `asks_link_token`: LINE is to
    be asked for a link token, and the way to link by browser said with it. `wants_file`: the file
    that was sent is to be fetched and looked through.
    """

    messages: list[Json] = field(default_factory=list)
    matters: bool = False
    menu: MenuKind | None = None
    leaves_room: bool = False
    menus_of_others: Mapping[str, MenuKind] = field(default_factory=dict)
    asks_link_token: bool = False
    wants_file: bool = False
