"""What guardians hear on LINE about their other channels."""

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
    link = find_link_of_guardian(session, guardian_id)
    if link is None:
        return 0
    facts = NoticeFacts(
        child="",
        school="",
        school_phone="",
        school_day=school_day_of(now),
        link=f"https://liff.line.me/{liff_id}/account/contact/{contact.slot}",
        masked_email=contact.masked,
        language=language_of_guardian(session, guardian_id),
    )
    notice = NewNotice(
        kind=NoticeKind.EMAIL_BOUNCED,
        guardian_id=guardian_id,
        line_user_id=link.line_user_id,
        school_day=facts.school_day,
        at=now,
        about=f"letter/{letter}/{contact.slot}",
        content=content_of(NoticeKind.EMAIL_BOUNCED, facts),
    )
    return enqueue(session, [notice], now)
