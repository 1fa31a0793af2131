"""Which part of a day is closed, for taps and day records that look at closures alone."""

from collections.abc import Iterable

from sqlmodel import Session

from core.calendar.policy import GradeDay
from core.calendar.school_days import closed_part, closures_on
from core.calendar.scopes import Place
from core.kinds import DayPart
from core.people.tables import School


def closed_parts(
    session: Session, school: School, days: Iterable[GradeDay]
) -> dict[GradeDay, DayPart]:
    """Return what is closed of each (grade, day) of a school; open days are left out."""
    wanted = set(days)
    if not wanted:
        return {}
    dates = {day for _, day in wanted}
    closures = closures_on(session, min(dates), max(dates))
    found = {}
    for grade, day in wanted:
        place = Place(school.code, grade, school.district, school.level)
        part = closed_part(closures.get(day, ()), place)
        if part is not None:
            found[grade, day] = part
    return found
