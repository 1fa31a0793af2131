"""The look tick: who of the staff looked at more children in an hour than a task takes.

Looks at a teacher's own class do not count. It only tells; nobody is shut out by a number.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, not_
from sqlmodel import Session, col, select

from core.audit import AuditEntry
from core.db import insert_for, snapshot, table_of, transaction
from core.duty.tables import JobRun
from core.house import House
from core.notices.staff_alarms import tell_looks
from core.notices.staff_words import ROLE_WORDS
from core.people.looks import LOOK
from core.people.names import masked_name
from core.people.staff import staff_name
from core.people.tables import Staff, StaffRole, Student

JOB = "looks"
SPAN = timedelta(hours=1)
LIMIT = 100
ACTOR, SUBJECT = "staff:", "student:"


def run_look_tick(house: House) -> None:
    """Tell of everybody over the limit, each at most once an hour."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        found = many_looks(session, now)
    for staff, count in found:
        role, name = ROLE_WORDS[StaffRole(staff.role)], staff_name(house.vault, staff)
        with transaction(house.engine) as session:
            if not _is_first_this_hour(session, staff.id, count, now):
                continue
            who, about = f"{role} {masked_name(name)}", f"{staff.id}/{now.timestamp():.0f}"
            tell_looks(session, staff, who=who, count=count, about=about, now=now)
        house.notices_due.set()


def many_looks(session: Session, now: datetime) -> list[tuple[Staff, int]]:
    """Return who was shown more than a hundred children of other classes in the last hour."""
    looks = (col(AuditEntry.action) == LOOK, col(AuditEntry.at) > now - SPAN)
    number = func.count(func.distinct(col(AuditEntry.subject)))
    busy = session.execute(
        select(col(AuditEntry.actor))
        .where(*looks, col(AuditEntry.actor).startswith(ACTOR))
        .group_by(col(AuditEntry.actor))
        .having(number > LIMIT)
    )
    found = []
    actors: Sequence[str] = busy.scalars().all()
    for actor in actors:
        staff = session.get_one(Staff, UUID(actor.removeprefix(ACTOR)))
        seen = session.scalars(
            select(col(AuditEntry.subject)).where(*looks, col(AuditEntry.actor) == actor).distinct()
        )
        count = _of_others(session, staff, {UUID(one.removeprefix(SUBJECT)) for one in seen})
        if count > LIMIT:
            found.append((staff, count))
    return found


def _of_others(session: Session, staff: Staff, students: Collection[UUID]) -> int:
    if staff.role != StaffRole.HOMEROOM_TEACHER:
        return len(students)
    is_own = and_(
        col(Student.school_code) == staff.school_code, col(Student.homeroom) == staff.homeroom
    )
    statement = select(func.count()).where(col(Student.id).in_(students), not_(is_own))
    return session.exec(statement).one()


def _is_first_this_hour(session: Session, staff_id: UUID, count: int, now: datetime) -> bool:
    run = table_of(JobRun)
    claim = insert_for(session, run).values(
        job=JOB, slot=str(staff_id), outcome="told", ran_at=now, count=count
    )
    claim = claim.on_conflict_do_update(
        index_elements=["job", "slot"],
        set_={"ran_at": now, "count": count},
        where=run.c.ran_at <= now - SPAN,
    )
    return session.execute(claim.returning(run.c.slot)).first() is not None
