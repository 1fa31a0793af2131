"""停止使用 and taking it up again: nothing is told meanwhile, everything is kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from core.audit import record_audit
from core.people.tables import Guardian


def stop_notices(session: Session, guardian_id: UUID, now: datetime) -> None:
    """Tell this guardian nothing from now on; joins the caller's transaction.

    What waits in the outbox ends at the last look before it would leave.
    """
    _set(session, guardian_id, now, now, "notices.stop")


def resume_notices(session: Session, guardian_id: UUID, now: datetime) -> None:
    """Tell the guardian again what the boxes say; joins the caller's transaction."""
    _set(session, guardian_id, None, now, "notices.resume")


def _set(
    session: Session, guardian_id: UUID, value: datetime | None, now: datetime, action: str
) -> None:
    is_stopped = col(Guardian.stopped_at).is_not(None)
    changed = session.execute(
        update(Guardian)
        .where(
            col(Guardian.id) == guardian_id,
            col(Guardian.erased_at).is_(None),
            ~is_stopped if value is not None else is_stopped,
        )
        .values(stopped_at=value)
        .returning(col(Guardian.id))
        .execution_options(synchronize_session=False)
    ).first()
    if changed is not None:
        actor = f"guardian:{guardian_id}"
        record_audit(session, actor=actor, action=action, subject=actor, now=now)
