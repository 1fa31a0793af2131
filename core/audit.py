"""The append-only record of who did or saw what."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column
from sqlmodel import Field, Session, SQLModel

from core.db import UtcDateTime


class AuditEntry(SQLModel, table=True):
    """One act. `actor` and `subject` are our ids such as guardian:<uuid>, never names."""

    __tablename__ = "audit_entry"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    actor: str = Field(index=True)
    action: str
    subject: str = Field(index=True)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


def record_audit(session: Session, *, actor: str, action: str, subject: str, now: datetime) -> None:
    """Add an entry; joins the caller's transaction."""
    session.add(AuditEntry(actor=actor, action=action, subject=subject, at=now))
