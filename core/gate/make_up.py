"""Make-up taps (補登): entered by staff with a reason, and taken back by a record of their own."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.attendance.day_record import DayKey, lock_days, record_days
from core.attendance.missing_again import expect_again, hold_run
from core.attendance.tables import AttendanceDay
from core.audit import record_audit
from core.clock import school_day_of
from core.db import insert_for, table_of
from core.errors import AccessError, InputError
from core.gate.day_facts import read_day_facts
from core.gate.tables import Tap, TapSource, Verdict
from core.kinds import Direction
from core.languages.speech import N_
from core.notices.make_up_notices import UndoneTap, tell_undone
from core.people.doors import StaffDoor
from core.people.tables import Staff, Student

# Older days are the school's own register's matter.
OLDEST = timedelta(days=7)
# The reason of what a teacher enters by one of three words.
SEEN = N_("老師確認")


def record_make_up(
    session: Session,
    liff_id: str,
    *,
    student_id: UUID,
    at: datetime,
    direction: Direction,
    recorded_by: str,
    reason: str,
    now: datetime,
) -> UUID:
    """Enter a tap for a child who came (IN) or left (OUT) without one, and return its id.

    Joins the caller's transaction. Raises InputError future, too_old, or reason_missing.
    """
    if at > now:
        raise InputError("future", "at")
    if now - at > OLDEST:
        raise InputError("too_old", "at")
    if not reason.strip():
        raise InputError("reason_missing", "reason")
    key = (student_id, school_day_of(at))
    values = _values(key, at, direction, now) | {
        "source": TapSource.MAKE_UP,
        "recorded_by": recorded_by,
        "reason": reason.strip(),
    }
    _decide_anew(session, liff_id, key, values, now)
    tap_id: UUID = values["id"]
    _audit(session, recorded_by, "make_up.add", tap_id, now)
    return tap_id


def undo_make_up(
    session: Session, liff_id: str, *, tap_id: UUID, recorded_by: str, reason: str, now: datetime
) -> None:
    """Take an entry back: a record that compensates it, told to whoever heard of it.

    Joins the caller's transaction. Raises AccessError 404 for anything but an open make-up tap, and
    InputError answered when somebody took it back already.
    """
    tap = session.get(Tap, tap_id)
    if tap is None or tap.source != TapSource.MAKE_UP:
        raise AccessError("no_such_make_up")
    if tap.student_id is None or tap.school_day is None or tap.effective_at is None:
        raise AccessError("no_such_make_up")
    key = (tap.student_id, tap.school_day)
    run = hold_run(session, *key, now)
    lock_days(session, {key})
    if session.exec(select(Tap.id).where(Tap.undoes_id == tap_id)).first() is not None:
        raise InputError("answered")
    direction = Direction(tap.direction)
    values = _values(key, tap.effective_at, direction, now) | {
        "source": TapSource.UNDO,
        "recorded_by": recorded_by,
        "reason": reason.strip() or "更正",
        "undoes_id": tap_id,
    }
    _decide_anew(session, liff_id, key, values, now)
    if run is not None:
        expect_again(session, run, tap.student_id, now)
    day = session.get_one(AttendanceDay, key, populate_existing=True)
    undone = UndoneTap(tap_id, key[0], key[1], tap.effective_at)
    record = (day.arrived_at, day.departed_at)
    tell_undone(session, liff_id, undone, record, now)
    _audit(session, recorded_by, "make_up.undo", tap_id, now)


def make_up_of_staff(door: StaffDoor, tap_id: UUID) -> tuple[Student, Staff, Tap]:
    """Return a make-up with the child and the role it is seen by. Raises AccessError 404."""
    tap = door.session.get(Tap, tap_id)
    if tap is None or tap.source != TapSource.MAKE_UP or tap.student_id is None:
        raise AccessError("no_such_make_up")
    return *door.child(tap.student_id), tap


def make_ups_of(session: Session, student_id: UUID, day: date) -> Sequence[Tap]:
    """Return the child's make-up taps of a day that were not taken back, earliest first."""
    undo = aliased(Tap)
    return session.exec(
        select(Tap)
        .where(
            Tap.student_id == student_id,
            Tap.school_day == day,
            Tap.source == TapSource.MAKE_UP,
            ~exists().where(col(undo.undoes_id) == col(Tap.id)),
        )
        .order_by(col(Tap.effective_at))
    ).all()


def _values(key: DayKey, at: datetime, direction: Direction, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "student_id": key[0],
        "direction": direction,
        "tap_at": at,
        "received_at": now,
        "effective_at": at,
        "school_day": key[1],
        "verdict": Verdict.ACCEPTED,
    }


def _decide_anew(
    session: Session, liff_id: str, key: DayKey, values: dict[str, Any], now: datetime
) -> None:
    student = session.get(Student, key[0])
    if student is None:
        raise AccessError("no_such_student")
    held = lock_days(session, {key})
    session.execute(insert_for(session, table_of(Tap)).values(values))
    facts = read_day_facts(session, {student.id: (student.school_code, student.grade)}, {key})
    record_days(session, liff_id, held, facts, new_taps={values["id"]}, now=now)


def _audit(session: Session, actor: str, action: str, tap_id: UUID, now: datetime) -> None:
    record_audit(session, actor=actor, action=action, subject=f"tap:{tap_id}", now=now)
