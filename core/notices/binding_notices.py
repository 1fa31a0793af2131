"""What a school's people are told of bindings. Each function joins the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.binding.tables import BindingRequest
from core.clock import school_day_of, taipei_clock
from core.kinds import NoticeKind
from core.notices import staff_bubbles as bubbles
from core.notices.flex import buttons, primary
from core.notices.staff_desk import (
    StaffDesk,
    Topic,
    bureau_of,
    officers_of,
    once,
    place,
    runners_of,
    send_all,
    teachers_of,
)
from core.notices.staff_words import class_words, say, seat_words
from core.people.tables import Staff, Student

LOOK = "看綁定"
QUEUE_PAGE = "staff/requests"


def bindings_page(student_id: UUID) -> str:
    """Return the path of the staff page about a child's bindings."""
    return f"staff/children/{student_id}"


def tell_new_binding(
    session: Session, desk: StaffDesk, student_id: UUID, binding_id: UUID, now: datetime
) -> int:
    """Tell teacher and officers that a child has a new guardian."""
    child = session.get_one(Student, student_id)
    return _tell(session, desk, child, NoticeKind.NEW_BINDING, "new_binding", str(binding_id), now)


def tell_child_closed(session: Session, desk: StaffDesk, student_id: UUID, now: datetime) -> int:
    """Tell teacher and officers, once a day and child, that it takes no five facts any more."""
    child = session.get_one(Student, student_id)
    return _tell(session, desk, child, NoticeKind.NEW_BINDING, "child_closed", "closed", now)


def _tell(
    session: Session,
    desk: StaffDesk,
    child: Student,
    kind: NoticeKind,
    key: str,
    about: str,
    now: datetime,
) -> int:
    class_ = class_words(child.homeroom)
    topic = Topic(kind, school_day_of(now), about, child.id)
    said = say(
        key,
        homeroom=class_,
        child=seat_words(child.seat_number, child.name),
        time=taipei_clock(now),
        number=child.student_number,
    )
    foot = [buttons(primary(LOOK, desk.page(bindings_page(child.id))))]
    meta = place(session, child.school_code, topic.school_day, class_)
    message = bubbles.news(kind, said, meta, foot=foot)
    return send_all(session, topic, _people(session, child), message, now)


def tell_binding_asked(session: Session, desk: StaffDesk, request_id: UUID, now: datetime) -> int:
    """Ask who runs the school whether a proven guardian may be bound."""
    child = session.get_one(Student, session.get_one(BindingRequest, request_id).student_id)
    class_ = class_words(child.homeroom)
    topic = Topic(NoticeKind.BINDING_ASKED, school_day_of(now), str(request_id), child.id)
    said = say("binding_asked", homeroom=class_, child=seat_words(child.seat_number, child.name))
    foot = [buttons(primary("審核", desk.page(QUEUE_PAGE)))]
    meta = place(session, child.school_code, topic.school_day, class_)
    message = bubbles.news(topic.kind, said, meta, foot=foot)
    return send_all(session, topic, runners_of(session, child.school_code), message, now)


def tell_many_misses(session: Session, count: int, hour: str, now: datetime) -> int:
    """Tell the bureau, once an hour, that many tries to bind fail; nothing is closed by it."""
    topic = Topic(NoticeKind.MANY_MISSES, school_day_of(now), hour)
    said = say("many_misses", n=count)
    message = bubbles.news(topic.kind, said, f"{taipei_clock(now)}")
    return send_all(session, topic, bureau_of(session), message, now)


def _people(session: Session, child: Student) -> Sequence[Staff]:
    teachers = teachers_of(session, child.school_code, child.homeroom)
    return once([*teachers, *officers_of(session, child.school_code)])
