"""What staff are told of children: held no-shows, who is missing, cards and leaves that do not fit.

Every function joins the caller's transaction and returns how many notices were new; a second call
with the same facts writes nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import Session, col, select

from core.clock import school_day_of, taipei_clock
from core.kinds import HoldReason, NoticeKind
from core.notices import staff_bubbles as bubbles
from core.notices.staff_alarms import (
    tell_closure_answered,
    tell_closure_asked,
    tell_closure_found,
    tell_looks,
    tell_quota_cut,
    tell_quota_warning,
    tell_reader_cloned,
    tell_reader_gap,
    tell_reader_silent,
)
from core.notices.staff_desk import (
    MissingChild,
    StaffDesk,
    Topic,
    officers_of,
    once,
    place,
    runners_of,
    send,
    send_all,
    staff_desk,
    teachers_of,
)
from core.notices.staff_words import class_words, hold_words, say, seat_words
from core.notices.wording import short_date
from core.people.tables import Student

__all__ = [
    "MissingChild",
    "StaffDesk",
    "staff_desk",
    "tell_closure_answered",
    "tell_closure_asked",
    "tell_closure_found",
    "tell_discrepancies",
    "tell_held",
    "tell_held_expired",
    "tell_looks",
    "tell_old_card",
    "tell_quarantine",
    "tell_quota_cut",
    "tell_quota_warning",
    "tell_reader_cloned",
    "tell_reader_gap",
    "tell_reader_silent",
    "tell_review",
    "tell_skipped_late",
    "tell_three_days",
]

HELD_PAGE = "staff/held"
# By class; what is held no more stands on no page of its own.
TODAY_PAGE = "staff"
THREE_DAYS_PAGE = "staff/three-days"


def tell_held(
    session: Session,
    desk: StaffDesk,
    school_code: str,
    school_day: date,
    cutoff: time,
    *,
    count: int,
    reason: HoldReason,
    since: datetime | None,
    share: int | None,
    held_at: datetime,
    now: datetime,
) -> int:
    """Ask who runs the school, once for each reason of a hold, whether held no-shows go out.

    `share` is how many came, as a percentage of the usual. What is held from `held_at` on is
    another matter than what was held, and went on, before.
    """
    said = say("held", n=count, reason=hold_words(reason, since, share, now))
    meta = place(session, school_code, school_day, f"截至 {cutoff:%H:%M}")
    acts = [action for action, _ in bubbles.HELD_ACTS]
    detail = f"{school_code}/{school_day}/{cutoff:%H%M}"
    topic = Topic(NoticeKind.HELD, school_day, f"{cutoff:%H%M}/{reason}/{held_at.timestamp():.0f}")
    letters = []
    for staff in runners_of(session, school_code):
        data = desk.sealed(acts, detail, staff, now)
        letters.append((staff, bubbles.held(said, meta, data, desk.page(HELD_PAGE))))
    return send(session, topic, letters, now)


def tell_held_expired(
    session: Session,
    desk: StaffDesk,
    school_code: str,
    school_day: date,
    cutoff: time,
    *,
    count: int,
    now: datetime,
) -> int:
    """Tell who runs the school that held no-shows went out to nobody."""
    topic = Topic(NoticeKind.HELD_EXPIRED, school_day, f"{cutoff:%H%M}")
    meta = place(session, school_code, school_day, f"截至 {cutoff:%H:%M}")
    foot = [bubbles.open_list(desk.page(TODAY_PAGE))]
    message = bubbles.news(topic.kind, say("held_expired", n=count), meta, foot=foot)
    return send_all(session, topic, runners_of(session, school_code), message, now)


def tell_skipped_late(
    session: Session, school_code: str, school_day: date, cutoff: time, now: datetime
) -> int:
    """Tell who runs the school that the check came too late to tell anybody."""
    topic = Topic(NoticeKind.SKIPPED_LATE, school_day, f"{cutoff:%H%M}")
    meta = place(session, school_code, school_day, f"截至 {cutoff:%H:%M}")
    message = bubbles.news(topic.kind, say("skipped_late"), meta)
    return send_all(session, topic, runners_of(session, school_code), message, now)


def tell_review(
    session: Session,
    desk: StaffDesk,
    school_code: str,
    school_day: date,
    cutoff: time,
    missing: Sequence[MissingChild],
    *,
    deadline: datetime,
    now: datetime,
) -> int:
    """Ask each class's teachers about its missing children; without one, the officers."""
    meta = place(session, school_code, school_day)
    acts = [action for action, _, _ in bubbles.ANSWERS]
    told = 0
    for homeroom, children in _by_class(missing).items():
        class_ = class_words(homeroom)
        until = taipei_clock(deadline)
        said = say("review", homeroom=class_, n=len(children), deadline=until)
        people = teachers_of(session, school_code, homeroom) or officers_of(session, school_code)
        for staff in people:
            rows = [
                bubbles.ReviewRow(
                    one.words, desk.sealed(acts, f"{one.student_id}/{school_day}", staff, now)
                )
                for one in children
            ]
            for number, message in enumerate(bubbles.reviews(said, meta, rows), start=1):
                about = f"{cutoff:%H%M}/{homeroom}/{number}"
                topic = Topic(NoticeKind.REVIEW, school_day, about)
                told += send(session, topic, [(staff, message)], now)
    return told


