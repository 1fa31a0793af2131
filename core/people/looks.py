"""Who of the staff looked at which child: one record a child, kept for its guardians to see."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, func, select

from core.audit import AuditEntry, record_audits

LOOK = "student.look"


class LookReason(StrEnum):
    """Why somebody looked one child up; the guardians read it."""

    PRESENCE = "presence"
    CALL = "call"
    OTHER = "other"


def looked_up_since(session: Session, actors: Collection[str], since: datetime) -> int:
    """Return how many children one person (staff:<uuid>, a role each) looked up by name."""
    statement = select(func.count()).where(
        col(AuditEntry.actor).in_(actors),
        col(AuditEntry.action) == LOOK,
        col(AuditEntry.reason).is_not(None),
        col(AuditEntry.at) >= since,
    )
    return session.exec(statement).one()


def record_looks(
    session: Session, *, actor: str, students: Collection[UUID], now: datetime
) -> None:
    """Record that `actor` (staff:<uuid>) was shown these children; joins the transaction.

    However many they are, it is one statement.
    """
    subjects = {f"student:{one}" for one in students}
    record_audits(session, actor=actor, action=LOOK, subjects=sorted(subjects), now=now)
