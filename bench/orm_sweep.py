"""The peer of the no-show bench: SQLModel objects and sets in memory, one commit a school.

It asks of no gate whether it is well, and its message is ready bytes.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from bench.orm_rows import bound_with_box, notice_of
from core.attendance.tables import AttendanceDay, NoShowState
from core.house import build_house
from core.kinds import EventKind
from core.people.tables import AccountLink, Binding, Card, EnrollmentStatus, School, Student
from core.settings import load_settings


def sweep_all(url: str, school_day: date, now: datetime, content: bytes) -> int:
    """Tell of every child without an arrival; return how many notices were written."""
    engine = build_house(load_settings(database_url=url)).engine
    with Session(engine) as session:
        codes = session.exec(select(School.code)).all()
    told = 0
    for code in codes:
        with Session(engine) as session:
            told += _sweep_school(session, code, school_day, now, content)
            session.commit()
    engine.dispose()
    return told


def _sweep_school(
    session: Session, code: str, school_day: date, now: datetime, content: bytes
) -> int:
    missing = _missing(session, code, school_day)
    bound = _bound(session, missing)
    told = 0
    for student_id in missing:
        session.add(
            AttendanceDay(
                student_id=student_id,
                school_day=school_day,
                no_show=NoShowState.TOLD,
                no_show_at=now,
            )
        )
        for binding, link in bound[student_id]:
            notice = notice_of(
                EventKind.NO_SHOW, binding, link, school_day=school_day, now=now, content=content
            )
            session.add(notice)
            told += 1
    return told


def _missing(session: Session, code: str, school_day: date) -> list[UUID]:
    students = session.exec(
        select(Student).where(
            Student.school_code == code,
            Student.status == EnrollmentStatus.ENROLLED,
            col(Student.is_sealed).is_(False),
        )
    ).all()
    cards = session.exec(
        select(Card)
        .join(Student, col(Student.id) == col(Card.student_id))
        .where(Student.school_code == code, col(Card.valid_until).is_(None))
    )
    days = session.exec(
        select(AttendanceDay)
        .join(Student, col(Student.id) == col(AttendanceDay.student_id))
        .where(Student.school_code == code, AttendanceDay.school_day == school_day)
    )
    holders = {card.student_id for card in cards}
    came = {day.student_id for day in days if day.arrived_at is not None}
    return [one.id for one in students if one.id in holders and one.id not in came]


def _bound(
    session: Session, student_ids: Iterable[UUID]
) -> dict[UUID, list[tuple[Binding, AccountLink]]]:
    theirs = bound_with_box(EventKind.NO_SHOW).where(col(Binding.student_id).in_(student_ids))
    found: dict[UUID, list[tuple[Binding, AccountLink]]] = defaultdict(list)
    for binding, _, link in session.exec(theirs):
        found[binding.student_id].append((binding, link))
    return found
