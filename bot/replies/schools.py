"""The children's schools: their numbers to dial."""

from bot.answer import Json
from core.languages.speech import _
from core.notices.flex import MAX_LABEL, call_school, dial
from core.people.bindings import BoundChild

# Three buttons a bubble are enough, and one of them is 110 where it matters.
MAX_CALLS = 2


def school_calls(children: list[BoundChild]) -> list[Json]:
    """Return the buttons that dial the schools: at most two, named where there are several."""
    if len({child.school_short_name for child in children}) == 1:
        return call_school(children[0].school_phone)
    return [
        dial(_("撥給{school}", school=name)[:MAX_LABEL], phone)
        for name, phone in _known(children).items()
    ][:MAX_CALLS]


def _known(children: list[BoundChild]) -> dict[str, str]:
    schools = {child.school_short_name: child.school_phone for child in children}
    return {name: phone for name, phone in schools.items() if call_school(phone)}
