"""請假 and 取消請假 by staff: asked back, filed, withdrawn."""

from datetime import datetime
from uuid import UUID

from bot.answer import Answer, Json
from bot.day_words import read_days
from bot.details import LeaveDetail
from bot.handlers.filing import file_asked, filed_since
from bot.handlers.staff.rights import (
    actor_of,
    door_of,
    find_child,
    own_actors,
    require_child,
    require_staff,
)
from bot.handlers.staff.samples import samples_of
from bot.handlers.turn import Refused, Turn, Words, refusing, rehearse
from bot.leave_words import read_leave
from bot.replies.leave import span_words
from bot.replies.staff import leaves as reply
from bot.replies.staff import words
from bot.staff_commands import StaffAsk
from core.attendance.leaves import BACK, Filer, open_leaves, withdraw_leave
from core.attendance.seen import is_told_since, leave_of_staff
from core.attendance.tables import Leave, LeaveReason
from core.kinds import DayPart, NoticeKind
from core.people.tables import Staff, Student
from core.postback import Action, Press

NEWS = (NoticeKind.LEAVE_SCHOOL, NoticeKind.LEAVE_TAP, NoticeKind.CORRECTION)
FAULTS: dict[str, Words] = {
    "past": lambda: words.plainly(f"最多補登記 {BACK.days} 天內的請假。"),
    "too_far": reply.too_far,
    "too_long": reply.too_long,
    "ends_before_it_begins": lambda: words.plainly("結束的日期早於開始的日期。"),
    "no_school_day": lambda: words.plainly(words.NO_SCHOOL),
    "overlap": reply.overlap,
    "answered": lambda: words.plainly(words.ANSWERED),
}


def ask_leave(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask back before a leave is filed."""
    if not ask.words:
        raise Refused(reply.usage(samples_of(turn)))
    student, role, rest = find_child(turn, ask)
    said = read_leave(rest, [[student.name]], turn.said_on)
    if said.is_unclear:
        raise Refused(words.plainly(words.BAD_DAY))
    if said.first is None or said.last is None:
        raise Refused(reply.usage(samples_of(turn)))
    leave = LeaveDetail(
        student_id=student.id,
        first=said.first,
        last=said.last,
        part=said.part or DayPart.WHOLE,
        reason=said.reason or LeaveReason.OTHER,
    )
    return ask_about(turn, student, role, leave)


def ask_about(turn: Turn, student: Student, role: Staff, leave: LeaveDetail) -> Answer:
    """Return the question whether the leave is right, or why it can't be."""
    # What would be refused is refused before anybody is asked whether it is right.
    rehearse(turn.session, lambda: _file(turn, leave, role))
    send, back = turn.seal(Action.STAFF_LEAVE_SEND, str(leave)), turn.seal(Action.BACK)
    return Answer(messages=reply.is_it_right(student, leave, send, back))


def send_leave(turn: Turn, press: Press) -> Answer:
    """File the leave the button is about, once."""
    leave = LeaveDetail.read(press.detail)
    student, role = require_child(turn, leave.student_id)
    since = press.made_at or turn.now
    if not turn.incoming.is_retry and filed_since(turn, leave, own_actors(turn), since):
        raise Refused(words.plainly(words.DONE))
    messages = file_once(turn, student, role, leave, since)
    return Answer(messages=messages, matters=True)


def file_once(
    turn: Turn,
    student: Student,
    role: Staff,
    leave: LeaveDetail,
    since: datetime,
    *small: str,
) -> list[Json]:
    """File a leave unless this person filed it since; return what to say of it."""
    earlier = filed_since(turn, leave, own_actors(turn), since)
    if earlier is not None and earlier.withdrawn_at is not None:
        raise Refused(words.plainly(words.DONE))
    leave_id = earlier.id if earlier else _file(turn, leave, role)
    told_from = earlier.filed_at if earlier else turn.now
    is_told = is_told_since(turn.session, student.id, told_from, NEWS)
    drop = turn.seal(Action.STAFF_LEAVE_DROP, leave_id.hex)
    return reply.filed(student, leave, drop, *small, is_told=is_told)


def find_leave(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask back before the leave of a day is withdrawn."""
    if not ask.words:
        raise Refused(reply.drop_usage(samples_of(turn)))
    student, _, rest = find_child(turn, ask)
    days = read_days(rest, turn.said_on)
    if days.is_unclear:
        raise Refused(words.plainly(words.BAD_DAY))
    if days.first is None or days.last is None:
        raise Refused(reply.drop_usage(samples_of(turn)))
    found = open_leaves(turn.session, student.id, days.first, days.last)
    if not found:
        raise Refused(reply.no_leave(student, days.first))
    return Answer(messages=_ask_drop(turn, student, found[0]))


def drop_leave(turn: Turn, press: Press) -> Answer:
    """Ask back before a leave is withdrawn."""
    student, _, leave = _seen_leave(turn, press)
    if leave.withdrawn_at is not None:
        raise Refused(words.plainly(words.DONE))
    return Answer(messages=_ask_drop(turn, student, leave))


def drop_for_sure(turn: Turn, press: Press) -> Answer:
    """Withdraw the leave; who did so already hears the same again."""
    _, role, leave = _seen_leave(turn, press)
    if leave.withdrawn_at is not None and leave.withdrawn_by not in own_actors(turn):
        raise Refused(words.plainly(words.ANSWERED))
    if leave.withdrawn_at is None:
        with refusing(FAULTS):
            withdraw_leave(
                turn.session,
                turn.liff_id,
                leave_id=leave.id,
                filer=Filer(actor_of(role)),
                now=turn.now,
            )
    return Answer(messages=reply.dropped(), matters=True)


def _file(turn: Turn, leave: LeaveDetail, role: Staff) -> UUID:
    return file_asked(turn, leave, Filer(actor_of(role)), FAULTS)


def _seen_leave(turn: Turn, press: Press) -> tuple[Student, Staff, Leave]:
    require_staff(turn)
    return leave_of_staff(door_of(turn), UUID(press.detail))


def _ask_drop(turn: Turn, student: Student, leave: Leave) -> list[Json]:
    sure = turn.seal(Action.STAFF_LEAVE_DROP_SURE, leave.id.hex)
    keep = turn.seal(Action.BACK)
    extent = span_words(leave.first_day, leave.last_day, DayPart(leave.part))
    return reply.drop_it(student, extent, sure, keep)
