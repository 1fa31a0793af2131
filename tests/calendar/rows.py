"""Rows of the calendar, as tests write them."""

from datetime import UTC, date, datetime

from sqlmodel import Session

from core.calendar.school_days import DayStatus, day_statuses
from core.calendar.tables import CalendarDay, Closure, Term
from core.kinds import DayPart

SCHOOL = "353607"
FRIDAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def put_day(session: Session, scope: str, day: date, is_open: bool, reason: str = "校慶") -> None:
    session.add(
        CalendarDay(
            scope=scope, day=day, is_open=is_open, reason=reason, source="test", recorded_at=NOW
        )
    )
    session.flush()


def put_term(
    session: Session, number: int, first: date, last: date, scope: str = "city", year: int = 115
) -> None:
    session.add(
        Term(
            scope=scope,
            school_year=year,
            number=number,
            first_day=first,
            last_day=last,
            source="test",
            recorded_by="operator",
            recorded_at=NOW,
        )
    )
    session.flush()


def put_closure(session: Session, day: date, **facts: object) -> Closure:
    closure = Closure(
        **{
            "day": day,
            "part": DayPart.WHOLE,
            "source": "臺北市政府",
            "source_at": NOW,
            "proposed_by": "staff:a",
            "proposed_at": NOW,
            "confirmed_by": "staff:b",
            "confirmed_at": NOW,
            **facts,
        }
    )
    session.add(closure)
    session.flush()
    return closure


def status_of(session: Session, day: date, code: str = SCHOOL, grade: int = 6) -> DayStatus:
    return day_statuses(session, [(code, grade)], day, day)[code, grade][day]
