"""A teacher's words on children of the class list: 已到, 請假 or 未到, entered at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.attendance.day_record import lock_days
from core.attendance.leaves import Filer, file_leave
from core.attendance.review import ReviewResult, answer_absent
from core.attendance.seen import is_told_since, standing_of
from core.attendance.tables import Leave, LeaveReason
from core.calendar.school_days import day_statuses
from core.clock import school_day_of
from core.errors import InputError
from core.gate.make_up import SEEN, record_make_up
from core.gate.tables import Tap, TapSource
from core.kinds import DayPart, Direction, NoticeKind
from core.notices.staff_desk import StaffDesk
from core.people.tables import EnrollmentStatus, Student


class ClassWord(StrEnum):
    """What is said of a child that was not heard of."""

    PRESENT = "present"
    LEAVE = "leave"
    ABSENT = "absent"


# How guardians hear of each.
NEWS = {
    ClassWord.PRESENT: (NoticeKind.ARRIVAL, NoticeKind.CORRECTION, NoticeKind.LEAVE_TAP),
    ClassWord.LEAVE: (NoticeKind.LEAVE_SCHOOL, NoticeKind.LEAVE_TAP, NoticeKind.CORRECTION),
    ClassWord.ABSENT: (NoticeKind.NO_SHOW,),
}
# Each in words of its own; for every other reason the guardians know already.
NOT_TOLD = (ReviewResult.ON_LEAVE, ReviewResult.NOBODY_TOLD)


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """A word, who says it (staff:<uuid>), and when the list they read was shown (aware)."""

    word: ClassWord
    by: str
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a word: the word itself, or the code of why not; `is_told`: guardians hear."""

    student_id: UUID
    said: str
    is_told: bool


@dataclass(frozen=True, slots=True)
class EnteredArrival:
    """A make-up arrival, and the moment it says; the gate may know of an earlier one."""

    tap_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Entries:
    """What can be taken back by child: today's last make-up arrival, or the id of today's leave."""

    arrivals: dict[UUID, EnteredArrival]
    leaves: dict[UUID, UUID]


@dataclass(frozen=True, slots=True)
class _Asked:
    session: Session
    desk: StaffDesk
    student: Student
    by: str
    now: datetime

    @property
    def today(self) -> date:
        return school_day_of(self.now)


def answer_for(
    session: Session, desk: StaffDesk, student: Student, answer: ClassAnswer, now: datetime
) -> bool:
    """Enter the answer and tell whether guardians hear of it; joins the caller's transaction.

    The child comes through a door. Raises InputError, which changes nothing if the caller rolls
    back: over for the list of another day, no_school_day, left, seen, answered for a list by which
    it was entered before, on_leave, overlap, told where the guardians heard so already, or
    nobody_told where none of them does.
    """
    asked = _Asked(session, desk, student, answer.by, now)
    _require_still_asked(asked, answer.shown_at)
    match answer.word:
        case ClassWord.PRESENT:
            _enter(asked)
        case ClassWord.LEAVE:
            _excuse(asked)
        case ClassWord.ABSENT:
            _tell(asked)
        case _:
            assert_never(answer.word)
    return is_told_since(session, student.id, now, NEWS[answer.word])


def answer_class(
    session: Session,
    desk: StaffDesk,
    answers: Sequence[tuple[Student, ClassAnswer]],
    now: datetime,
) -> list[Outcome]:
    """Enter every answer that still fits, and say of each other why not; joins the transaction.

    The children come through a door. A refused one changes nothing, and keeps no other back.
    """
    # In the order in which day rows are taken everywhere, so that two lists can't wait in a circle.
    in_turn = sorted(answers, key=lambda one: one[0].id)
    return [_outcome(session, desk, student, answer, now) for student, answer in in_turn]


