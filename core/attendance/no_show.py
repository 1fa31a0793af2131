"""The no-show sweep: set-based, once a cut-off, meeting taps and leaves on the day row.

mark the missing (told at once, or WAITING with the moment grace and review end) -> tell those still
missing then.
"""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import Session, col

from core.attendance.conditions import is_excused, is_unexplained, was_seen
from core.attendance.tables import BLANK_DAY, AttendanceDay, NoShowState
from core.db import INSERTS, table_of
from core.people.roster import holds_live_card
from core.people.tables import EnrollmentStatus, Student
from core.rows import is_one_of, run

# The columns of a mark, and the parameters they are given by.
MARK = ("no_show", "no_show_at", "no_show_due_at")
GIVEN = ("state", "now", "due_at")
# Nothing was found out of the child, or decided, so far.
UNTOLD_YET = (NoShowState.NONE, NoShowState.WAITING)


def mark_missing(
    session: Session,
    school_code: str,
    grades: Collection[int],
    school_day: date,
    *,
    state: NoShowState,
    due_at: datetime,
    now: datetime,
) -> list[UUID]:
    """Mark the children of these grades without a tap or leave and return them; joins the
    caller's transaction.

    Only enrolled children with a live card who are not sealed. A tap or leave that commits at the
    same moment either stops the mark (the row then has it) or waits for this transaction and sees
    the mark. Who waits is marked anew, by the rules of now; nobody else is.
    """
    values = _place(school_code, grades, school_day) | {
        "now": now, "state": state.value, "due_at": due_at
    }  # fmt: skip
    return list(run(session, _mark, values).scalars())


