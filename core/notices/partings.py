"""Partings: a binding ends, and with it, in one transaction, whatever waited to be told by it.

Everybody who ends a binding comes through here. Nobody is told who else is bound.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.binding.delegate_ends import end_of_bindings
from core.binding.delegates import Delegation
from core.clock import school_day_of
from core.kinds import NoticeKind
from core.languages.language import SOURCE
from core.notices.announce import notice_about
from core.notices.outbox import NewNotice, enqueue
from core.notices.recipients import DELEGATED_PLACE, delegations_page
from core.notices.stops import cancel_delegates, cancel_waiting
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.app_tokens import forget_childless_token
from core.people.bindings import child_of_binding, unbind_child
from core.people.languages import kept_language
from core.people.tables import Binding
from core.settings import Settings

UNBOUND = "unbound"


def part(
    session: Session, settings: Settings, *, guardian_id: UUID, binding_id: UUID, now: datetime
) -> None:
    """End the guardian's own binding, and what hangs on it. Raises AccessError 404."""
    student_id = unbind_child(session, guardian_id=guardian_id, binding_id=binding_id, now=now)
    forget(session, settings, guardian_id, student_id, binding_id, now)


def part_by_school(session: Session, settings: Settings, binding: Binding, now: datetime) -> None:
    """Take the rest with a binding the school has ended, and tell that one guardian."""
    forget(session, settings, binding.guardian_id, binding.student_id, binding.id, now)
    child = child_of_binding(session, binding.id)
    notices = notice_about(
        session,
        settings,
        child,
        binding.guardian_id,
        now,
        kind=NoticeKind.UNBOUND,
        # It can be undone and ended again within a day.
        about=f"{binding.id}/{now.timestamp():.0f}",
        link="",
    )
    enqueue(session, notices, now)


def forget(
    session: Session,
    settings: Settings,
    guardian_id: UUID,
    student_id: UUID,
    binding_id: UUID,
    now: datetime,
) -> None:
    """Stop what waits for a guardian about a child, and end who receives in their stead."""
    cancel_waiting(
        session, guardian_id=guardian_id, student_id=student_id, now=now, outcome=UNBOUND
    )
    forget_childless_token(session, guardian_id, now)
    ended = end_of_bindings(session, [binding_id], now)
    tell_delegates_ended(session, settings, ended, now)


def tell_delegate_added(
    session: Session, settings: Settings, one: Delegation, now: datetime
) -> None:
    """Tell who receives from now on; joins the caller's transaction."""
    enqueue(session, _to_delegates(session, settings, [one], NoticeKind.DELEGATE_ADDED, now), now)


def tell_delegates_ended(
    session: Session, settings: Settings, ended: Sequence[Delegation], now: datetime
) -> None:
    """Stop what waits for them and tell them that it is over; joins the caller's transaction."""
    cancel_delegates(session, [one.delegate.id for one in ended], now, "delegate_ended")
    enqueue(session, _to_delegates(session, settings, ended, NoticeKind.DELEGATE_ENDED, now), now)


def farewells(
    session: Session, settings: Settings, binding_ids: Sequence[UUID], now: datetime
) -> list[NewNotice]:
    """End who receives in the stead of a guardian about to be erased; return what to tell them.

    It is written once the erasure is done, and names nothing that goes with it.
    """
    ended = end_of_bindings(session, list(binding_ids), now)
    told = _to_delegates(session, settings, ended, NoticeKind.DELEGATE_ENDED, now)
    return [replace(one, delegate_id=None, about=str(one.delegate_id)) for one in told]


def _to_delegates(
    session: Session,
    settings: Settings,
    told: Sequence[Delegation],
    kind: NoticeKind,
    now: datetime,
) -> list[NewNotice]:
    notices = []
    for one in told:
        binding = session.get_one(Binding, one.delegate.binding_id)
        facts = NoticeFacts(
            child=one.child,
            school=DELEGATED_PLACE,
            school_phone="",
            school_day=school_day_of(now),
            link=delegations_page(settings.liff_id),
            until=one.delegate.until,
            language=kept_language(session, one.delegate.line_user_id or "") or SOURCE,
        )
        notices.append(
            NewNotice(
                kind=kind,
                guardian_id=binding.guardian_id,
                delegate_id=one.delegate.id,
                line_user_id=one.delegate.line_user_id,
                student_id=binding.student_id,
                school_day=facts.school_day,
                at=now,
                content=content_of(kind, facts),
            )
        )
    return notices
