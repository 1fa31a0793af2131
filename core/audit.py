"""The append-only record of who did or saw what."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, func
from sqlmodel import Field, Session, SQLModel, col, select

from core.db import UtcDateTime, table_of
from core.rows import insert_given, run_rows


class AuditEntry(SQLModel, table=True):
    """One act. `actor` and `subject` are our ids such as guardian:<uuid>, never names.

    `reason` is a word of ours for why, where one is asked for.
    """

    __tablename__ = "audit_entry"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    actor: str = Field(index=True)
    action: str
    subject: str = Field(index=True)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    reason: str | None = None


def record_audit(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Add an entry; joins the caller's transaction."""
    entry = AuditEntry(actor=actor, action=action, subject=subject, at=now, reason=reason)
    session.add(entry)


def record_audits(
    session: Session, *, actor: str, action: str, subjects: Collection[str], now: datetime
) -> None:
    """Add an entry for each subject, all in one statement; joins the caller's transaction."""
    if not subjects:
        return
    rows = [
        {"id": uuid4(), "actor": actor, "action": action, "subject": one, "at": now}
        for one in subjects
    ]
    run_rows(session, _insert, [table_of(AuditEntry).c[name] for name in rows[0]], rows)


def did_last(session: Session, actors: Collection[str], action: str, subject: str) -> bool:
    """Tell whether this was done by one of these actors, and nothing to the subject since."""
    is_about = AuditEntry.subject == subject
    newest = select(func.max(AuditEntry.at)).where(is_about).scalar_subquery()
    found = select(AuditEntry.id).where(
        is_about,
        AuditEntry.at == newest,
        AuditEntry.action == action,
        col(AuditEntry.actor).in_(actors),
    )
    return session.exec(found.limit(1)).first() is not None


@cache
def _insert(engine: str) -> Any:
    return insert_given(engine, table_of(AuditEntry), ["id", "actor", "action", "subject", "at"])
