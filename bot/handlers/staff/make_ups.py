"""補登 and 更正補登: asked back, entered, and taken back by a record of their own."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from bot.answer import Answer, Json
from bot.day_words import in_24_hours, read_gone_days, read_packed_clock
from bot.details import LONGEST_REASON, MakeUpDetail
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
from bot.replies.staff import make_ups as reply
from bot.replies.staff import words
from bot.staff_commands import StaffAsk
from core.attendance.day_record import lock_days
from core.attendance.leaves import open_leaves
from core.attendance.seen import find_day, is_told_since, standing_of
from core.calendar.school_days import day_statuses
from core.clock import at_taipei, school_day_of
from core.gate.make_up import (
    OLDEST,
    make_up_of_staff,
    make_ups_of,
    record_make_up,
    undo_make_up,
)
from core.gate.tables import Tap, TapSource
from core.kinds import DayPart, Direction, NoticeKind
from core.people.tables import Staff, Student
from core.postback import Action, Press

DIRECTIONS = {"離校": Direction.OUT, "到校": Direction.IN}
NEWS = (
    NoticeKind.ARRIVAL,
    NoticeKind.DEPARTURE,
    NoticeKind.CORRECTION,
    NoticeKind.LEAVE_TAP,
)
FAULTS: dict[str, Words] = {
    "future": lambda: words.plainly(words.FUTURE),
    "too_old": lambda: words.plainly(f"只能補登最近 {OLDEST.days} 天。"),
}


def ask_make_up(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask back before a make-up is entered."""
    if not ask.words:
        raise Refused(reply.usage(samples_of(turn)))
    student, role, rest = find_child(turn, ask)
    make_up = _read(turn, student, rest)
    _require_school_day(turn, student, school_day_of(make_up.at))
    require_no_leave(turn, student, make_up.at)
    # What would be refused is refused before anybody is asked whether it is right.
    rehearse(turn.session, lambda: _record(turn, make_up, role))
    return Answer(messages=_asked(turn, student, make_up))


def enter(turn: Turn, press: Press) -> Answer:
    """Enter the make-up the button is about, once."""
    make_up = MakeUpDetail.read(press.detail)
    student, role = require_child(turn, make_up.student_id)
    since = press.made_at or turn.now
    if _is_second_press(turn, make_up, since):
        raise Refused(words.plainly(words.DONE))
    recorded = record_once(turn, student, role, make_up, since)
    return Answer(messages=recorded.said(), matters=True)


def record_once(
    turn: Turn, student: Student, role: Staff, make_up: MakeUpDetail, since: datetime
) -> reply.Recorded:
    """Enter a make-up unless it was entered since; return what to say of it."""
    # Held from here on, so that two colleagues who press at once enter it once.
    lock_days(turn.session, {(student.id, school_day_of(make_up.at))})
    earlier = _entered_since(turn, make_up, since)
    if earlier is not None and _is_undone(turn, earlier.id):
        raise Refused(words.plainly(words.DONE))
    if earlier is None:
        require_no_leave(turn, student, make_up.at)
    tap_id = earlier.id if earlier else _record(turn, make_up, role)
    told_from = earlier.received_at if earlier else turn.now
    is_told = is_told_since(turn.session, student.id, told_from, NEWS)
    undo = turn.seal(Action.MAKE_UP_UNDO, tap_id.hex)
    return reply.Recorded(student, make_up, turn.today, is_told, undo)


