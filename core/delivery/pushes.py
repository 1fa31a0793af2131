"""Pushes: which leased notices go to LINE together. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.values import value

# Source: LINE docs, "Send push message": at most five message objects in a push.
MOST_MESSAGES = 5
# By reader, sound and school day.
OpenPushes = dict[tuple[str, bool, date], list[Any]]


@value()
class Leased:
    """A push in a sender's hands: a notice, and those of the same guardian that ride with it.

    All are of one school day; `content` is the JSON array of their message objects.
    """

    id: UUID
    school_day: date
    lease_token: UUID
    kind: str
    line_user_id: str
    retry_key: UUID
    content: bytes
    is_silent: bool
    attempts: int
    first_tried_at: datetime
    riders: tuple[UUID, ...] = ()


def assemble(heads: Sequence[Any], riding: Sequence[Any], wanted: set[UUID]) -> list[list[Any]]:
    """Return each push as its notices, the head first.

    On a first try a guardian's gate news of several children goes together; later tries repeat what
    the first one held.
    """
    pushes: dict[UUID, list[Any]] = {row.id: [row] for row in heads if row.id in wanted}
    open_for: OpenPushes = {}
    for row in sorted(heads, key=_order):
        if row.id in pushes and row.may_ride and is_new(row):
            _board(pushes, open_for, row)
    for row in riding:
        if row.id not in wanted:
            continue
        push = pushes.get(row.rides_with)
        # A link that moved takes along its own news, and not what comes in another's stead.
        if push and push[0].line_user_id == row.line_user_id:
            push.append(row)
        else:
            pushes[row.id] = [row]
            _board(pushes, open_for, row)
    return [[head, *sorted(riders, key=_order)] for head, *riders in pushes.values()]


def is_new(row: Any) -> bool:
    """Tell whether a leased row was never in a push, not even in one LINE turned away.

    Only such rows are put together: whatever was once handed out under a key stays as it was.
    """
    return row.attempts == 1 and row.outcome is None


def _board(pushes: dict[UUID, list[Any]], open_for: OpenPushes, row: Any) -> None:
    """Let a notice ride in its guardian's open push, or open one for those to come."""
    whose = (row.line_user_id, row.is_silent, row.school_day)
    push = open_for.get(whose)
    if push is None or len(push) >= MOST_MESSAGES:
        open_for[whose] = pushes[row.id]
        return
    push += pushes.pop(row.id)


def _order(row: Any) -> tuple[datetime, UUID]:
    return row.created_at, row.id


def push_of(members: Sequence[Any]) -> Leased:
    """Return the push of leased rows, the head first."""
    head, *riders = members
    contents = [bytes(row.content)[1:-1] for row in members]
    return Leased(
        id=head.id,
        school_day=head.school_day,
        lease_token=head.lease_token,
        kind=head.kind,
        line_user_id=head.line_user_id,
        # The head's own: a restored backup that knows of fewer riders still names the same push,
        # and LINE says of it that it was taken.
        retry_key=head.retry_key,
        content=b"[" + b",".join(contents) + b"]" if riders else bytes(head.content),
        is_silent=head.is_silent,
        attempts=head.attempts,
        first_tried_at=head.first_tried_at,
        riders=tuple(row.id for row in riders),
    )
