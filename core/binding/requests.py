"""綁定審核: proven guardians who wait for a school's yes."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.binding.barriers import is_open_to
from core.binding.following import carried_from, carry
from core.binding.quiet import quiet_until
from core.binding.tables import BindingRequest
from core.crypto import Vault
from core.db import insert_for, table_of
from core.errors import AccessError, InputError
from core.people.bindings import add_binding, find_open_binding
from core.people.tables import EnrollmentStatus, Guardian, Student
from core.rows import run_models


def ask_school(
    session: Session,
    guardian_id: UUID,
    student_id: UUID,
    relationship: str,
    proven_by: str,
    now: datetime,
) -> UUID:
    """Put the guardian into the school's queue, once; return the request's id.

    Joins the caller's transaction.
    """
    row = BindingRequest(
        guardian_id=guardian_id,
        student_id=student_id,
        relationship=relationship,
        proven_by=proven_by,
        asked_at=now,
    )
    statement = insert_for(session, table_of(BindingRequest)).values(row.model_dump())
    made = session.execute(statement.on_conflict_do_nothing()).rowcount  # type: ignore[attr-defined]  # an INSERT counts
    if made:
        actor, subject = f"guardian:{guardian_id}", f"student:{student_id}"
        record_audit(session, actor=actor, action="binding.ask", subject=subject, now=now)
    return session.exec(
        select(BindingRequest.id).where(
            BindingRequest.guardian_id == guardian_id,
            BindingRequest.student_id == student_id,
            col(BindingRequest.decided_at).is_(None),
        )
    ).one()


def open_requests(
    session: Session, school_codes: list[str]
) -> list[tuple[BindingRequest, Student]]:
    """Return who waits at these schools, longest first."""
    statement = (
        select(BindingRequest, Student)
        .join(Student, col(Student.id) == col(BindingRequest.student_id))
        .where(col(Student.school_code).in_(school_codes), col(BindingRequest.decided_at).is_(None))
        .order_by(col(BindingRequest.asked_at), col(BindingRequest.id))
    )
    return list(session.exec(statement))


def school_of_request(session: Session, request_id: UUID) -> str:
    """Return the code of the school that is asked. Raises AccessError 404."""
    statement = (
        select(Student.school_code)
        .join(BindingRequest, col(BindingRequest.student_id) == col(Student.id))
        .where(BindingRequest.id == request_id)
    )
    found = session.exec(statement).first()
    if found is None:
        raise AccessError("no_such_request")
    return found


def requests_of(session: Session, guardian_id: UUID) -> list[Student]:
    """Return the children whose schools this guardian waits for."""
    return run_models(session, _waited_for, Student, {"guardian_id": guardian_id})


@cache
def _waited_for(_engine: str) -> Any:
    student, asked = table_of(Student), table_of(BindingRequest)
    return (
        student.select()
        .join(asked, asked.c.student_id == student.c.id)
        .where(asked.c.guardian_id == bindparam("guardian_id"), asked.c.decided_at.is_(None))
        .order_by(asked.c.asked_at)
    )


def approve(
    session: Session, vault: Vault, request_id: UUID, *, by: str, now: datetime
) -> tuple[BindingRequest, UUID]:
    """Bind the one who waits; return the request and the binding. Joins the transaction.

    Whoever follows a child who moved keeps the boxes, and the old binding ends. Raises InputError:
    `answered`, or `not_possible` where the child left, is sealed, or the guardian is kept from it;
    the request stays open then.
    """
    waiting = session.get(BindingRequest, request_id)
    if waiting is None:
        raise InputError("answered")
    student = session.get_one(Student, waiting.student_id)
    # The child first, the request after it: so does whoever seals.
    is_open = is_open_to(session, vault, waiting.guardian_id, student)
    request = _decide(session, request_id, is_approved=True, by=by, now=now)
    if not is_open or student.status != EnrollmentStatus.ENROLLED:
        raise InputError("not_possible")
    earlier = find_open_binding(session, request.guardian_id, student.id)
    if earlier is not None:
        return request, earlier.id
    former = carried_from(session, request)
    if former is not None and former.ended_at is None:
        return request, carry(session, former, student.id, now)
    binding_id = add_binding(
        session,
        guardian_id=request.guardian_id,
        student_id=student.id,
        relationship=request.relationship,
        proven_by=request.proven_by,
        quiet_until=quiet_until(session, request.guardian_id, student.id, now),
        now=now,
    )
    return request, binding_id


def decline(session: Session, request_id: UUID, *, by: str, now: datetime) -> BindingRequest:
    """Send the one who waits away; joins the transaction. Raises InputError("answered")."""
    return _decide(session, request_id, is_approved=False, by=by, now=now)


def own_answer(session: Session, request_id: UUID, actors: Collection[str]) -> bool | None:
    """Return yes or no as one of these actors answered, None where none of them did."""
    statement = select(BindingRequest.is_approved).where(
        BindingRequest.id == request_id, col(BindingRequest.decided_by).in_(actors)
    )
    return session.exec(statement).first()


def close_requests(
    session: Session, student_id: UUID, guardian_id: UUID | None = None, *, by: str, now: datetime
) -> None:
    """End what waits about a child, of one guardian if named, without a word to anybody."""
    whose = [col(BindingRequest.student_id) == student_id]
    if guardian_id is not None:
        whose.append(col(BindingRequest.guardian_id) == guardian_id)
    session.execute(
        update(BindingRequest)
        .where(*whose, col(BindingRequest.decided_at).is_(None))
        .values(decided_at=now, decided_by=by, is_approved=False)
        .execution_options(synchronize_session=False)
    )


def _decide(
    session: Session, request_id: UUID, *, is_approved: bool, by: str, now: datetime
) -> BindingRequest:
    # One statement, so that of two answers the first counts.
    request = session.scalars(
        update(BindingRequest)
        .where(col(BindingRequest.id) == request_id, col(BindingRequest.decided_at).is_(None))
        .values(decided_at=now, decided_by=by, is_approved=is_approved)
        .returning(BindingRequest)
        .execution_options(synchronize_session=False)
    ).first()
    if request is None:
        raise InputError("answered")
    action = "binding.approve" if is_approved else "binding.decline"
    subject = f"student:{request.student_id}"
    record_audit(session, actor=by, action=action, subject=subject, now=now)
    return request


def asking_guardian(session: Session, request: BindingRequest) -> Guardian:
    """Return who waits."""
    return session.get_one(Guardian, request.guardian_id)
