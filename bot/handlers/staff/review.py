"""A teacher's one-tap answers to the review push; each acts at once and can be corrected."""

from bot.answer import Answer
from bot.details import ChildDetail, LeaveDetail, MakeUpDetail
from bot.handlers.staff.leaves import file_once
from bot.handlers.staff.make_ups import record_once
from bot.handlers.staff.rights import actor_of, require_child
from bot.handlers.turn import Refused, Turn
from bot.replies.staff import review as reply
from bot.replies.staff import words
from core.attendance.day_record import lock_days
from core.attendance.review import answer_absent
from core.attendance.seen import Standing, is_no_show_sent, is_told_since, standing_of
from core.attendance.tables import LeaveReason
from core.gate.make_up import SEEN
from core.kinds import DayPart, Direction, NoticeKind
from core.people.tables import Staff, Student
from core.postback import Action, Press


def answer_present(turn: Turn, press: Press) -> Answer:
    """Enter the child as here, at the minute of the press."""
    detail, student, role, standing = _asked_about(turn, press)
    make_up = MakeUpDetail(
        student_id=student.id, at=turn.pressed_at, direction=Direction.IN, reason=SEEN
    )
    if standing.seen_at not in (None, make_up.at):
        raise Refused(reply.here_already(student, standing.seen_at, turn.today))
    # Only the very same minute is this press again; a later one is another answer.
    recorded = record_once(turn, student, role, make_up, turn.pressed_at)
    return Answer(messages=recorded.said(*_late(turn, student)), matters=True)


def answer_leave(turn: Turn, press: Press) -> Answer:
    """File a whole day's leave."""
    detail, student, role, standing = _asked_about(turn, press)
    if standing.seen_at is not None:
        raise Refused(reply.here_already(student, standing.seen_at, turn.today))
    leave = LeaveDetail(
        student_id=student.id,
        first=detail.school_day,
        last=detail.school_day,
        part=DayPart.WHOLE,
        reason=LeaveReason.OTHER,
    )
    since = turn.pressed_at
    messages = file_once(turn, student, role, leave, since, *_late(turn, student))
    return Answer(messages=messages, matters=True)


def answer_absent_now(turn: Turn, press: Press) -> Answer:
    """Tell the guardians that the child was not seen."""
    detail, student, role, _ = _asked_about(turn, press)
    result = answer_absent(
        turn.session,
        turn.desk,
        student_id=student.id,
        school_day=detail.school_day,
        by=actor_of(role),
        now=turn.now,
    )
    present = turn.seal(Action.REVIEW_PRESENT, press.detail)
    is_told = is_told_since(turn.session, student.id, turn.now, (NoticeKind.NO_SHOW,))
    return Answer(messages=reply.absent(student, result, present, is_told=is_told), matters=True)


def _asked_about(turn: Turn, press: Press) -> tuple[ChildDetail, Student, Staff, Standing]:
    detail = ChildDetail.read(press.detail)
    student, role = require_child(turn, detail.student_id)
    if detail.school_day != turn.today:
        raise Refused(words.plainly(words.EXPIRED, "今天"))
    # Held from here on, so that two colleagues who press at once answer one after the other.
    lock_days(turn.session, {(student.id, detail.school_day)})
    return detail, student, role, standing_of(turn.session, student, detail.school_day)


def _late(turn: Turn, student: Student) -> tuple[str, ...]:
    return (words.LATE,) if is_no_show_sent(turn.session, student.id, turn.today) else ()