def find_make_up(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask back before the make-up of a time is taken back."""
    if not ask.words:
        raise Refused(reply.undo_usage(samples_of(turn)))
    student, _, rest = find_child(turn, ask)
    at, direction, _ = _moment(turn, rest)
    made = make_ups_of(turn.session, student.id, school_day_of(at))
    meant = [tap for tap in made if tap.effective_at == at]
    exact = [tap for tap in meant if tap.direction == direction] or meant
    if not exact:
        raise Refused(reply.no_make_up(student, at, turn.today))
    return _ask_undo(turn, student, exact[0])


def ask_undo(turn: Turn, press: Press) -> Answer:
    """Ask back before a make-up is taken back."""
    student, _, tap = _own_make_up(turn, press)
    if _is_undone(turn, tap.id):
        raise Refused(words.plainly(words.DONE))
    return _ask_undo(turn, student, tap)


def undo(turn: Turn, press: Press) -> Answer:
    """Take the make-up back; who did so already hears the same again."""
    student, role, tap = _own_make_up(turn, press)
    earlier = turn.session.exec(select(Tap).where(Tap.undoes_id == tap.id)).first()
    if earlier is not None and earlier.recorded_by not in own_actors(turn):
        raise Refused(words.plainly(words.ANSWERED))
    if earlier is None:
        with refusing({"answered": lambda: words.plainly(words.ANSWERED)}):
            undo_make_up(
                turn.session,
                turn.liff_id,
                tap_id=tap.id,
                recorded_by=actor_of(role),
                reason="",
                now=turn.now,
            )
    since = earlier.received_at if earlier else turn.now
    is_told = is_told_since(turn.session, student.id, since, (NoticeKind.MAKE_UP_UNDONE,))
    return Answer(messages=reply.undone(is_told=is_told), matters=True)


def require_no_leave(turn: Turn, student: Student, at: datetime) -> None:
    """Refuse on a day of leave, and offer to withdraw it first."""
    day = school_day_of(at)
    standing = standing_of(turn.session, student, day)
    if standing.leave is not DayPart.WHOLE:
        return
    leave = next(iter(open_leaves(turn.session, student.id, day, day)), None)
    if leave is not None:
        drop = turn.seal(Action.STAFF_LEAVE_DROP, leave.id.hex)
        raise Refused(reply.on_leave(student, drop, turn.seal(Action.BACK)))


def _read(turn: Turn, student: Student, rest: str) -> MakeUpDetail:
    at, direction, reason = _moment(turn, rest)
    if not reason:
        raise Refused(reply.usage(samples_of(turn)))
    if len(reason) > LONGEST_REASON:
        raise Refused(reply.too_long(len(reason)))
    return MakeUpDetail(
        student_id=student.id, at=at, direction=direction or Direction.IN, reason=reason
    )


def _moment(turn: Turn, rest: str) -> tuple[datetime, Direction | None, str]:
    """Return the moment that is named, the direction if one is, and the words left."""
    clock, rest = read_packed_clock(in_24_hours(rest))
    if clock is None:
        raise Refused(words.plainly(words.BAD_CLOCK))
    days = read_gone_days(rest, turn.said_on)
    if days.is_unclear or days.first != days.last:
        raise Refused(words.plainly(words.BAD_DAY))
    left = days.rest.split()
    named = [DIRECTIONS[word] for word in left if word in DIRECTIONS]
    reason = " ".join(word for word in left if word not in DIRECTIONS)
    return at_taipei(days.first or turn.said_on, clock), next(iter(named), None), reason


def _require_school_day(turn: Turn, student: Student, day: date) -> None:
    place = (student.school_code, student.grade)
    if not day_statuses(turn.session, [place], day, day)[place][day].is_open:
        raise Refused(words.plainly(words.NO_SCHOOL))


def _record(turn: Turn, make_up: MakeUpDetail, role: Staff) -> UUID:
    with refusing(FAULTS):
        return record_make_up(
            turn.session,
            turn.liff_id,
            student_id=make_up.student_id,
            at=make_up.at,
            direction=make_up.direction,
            recorded_by=actor_of(role),
            reason=make_up.reason,
            now=turn.now,
        )


def _asked(turn: Turn, student: Student, make_up: MakeUpDetail) -> list[Json]:
    sure, back = turn.seal(Action.MAKE_UP_SURE, str(make_up)), turn.seal(Action.BACK)
    return reply.is_it_right(student, make_up, sure, back, _notes(turn, student, make_up))


def _entered_since(turn: Turn, make_up: MakeUpDetail, since: datetime) -> Tap | None:
    """Return the same make-up if it is there: open, or taken back since the button was made."""
    same = select(Tap).where(
        Tap.student_id == make_up.student_id,
        Tap.school_day == school_day_of(make_up.at),
        Tap.source == TapSource.MAKE_UP,
        Tap.effective_at == make_up.at,
        Tap.direction == make_up.direction,
    )
    taps = list(turn.session.exec(same.order_by(col(Tap.received_at))))
    standing = [tap for tap in taps if not _is_undone(turn, tap.id)]
    return next(iter(standing or [tap for tap in taps if tap.received_at >= since]), None)


def _notes(turn: Turn, student: Student, make_up: MakeUpDetail) -> list[str]:
    """Return what to think of first: a child who leaves has mostly come."""
    if make_up.direction is not Direction.OUT:
        return []
    row = find_day(turn.session, student, school_day_of(make_up.at))
    return [] if row is not None and row.arrived_at is not None else [reply.NOT_ARRIVED]


def _is_second_press(turn: Turn, make_up: MakeUpDetail, since: datetime) -> bool:
    """Tell whether this person has entered it by this very button, and heard so."""
    earlier = _entered_since(turn, make_up, since)
    if earlier is None or turn.incoming.is_retry:
        return False
    return earlier.received_at >= since and earlier.recorded_by in own_actors(turn)


def _is_undone(turn: Turn, tap_id: UUID) -> bool:
    return turn.session.exec(select(Tap.id).where(Tap.undoes_id == tap_id)).first() is not None


def _own_make_up(turn: Turn, press: Press) -> tuple[Student, Staff, Tap]:
    require_staff(turn)
    return make_up_of_staff(door_of(turn), UUID(press.detail))


def _ask_undo(turn: Turn, student: Student, tap: Tap) -> Answer:
    sure = turn.seal(Action.MAKE_UP_UNDO_SURE, tap.id.hex)
    back = turn.seal(Action.BACK)
    at = tap.effective_at or tap.tap_at
    asked = reply.undo_it(student, at, Direction(tap.direction), sure, back)
    return Answer(messages=asked)
