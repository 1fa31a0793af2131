"""Subscriptions: the boxes of a binding, channel by kind, and its reminder to tap out."""

from collections.abc import Collection, Sequence
from datetime import datetime, time
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from core.db import insert_for, table_of
from core.errors import InputError
from core.kinds import Channel, EventKind
from core.people.tables import Binding, Subscription
from core.rows import is_one_of, run

Box = tuple[Channel, EventKind]
EVERY_CHANNEL = frozenset(Channel)
# When a guardian can ask to hear that the child has not tapped out: 16:00 to 20:00, Taipei.
TAP_OUT_TIMES = tuple(time(half_hours // 2, half_hours % 2 * 30) for half_hours in range(32, 41))


def add_default_boxes(session: Session, binding_id: UUID, now: datetime) -> None:
    """Tick every LINE box of a new binding; joins the caller's transaction."""
    _write(session, binding_id, {(Channel.LINE, kind): True for kind in EventKind}, now)


def boxes_of(session: Session, binding_id: UUID) -> frozenset[Box]:
    """Return the boxes that are on."""
    return boxes_of_all(session, [binding_id])[binding_id]


def boxes_of_all(session: Session, binding_ids: Sequence[UUID]) -> dict[UUID, frozenset[Box]]:
    """Return the boxes that are on, by binding; one query however many."""
    rows = run(session, _on, {"binding_ids": list(binding_ids)})
    found: dict[UUID, set[Box]] = {binding_id: set() for binding_id in binding_ids}
    for binding_id, channel, kind in rows:
        found[binding_id].add((Channel(channel), EventKind(kind)))
    return {binding_id: frozenset(boxes) for binding_id, boxes in found.items()}


@cache
def _on(engine: str) -> Any:
    box = table_of(Subscription).c
    return select(box.binding_id, box.channel, box.kind).where(
        is_one_of(engine, box.binding_id, "binding_ids"), box.is_on
    )


def save_boxes(
    session: Session,
    *,
    binding_id: UUID,
    wanted: frozenset[Box],
    channels: Collection[Channel] = EVERY_CHANNEL,
    now: datetime,
) -> None:
    """Turn the wanted boxes on and the others off; joins the caller's transaction.

    `channels` are those that can be ticked this term; the boxes of others stay as they are, for the
    term in which they come back. Raises InputError("not_offered") for a wanted box of such a one.
    """
    if any(channel not in channels for channel, _ in wanted):
        raise InputError("not_offered")
    boxes = [(channel, kind) for channel in channels for kind in EventKind]
    _write(session, binding_id, {box: box in wanted for box in boxes}, now)


def turn_boxes(
    session: Session, *, binding_id: UUID, boxes: Collection[Box], is_on: bool, now: datetime
) -> None:
    """Turn just these boxes on or off; joins the caller's transaction."""
    if boxes:
        _write(session, binding_id, dict.fromkeys(boxes, is_on), now)


def stop_letters(session: Session, binding_ids: Collection[UUID], now: datetime) -> None:
    """Untick e-mail, and let nothing go there in LINE's stead either; joins the transaction."""
    theirs = (col(Subscription.binding_id).in_(binding_ids), col(Subscription.is_on))
    session.execute(
        update(Subscription)
        .where(*theirs, col(Subscription.channel) == Channel.EMAIL)
        .values(is_on=False, changed_at=now)
    )
    session.execute(
        update(Binding).where(col(Binding.id).in_(binding_ids)).values(emails_stopped_at=now)
    )


def require_tap_out(by: time | None) -> None:
    """Refuse an hour that is not offered. Raises InputError("unknown_time", "tap_out_by")."""
    if by is not None and by not in TAP_OUT_TIMES:
        raise InputError("unknown_time", "tap_out_by")


def save_tap_out(session: Session, *, binding_id: UUID, by: time | None) -> None:
    """Remind when there is no departure by then, or never (None); joins the transaction.

    Raises InputError("unknown_time", "tap_out_by") for a time that is not offered.
    """
    require_tap_out(by)
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
