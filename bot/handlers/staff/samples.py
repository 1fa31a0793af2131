"""Samples that work as they stand: of a class this person may see, on a school day."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session

from bot.handlers.turn import Turn
from bot.replies.staff.samples import Own
from core.calendar.school_days import is_school_day
from core.people.doors import for_staff
from core.people.tables import Staff

# Longer holidays than a fortnight have no better day than tomorrow.
AHEAD = 14


def samples_of(turn: Turn) -> Own:
    """Return what samples for this person are made of."""
    return own_samples(turn.session, turn.person.roles, turn.today)


def own_samples(session: Session, roles: Sequence[Staff], today: date) -> Own:
    """Return the first class these roles may see, and number and seat of its first child.

    A number alone stands on every card; whose it is, is not said, nor whose the seat is.
    """
    tomorrow = today + timedelta(days=1)
    child = for_staff(session, roles).first_child()
    if child is None:
        return Own(day=tomorrow)
    days = (tomorrow + timedelta(days=n) for n in range(AHEAD))
    day = next((one for one in days if is_school_day(session, child.school_code, one)), tomorrow)
    return Own(
        homeroom=child.homeroom,
        grade=str(child.grade),
        number=child.student_number,
        seat=child.seat_number,
        day=day,
    )
