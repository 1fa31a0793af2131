"""Subscriptions: the boxes of a binding, channel by kind."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from core.db import insert_for
from core.errors import InputError
from core.kinds import Channel, EventKind
from core.people.tables import Subscription

Box = tuple[Channel, EventKind]
# Channels a guardian can tick now; the others are shown as not offered this term.
OFFERED = frozenset({Channel.LINE})


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
