"""What guardians hear on LINE about their other channels."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.contacts import Contact
from core.people.guardians import find_link_of_guardian
from core.people.languages import language_of_guardian


def tell_bounced(
    session: Session, liff_id: str, guardian_id: UUID, contact: Contact, letter: UUID, now: datetime
) -> int:
    """Tell whose address took no letter any more, once a letter and address; joins the transaction.

    `letter` is the id of what came back. Returns how many are new: none without an open link.
    """
    link = _page(liff_id, f"contact/{contact.slot}")
    facts = replace(_facts(session, guardian_id, link, now), masked_email=contact.masked)
    about = f"letter/{letter}/{contact.slot}"
    return _tell(session, NoticeKind.EMAIL_BOUNCED, guardian_id, facts, about, now)


def tell_app_gone(
    session: Session, liff_id: str, guardian_id: UUID, push: UUID, now: datetime
) -> int:
    """Tell whose app takes nothing any more, once; joins the transaction.

    `push` is the id of what it did not take. Returns how many are new: none without an open link.
    """
    facts = _facts(session, guardian_id, _page(liff_id, "app"), now)
    return _tell(session, NoticeKind.APP_GONE, guardian_id, facts, f"push/{push}", now)


def _page(liff_id: str, path: str) -> str:
    return f"https://liff.line.me/{liff_id}/account/{path}"


def _facts(session: Session, guardian_id: UUID, link: str, now: datetime) -> NoticeFacts:
    """Return what is so of no child."""
    return NoticeFacts(
        child="",
        school="",
        school_phone="",
        school_day=school_day_of(now),
        link=link,
        language=language_of_guardian(session, guardian_id),
    )


def _tell(
    session: Session,
    kind: NoticeKind,
    guardian_id: UUID,
    facts: NoticeFacts,
    about: str,
    now: datetime,
) -> int:
    link = find_link_of_guardian(session, guardian_id)
    if link is None:
        return 0
    notice = NewNotice(
        kind=kind,
        guardian_id=guardian_id,
        line_user_id=link.line_user_id,
        school_day=facts.school_day,
        at=now,
        about=about,
        content=content_of(kind, facts),
    )
    return enqueue(session, [notice], now)
