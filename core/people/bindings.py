"""Bindings: a guardian tied to a child, and the one door to what a guardian may see."""

from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.clock import school_day_of
from core.crypto import Vault
from core.errors import AccessError
from core.people import identity_numbers
from core.people.names import given_name
from core.people.roster import Claim, find_student, normalise_student_number
from core.people.subscriptions import add_default_boxes
from core.people.tables import Binding, BindingAttempt, Guardian, School, Student

SUBJECT = "binding_attempt.subject"
# Failed tries a Taipei date: by one guardian, and at one child by everybody together.
OWN_LIMIT = 5
CHILD_LIMIT = 10


class BindResult(StrEnum):
    """How a try to bind ended."""

    BOUND = "bound"
    ALREADY = "already"
    MISMATCH = "mismatch"
    OWN_LIMIT = "own_limit"


@dataclass(frozen=True, slots=True)
class BindOutcome:
    """The result, and the binding where there is one."""

    result: BindResult
    binding_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundChild:
    """A child as its guardian may see it. `tap_out_by` is a Taipei time of day, None is off."""

    binding_id: UUID
    student_id: UUID
    name: str
    given_name: str
    school_code: str
    school_name: str
    school_short_name: str
    school_phone: str
    grade: int
    homeroom: str
    seat_number: int
    relationship: str
    tap_out_by: time | None


def children_of(session: Session, guardian_id: UUID) -> list[BoundChild]:
    """Return the guardian's children, youngest last; two of one given name keep full names."""
    statement = (
        select(Binding, Student, School)
        .join(Student, col(Student.id) == col(Binding.student_id))
        .join(School, col(School.code) == col(Student.school_code))
        .where(Binding.guardian_id == guardian_id, col(Binding.ended_at).is_(None))
        .order_by(col(Student.grade).desc(), col(Student.seat_number), col(Student.id))
    )
    return _tell_apart([_bound_child(*row) for row in session.exec(statement)])


def get_child(session: Session, guardian_id: UUID, binding_id: UUID) -> BoundChild:
    """Return this guardian's child. Raises AccessError 404 for every other binding."""
    for child in children_of(session, guardian_id):
        if child.binding_id == binding_id:
            return child
    raise AccessError("no_such_child")


def bind_child(
    session: Session,
    vault: Vault,
    *,
    guardian_id: UUID,
    claim: Claim,
    relationship: str,
    now: datetime,
) -> BindOutcome:
    """Tie the guardian to the child the five facts name; joins the caller's transaction.

    A mismatch is counted against the guardian and against the child; at the child's limit even the
    right facts are a mismatch. LINE boxes for arrival, departure and no-show are ticked.
    """
    # One try of a guardian at a time, so that parallel tries can't pass the limit.
    session.exec(select(Guardian.id).where(Guardian.id == guardian_id).with_for_update())
    if _misses(session, now, col(BindingAttempt.guardian_id) == guardian_id) >= OWN_LIMIT:
        return BindOutcome(BindResult.OWN_LIMIT)
    attempt = _attempt(vault, guardian_id, claim, now)
    student = find_student(session, vault, claim)
    if student is None or _is_locked(session, attempt, now):
        session.add(attempt)
        return BindOutcome(BindResult.MISMATCH)
    earlier = _open_binding(session, guardian_id, student.id)
    if earlier is not None:
        return BindOutcome(BindResult.ALREADY, earlier.id)
    return BindOutcome(
        BindResult.BOUND, _add_binding(session, guardian_id, student.id, relationship, now)
    )


def unbind_child(session: Session, *, guardian_id: UUID, binding_id: UUID, now: datetime) -> None:
    """End the guardian's own binding; others keep theirs. Raises AccessError 404."""
    ended = session.exec(
        update(Binding)
        .where(
            col(Binding.id) == binding_id,
            col(Binding.guardian_id) == guardian_id,
            col(Binding.ended_at).is_(None),
        )
        .values(ended_at=now, ended_by="guardian")
        .returning(col(Binding.id))
    ).first()
    if ended is None:
        raise AccessError("no_such_child")
    actor = f"guardian:{guardian_id}"
    subject = f"binding:{binding_id}"
    record_audit(session, actor=actor, action="binding.end", subject=subject, now=now)


def is_bound(session: Session, guardian_id: UUID, student_id: UUID) -> bool:
    """Tell whether the guardian's binding to the child is open."""
    return _open_binding(session, guardian_id, student_id) is not None


def other_guardians(session: Session, student_id: UUID, guardian_id: UUID) -> list[UUID]:
    """Return who else is bound to the child."""
    statement = select(Binding.guardian_id).where(
        Binding.student_id == student_id,
        Binding.guardian_id != guardian_id,
        col(Binding.ended_at).is_(None),
    )
    return list(session.exec(statement))


def _add_binding(
    session: Session, guardian_id: UUID, student_id: UUID, relationship: str, now: datetime
) -> UUID:
    binding = Binding(
        guardian_id=guardian_id,
        student_id=student_id,
        relationship=relationship,
        proven_by="five_facts",
        bound_at=now,
    )
    session.add(binding)
    session.flush()
    add_default_boxes(session, binding.id, now)
    actor = f"guardian:{guardian_id}"
    subject = f"student:{student_id}"
    record_audit(session, actor=actor, action="binding.add", subject=subject, now=now)
    return binding.id


def _open_binding(session: Session, guardian_id: UUID, student_id: UUID) -> Binding | None:
    return session.exec(
        select(Binding).where(
            Binding.guardian_id == guardian_id,
            Binding.student_id == student_id,
            col(Binding.ended_at).is_(None),
        )
    ).first()


def _attempt(vault: Vault, guardian_id: UUID, claim: Claim, now: datetime) -> BindingAttempt:
    # A child is named by school and number or by its identity number: guesses that keep either and
    # change the rest add up.
    number = normalise_student_number(claim.student_number)
    return BindingAttempt(
        guardian_id=guardian_id,
        subject_index=vault.index(f"{claim.school_code}/{number}", SUBJECT),
        identity_index=vault.index(identity_numbers.normalise(claim.national_id), SUBJECT),
        school_day=school_day_of(now),
        tried_at=now,
    )


def _is_locked(session: Session, attempt: BindingAttempt, now: datetime) -> bool:
    by_number = col(BindingAttempt.subject_index) == attempt.subject_index
    by_identity = col(BindingAttempt.identity_index) == attempt.identity_index
    # Both are counted always: the time taken tells nothing.
    counts = [_misses(session, now, named) for named in (by_number, by_identity)]
    return max(counts) >= CHILD_LIMIT


def _misses(session: Session, now: datetime, whose: object) -> int:
    statement = select(func.count()).where(
        BindingAttempt.school_day == school_day_of(now),
        whose,  # type: ignore[arg-type]  # a column comparison
    )
    return session.exec(statement).one()


def _bound_child(binding: Binding, student: Student, school: School) -> BoundChild:
    return BoundChild(
        binding_id=binding.id,
        student_id=student.id,
        name=student.name,
        given_name=given_name(student.name),
        school_code=school.code,
        school_name=school.name,
        school_short_name=school.short_name,
        school_phone=school.phone,
        grade=student.grade,
        homeroom=student.homeroom,
        seat_number=student.seat_number,
        relationship=binding.relationship,
        tap_out_by=binding.tap_out_by,
    )


def _tell_apart(children: list[BoundChild]) -> list[BoundChild]:
    names = [child.given_name for child in children]
    return [
        replace(child, given_name=child.name) if names.count(child.given_name) > 1 else child
        for child in children
    ]
