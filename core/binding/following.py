"""What follows a child from one school to the next: its boxes, and the end of the old binding."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.binding.tables import BindingRequest, CarryOver
from core.people.bindings import add_binding
from core.people.subscriptions import boxes_of, save_boxes, save_tap_out
from core.people.tables import Binding

CARRIED = "carry_over"


def carry(session: Session, old: Binding, student_id: UUID, now: datetime) -> UUID:
    """Bind at the new school as before and end the old binding; joins the transaction.

    A bond that was there before has no quiet day but the one that still runs.
    """
    is_quiet = old.quiet_until is not None and now < old.quiet_until
    binding_id = add_binding(
        session,
        guardian_id=old.guardian_id,
        student_id=student_id,
        relationship=old.relationship,
        proven_by=CARRIED,
        quiet_until=old.quiet_until if is_quiet else None,
        now=now,
    )
    save_boxes(session, binding_id=binding_id, wanted=boxes_of(session, old.id), now=now)
    save_tap_out(session, binding_id=binding_id, by=old.tap_out_by)
    old.ended_at, old.ended_by = now, CARRIED
    session.add(old)
    session.flush()
    return binding_id


def carried_from(session: Session, asked: BindingRequest) -> Binding | None:
    """Return the binding, held, that a request wants to follow the child; None for any other."""
    if asked.proven_by != CARRIED:
        return None
    return session.exec(
        select(Binding)
        .join(CarryOver, col(CarryOver.binding_id) == col(Binding.id))
        .where(
            CarryOver.guardian_id == asked.guardian_id,
            CarryOver.student_id == asked.student_id,
            col(CarryOver.is_kept).is_(True),
        )
        .with_for_update(of=Binding)
        .execution_options(populate_existing=True)
    ).first()
