"""Subscriptions: the boxes of a binding, channel by kind, and its reminder to tap out."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.db import insert_for
from core.errors import InputError
from core.kinds import Channel, EventKind
from core.people.tables import Binding, Subscription

Box = tuple[Channel, EventKind]
# Channels a guardian can tick now; the others are shown as not offered this term.
OFFERED = frozenset({Channel.LINE})
# When a guardian can ask to hear that the child has not tapped out: 16:00 to 20:00, Taipei.
TAP_OUT_TIMES = tuple(time(half_hours // 2, half_hours % 2 * 30) for half_hours in range(32, 41))


def add_default_boxes(session: Session, binding_id: UUID, now: datetime) -> None:
    """Tick every LINE box of a new binding; joins the caller's transaction."""
    _write(session, binding_id, {(Channel.LINE, kind): True for kind in EventKind}, now)


def boxes_of(session: Session, binding_id: UUID) -> frozenset[Box]:
    """Return the boxes that are on."""
    rows = session.exec(
        select(Subscription.channel, Subscription.kind).where(
            Subscription.binding_id == binding_id, col(Subscription.is_on)
        )
    )
    return frozenset((Channel(channel), EventKind(kind)) for channel, kind in rows)


def save_boxes(
    session: Session, *, binding_id: UUID, wanted: frozenset[Box], now: datetime
) -> None:
    """Turn the wanted boxes on and the others off; joins the caller's transaction.

    Raises InputError("not_offered") when a wanted channel can't be ticked this term.
    """
    if any(channel not in OFFERED for channel, _ in wanted):
        raise InputError("not_offered")
    boxes = [(channel, kind) for channel in OFFERED for kind in EventKind]
    _write(session, binding_id, {box: box in wanted for box in boxes}, now)


def save_tap_out(session: Session, *, binding_id: UUID, by: time | None) -> None:
    """Remind when there is no departure by then, or never (None); joins the transaction.

    Raises InputError("unknown_time", "tap_out_by") for a time that is not offered.
    """
    if by is not None and by not in TAP_OUT_TIMES:
        raise InputError("unknown_time", "tap_out_by")
    session.execute(update(Binding).where(col(Binding.id) == binding_id).values(tap_out_by=by))


def _write(session: Session, binding_id: UUID, boxes: dict[Box, bool], now: datetime) -> None:
    rows = [
        Subscription(
            binding_id=binding_id, channel=channel, kind=kind, is_on=is_on, changed_at=now
        ).model_dump()
        for (channel, kind), is_on in boxes.items()
    ]
    statement = insert_for(session, Subscription).values(rows)
    new = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["binding_id", "channel", "kind"],
            set_={"is_on": new.is_on, "changed_at": new.changed_at},
            # An unchanged box keeps the moment it was last changed.
            where=col(Subscription.is_on) != new.is_on,
        )
    )