def count_missing(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> tuple[int, int, int]:
    """Return how many children of these grades are expected, arrived, and could be told of now.

    A child on leave that did not come is not expected.
    """
    values = _place(school_code, grades, school_day) | {"now": now}
    counts = run(session, _count, values).one()
    everybody, arrived, excused, missing = (int(count) for count in counts)
    return everybody - excused, arrived, missing


def take_due(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> tuple[list[UUID], datetime | None]:
    """Turn the waiting no-shows whose time has come into told ones.

    Return the children, and when the next of those still waiting is due. Joins the caller's
    transaction. Whoever was seen or excused meanwhile is not waiting any more.
    """
    waiting = _hold_waiting(session, school_code, grades, school_day, now)
    due = [row.student_id for row in waiting if row.no_show_due_at <= now]
    later = [row.no_show_due_at for row in waiting if row.no_show_due_at > now]
    told = _turn(session, due, school_day, NoShowState.TOLD, now)
    return told, min(later, default=None)


def end_waiting(
    session: Session,
    school_code: str,
    grades: Collection[int],
    school_day: date,
    state: NoShowState,
    now: datetime,
) -> list[UUID]:
    """Turn every waiting no-show into a told or an untold one and return the children.

    Joins the caller's transaction.
    """
    waiting = _hold_waiting(session, school_code, grades, school_day, now)
    return _turn(session, [row.student_id for row in waiting], school_day, state, now)


def missing_children(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[Student]:
    """Return the children a sweep would mark or has waiting, by class and seat."""
    is_settled = _is_settled(*UNTOLD_YET)
    statement = _expected(session.get_bind().dialect.name)
    statement = statement.with_only_columns(Student).where(~is_settled)
    order = (col(Student.homeroom), col(Student.seat_number), col(Student.id))
    values = _place(school_code, grades, school_day) | {"now": now}
    return list(session.scalars(statement.order_by(*order), values))


def _hold_waiting(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[Any]:
    """Hold the waiting day rows, in the order in which taps take them, and return them.

    A child who left the school, is protected or lost the card meanwhile is not expected any more:
    that matter ends untold.
    """
    values = _place(school_code, grades, school_day) | {"now": now}
    rows = run(session, _waiting, values).all()
    gone = [row.student_id for row in rows if not row.is_expected]
    _turn(session, gone, school_day, NoShowState.UNTOLD, now)
    return [row for row in rows if row.is_expected]


def _turn(
    session: Session, student_ids: list[UUID], school_day: date, state: NoShowState, now: datetime
) -> list[UUID]:
    if not student_ids:
        return []
    values = {"students": student_ids, "day": school_day, "state": state.value, "now": now}
    return list(run(session, _turned, values).scalars())


def _place(school_code: str, grades: Collection[int], school_day: date) -> dict[str, Any]:
    return {"school": school_code, "grades": list(grades), "day": school_day}


@cache
def _mark(engine: str) -> Any:
    day = table_of(AttendanceDay).c
    given = [bindparam(name, type_=day[at].type) for name, at in zip(GIVEN, MARK, strict=True)]
    blank = {name: value for name, value in BLANK_DAY.items() if name not in MARK}
    # Looked up first, so that most rows are not touched; the condition below decides the race.
    missing = _expected(engine).where(~_is_settled(*UNTOLD_YET))
    missing = missing.with_only_columns(
        col(Student.id),
        bindparam("day", type_=day.school_day.type),
        *(literal(value, day[name].type) for name, value in blank.items()),
        *given,
    )
    # In the order in which taps take the day rows, so that the two never wait for each other.
    ordered = missing.order_by(col(Student.id))
    names = ["student_id", "school_day", *blank, *MARK]
    statement = INSERTS[engine](table_of(AttendanceDay)).from_select(names, ordered)
    return statement.on_conflict_do_update(
        index_elements=["student_id", "school_day"],
        set_={name: statement.excluded[name] for name in MARK},
        where=is_unexplained() & col(AttendanceDay.no_show).in_(UNTOLD_YET),
    ).returning(day.student_id)


@cache
def _count(engine: str) -> Any:
    of_the_day = and_(
        col(AttendanceDay.student_id) == col(Student.id),
        col(AttendanceDay.school_day) == bindparam("day"),
    )
    is_untold = func.coalesce(col(AttendanceDay.no_show), NoShowState.NONE).in_(UNTOLD_YET)
    return (
        _expected(engine)
        .outerjoin(AttendanceDay, of_the_day)
        .with_only_columns(
            func.count(),
            func.count().filter(was_seen()),
            func.count().filter(~was_seen() & is_excused()),
            func.count().filter(is_unexplained() & is_untold),
        )
    )


@cache
def _waiting(engine: str) -> Any:
    return (
        select(
            col(AttendanceDay.student_id),
            col(AttendanceDay.no_show_due_at),
            _is_expected().label("is_expected"),
        )
        .join(Student, col(Student.id) == col(AttendanceDay.student_id))
        .where(
            col(Student.school_code) == bindparam("school"),
            is_one_of(engine, col(Student.grade), "grades"),
            col(AttendanceDay.school_day) == bindparam("day"),
            col(AttendanceDay.no_show) == NoShowState.WAITING.value,
            is_unexplained(),
        )
        .order_by(col(AttendanceDay.student_id))
        .with_for_update(of=AttendanceDay)
    )


@cache
def _turned(engine: str) -> Any:
    day = table_of(AttendanceDay)
    return (
        update(day)
        .where(
            is_one_of(engine, day.c.student_id, "students"),
            day.c.school_day == bindparam("day"),
            day.c.no_show == NoShowState.WAITING.value,
        )
        .values(no_show=bindparam("state"), no_show_at=bindparam("now"))
        .returning(day.c.student_id)
    )


def _is_settled(*open_states: NoShowState) -> ColumnElement[bool]:
    """Tell of a child whether its row of the `day` leaves nothing to find out."""
    return exists().where(
        col(AttendanceDay.student_id) == col(Student.id),
        col(AttendanceDay.school_day) == bindparam("day"),
        or_(~is_unexplained(), col(AttendanceDay.no_show).not_in(open_states)),
    )


def _expected(engine: str) -> Any:
    """Select the children of `school` and `grades` who should have come `now`, tap or no tap."""
    return (
        select(col(Student.id))
        .select_from(Student)
        .where(
            col(Student.school_code) == bindparam("school"),
            is_one_of(engine, col(Student.grade), "grades"),
            _is_expected(),
        )
    )


def _is_expected() -> ColumnElement[bool]:
    """Tell of a child whether a tap of theirs can be missed `now`."""
    return and_(
        col(Student.status) == EnrollmentStatus.ENROLLED.value,
        col(Student.is_sealed).is_(False),
        holds_live_card(bindparam("now")),
    )
