"""A child at its limit of misses: closed to the five facts until midnight, or until opened."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, or_, select

from core.audit import record_audit
from core.binding.tables import TryCounter
from core.binding.tries import CHILD_LIMIT, KEY, SUBJECT
from core.clock import school_day_of
from core.crypto import Vault
from core.people.roster import NATIONAL_ID
from core.people.tables import EnrollmentStatus, Student


def is_closed(session: Session, vault: Vault, student: Student, now: datetime) -> bool:
    """Tell whether the child takes no five facts any more today."""
    statement = select(TryCounter.number).where(
        col(TryCounter.key).in_(_keys_of(vault, student)),
        TryCounter.school_day == school_day_of(now),
    )
    return any(number >= CHILD_LIMIT for number in session.exec(statement))


def open_child(session: Session, vault: Vault, student: Student, *, by: str, now: datetime) -> bool:
    """Let the child be tried ten times more today; tell whether it was closed.

    Joins the caller's transaction.
    """
    was_closed = is_closed(session, vault, student, now)
    session.execute(
        update(TryCounter)
        .where(
            col(TryCounter.key).in_(_keys_of(vault, student)),
            col(TryCounter.school_day) == school_day_of(now),
        )
        .values(number=0, full_at=None)
        .execution_options(synchronize_session=False)
    )
    if was_closed:
        subject = f"student:{student.id}"
        record_audit(session, actor=by, action="binding.open", subject=subject, now=now)
    return was_closed


def has_newly_closed(session: Session) -> bool:
    """Tell whether a limit was reached since the last look."""
    statement = select(TryCounter.key).where(*_is_untold()).limit(1)
    return session.exec(statement).first() is not None


def _is_untold() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(TryCounter.full_at).is_not(None), col(TryCounter.told_at).is_(None)


def take_newly_closed(session: Session, vault: Vault, now: datetime) -> list[UUID]:
    """Return the children whose limit was reached since the last look, and mark them as told.

    Most of what is named in guesses is nobody. Joins the caller's transaction.
    """
    full = session.scalars(
        update(TryCounter)
        .where(*_is_untold())
        .values(told_at=now)
        .returning(TryCounter)
        .execution_options(synchronize_session=False)
    ).all()
    named = [
        vault.open(one.subject_sealed, SUBJECT) for one in full if one.subject_sealed is not None
    ]
    found = [_named(session, vault, *one.split("/", 1)) for one in named]
    return list(dict.fromkeys(student_id for group in found for student_id in group))


def _named(session: Session, vault: Vault, kind: str, value: str) -> list[UUID]:
    enrolled = select(Student.id).where(Student.status == EnrollmentStatus.ENROLLED)
    if kind == "number":
        school_code, _, number = value.partition("/")
        statement = enrolled.where(
            Student.school_code == school_code, Student.student_number == number
        )
    else:
        indexes = vault.index_candidates(value, NATIONAL_ID)
        statement = enrolled.where(
            or_(
                col(Student.national_id_index).in_(indexes),
                col(Student.former_id_index).in_(indexes),
            )
        )
    return list(session.exec(statement))


def _keys_of(vault: Vault, student: Student) -> list[str]:
    sealed = filter(None, (student.national_id_sealed, student.former_id_sealed))
    named = [f"identity/{vault.open(one, NATIONAL_ID)}" for one in sealed]
    named.append(f"number/{student.school_code}/{student.student_number}")
    return [key for one in named for key in vault.index_candidates(one, KEY)]
