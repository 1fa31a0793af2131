"""Which part of a day is closed: confirmed closures that were not undone, matched by scope."""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, col, select

from core.calendar.policy import GradeDay
from core.calendar.tables import Closure
from core.kinds import DayPart
from core.people.tables import School


def closures_on(session: Session, first: date, last: date) -> list[Closure]:
    """Return the closures that count, of any scope, from first to last."""
    statement = select(Closure).where(
        col(Closure.day).between(first, last),
        col(Closure.confirmed_at).is_not(None),
        col(Closure.undone_at).is_(None),
    )
    return list(session.exec(statement.order_by(col(Closure.confirmed_at), col(Closure.id))))


def closed_parts(
    session: Session, school: School, days: Iterable[GradeDay]
) -> dict[GradeDay, DayPart]:
    """Return what is closed of each (grade, day) of a school; open days are left out."""
    wanted = set(days)
    if not wanted:
        return {}
    dates = {day for _, day in wanted}
    found: dict[GradeDay, DayPart] = {}
    for closure in closures_on(session, min(dates), max(dates)):
        for one in wanted:
            if covers(closure, school, one):
                found[one] = _together(found.get(one), DayPart(closure.part))
    return found


def covers(closure: Closure, school: School, one: GradeDay) -> bool:
    """Tell whether a closure is meant for a grade of a school on a day."""
    grade, day = one
    return (
        closure.day == day
        and closure.district in (None, school.district)
        and closure.level in (None, school.level)
        and closure.school_code in (None, school.code)
        and closure.grade in (None, grade)
    )


def _together(part: DayPart | None, other: DayPart) -> DayPart:
    return other if part in (None, other) else DayPart.WHOLE
