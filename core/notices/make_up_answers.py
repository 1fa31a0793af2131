"""What is told of a request for a make-up: the school is asked, the guardian answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.clock import school_day_of, taipei_clock
from core.kinds import Direction, MakeUpReason, MakeUpRefusal, NoticeKind, NoticeState
from core.notices import staff_bubbles as bubbles
from core.notices.fan_out import facts_for, notice_to
from core.notices.outbox import enqueue
from core.notices.recipients import recipients_of
from core.notices.staff_desk import StaffDesk, Topic, officers_of, place, send, teachers_of
from core.notices.staff_words import class_words, say, seat_words
from core.notices.tables import Notice
from core.notices.wording import MAKE_UP_REASONS, REFUSALS, short_date
from core.people.tables import Student

REVIEW_PAGE = "staff/make-ups"
# What tells of an entered tap in its own words.
TELLING = (
    NoticeKind.ARRIVAL,
    NoticeKind.DEPARTURE,
    NoticeKind.CORRECTION,
    NoticeKind.LEAVE_TAP,
)


@dataclass(frozen=True, slots=True)
class AskedTap:
    """The tap a guardian asked for; `at` is aware."""

    request_id: UUID
    student_id: UUID
    guardian_id: UUID
    at: datetime
    direction: Direction


def tell_asked(
    session: Session, desk: StaffDesk, asked: AskedTap, reason: MakeUpReason, now: datetime
) -> int:
    """Ask the class's teachers, or the officers where it has none; return how many.

    Once for a child's way in or out of a day, however often it is withdrawn and sent anew. Joins
    the caller's transaction.
    """
    child = session.get_one(Student, asked.student_id)
    day, class_ = school_day_of(asked.at), class_words(child.homeroom)
    said = say(
        NoticeKind.MAKE_UP_ASKED,
        homeroom=class_,
        child=seat_words(child.seat_number, child.name),
        day="" if day == school_day_of(now) else short_date(day),
        kind="離校" if asked.direction is Direction.OUT else "到校",
        time=taipei_clock(asked.at),
        reason=MAKE_UP_REASONS[reason],
    )
    topic = Topic(NoticeKind.MAKE_UP_ASKED, day, asked.direction, child.id)
    meta = place(session, child.school_code, day, class_)
    people = teachers_of(session, child.school_code, child.homeroom)
    people = people or officers_of(session, child.school_code)
    acts = [action for action, _word in bubbles.ASKED_ACTS]
    letters = []
    for staff in people:
        data = desk.sealed(acts, asked.request_id.hex, staff, now)
        message = bubbles.asked_tap(said, meta, data, desk.page(REVIEW_PAGE))
        letters.append((staff, message))
    return send(session, topic, letters, now)


def tell_granted(session: Session, liff_id: str, asked: AskedTap, now: datetime) -> int:
    """Tell the one who asked that it was entered, unless the entry tells them so by itself.

    To be called after the entry, in its transaction.
    """
    if _hears_of_it(session, asked, now):
        return 0
    return _answer(session, liff_id, asked, NoticeKind.MAKE_UP_DONE, "", now)


def tell_refused(
    session: Session, liff_id: str, asked: AskedTap, why: MakeUpRefusal, now: datetime
) -> int:
    """Tell the one who asked why it was not entered; joins the caller's transaction."""
    return _answer(session, liff_id, asked, NoticeKind.MAKE_UP_NOT, REFUSALS[why], now)


def _hears_of_it(session: Session, asked: AskedTap, now: datetime) -> bool:
    told = select(col(Notice.id)).where(
        col(Notice.student_id) == asked.student_id,
        col(Notice.school_day) == school_day_of(asked.at),
        col(Notice.guardian_id) == asked.guardian_id,
        col(Notice.delegate_id).is_(None),
        col(Notice.kind).in_(TELLING),
        col(Notice.state) == NoticeState.PENDING,
        col(Notice.created_at) >= now,
    )
    return session.execute(told.limit(1)).first() is not None


def _answer(
    session: Session,
    liff_id: str,
    asked: AskedTap,
    kind: NoticeKind,
    reason: str,
    now: datetime,
) -> int:
    left_at = asked.at if asked.direction is Direction.OUT else None
    notices = []
    for to in recipients_of(session, {asked.student_id}).get(asked.student_id, ()):
        if to.guardian_id == asked.guardian_id:
            day = school_day_of(asked.at)
            facts = facts_for(to, liff_id, day, at=asked.at, departed_at=left_at, reason=reason)
            about = f"request/{asked.request_id}"
            notices.append(notice_to(to, kind, facts, now, about=about))
    return enqueue(session, notices, now)
