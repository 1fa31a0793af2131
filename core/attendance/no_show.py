"""The no-show sweep: set-based, once a cut-off, meeting taps and leaves on the day row.

mark the missing (WAITING, with the moment grace and review end) -> tell those still missing then.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, and_, exists, func, literal, or_, select, update
from sqlmodel import Session, col

from core.attendance.tables import AttendanceDay, NoShowState
from core.db import UtcDateTime, insert_for
from core.kinds import DayPart
from core.people.tables import Card, EnrollmentStatus, Student

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
    # Looked up first, so that most rows are not touched; the condition below decides the race.
    recorded = exists().where(
        col(AttendanceDay.student_id) == col(Student.id),
        col(AttendanceDay.school_day) == school_day,
        or_(~and_(*_unseen()), col(AttendanceDay.no_show) != NoShowState.NONE),
    )
    expected = _expected(school_code, grades, now).where(~recorded)
    missing = expected.with_only_columns(
        col(Student.id),
        literal(school_day, Date),
        literal(0),
        literal(0),
        literal(False),
        literal(False),
        literal(NoShowState.WAITING.value, String),
        literal(now, UtcDateTime),
        literal(due_at, UtcDateTime),
    )
    columns = [
        "student_id",
        "school_day",
        "arrivals",
        "departures",
        "arrival_is_make_up",
        "departure_is_make_up",
        "no_show",
        "no_show_at",
        "no_show_due_at",
    ]
    # In the order in which taps take the day rows, so that the two never wait for each other.
    ordered = missing.order_by(col(Student.id))
    statement = insert_for(session, AttendanceDay).from_select(columns, ordered)
    new = statement.excluded
    marked = statement.on_conflict_do_update(
        index_elements=["student_id", "school_day"],
        set_={name: new[name] for name in ("no_show", "no_show_at", "no_show_due_at")},
        where=and_(*_unseen(), col(AttendanceDay.no_show) == NoShowState.NONE),
    ).returning(col(AttendanceDay.student_id))
    return list(session.scalars(marked))


def count_missing(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> tuple[int, int, int]:
    """Return how many children of these grades are expected, arrived, and missing unexcused.

    A child on leave that did not come is not expected.
    """
    came = or_(
        col(AttendanceDay.arrived_at).is_not(None), col(AttendanceDay.departed_at).is_not(None)
    )
    is_excused = and_(~came, col(AttendanceDay.leave).in_((DayPart.WHOLE, DayPart.MORNING)))
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
            func.count().filter(came),
            func.count().filter(is_excused),
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
        and_(*_unseen(), col(AttendanceDay.no_show_due_at) <= now),
        now,
    )


def take_all(
    session: Session, school_code: str, grades: Collection[int], school_day: date, now: datetime
) -> list[UUID]:
    """Turn every waiting no-show into a told one and return the children; joins the transaction."""
    told = NoShowState.TOLD
    return _turn(session, school_code, grades, school_day, told, and_(*_unseen()), now)


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
    row = (
        select(col(AttendanceDay.student_id))
        .where(
            col(AttendanceDay.student_id) == col(Student.id),
            col(AttendanceDay.school_day) == school_day,
            or_(
                ~and_(*_unseen()),
                col(AttendanceDay.no_show).not_in((NoShowState.NONE, NoShowState.WAITING)),
            ),
        )
        .exists()
    )
    statement = _expected(school_code, grades, now).with_only_columns(Student).where(~row)
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


def _unseen() -> tuple[Any, ...]:
    return (
        col(AttendanceDay.arrived_at).is_(None),
        col(AttendanceDay.departed_at).is_(None),
        or_(col(AttendanceDay.leave).is_(None), col(AttendanceDay.leave) == DayPart.AFTERNOON),
    )


def _expected(school_code: str, grades: Collection[int], now: datetime) -> Any:
    """Select the children who should have come, tap or no tap."""
    holds_live_card = exists().where(
        col(Card.student_id) == col(Student.id),
        col(Card.valid_from) <= now,
        or_(col(Card.valid_until).is_(None), col(Card.valid_until) > now),
    )
    return (
        select(col(Student.id))
        .select_from(Student)
        .where(
            col(Student.school_code) == school_code,
            col(Student.grade).in_(grades),
            col(Student.status) == EnrollmentStatus.ENROLLED,
            col(Student.is_sealed).is_(False),
            holds_live_card,
        )
    )
