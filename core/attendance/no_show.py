"""The no-show sweep: set-based, once a cut-off, meeting taps and leaves on the day row.

mark the missing (WAITING, with the moment grace and review end) -> tell those still missing then.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, exists, func, literal, or_, select, update
from sqlmodel import Session, col

from core.attendance.conditions import is_excused, is_unexplained, was_seen
from core.attendance.tables import BLANK_DAY, AttendanceDay, NoShowState
from core.db import UtcDateTime, insert_for, table_of
from core.people.roster import holds_live_card
from core.people.tables import EnrollmentStatus, Student

QUIETLY = {"synchronize_session": False}


def mark_missing(
    session: Session,
    school_code: str,
    grades: Collection[int],
    school_day: date,
    *,
    due_at: datetime,
    now: datetime,
) -> list[UUID]:
    """Mark the children of these grades without a tap or leave and return them; joins the
    caller's transaction.

    Only enrolled children with a live card who are not sealed. A tap or leave that commits at the
    same moment either stops the mark (the row then has it) or waits for this transaction and sees
    the mark. Marking twice marks nobody anew.
    """
    new_row = BLANK_DAY | {
        "no_show": NoShowState.WAITING,
        "no_show_at": now,
        "no_show_due_at": due_at,
    }
    day = table_of(AttendanceDay).c
    # Looked up first, so that most rows are not touched; the condition below decides the race.
    missing = _expected(school_code, grades, now).where(~_is_settled(school_day, NoShowState.NONE))
    missing = missing.with_only_columns(
        col(Student.id),
        literal(school_day, Date),
        *(literal(value, day[name].type) for name, value in new_row.items()),
    )
    # In the order in which taps take the day rows, so that the two never wait for each other.
    ordered = missing.order_by(col(Student.id))
    columns = ["student_id", "school_day", *new_row]
    statement = insert_for(session, AttendanceDay).from_select(columns, ordered)
    new = statement.excluded
    marked = statement.on_conflict_do_update(
        index_elements=["student_id", "school_day"],
        set_={name: new[name] for name in ("no_show", "no_show_at", "no_show_due_at")},
        where=is_unexplained() & (col(AttendanceDay.no_show) == NoShowState.NONE),
    ).returning(col(AttendanceDay.student_id))
    return list(session.scalars(marked))


def count_missing(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> tuple[int, int, int]:
    """Return how many children of these grades are expected, arrived, and missing unexcused.

    A child on leave that did not come is not expected.
    """
    statement = (
        _expected(school_code, grades, now)
        .outerjoin(
            AttendanceDay,
            and_(
                col(AttendanceDay.student_id) == col(Student.id),
                col(AttendanceDay.school_day) == school_day,
            ),
        )
        .with_only_columns(
            func.count(),
            func.count().filter(was_seen()),
            func.count().filter(~was_seen() & is_excused()),
        )
    )
    everybody, arrived, excused = (int(count) for count in session.execute(statement).one())
    return everybody - excused, arrived, everybody - excused - arrived


def take_due(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[UUID]:
    """Turn the waiting no-shows whose time has come into told ones, and return the children.

    Joins the caller's transaction. Whoever was seen or excused meanwhile is not waiting any more.
    """
    return _turn(
        session,
        school_code,
        grades,
        school_day,
        NoShowState.TOLD,
        is_unexplained() & (col(AttendanceDay.no_show_due_at) <= now),
        now,
    )


def take_all(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[UUID]:
    """Turn every waiting no-show into a told one and return the children; joins the transaction."""
    told = NoShowState.TOLD
    return _turn(session, school_code, grades, school_day, told, is_unexplained(), now)


def let_go(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[UUID]:
    """Leave the waiting no-shows untold, and return the children; joins the transaction."""
    return _turn(session, school_code, grades, school_day, NoShowState.UNTOLD, literal(True), now)


def next_due(
    session: Session, school_code: str, grades: Collection[int], school_day: date
) -> datetime | None:
    """Return when the first of the waiting no-shows is due, None when nobody waits."""
    waiting = _waiting(school_code, grades, school_day)
    moment = func.min(col(AttendanceDay.no_show_due_at), type_=UtcDateTime)
    found: datetime | None = session.scalar(waiting.with_only_columns(moment))
    return found


def missing_children(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[Student]:
    """Return the children a sweep would mark or has waiting, by class and seat."""
    is_settled = _is_settled(school_day, NoShowState.NONE, NoShowState.WAITING)
    statement = _expected(school_code, grades, now).with_only_columns(Student).where(~is_settled)
    order = (col(Student.homeroom), col(Student.seat_number), col(Student.id))
    return list(session.scalars(statement.order_by(*order)))


def _turn(
    session: Session,
    school_code: str,
    grades: Collection[int],
    school_day: date,
    state: NoShowState,
    condition: Any,
    now: datetime,
) -> list[UUID]:
    # Taken in order before any of them is changed, as taps take them.
    waiting = _waiting(school_code, grades, school_day).where(condition)
    taken = session.scalars(
        waiting.order_by(col(AttendanceDay.student_id)).with_for_update(of=AttendanceDay)
    ).all()
    if not taken:
        return []
    turned = (
        update(AttendanceDay)
        .where(
            col(AttendanceDay.student_id).in_(taken),
            col(AttendanceDay.school_day) == school_day,
            col(AttendanceDay.no_show) == NoShowState.WAITING,
            condition,
        )
        .values(no_show=state, no_show_at=now)
        .returning(col(AttendanceDay.student_id))
        .execution_options(**QUIETLY)
    )
    return list(session.scalars(turned))


def _waiting(school_code: str, grades: Collection[int], school_day: date) -> Any:
    return (
        select(col(AttendanceDay.student_id))
        .join(Student, col(Student.id) == col(AttendanceDay.student_id))
        .where(
            col(AttendanceDay.school_day) == school_day,
            col(AttendanceDay.no_show) == NoShowState.WAITING,
            col(Student.school_code) == school_code,
            col(Student.grade).in_(grades),
        )
    )


def _is_settled(school_day: date, *open_states: NoShowState) -> ColumnElement[bool]:
    """Tell of a child whether its day row leaves nothing to find out."""
    return exists().where(
        col(AttendanceDay.student_id) == col(Student.id),
        col(AttendanceDay.school_day) == school_day,
        or_(~is_unexplained(), col(AttendanceDay.no_show).not_in(open_states)),
    )


def _expected(school_code: str, grades: Collection[int], now: datetime) -> Any:
    """Select the children who should have come, tap or no tap."""
    return (
        select(col(Student.id))
        .select_from(Student)
        .where(
            col(Student.school_code) == school_code,
            col(Student.grade).in_(grades),
            col(Student.status) == EnrollmentStatus.ENROLLED,
            col(Student.is_sealed).is_(False),
            holds_live_card(now),
        )
    )
