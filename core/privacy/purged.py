"""What the purges wrote down: when they ended, and what they left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.privacy.retention import LIMITS
from core.privacy.tables import PurgeRun


@dataclass(frozen=True, slots=True)
class Purged:
    """How the last purge of one limit ended: so many rows over age are left."""

    limit: str
    left: int
    ended_at: datetime


def last_purge(session: Session) -> datetime | None:
    """Return when the night's tidying last ended; only reads."""
    at: datetime | None = session.execute(select(func.max(col(PurgeRun.ended_at)))).scalar_one()
    return at


def last_of_limits(session: Session) -> list[Purged]:
    """Return of each limit there is how its last purge ended; only reads."""
    newest = (
        select(col(PurgeRun.limit_name), func.max(col(PurgeRun.started_at)).label("at"))
        .where(col(PurgeRun.limit_name).in_([limit.name for limit in LIMITS]))
        .group_by(col(PurgeRun.limit_name))
        .subquery()
    )
    rows = session.scalars(
        select(PurgeRun)
        .join(
            newest,
            (newest.c.limit_name == col(PurgeRun.limit_name))
            & (newest.c.at == col(PurgeRun.started_at)),
        )
        .order_by(col(PurgeRun.limit_name))
    )
    return [Purged(row.limit_name, row.after, row.ended_at) for row in rows]
