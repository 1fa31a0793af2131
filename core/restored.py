"""When a backup was last put back: what happened before that may have been told already."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, func, select
from sqlmodel import Field, Session, SQLModel

from core.db import UtcDateTime, table_of

_KNOWN = "restored_at"


class RestoreRun(SQLModel, table=True):
    """A backup that was put back. What was done between the two moments is not in the database."""

    __tablename__ = "restore_run"

    restored_at: datetime = Field(sa_column=Column(UtcDateTime, primary_key=True))
    taken_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


def restored_at(session: Session) -> datetime | None:
    """Return when a backup was last put back, None for never.

    Asked once for each connection: nobody serves or sends while a backup is put back.
    """
    known: dict[Any, Any] = session.connection().info
    if _KNOWN not in known:
        latest = select(func.max(table_of(RestoreRun).c.restored_at))
        known[_KNOWN] = session.scalar(latest)
    moment: datetime | None = known[_KNOWN]
    return moment
