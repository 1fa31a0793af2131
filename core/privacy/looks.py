"""誰看過: which staff looked at a child, when and why; who exactly stays the school's to answer."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import Session, col

from core.audit import AuditEntry
from core.db import table_of
from core.people.looks import LOOK as RECORDED
from core.people.tables import Staff, Student

# Looks at one child, and at lists that hold the child.
LIST = "children.look"
OF_CHILD = (RECORDED, LIST, "notices.why")
OF_CLASS = (RECORDED, LIST)
PAGE = 20
STAFF = "staff:"
STAFF_ACTOR = re.compile(r"staff:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at `what` (student, class, lists, held). `role` and `school_code` are None for
    whoever is not staff: the operator. `reason` is what staff chose, or empty.
    """

    at: datetime
    role: str | None
    school_code: str | None
    action: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class LookPage:
    """Some looks, newest first, and whether there are older ones."""

    looks: list[Look]
    number: int
    has_older: bool


def looks_at(session: Session, student_id: UUID, number: int = 1) -> LookPage:
    """Return page `number` (from 1) of the looks at a child; only reads."""
    entry = table_of(AuditEntry)
    statement = (
        select(entry.c.at, entry.c.actor, entry.c.action, entry.c.subject, entry.c.reason)
        .where(_is_look(entry, session.get_one(Student, student_id)))
        .order_by(entry.c.at.desc(), entry.c.id)
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = session.execute(statement).all()
    staff = _staff(session, {row.actor for row in rows[:PAGE]})
    looks = [_look(row, staff.get(row.actor)) for row in rows[:PAGE]]
    return LookPage(looks, number, len(rows) > PAGE)


def _look(row: Any, staff: Staff | None) -> Look:
    return Look(
        row.at,
        staff.role if staff else None,
        staff.school_code if staff else None,
        row.action,
        row.subject.partition(":")[0],
        row.reason or "",
    )


def _staff(session: Session, actors: Collection[str]) -> dict[str, Staff]:
    ids = [actor.removeprefix(STAFF) for actor in actors if STAFF_ACTOR.fullmatch(actor)]
    statement = select(Staff).where(col(Staff.id).in_([UUID(one) for one in ids]))
    found: Iterable[Staff] = session.execute(statement).scalars()
    return {f"{STAFF}{one.id}": one for one in found}


def _is_look(entry: Any, child: Student) -> ColumnElement[bool]:
    lists = [f"{kind}:{child.school_code}" for kind in ("lists", "held")]
    classes = [f"class:{child.school_code}/{child.homeroom}", *lists]
    # A list is told by the look at each child on it; only lists from before that have none.
    own = entry.alias("own")
    is_kept_by_child = exists().where(
        own.c.at == entry.c.at, own.c.actor == entry.c.actor, own.c.action == RECORDED
    )
    is_theirs = or_(
        and_(entry.c.subject == f"student:{child.id}", entry.c.action.in_(OF_CHILD)),
        and_(entry.c.subject.in_(classes), entry.c.action.in_(OF_CLASS)),
    )
    return and_(is_theirs, or_(entry.c.action != LIST, ~is_kept_by_child))
