"""What is told while guardians and the school answer each other about a child.

Every function joins the caller's transaction.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.clock import school_day_of, taipei_clock
from core.kinds import Channel, EventKind, GuardianAnswer, NoticeKind, NoticeState, SchoolReply
from core.notices import staff_bubbles as bubbles
from core.notices.fan_out import facts_for, notice_to
from core.notices.outbox import enqueue
from core.notices.recipients import Recipient, is_in_quiet_day, recipients_of
from core.notices.staff_desk import (
    StaffDesk,
    Topic,
    officers_of,
    once,
    place,
    runners_of,
    send,
    send_all,
    teachers_of,
)
from core.notices.staff_words import ROLE_WORDS, class_words, say, seat_words
from core.notices.tables import Notice
from core.notices.wording import ANSWERS, REPLIES
from core.people.tables import Staff, StaffRole, Student

# Who is asked in turn: the class's teachers, the officers, whoever runs the school.
ROUNDS = (1, 2, 3)
# News that says by itself what the school replied.
TELLING = (
    NoticeKind.CORRECTION,
    NoticeKind.ARRIVAL,
    NoticeKind.LEAVE_SCHOOL,
    NoticeKind.LEAVE_TAP,
)


def round_of(session: Session, student: Student, number: int) -> list[Staff]:
    """Return who is asked in a round, each person once."""
    if number == 1:
        return teachers_of(session, student.school_code, student.homeroom)
    find = officers_of if number == 2 else runners_of
    return find(session, student.school_code)


def tell_answered(
    session: Session,
    desk: StaffDesk,
    student_id: UUID,
    guardian_id: UUID,
    answer: GuardianAnswer,
    now: datetime,
) -> int:
    """Tell the other guardians who hear of no-shows what one of them answered."""
    told = recipients_of(session, {student_id}, EventKind.NO_SHOW).get(student_id, [])
    # It is no use of a phone number.
    others = [to for to in told if to.guardian_id != guardian_id and to.channel is not Channel.SMS]
    about = f"{answer}/{guardian_id}"
    return _tell(
        session, desk, NoticeKind.ANSWERED, others, now, about=about, answer=ANSWERS[answer]
    )


def tell_at_home(session: Session, student_id: UUID, now: datetime) -> int:
    """Tell the class's teachers that a child is at home, with the way to enter a leave."""
    student = session.get_one(Student, student_id)
    day, class_ = school_day_of(now), class_words(student.homeroom)
    said = say(NoticeKind.AT_HOME, homeroom=class_, child=_child(student), time=taipei_clock(now))
    foot = [bubbles.type_word("登記請假", f"請假 {student.student_number} 今天")]
    meta = place(session, student.school_code, day, class_)
    message = bubbles.news(NoticeKind.AT_HOME, said, meta, foot=foot)
    people = round_of(session, student, 1) or round_of(session, student, 2)
    topic = Topic(NoticeKind.AT_HOME, day, student_id=student_id)
    return send_all(session, topic, people, message, now)


def tell_help_asked(
    session: Session,
    desk: StaffDesk,
    student: Student,
    number: int,
    *,
    asked_at: datetime,
    reminder: int,
    now: datetime,
) -> int:
    """Ask the staff of a round about a child; `reminder` counts from 1, 0 is the first asking."""
    day, class_ = school_day_of(asked_at), class_words(student.homeroom)
    slots = {"homeroom": class_, "child": _child(student), "time": taipei_clock(asked_at)}
    said = say("ask_school_again", n=reminder, **slots) if reminder else say("ask_school", **slots)
    meta = place(session, student.school_code, day, class_)
    detail = f"{student.id}/{day}"
    acts = [action for action, _, _ in bubbles.HELP_ACTS]
    letters = [
        (one, bubbles.help_asked(said, meta, desk.sealed(acts, detail, one, now), _child(student)))
        for one in round_of(session, student, number)
    ]
    topic = Topic(NoticeKind.HELP_ASKED, day, str(number), student.id)
    return send(session, topic, letters, now)


def tell_help_given(
    session: Session, student: Student, role: Staff, rounds: int, now: datetime
) -> int:
    """Tell the others who were asked that one of them replied."""
    asked = [one for number in ROUNDS[:rounds] for one in round_of(session, student, number)]
    others = [one for one in once(asked) if one.line_user_id != role.line_user_id]
    day, class_ = school_day_of(now), class_words(student.homeroom)
    said = say(
        NoticeKind.HELP_GIVEN,
        homeroom=class_,
        child=_child(student),
        who=ROLE_WORDS[StaffRole(role.role)],
        time=taipei_clock(now),
    )
    message = bubbles.news(
        NoticeKind.HELP_GIVEN, said, place(session, student.school_code, day, class_)
    )
    topic = Topic(NoticeKind.HELP_GIVEN, day, student_id=student.id)
    return send_all(session, topic, others, message, now)


def tell_school_reply(
    session: Session,
    desk: StaffDesk,
    student: Student,
    reply: SchoolReply,
    now: datetime,
    *,
    was_seen: bool,
) -> int:
    """Tell the guardians what the school replied, except who hears it in other news just now.

    Of a child that `was_seen` when somebody asked nobody hears in a quiet day: it is not missing.
    """
    informed = set(
        session.scalars(
            select(col(Notice.guardian_id)).where(
                col(Notice.student_id) == student.id,
                col(Notice.school_day) == school_day_of(now),
                col(Notice.guardian_id).is_not(None),
                col(Notice.kind).in_(TELLING),
                col(Notice.state) == NoticeState.PENDING,
                col(Notice.created_at) >= now,
            )
        )
    )
    others = [
        to
        for to in _everybody(session, student)
        if to.guardian_id not in informed and not (was_seen and is_in_quiet_day(to, now))
    ]
    kind = NoticeKind.SCHOOL_REPLY
    return _tell(session, desk, kind, others, now, about=reply, reply=REPLIES[reply])


def tell_school_silent(session: Session, desk: StaffDesk, student: Student, now: datetime) -> int:
    """Tell the guardians that nobody at the school replied, and to call."""
    everybody = _everybody(session, student)
    return _tell(session, desk, NoticeKind.SCHOOL_SILENT, everybody, now)


def _everybody(session: Session, student: Student) -> list[Recipient]:
    return recipients_of(session, {student.id}).get(student.id, [])


def _tell(
    session: Session,
    desk: StaffDesk,
    kind: NoticeKind,
    people: list[Recipient],
    now: datetime,
    *,
    about: str = "",
    **slots: Any,
) -> int:
    notices = []
    for to in people:
        facts = facts_for(to, desk.liff_id, school_day_of(now), at=now, **slots)
        notices.append(notice_to(to, kind, facts, now, about=about))
    return enqueue(session, notices, now)


def _child(student: Student) -> str:
    return seat_words(student.seat_number, student.name)
