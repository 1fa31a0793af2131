"""When a guardian's letters come, and whether LINE is tried out where nothing came for long."""

from datetime import time
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from core.errors import InputError
from core.people.tables import Guardian

# When the day's letters can come as one: 17:00 to 21:00, Taipei.
LETTER_TIMES = tuple(time(hour) for hour in range(17, 22))


def save_letter_time(session: Session, guardian_id: UUID, at: time | None) -> None:
    """Gather the day's letters until `at`, or send each (None); joins the caller's transaction.

    Raises InputError("unknown_time", "emails_at") for a time that is not offered.
    """
    if at is not None and at not in LETTER_TIMES:
        raise InputError("unknown_time", "emails_at")
    _save(session, guardian_id, emails_at=at)


def save_wants_tests(session: Session, guardian_id: UUID, *, wants_tests: bool) -> None:
    """Keep whether the guardian takes the monthly test; joins the caller's transaction."""
    _save(session, guardian_id, wants_tests=wants_tests)


def _save(session: Session, guardian_id: UUID, **values: object) -> None:
    session.execute(update(Guardian).where(col(Guardian.id) == guardian_id).values(**values))