def tell_three_days(
    session: Session,
    desk: StaffDesk,
    school_code: str,
    school_day: date,
    children: Sequence[MissingChild],
    now: datetime,
) -> int:
    """Tell officers of all, and teachers of their own, who left no trace for three days.

    For somebody to look into; nothing is reported anywhere.
    """
    meta = place(session, school_code, school_day)
    foot = [bubbles.open_list(desk.page(THREE_DAYS_PAGE))]
    groups = [(officers_of(session, school_code), list(children), "school")]
    for homeroom, theirs in _by_class(children).items():
        groups.append((teachers_of(session, school_code, homeroom), theirs, homeroom))
    told = 0
    for people, group, about in groups:
        if group:
            topic = Topic(NoticeKind.THREE_DAYS, school_day, about)
            detail = [bubbles.names([f"{class_words(one.homeroom)} {one.words}" for one in group])]
            said = say("three_days", n=len(group))
            message = bubbles.news(topic.kind, said, meta, detail=detail, foot=foot)
            told += send_all(session, topic, people, message, now)
    return told


def tell_quarantine(
    session: Session, school_code: str, count: int, school_day: date, now: datetime
) -> int:
    """Tell who runs the school, once a day, that taps could not be placed in time."""
    topic = Topic(NoticeKind.QUARANTINE, school_day)
    meta = place(session, school_code, school_day)
    message = bubbles.news(topic.kind, say("quarantine", n=count), meta)
    return send_all(session, topic, runners_of(session, school_code), message, now)


def tell_old_card(
    session: Session, sightings: Sequence[tuple[UUID, datetime]], now: datetime
) -> int:
    """Tell teacher and officers, once a day and child, that an ended card was used.

    A sighting is the student's id and the moment of the tap.
    """
    return _tell_of_sightings(session, NoticeKind.OLD_CARD, sightings, now)


def tell_discrepancies(
    session: Session, sightings: Sequence[tuple[UUID, datetime]], now: datetime
) -> int:
    """Tell teacher and officers, once a day and child, that a child on leave tapped.

    A sighting is the student's id and the moment of the tap.
    """
    return _tell_of_sightings(session, NoticeKind.DISCREPANCY, sightings, now)


def _tell_of_sightings(
    session: Session,
    kind: NoticeKind,
    sightings: Sequence[tuple[UUID, datetime]],
    now: datetime,
) -> int:
    ids = {student_id for student_id, _ in sightings}
    students = {
        one.id: one for one in session.exec(select(Student).where(col(Student.id).in_(ids)))
    }
    told = 0
    for student_id, at in sightings:
        child, day = students[student_id], school_day_of(at)
        class_ = class_words(child.homeroom)
        said = say(
            kind,
            homeroom=class_,
            child=seat_words(child.seat_number, child.name),
            day="今天" if day == school_day_of(now) else short_date(day),
            time=taipei_clock(at),
        )
        message = bubbles.news(kind, said, place(session, child.school_code, day, class_))
        people = teachers_of(session, child.school_code, child.homeroom)
        people = once([*people, *officers_of(session, child.school_code)])
        topic = Topic(kind, day, student_id=student_id)
        told += send_all(session, topic, people, message, now)
    return told


def _by_class(children: Sequence[MissingChild]) -> dict[str, list[MissingChild]]:
    classes: dict[str, list[MissingChild]] = defaultdict(list)
    for child in sorted(children, key=lambda one: (one.homeroom, one.seat_number)):
        classes[child.homeroom].append(child)
    return classes
