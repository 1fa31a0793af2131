"""The children's schools: their numbers to read and to dial."""

from bot.answer import Json
from core.notices.flex import call_school, dial
from core.notices.wording import fill, shown_number
from core.people.bindings import BoundChild

# Three buttons a bubble are enough, and one of them is 110 where it matters.
MAX_CALLS = 2


def school_numbers(children: list[BoundChild]) -> list[str]:
    """Return a line for each school whose number is known: 榕光國小 02-2300-0001."""
    return [
        fill("{school} {number}", {"school": name, "number": shown_number(phone)})
        for name, phone in _known(children).items()
    ]


def school_calls(children: list[BoundChild]) -> list[Json]:
    """Return the buttons that dial the schools: at most two, named where there are several."""
    if len({child.school_short_name for child in children}) == 1:
        return call_school(children[0].school_phone)
    return [dial(f"撥給{name[:18]}", phone) for name, phone in _known(children).items()][:MAX_CALLS]


def _known(children: list[BoundChild]) -> dict[str, str]:
    schools = {child.school_short_name: child.school_phone for child in children}
    return {name: phone for name, phone in schools.items() if call_school(phone)}
