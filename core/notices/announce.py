"""Announcements about bindings: whoever is touched hears of it in LINE."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.clock import school_day_of
from core.kinds import EventKind, NoticeKind
from core.languages.speech import N_
from core.notices.binding_notices import tell_child_closed, tell_new_binding
from core.notices.fan_out import child_page
from core.notices.outbox import NewNotice, enqueue
from core.notices.staff_desk import staff_desk
from core.notices.templates import content_of
from core.notices.wording import BOX_WORDS, NoticeFacts
from core.people.bindings import BoundChild, children_of, guardians_bound
from core.people.guardians import find_link_of_guardian
from core.people.languages import language_of_guardian
from core.people.subscriptions import boxes_of
from core.settings import Settings

A_DAY = N_("24 小時")


def tell_bound(
    session: Session, settings: Settings, child: BoundChild, guardian_id: UUID, now: datetime
) -> None:
    """Tell the guardian that the binding is done, those bound before and the school that it is new.

    Joins the caller's transaction.
    """
    kinds = {kind for _, kind in boxes_of(session, child.binding_id)}
    boxes = tuple(BOX_WORDS[kind] for kind in EventKind if kind in kinds)
    quiet = child.quiet_until
    notices = notice_about(
        session,
        settings,
        child,
        guardian_id,
        now,
        kind=NoticeKind.BOUND,
        about=str(child.binding_id),
        boxes=boxes,
        starts_at=quiet,
    )
    notices += tell_others(
        session,
        settings,
        child.student_id,
        NoticeKind.BOUND_OTHER,
        now,
        but=guardian_id,
        about=str(child.binding_id),
        start=A_DAY if quiet else "",
    )
    enqueue(session, notices, now)
    tell_new_binding(session, staff_desk(settings), child.student_id, child.binding_id, now)


def tell_closed(session: Session, settings: Settings, student_id: UUID, now: datetime) -> None:
    """Tell those bound and the school, once a day, that a child takes no five facts any more.

    Joins the caller's transaction.
    """
    kind = NoticeKind.CHILD_CLOSED
    enqueue(session, tell_others(session, settings, student_id, kind, now, about="closed"), now)
    tell_child_closed(session, staff_desk(settings), student_id, now)


def tell_others(
    session: Session,
    settings: Settings,
    student_id: UUID,
    kind: NoticeKind,
    now: datetime,
    *,
    but: UUID | None = None,
    **more: Any,
) -> list[NewNotice]:
    """Return what everybody bound to the child is told, each in the words they have for it."""
    notices = []
    for other in guardians_bound(session, student_id):
        if other != but:
            theirs = next(c for c in children_of(session, other) if c.student_id == student_id)
            notices += notice_about(session, settings, theirs, other, now, kind=kind, **more)
    return notices


def notice_about(
    session: Session,
    settings: Settings,
    child: BoundChild,
    guardian_id: UUID,
    now: datetime,
    *,
    kind: NoticeKind,
    about: str,
    link: str | None = None,
    school: str | None = None,
    **more: Any,
) -> list[NewNotice]:
    """Return the notice of a binding to one guardian, none without an open link.

    `about` names what happened; `link` and `school` are the child's where None; `more` are further
    facts.
    """
    open_link = find_link_of_guardian(session, guardian_id)
    if open_link is None:
        return []
    facts = NoticeFacts(
        child=child.given_name,
        school=child.school_short_name if school is None else school,
        school_phone=child.school_phone,
        school_day=school_day_of(now),
        link=child_page(settings.liff_id, child.binding_id) if link is None else link,
        at=now,
        language=language_of_guardian(session, guardian_id),
        **more,
    )
    return [
        NewNotice(
            kind=kind,
            student_id=child.student_id,
            guardian_id=guardian_id,
            line_user_id=open_link.line_user_id,
            school_day=facts.school_day,
            at=now,
            about=about,
            content=content_of(kind, facts),
        )
    ]
