"""Barriers: what schools put between guardians and a child, on whichever of the child's rows.

Here the identity number alone decides: a protected child may have another name by now.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, or_, select

from core.audit import record_audit
from core.binding.bars import inherit_bars, is_barred
from core.crypto import Vault
from core.people.same_child import has_number, numbers_of
from core.people.tables import EnrollmentStatus, Student

# As many numbers as one statement takes on either engine without growing slow.
CHUNK = 200


def take_rows(session: Session, vault: Vault, *students: Student | None) -> list[Student]:
    """Return every row of these children as it is now, in the order of their ids.

    They are kept until the transaction ends, so that sealing, barring and binding wait for each
    other. Whoever takes more than these takes these first.
    """
    known = [student for student in students if student is not None]
    # Nobody is looked for in the same way.
    numbers = [number for one in known for number in numbers_of(vault, one)] or [str(uuid4())]
    ids = [one.id for one in known]
    statement = (
        select(Student)
        .where(or_(col(Student.id).in_(ids), has_number(vault, numbers)))
        .order_by(col(Student.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.exec(statement))


def rows_of(session: Session, vault: Vault, student: Student) -> list[Student]:
    """Return every row of the child; only reads."""
    return list(session.exec(select(Student).where(has_number(vault, numbers_of(vault, student)))))


def is_open_to(
    session: Session, vault: Vault, guardian_id: UUID, *students: Student | None
) -> bool:
    """Tell whether no seal and no bar stands between them; asks as much about nobody."""
    rows = take_rows(session, vault, *students)
    # Asked of nobody too: a statement less would tell by its time.
    is_kept_away = is_barred(session, vault, guardian_id, [one.id for one in rows] or [uuid4()])
    return bool(rows) and not any(one.is_sealed for one in rows) and not is_kept_away


def rows_in_charge(rows: Sequence[Student], student_id: UUID) -> list[Student]:
    """Return which of a child's rows this one's school decides about: its own, and those where the
    child has left.
    """
    return [one for one in rows if one.id == student_id or one.status != EnrollmentStatus.ENROLLED]


def inherit_barriers(
    session: Session, vault: Vault, students: Sequence[Student], *, by: str, now: datetime
) -> None:
    """Let seals and bars of the children's other rows hold on these new ones; joins the
    transaction.
    """
    for start in range(0, len(students), CHUNK):
        part = students[start : start + CHUNK]
        for student, others in _other_rows(session, vault, part):
            inherit_bars(session, [one.id for one in others], student.id)
            if any(one.is_sealed for one in others) and not student.is_sealed:
                student.is_sealed = True
                subject = f"student:{student.id}"
                record_audit(session, actor=by, action="binding.seal", subject=subject, now=now)


def _other_rows(
    session: Session, vault: Vault, students: Sequence[Student]
) -> Iterator[tuple[Student, list[Student]]]:
    """Return the children of these rows that stand on others too, with those."""
    numbers = {one.id: numbers_of(vault, one) for one in students}
    named = [number for theirs in numbers.values() for number in theirs]
    known: dict[str, list[Student]] = {}
    for one in session.exec(select(Student).where(has_number(vault, named))):
        for number in numbers_of(vault, one):
            known.setdefault(number, []).append(one)
    for student in students:
        found = (one for number in numbers[student.id] for one in known[number])
        others = [one for one in found if one.id != student.id]
        if others:
            yield student, others
