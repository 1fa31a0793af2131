"""Bindings: a guardian tied to a child, and the one door to what a guardian may see."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.db import table_of
from core.endings import note_ending
from core.errors import AccessError
from core.people.names import given_name
from core.people.subscriptions import add_default_boxes
from core.people.tables import Binding, School, Student
from core.rows import run

# How a child is called whose given name another has, whose full name, and at the same school.
LONGER_NAMES = (
    "{0.name}",
    "{0.name}（{0.school_short_name}）",
    "{0.name}（{0.school_short_name}{0.homeroom}）",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundChild:
    """A child as its guardian may see it. `tap_out_by` is a Taipei time of day, None is off.

    Until `quiet_until` a guardian new beside others gets no gate news; None is at once.
    """

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
    quiet_until: datetime | None = None


def is_quiet(child: BoundChild, now: datetime) -> bool:
    """Tell whether the guardian's quiet day runs."""
    return child.quiet_until is not None and now < child.quiet_until


def children_of(session: Session, guardian_id: UUID) -> list[BoundChild]:
    """Return the guardian's children, youngest last, no two of them called the same."""
    rows = run(session, _children, {"guardian_id": guardian_id})
    return _tell_apart([_bound_child(row) for row in rows])


def get_child(session: Session, guardian_id: UUID, binding_id: UUID) -> BoundChild:
    """Return this guardian's child. Raises AccessError 404 for every other binding."""
    return pick_child(children_of(session, guardian_id), binding_id)


def pick_child(children: Sequence[BoundChild], binding_id: UUID) -> BoundChild:
    """Return the child of a binding among a guardian's own. Raises AccessError 404."""
    for child in children:
        if child.binding_id == binding_id:
            return child
    raise AccessError("no_such_child")


def bound_again(session: Session, guardian_id: UUID, binding_id: UUID) -> list[BoundChild]:
    """Return the child of a binding, which may have ended, as the guardian is bound to it now."""
    bound = session.get(Binding, binding_id)
    return [
        child
        for child in children_of(session, guardian_id)
        if bound is not None and child.student_id == bound.student_id
    ]


def unbind_child(session: Session, *, guardian_id: UUID, binding_id: UUID, now: datetime) -> UUID:
    """End the guardian's own binding and return the child's id; others keep theirs.

    What waits to be told is core.notices.partings' business. Raises AccessError 404.
    """
    ended = session.exec(
        update(Binding)
        .where(
            col(Binding.id) == binding_id,
            col(Binding.guardian_id) == guardian_id,
            col(Binding.ended_at).is_(None),
        )
        .values(ended_at=now, ended_by="guardian")
        .returning(col(Binding.student_id))
    ).first()
    if ended is None:
        raise AccessError("no_such_child")
    note_ending(session, "binding", binding_id, now)
    actor = f"guardian:{guardian_id}"
    subject = f"binding:{binding_id}"
    record_audit(session, actor=actor, action="binding.end", subject=subject, now=now)
    student_id: UUID = ended.student_id
    return student_id


def is_bound(session: Session, guardian_id: UUID, student_id: UUID) -> bool:
    """Tell whether the guardian's binding to the child is open."""
    return find_open_binding(session, guardian_id, student_id) is not None


def other_guardians(session: Session, student_id: UUID, guardian_id: UUID) -> list[UUID]:
    """Return who else is bound to the child."""
    statement = select(Binding.guardian_id).where(
        Binding.student_id == student_id,
        Binding.guardian_id != guardian_id,
        col(Binding.ended_at).is_(None),
    )
    return list(session.exec(statement))


def guardians_bound(session: Session, student_id: UUID) -> list[UUID]:
    """Return everybody bound to the child, longest first."""
    statement = (
        select(Binding.guardian_id)
        .where(Binding.student_id == student_id, col(Binding.ended_at).is_(None))
        .order_by(col(Binding.bound_at), col(Binding.id))
    )
    return list(session.exec(statement))


def child_of_binding(session: Session, binding_id: UUID) -> BoundChild:
    """Return the child of a binding as its guardian calls it, open or ended."""
    return _bound_child(run(session, _child, {"binding_id": binding_id}).one())


def add_binding(
    session: Session,
    *,
    guardian_id: UUID,
    student_id: UUID,
    relationship: str,
    proven_by: str,
    quiet_until: datetime | None,
    now: datetime,
) -> UUID:
    """Tie a proven guardian to a child with every LINE box ticked; joins the transaction.

    The proof is core.binding's business. Until `quiet_until` there is no gate news for them.
    """
    binding = Binding(
        guardian_id=guardian_id,
        student_id=student_id,
        relationship=relationship,
        proven_by=proven_by,
        bound_at=now,
        quiet_until=quiet_until,
    )
    session.add(binding)
    session.flush()
    add_default_boxes(session, binding.id, now)
    actor = f"guardian:{guardian_id}"
    subject = f"student:{student_id}"
    record_audit(session, actor=actor, action="binding.add", subject=subject, now=now)
    return binding.id


def find_open_binding(session: Session, guardian_id: UUID, student_id: UUID) -> Binding | None:
    """Return the pair's open binding."""
    return session.exec(
        select(Binding).where(
            Binding.guardian_id == guardian_id,
            Binding.student_id == student_id,
            col(Binding.ended_at).is_(None),
        )
    ).first()


@cache
def _children(_engine: str) -> Any:
    binding, student = table_of(Binding).c, table_of(Student).c
    return (
        _bound()
        .where(binding.guardian_id == bindparam("guardian_id"), binding.ended_at.is_(None))
        .order_by(student.grade.desc(), student.seat_number, student.id)
    )


@cache
def _child(_engine: str) -> Any:
    return _bound().where(table_of(Binding).c.id == bindparam("binding_id"))


def _bound() -> Any:
    """Return a SELECT of what BoundChild holds."""
    binding, student, school = table_of(Binding), table_of(Student), table_of(School)
    return (
        binding.join(student, student.c.id == binding.c.student_id)
        .join(school, school.c.code == student.c.school_code)
        .select()
        .with_only_columns(
            binding.c.id.label("binding_id"),
            student.c.id.label("student_id"),
            student.c.name,
            school.c.code.label("school_code"),
            school.c.name.label("school_name"),
            school.c.short_name.label("school_short_name"),
            school.c.phone.label("school_phone"),
            student.c.grade,
            student.c.homeroom,
            student.c.seat_number,
            binding.c.relationship,
            binding.c.tap_out_by,
            binding.c.quiet_until,
        )
    )


def _bound_child(row: Any) -> BoundChild:
    return BoundChild(given_name=given_name(row.name), **row._asdict())


def _tell_apart(children: list[BoundChild]) -> list[BoundChild]:
    # A child may stand on the registers of two schools at once: a move, or the same name twice.
    for called in LONGER_NAMES:
        names = Counter(child.given_name for child in children)
        children = [
            replace(child, given_name=called.format(child))
            if names[child.given_name] > 1
            else child
            for child in children
        ]
    return children
