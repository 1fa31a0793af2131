"""The quiet day: a guardian new beside others gets no gate news until those could object."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.people.bindings import other_guardians

QUIET = timedelta(hours=24)


def quiet_until(
    session: Session, guardian_id: UUID, student_id: UUID, now: datetime
) -> datetime | None:
    """Return when gate news begins for a new guardian; None is at once, being the first."""
    return now + QUIET if other_guardians(session, student_id, guardian_id) else None
