"""查: one child's day and week, for a reason that its guardians can read."""

from datetime import time, timedelta
from uuid import UUID

from sqlmodel import col, select

from bot.answer import Answer
from bot.handlers.staff.rights import actor_of, find_child, own_actors, require_child
from bot.handlers.staff.samples import samples_of
from bot.handlers.turn import Refused, Turn
from bot.replies.staff import lookup as reply
from bot.replies.staff import words
from bot.staff_commands import StaffAsk
from core.attendance.days import DayView, days_of
from core.audit import record_audit
from core.clock import at_taipei
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.bindings import BoundChild
from core.people.looks import LOOK, LookReason, looked_up_since
from core.people.reach import unreached
from core.people.subscriptions import Box
from core.people.tables import Binding, School, Student, Subscription
from core.postback import Action, Press

# Of one person on a Taipei date: more than a morning at the telephone takes.
LIMIT = 50
DAYS_SHOWN = 7
# What a guardian who calls may ask about.
TOLD = (
    NoticeKind.ARRIVAL,
    NoticeKind.DEPARTURE,
    NoticeKind.NO_SHOW,
    NoticeKind.CORRECTION,
    NoticeKind.NO_TAP_OUT,
)


def ask_lookup(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask why, before anything is shown."""
    if not ask.words:
        raise Refused(reply.usage(samples_of(turn)))
    student, _, _ = find_child(turn, ask)
    data = {
        reason: turn.seal(Action.LOOK_UP, f"{student.id.hex}/{reason}") for reason in LookReason
    }
    return Answer(messages=reply.ask_why(student, data, turn.seal(Action.BACK)))


def look_up(turn: Turn, press: Press) -> Answer:
    """Show the child, and keep who looked and why."""
    student_id, reason = press.detail.split("/")
    student, role = require_child(turn, UUID(student_id))
    if student.is_sealed:
        raise Refused(words.plainly(words.NOT_FOUND))
    since = at_taipei(turn.today, time())
    if looked_up_since(turn.session, own_actors(turn), since) >= LIMIT:
        raise Refused(reply.limit())
    record_audit(
        turn.session,
        actor=actor_of(role),
        action=LOOK,
        subject=f"student:{student.id}",
        now=turn.now,
        reason=LookReason(reason),
    )
    found = reply.Found(
        student,
        _days(turn, student),
        _boxes(turn, student),
        unreached(turn.session, [student.id]).get(student.id),
        _last_notice(turn, student),
    )
    return Answer(messages=reply.child(found, turn.now))


def _days(turn: Turn, student: Student) -> list[DayView]:
    """Return the last seven days, today last; staff see them as they are, in no quiet day."""
    school = turn.session.get_one(School, student.school_code)
    child = BoundChild(
        binding_id=student.id,
        student_id=student.id,
        name=student.name,
        given_name=student.name,
        school_code=school.code,
        school_name=school.name,
        school_short_name=school.short_name,
        school_phone="",
        grade=student.grade,
        homeroom=student.homeroom,
        seat_number=student.seat_number,
        relationship="",
        tap_out_by=None,
    )
    first = turn.today - timedelta(days=DAYS_SHOWN - 1)
    return days_of(turn.session, [child], first, turn.today, turn.now)[student.id]


def _boxes(turn: Turn, student: Student) -> set[Box]:
    """Return what any of the guardians has ticked; which of them stays unsaid."""
    rows = turn.session.exec(
        select(Subscription.channel, Subscription.kind)
        .join(Binding, col(Binding.id) == col(Subscription.binding_id))
        .where(
            Binding.student_id == student.id,
            col(Binding.ended_at).is_(None),
            col(Subscription.is_on),
        )
        .distinct()
    )
    return {(Channel(channel), EventKind(kind)) for channel, kind in rows}


def _last_notice(turn: Turn, student: Student) -> Notice | None:
    statement = (
        select(Notice)
        .where(
            Notice.student_id == student.id,
            col(Notice.guardian_id).is_not(None),
            col(Notice.kind).in_(TOLD),
            col(Notice.state).in_((NoticeState.ACCEPTED, NoticeState.UNKNOWN)),
        )
        .order_by(col(Notice.settled_at).desc())
        .limit(1)
    )
    return turn.session.exec(statement).first()
