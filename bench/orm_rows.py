"""Rows as the ORM peers write them: one SQLModel object for each, into the product's tables."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from core.kinds import Channel, EventKind
from core.notices.tables import Notice
from core.people.tables import AccountLink, Binding, Student, Subscription

NAMESPACE = UUID("9c9c0d3b-1f36-4c39-8a57-5d4b6a3d8f10")
LIFETIME = timedelta(minutes=60)


def bound_with_box(kind: EventKind) -> Any:
    """Return a query for the binding, its child and its open link, where the box is ticked."""
    return (
        select(Binding, Student, AccountLink)
        .join(Student, col(Student.id) == col(Binding.student_id))
        .join(AccountLink, col(AccountLink.guardian_id) == col(Binding.guardian_id))
        .join(Subscription, col(Subscription.binding_id) == col(Binding.id))
        .where(
            col(Binding.ended_at).is_(None),
            col(AccountLink.unlinked_at).is_(None),
            Subscription.channel == Channel.LINE,
            Subscription.kind == kind,
            col(Subscription.is_on),
        )
    )


def notice_of(
    kind: EventKind,
    binding: Binding,
    link: AccountLink,
    *,
    school_day: date,
    now: datetime,
    content: bytes,
    tap_id: UUID | None = None,
) -> Notice:
    """Return an outbox row with ready bytes for its message."""
    key = f"{binding.student_id}/{school_day}/{kind}/1/{binding.guardian_id}/{Channel.LINE}"
    return Notice(
        dedupe_key=key,
        retry_key=uuid.uuid5(NAMESPACE, key),
        kind=kind,
        student_id=binding.student_id,
        guardian_id=binding.guardian_id,
        channel=Channel.LINE,
        line_user_id=link.line_user_id,
        school_day=school_day,
        tap_id=tap_id,
        content=content,
        priority=2,
        created_at=now,
        due_at=now,
        turn_at=now,
        expires_at=now + LIFETIME,
    )