def entries_of(session: Session, student_ids: Sequence[UUID], day: date) -> Entries:
    """Return what staff entered of these children for the day alone, as far as it stands."""
    undo = aliased(Tap)
    taps = session.exec(
        select(Tap.student_id, Tap.id, Tap.effective_at)
        .where(
            col(Tap.student_id).in_(student_ids),
            Tap.school_day == day,
            Tap.source == TapSource.MAKE_UP,
            Tap.direction == Direction.IN,
            ~exists().where(col(undo.undoes_id) == col(Tap.id)),
        )
        .order_by(col(Tap.effective_at))
    )
    leaves = session.exec(
        select(Leave.student_id, Leave.id).where(
            col(Leave.student_id).in_(student_ids),
            Leave.first_day == day,
            Leave.last_day == day,
            col(Leave.filed_by).startswith("staff:"),
            col(Leave.withdrawn_at).is_(None),
        )
    )
    arrivals = {child: EnteredArrival(tap, at) for child, tap, at in taps if child and at}
    return Entries(arrivals, dict(leaves.all()))


def _outcome(
    session: Session, desk: StaffDesk, student: Student, answer: ClassAnswer, now: datetime
) -> Outcome:
    student_id = student.id
    try:
        with session.begin_nested():
            is_told = answer_for(session, desk, student, answer, now)
    except InputError as error:
        return Outcome(student_id, error.code, is_told=False)
    return Outcome(student_id, answer.word.value, is_told)


def _require_still_asked(asked: _Asked, shown_at: datetime) -> None:
    today, place = asked.today, (asked.student.school_code, asked.student.grade)
    if school_day_of(shown_at) != today:
        raise InputError("over")
    if not day_statuses(asked.session, [place], today, today)[place][today].is_open:
        raise InputError("no_school_day")
    if asked.student.status != EnrollmentStatus.ENROLLED:
        raise InputError("left")
    # Held from here on, so that two colleagues who answer at once do so one after the other.
    lock_days(asked.session, {(asked.student.id, today)})
    if standing_of(asked.session, asked.student, today).seen_at is not None:
        raise InputError("seen")
    if _was_taken_back(asked, shown_at):
        raise InputError("answered")


def _was_taken_back(asked: _Asked, since: datetime) -> bool:
    """Tell whether it was entered since, and is not there any more: the form is an old one."""
    tap = select(Tap.id).where(
        Tap.student_id == asked.student.id,
        Tap.school_day == asked.today,
        Tap.source == TapSource.MAKE_UP,
        Tap.direction == Direction.IN,
        col(Tap.received_at) >= since,
    )
    leave = select(Leave.id).where(
        Leave.student_id == asked.student.id,
        Leave.first_day == asked.today,
        col(Leave.filed_at) >= since,
        col(Leave.withdrawn_at).is_not(None),
    )
    found = (asked.session.exec(one.limit(1)).first() for one in (tap, leave))
    return any(one is not None for one in found)


def _enter(asked: _Asked) -> None:
    if standing_of(asked.session, asked.student, asked.today).leave is DayPart.WHOLE:
        raise InputError("on_leave")
    record_make_up(
        asked.session,
        asked.desk.liff_id,
        student_id=asked.student.id,
        at=asked.now.replace(second=0, microsecond=0),
        direction=Direction.IN,
        recorded_by=asked.by,
        reason=SEEN,
        now=asked.now,
    )


def _excuse(asked: _Asked) -> None:
    file_leave(
        asked.session,
        asked.desk.liff_id,
        student_id=asked.student.id,
        first_day=asked.today,
        last_day=asked.today,
        part=DayPart.WHOLE,
        reason=LeaveReason.OTHER,
        filer=Filer(asked.by),
        now=asked.now,
    )


def _tell(asked: _Asked) -> None:
    result = answer_absent(
        asked.session,
        asked.desk,
        student_id=asked.student.id,
        school_day=asked.today,
        by=asked.by,
        now=asked.now,
    )
    if result is not ReviewResult.TOLD:
        raise InputError(result.value if result in NOT_TOLD else "told")
