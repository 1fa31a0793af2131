"""Every message the bot can send, in the families they are looked at in."""

from collections.abc import Callable, Iterator
from typing import Any

from bot.commands import Command
from core.house import House
from core.notices.bubbles import messages_for
from tests.bot.conversation import hear
from tests.bot.happenings import make_text
from tests.bot.staff_room import make_room
from tests.bot.test_roles import COMMANDS
from tests.factories import HUA, MEI
from tests.notices import staff_cast
from tests.notices.test_bubbles import LOCK_SCREEN, facts
from tests.notices.test_staff_notices import TOLD

Messages = list[dict[str, Any]]
# What stands at one place for a sentence of any length.
LONGEST_ALT = 60


def notices(_house: House) -> Iterator[Messages]:
    """What guardians are told, whoever tells it."""
    for kind, changed, _ in LOCK_SCREEN:
        yield messages_for(kind, facts(**changed))


def staff_notices(house: House) -> Iterator[Messages]:
    """What staff are told; of two words for one event the first is the one that goes out."""
    staff_cast.hire_all(house)
    known: list[Messages] = []
    for telling, _, _ in TOLD.values():
        staff_cast.tell(house, telling)
        new = [said for _, said in staff_cast.told(house) if said not in known]
        known += new
        yield from new[:1]


def answers(house: House) -> Iterator[Messages]:
    """What a guardian and a stranger hear to each word."""
    make_room(house)
    for user in (MEI, HUA):
        yield from (_said(house, user, command.value) for command in Command)


def staff_answers(house: House) -> Iterator[Messages]:
    """What staff hear to each command, and who may not."""
    make_room(house)
    for text, (_, allowed, refused) in COMMANDS.items():
        for user in (allowed[0], *list(refused)[:1]):
            yield _said(house, user, text)


FAMILIES: dict[str, Callable[[House], Iterator[Messages]]] = {
    one.__name__: one for one in (notices, staff_notices, answers, staff_answers)
}


def every_message(house: House, family: str) -> list[Messages]:
    """Return what goes out in one answer or push, for each of a family; the house is new."""
    return [one for one in FAMILIES[family](house) if one]


def _said(house: House, user: str, text: str) -> Messages:
    return hear(house, make_text(text, user=user), longest_alt=LONGEST_ALT).messages
