"""A guardian asked about a child: 在學校, 已請假 and 還沒看到, each with one tap.

The first reply counts. 在學校 and 已請假 are entered as from the class list, so that the
record says what the guardians were told.
"""

from uuid import UUID

from bot.answer import Answer, Json
from bot.details import ChildDetail, LeaveDetail, MakeUpDetail
from bot.handlers.staff.leaves import file_once
from bot.handlers.staff.make_ups import record_once
from bot.handlers.staff.rights import actor_of, require_child
from bot.handlers.turn import Refused, Turn
from bot.replies.staff import asked as reply
from bot.replies.staff import words
from core.answers.school import reply_to_guardians, standing_reply
from core.attendance.seen import standing_of
from core.attendance.tables import EXCUSED_PARTS, LeaveReason
from core.gate.make_up import SEEN
from core.kinds import DayPart, Direction, SchoolReply
from core.notices.staff_words import ROLE_WORDS
from core.people.names import masked_name
from core.people.staff import staff_name
from core.people.tables import Staff, StaffRole, Student
from core.postback import Press


def reply_present(turn: Turn, press: Press) -> Answer:
    """Enter the child as here, unless the gate saw it, and tell the guardians."""
    student, role = _asked_about(turn, press, SchoolReply.PRESENT)
    standing = standing_of(turn.session, student, turn.today)
    entered: list[Json] = []
    if standing.seen_at is None:
        make_up = MakeUpDetail(
            student_id=student.id, at=turn.pressed_at, direction=Direction.IN, reason=SEEN
        )
        entered = record_once(turn, student, role, make_up, turn.pressed_at).said()
    return _replied(turn, student, role, SchoolReply.PRESENT, entered)


def reply_leave(turn: Turn, press: Press) -> Answer:
    """File the day's leave, unless there is one, and tell the guardians."""
    student, role = _asked_about(turn, press, SchoolReply.ON_LEAVE)
    standing = standing_of(turn.session, student, turn.today)
    filed: list[Json] = []
    if standing.seen_at is None and standing.leave not in EXCUSED_PARTS:
        leave = LeaveDetail(
            student_id=student.id,
            first=turn.today,
            last=turn.today,
            part=DayPart.WHOLE,
            reason=LeaveReason.OTHER,
        )
        filed = file_once(turn, student, role, leave, turn.pressed_at)
    return _replied(turn, student, role, SchoolReply.ON_LEAVE, filed)


def reply_looking(turn: Turn, press: Press) -> Answer:
    """Tell the guardians that somebody is looking."""
    student, role = _asked_about(turn, press, SchoolReply.LOOKING)
    return _replied(turn, student, role, SchoolReply.LOOKING, [])


def _asked_about(turn: Turn, press: Press, reply_: SchoolReply) -> tuple[Student, Staff]:
    detail = ChildDetail.read(press.detail)
    student, role = require_child(turn, detail.student_id)
    if detail.school_day != turn.today:
        raise Refused(words.plainly(words.EXPIRED, "今天"))
    # Held from here on, so that two colleagues who press at once answer one after the other.
    request = standing_reply(turn.session, student.id, detail.school_day)
    if request is None:
        raise Refused(words.plainly(words.EXPIRED, "今天"))
    is_final = request.reply not in (None, SchoolReply.LOOKING)
    if is_final or request.reply == reply_:
        who = "" if request.answered_by == actor_of(role) else _name(turn, request.answered_by)
        raise Refused(reply.replied(student, SchoolReply(request.reply or reply_), who))
    return student, role


def _name(turn: Turn, actor: str | None) -> str:
    """Return 生教組何○明 for staff:<uuid>."""
    person = turn.session.get(Staff, UUID((actor or "").removeprefix("staff:")))
    if person is None:
        return "同事"
    return ROLE_WORDS[StaffRole(person.role)] + masked_name(staff_name(turn.house.vault, person))


def _replied(
    turn: Turn, student: Student, role: Staff, said: SchoolReply, entered: list[Json]
) -> Answer:
    reply_to_guardians(turn.session, turn.desk, student, said, role, turn.now)
    return Answer(messages=[*reply.told(student, said), *entered], matters=True)
