"""沿用: a bound child turns up on another school's roster; nothing follows without a yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.binding.barriers import is_open_to
from core.binding.following import CARRIED, carry
from core.binding.requests import ask_school
from core.binding.rules import rules_of
from core.binding.tables import CarryOver
from core.crypto import Vault
from core.db import insert_for, table_of
from core.errors import AccessError, InputError
from core.people.bindings import find_open_binding
from core.people.same_child import is_same_child
from core.people.tables import Binding, EnrollmentStatus, School, Student
from core.rows import run


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed to a guardian: the child's full name, and the new school's short one."""

    carry_over: CarryOver
    name: str
    school: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How a yes ended: a binding, or a request where the new school wants to be asked.

    `is_new` tells that nobody was told of the binding before.
    """

    binding_id: UUID | None = None
    request_id: UUID | None = None
    is_new: bool = False


def propose(session: Session, vault: Vault, now: datetime) -> list[CarryOver]:
    """Write a proposal for each bound child that left one school and is enrolled at another.

    The former enrolment decides: as long as it holds, the newer one may be a mistake. Number, name
    and birth date agree. Each pair of guardian and child is asked once. Joins the caller's
    transaction.
    """
    made = []
    unasked: Sequence[Any] = session.execute(_unasked()).all()
    for binding, former, new in unasked:
        if not is_same_child(vault, former, new):
            continue
        row = CarryOver(
            guardian_id=binding.guardian_id,
            binding_id=binding.id,
            student_id=new.id,
            proposed_at=now,
        )
        statement = insert_for(session, table_of(CarryOver)).values(row.model_dump())
        written = session.execute(
            statement.on_conflict_do_nothing().returning(table_of(CarryOver).c.id)
        ).first()
        if written is not None:
            made.append(row)
    return made


def _unasked() -> Any:
    former, new, theirs = aliased(Student), aliased(Student), aliased(Binding)
    is_same = or_(
        col(new.national_id_index) == col(former.national_id_index),
        col(new.national_id_index) == col(former.former_id_index),
    )
    is_asked = exists().where(
        col(CarryOver.guardian_id) == col(Binding.guardian_id),
        col(CarryOver.student_id) == col(new.id),
    )
    is_bound = exists().where(
        col(theirs.guardian_id) == col(Binding.guardian_id),
        col(theirs.student_id) == col(new.id),
        col(theirs.ended_at).is_(None),
    )
    return (
        select(Binding, former, new)
        .join(former, col(former.id) == col(Binding.student_id))
        .join(new, is_same)
        .where(
            col(Binding.ended_at).is_(None),
            former.status != EnrollmentStatus.ENROLLED,
            col(former.is_sealed).is_(False),
            new.status == EnrollmentStatus.ENROLLED,
            col(new.is_sealed).is_(False),
            col(new.id) != col(former.id),
            ~is_asked,
            ~is_bound,
        )
        .order_by(col(Binding.bound_at), col(Binding.id))
    )


def proposals_to(session: Session, guardian_id: UUID) -> list[Proposal]:
    """Return what waits for the guardian's answer, oldest first; nothing of ended bindings."""
    found = run(session, _waiting, {"guardian_id": guardian_id})
    # Few ever have one, and hardly anybody two.
    return [get_proposal(session, one, guardian_id) for one in found.scalars()]


@cache
def _waiting(_engine: str) -> Any:
    row, binding = table_of(CarryOver).c, table_of(Binding).c
    is_bound = exists().where(binding.id == row.binding_id, binding.ended_at.is_(None))
    is_own = row.guardian_id == bindparam("guardian_id")
    waits = select(row.id).where(is_own, row.answered_at.is_(None), is_bound)
    return waits.order_by(row.proposed_at)


def get_proposal(session: Session, carry_over_id: UUID, guardian_id: UUID) -> Proposal:
    """Return the guardian's proposal. Raises AccessError 404 for every other."""
    statement = _with_place().where(
        CarryOver.id == carry_over_id, CarryOver.guardian_id == guardian_id
    )
    row = session.exec(statement).first()
    if row is None:
        raise AccessError("no_such_proposal")
    return Proposal(*row)


def keep(
    session: Session, vault: Vault, carry_over_id: UUID, guardian_id: UUID, now: datetime
) -> Kept:
    """Bind at the new school with the old boxes, and end the old binding; joins the transaction.

    An old bond begins no quiet day. Raises AccessError 404 for another's, InputError
    `answered` or, where the child is sealed, gone or another after all, or the guardian kept away,
    `not_possible`.
    """
    asked = get_proposal(session, carry_over_id, guardian_id).carry_over
    old = session.get_one(Binding, asked.binding_id)
    student = session.get_one(Student, asked.student_id)
    former = session.get_one(Student, old.student_id)
    # The child's rows first, then the binding, then the proposal: so does whoever ends or seals.
    # What the former school decided about custody holds for what follows from its binding.
    is_open = is_open_to(session, vault, guardian_id, former, student)
    session.refresh(old, with_for_update=True)
    _answer(session, carry_over_id, guardian_id, is_kept=True, now=now)
    is_there = student.status == EnrollmentStatus.ENROLLED and old.ended_at is None
    if not (is_open and is_there and is_same_child(vault, former, student)):
        raise InputError("not_possible")
    earlier = find_open_binding(session, guardian_id, student.id)
    if earlier is not None:
        return Kept(earlier.id)
    if rules_of(session, student.school_code).needs_approval:
        request_id = ask_school(session, guardian_id, student.id, old.relationship, CARRIED, now)
        return Kept(request_id=request_id)
    return Kept(carry(session, old, student.id, now), is_new=True)


def drop(session: Session, carry_over_id: UUID, guardian_id: UUID, now: datetime) -> None:
    """Leave it; joins the transaction. Raises AccessError 404, InputError("answered")."""
    _answer(session, carry_over_id, guardian_id, is_kept=False, now=now)


def _answer(
    session: Session, carry_over_id: UUID, guardian_id: UUID, *, is_kept: bool, now: datetime
) -> CarryOver:
    row = session.scalars(
        update(CarryOver)
        .where(
            col(CarryOver.id) == carry_over_id,
            col(CarryOver.guardian_id) == guardian_id,
            col(CarryOver.answered_at).is_(None),
        )
        .values(answered_at=now, is_kept=is_kept)
        .returning(CarryOver)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        get_proposal(session, carry_over_id, guardian_id)
        raise InputError("answered")
    action = "carry_over.keep" if is_kept else "carry_over.drop"
    actor, subject = f"guardian:{guardian_id}", f"student:{row.student_id}"
    record_audit(session, actor=actor, action=action, subject=subject, now=now)
    return row


def _with_place() -> Any:
    return (
        select(CarryOver, Student.name, School.short_name)
        .join(Student, col(Student.id) == col(CarryOver.student_id))
        .join(School, col(School.code) == col(Student.school_code))
    )
