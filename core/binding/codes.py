"""綁定碼: a school's one-time code for a child. In clear it is on the slip and nowhere else."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.binding.tables import BindingCode
from core.crypto import CODE_LENGTH, Vault, new_code
from core.people.tables import EnrollmentStatus, Student

CODE = "binding_code.code"
GOOD_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Slip:
    """A child and the fresh code on its slip."""

    student_id: UUID
    seat_number: int
    name: str
    code: str


def normalise_code(text: str) -> str:
    """Return the code as it is compared: half width, upper case, letters and digits alone."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())


def is_code_shaped(code: str) -> bool:
    """Tell whether a normalised text can be a code at all."""
    return len(code) == CODE_LENGTH and code.isascii()


def shown_code(code: str) -> str:
    """Return the code as it is printed: K7Q4-M2XP."""
    return f"{code[:4]}-{code[4:]}"


def class_to_invite(session: Session, school_code: str, homeroom: str) -> list[Student]:
    """Return the children of a class who can be given codes, by seat; sealed ones are left out."""
    statement = (
        select(Student)
        .where(
            Student.school_code == school_code,
            Student.homeroom == homeroom,
            Student.status == EnrollmentStatus.ENROLLED,
            col(Student.is_sealed).is_(False),
        )
        .order_by(col(Student.seat_number), col(Student.id))
    )
    return list(session.exec(statement))


def issue_codes(
    session: Session, vault: Vault, students: Sequence[Student], *, by: str, now: datetime
) -> list[Slip]:
    """Return a fresh code for each child; earlier ones are void from now on.

    Joins the caller's transaction. Good for two weeks, once.
    """
    ids = [student.id for student in students]
    session.execute(
        update(BindingCode)
        .where(
            col(BindingCode.student_id).in_(ids),
            col(BindingCode.used_at).is_(None),
            col(BindingCode.voided_at).is_(None),
        )
        .values(voided_at=now)
        .execution_options(synchronize_session=False)
    )
    slips = [
        Slip(student.id, student.seat_number, student.name, new_code()) for student in students
    ]
    for slip in slips:
        session.add(_row(vault, slip, by, now))
        subject = f"student:{slip.student_id}"
        record_audit(session, actor=by, action="binding_code.issue", subject=subject, now=now)
    session.flush()
    return slips


def _row(vault: Vault, slip: Slip, by: str, now: datetime) -> BindingCode:
    return BindingCode(
        code_index=vault.index(slip.code, CODE),
        student_id=slip.student_id,
        issued_by=by,
        issued_at=now,
        expires_at=now + GOOD_FOR,
    )


def find_student_by_code(
    session: Session, vault: Vault, code: str, now: datetime
) -> Student | None:
    """Return the child a live code is for; None for any other code, and for a sealed child."""
    statement = (
        select(Student)
        .join(BindingCode, col(BindingCode.student_id) == col(Student.id))
        .where(
            *_is_live(vault, code, now),
            Student.status == EnrollmentStatus.ENROLLED,
            col(Student.is_sealed).is_(False),
        )
    )
    return session.exec(statement).first()


def use_code(
    session: Session, vault: Vault, code: str, *, guardian_id: UUID, now: datetime
) -> bool:
    """Spend the code; tell whether it was there to be spent. Joins the caller's transaction.

    One conditional statement, so of two who hold it at once one gets through.
    """
    spent = session.execute(
        update(BindingCode)
        .where(*_is_live(vault, code, now))
        .values(used_at=now, used_by=guardian_id)
        .returning(col(BindingCode.student_id))
        .execution_options(synchronize_session=False)
    ).first()
    return spent is not None


def _is_live(vault: Vault, code: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(BindingCode.code_index).in_(vault.index_candidates(normalise_code(code), CODE)),
        col(BindingCode.used_at).is_(None),
        col(BindingCode.voided_at).is_(None),
        col(BindingCode.expires_at) > now,
    )
