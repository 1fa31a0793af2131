"""What taking a file over would mean for the children it touches, and for their guardians."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.people.tables import Binding, EnrollmentStatus, Student
from core.roster.checks import leaves_school
from core.roster.comparing import CHUNK, Change, Plan
from core.roster.rows import RosterRow


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who leaves by the file, who is not in it, and how many bindings each of both has."""

    leaving: Sequence[Change]
    bindings_of_leaving: int
    absent: Sequence[Student]
    bindings_of_absent: int


def outlook_of(
    session: Session, school_code: str, rows: Sequence[RosterRow], plan: Plan
) -> Outlook:
    """Return what the preview tells beside the counts; a few queries."""
    leaving = [change for change in plan.changed if leaves_school(change)]
    named = {(row.facts.entry_year, row.facts.student_number) for row in rows}
    enrolled = session.exec(
        select(Student)
        .where(Student.school_code == school_code, Student.status == EnrollmentStatus.ENROLLED)
        .order_by(col(Student.homeroom), col(Student.seat_number), col(Student.id))
    )
    absent = [one for one in enrolled if (one.entry_year, one.student_number) not in named]
    return Outlook(
        leaving,
        _bindings(session, [change.student.id for change in leaving]),
        absent,
        _bindings(session, [child.id for child in absent]),
    )


def _bindings(session: Session, student_ids: Collection[UUID]) -> int:
    ids, total = list(student_ids), 0
    for start in range(0, len(ids), CHUNK):
        statement = select(func.count(col(Binding.id))).where(
            col(Binding.student_id).in_(ids[start : start + CHUNK]),
            col(Binding.ended_at).is_(None),
        )
        total += session.exec(statement).one()
    return total
