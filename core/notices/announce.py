"""Announcements about links and bindings: whoever is touched hears of it in LINE."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.clock import school_day_of
from core.kinds import EventKind, NoticeKind
from core.notices.fan_out import child_page
from core.notices.outbox import NewNotice, enqueue, readdress
from core.notices.templates import content_of
from core.notices.wording import BOX_WORDS, NoticeFacts
from core.people.bindings import BoundChild, children_of, other_guardians
from core.people.guardians import find_link_of_guardian
from core.people.names import masked_name
from core.people.subscriptions import boxes_of
from core.settings import Settings


def tell_bound(
    session: Session, settings: Settings, child: BoundChild, guardian_id: UUID, now: datetime
) -> None:
    """Tell the guardian that the binding is done, and those bound before that there is a new one.

    Joins the caller's transaction.
    """
    kinds = {kind for _, kind in boxes_of(session, child.binding_id)}
    boxes = tuple(BOX_WORDS[kind] for kind in EventKind if kind in kinds)
    notices = _bound_notice(
        session, settings, child, guardian_id, now, kind=NoticeKind.BOUND, boxes=boxes
    )
    for other in other_guardians(session, child.student_id, guardian_id):
        theirs = next(c for c in children_of(session, other) if c.student_id == child.student_id)
        notices += _bound_notice(
            session, settings, theirs, other, now, kind=NoticeKind.BOUND_OTHER, about=child
        )
    enqueue(session, notices, now)


def _bound_notice(
    session: Session,
    settings: Settings,
    child: BoundChild,
    guardian_id: UUID,
    now: datetime,
    *,
    kind: NoticeKind,
    boxes: tuple[str, ...] = (),
    about: BoundChild | None = None,
) -> list[NewNotice]:
    link = find_link_of_guardian(session, guardian_id)
    if link is None:
        return []
    facts = NoticeFacts(
        child=child.given_name,
        school=child.school_short_name,
        school_phone=child.school_phone,
        school_day=school_day_of(now),
        link=child_page(settings.liff_id, child.binding_id),
        at=now,
        boxes=boxes,
    )
    return [
        NewNotice(
            kind=kind,
            student_id=child.student_id,
            guardian_id=guardian_id,
            line_user_id=link.line_user_id,
            school_day=facts.school_day,
            at=now,
            about=str((about or child).binding_id),
            content=content_of(kind, facts),
        )
    ]


def tell_linked(
    session: Session,
    settings: Settings,
    *,
    guardian_id: UUID,
    member_name: str,
    line_user_id: str,
    moved_from: str | None,
    now: datetime,
) -> None:
    """Tell the new LINE account, and the one it moved from; joins the caller's transaction.

    What waits for the guardian goes to the new account.
    """
    addresses = [(NoticeKind.LINK_NEW, line_user_id)]
    if moved_from:
        addresses.append((NoticeKind.LINK_OLD, moved_from))
        readdress(
            session, guardian_id=guardian_id, moved_from=moved_from, line_user_id=line_user_id
        )
    facts = _link_facts(settings, member_name, now)
    notices = [
        NewNotice(
            kind=kind,
            guardian_id=guardian_id,
            line_user_id=address,
            school_day=facts.school_day,
            at=now,
            # A link can move to and fro within a day, and each move is told.
            about=f"{address}/{now.timestamp():.0f}",
            content=content_of(kind, facts),
        )
        for kind, address in addresses
    ]
    enqueue(session, notices, now)


def _link_facts(settings: Settings, member_name: str, now: datetime) -> NoticeFacts:
    return NoticeFacts(
        child="",
        school="",
        school_phone="",
        school_day=school_day_of(now),
        link=f"https://liff.line.me/{settings.liff_id}/account",
        at=now,
        member=masked_name(member_name),
        hotline=settings.hotline,
    )
