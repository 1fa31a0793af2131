"""今日 and 未到: a class today, the school's missing, and the buttons beside each child."""

from bot.answer import Answer
from bot.details import ChildDetail, LeaveDetail, MakeUpDetail
from bot.handlers.staff.leaves import ask_about
from bot.handlers.staff.make_ups import require_no_leave
from bot.handlers.staff.rights import door_of, note_look, require_child, schools_of, schools_run
from bot.handlers.turn import Refused, Turn
from bot.replies.staff import class_list, make_ups, words
from bot.replies.staff import review as review_reply
from bot.replies.staff.class_list import ClassAnswer, SchoolAnswer
from bot.staff_commands import StaffAsk
from core.answers.guardians import answers_of
from core.attendance.reports import ChildState, class_today, school_today
from core.attendance.seen import standing_of
from core.attendance.tables import LeaveReason
from core.gate.make_up import SEEN
from core.kinds import DayPart, Direction
from core.people.reach import unreached
from core.people.tables import School, Staff, StaffRole, Student
from core.postback import Action, Press

LISTED = (Action.LIST_PRESENT, Action.LIST_LEAVE, Action.LIST_ABSENT)
Class = tuple[str, str]


def show_class(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the class that is named, or the teacher's own; else the school."""
    found = _named_classes(turn, ask.words) if ask.words else _own_classes(turn)
    if not found and not ask.words:
        return show_missing(turn, ask)
    if not found:
        raise Refused(words.plainly(words.NO_CLASS))
    looked = [_class(turn, place, role) for place, role in found.items()]
    answers = [one for one in looked if one is not None]
    if not answers:
        raise Refused(words.plainly(words.EMPTY_CLASS))
    return Answer(messages=class_list.classes(answers, turn.now))


def show_missing(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the classes with missing children; a teacher's own class stands for all."""
    codes = schools_run(turn)
    if not codes:
        return show_class(turn, StaffAsk(ask.verb)) if _own_classes(turn) else _no_class()
    grade = int("".join(sign for sign in ask.words if sign.isdecimal())) if ask.words else None
    found = []
    for code in codes:
        counts = school_today(turn.session, code, turn.now)
        classes = [one for one in counts if grade in (None, one.grade)]
        name = turn.session.get_one(School, code).short_name if len(codes) > 1 else ""
        found.append(SchoolAnswer(name, grade, classes))
    return Answer(messages=class_list.schools(found, turn.now, turn.pages.staff()))


def ask_present(turn: Turn, press: Press) -> Answer:
    """Ask back before a child of the list is entered as here."""
    _, student, _ = _still_missing(turn, press)
    require_no_leave(turn, student, turn.now)
    make_up = MakeUpDetail(
        student_id=student.id, at=turn.pressed_at, direction=Direction.IN, reason=SEEN
    )
    sure = turn.seal(Action.MAKE_UP_SURE, str(make_up))
    back = turn.seal(Action.BACK)
    return Answer(messages=make_ups.is_here(student, make_up, sure, back))


def ask_leave(turn: Turn, press: Press) -> Answer:
    """Ask back before a child of the list is excused for the day."""
    detail, student, role = _still_missing(turn, press)
    leave = LeaveDetail(
        student_id=student.id,
        first=detail.school_day,
        last=detail.school_day,
        part=DayPart.WHOLE,
        reason=LeaveReason.OTHER,
    )
    return ask_about(turn, student, role, leave)


def ask_absent(turn: Turn, press: Press) -> Answer:
    """Ask back before the guardians of a child of the list are told."""
    _, student, _ = _still_missing(turn, press)
    sure, back = turn.seal(Action.ABSENT_SURE, press.detail), turn.seal(Action.BACK)
    return Answer(messages=review_reply.tell_them(student, sure, back))


def _still_missing(turn: Turn, press: Press) -> tuple[ChildDetail, Student, Staff]:
    detail = ChildDetail.read(press.detail)
    student, role = require_child(turn, detail.student_id)
    if detail.school_day != turn.today:
        raise Refused(words.plainly(words.EXPIRED, "今天"))
    seen_at = standing_of(turn.session, student, detail.school_day).seen_at
    if seen_at is not None:
        raise Refused(review_reply.here_already(student, seen_at, turn.today))
    return detail, student, role


def _class(turn: Turn, place: Class, role: Staff) -> ClassAnswer | None:
    code, homeroom = place
    seen = class_today(turn.session, code, homeroom, turn.now)
    if seen is None:
        return None
    named = (ChildState.MISSING, ChildState.NO_CARD)
    shown = [child.student_id for child in seen.children if child.state in named]
    note_look(turn, role, f"class:{code}/{homeroom}", shown)
    buttons = {
        child.student_id: {
            action: turn.seal(action, str(ChildDetail(child.student_id, turn.today)))
            for action in LISTED
        }
        for child in seen.missing
    }
    query = {"school": code} if len(schools_of(turn)) > 1 else {}
    page = turn.pages.staff(f"classes/{homeroom}", **query)
    answers = answers_of(turn.session, list(buttons), turn.today)
    return ClassAnswer(seen, buttons, page, unreached(turn.session, list(buttons)), answers)


def _own_classes(turn: Turn) -> dict[Class, Staff]:
    return {
        (role.school_code, role.homeroom): role
        for role in turn.person.roles
        if role.role == StaffRole.HOMEROOM_TEACHER and role.school_code and role.homeroom
    }


def _named_classes(turn: Turn, named: str) -> dict[Class, Staff]:
    """Return the classes of that name this person may see, by school."""
    found = door_of(turn).classes_named(named)
    return {(code, homeroom): role for code, homeroom, role in found}


def _no_class() -> Answer:
    return Answer(messages=words.plainly(words.NO_CLASS))
