"""What a guardian hears of a school's answer to their request to be bound."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.binding.following import CARRIED, carried_from
from core.binding.tables import BindingRequest
from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices.announce import tell_bound
from core.notices.outbox import NewNotice, enqueue
from core.notices.partings import forget
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.bindings import get_child
from core.people.guardians import find_link_of_guardian
from core.people.languages import language_of_guardian
from core.people.names import given_name
from core.people.tables import School, Student
from core.settings import Settings


def tell_approved(
    session: Session, settings: Settings, asked: BindingRequest, binding_id: UUID, now: datetime
) -> None:
    """Tell everybody whom a new binding concerns; joins the caller's transaction.

    What hangs on the binding it follows ends, as with a yes that no school was asked about.
    """
    former = carried_from(session, asked)
    if former is not None and former.ended_by == CARRIED:
        forget(session, settings, asked.guardian_id, former.student_id, former.id, now)
    child = get_child(session, asked.guardian_id, binding_id)
    tell_bound(session, settings, child, asked.guardian_id, now)


def tell_declined(session: Session, asked: BindingRequest, now: datetime) -> None:
    """Tell the one who asked, and nobody else; joins the caller's transaction."""
    link = find_link_of_guardian(session, asked.guardian_id)
    if link is None:
        return
    student = session.get_one(Student, asked.student_id)
    school = session.get_one(School, student.school_code)
    facts = NoticeFacts(
        child=given_name(student.name),
        school=school.short_name,
        school_phone=school.phone,
        school_day=school_day_of(now),
        link="",
        language=language_of_guardian(session, asked.guardian_id),
    )
    notice = NewNotice(
        kind=NoticeKind.BINDING_DECLINED,
        student_id=student.id,
        guardian_id=asked.guardian_id,
        line_user_id=link.line_user_id,
        school_day=facts.school_day,
        at=now,
        about=str(asked.id),
        content=content_of(NoticeKind.BINDING_DECLINED, facts),
    )
    enqueue(session, [notice], now)
