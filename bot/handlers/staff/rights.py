"""Who may: checked when something is asked or pressed, never when it was shown."""

from uuid import UUID

from sqlmodel import col, select

from bot.handlers.turn import Refused, Turn
from bot.replies import refusals
from bot.replies.staff import words
from bot.staff_commands import NumberWords, StaffAsk, StaffVerb, allowed, read_number
from core.audit import record_audit
from core.people.roster import normalise_student_number
from core.people.staff import RUNNERS, can_close, can_run_school, can_see_class
from core.people.tables import EnrollmentStatus, Staff, Student


def require_verb(turn: Turn, verb: StaffVerb) -> None:
    """Refuse whoever is no staff, and staff whose roles do not cover the word."""
    require_staff(turn)
    verbs = allowed(turn.person.roles)
    if verb not in verbs:
        raise Refused(words.forbidden(verbs))


def require_staff(turn: Turn) -> None:
    """Refuse whoever has no role now."""
    if turn.person.was_staff:
        raise Refused(refusals.revoked())
    if not turn.person.roles:
        raise Refused(refusals.for_staff(turn.person.guardian is not None))


def require_runner(turn: Turn, school_code: str) -> Staff:
    """Return the role that runs the school."""
    require_staff(turn)
    for role in turn.person.roles:
        if can_run_school(role, school_code):
            return role
    raise Refused(words.forbidden(allowed(turn.person.roles)))


def require_closer(turn: Turn, school_code: str | None) -> Staff:
    """Return the role that may propose a closure of the school; None is a wider one."""
    require_staff(turn)
    for role in turn.person.roles:
        if can_close(role, school_code):
            return role
    raise Refused(words.forbidden(allowed(turn.person.roles)))


def require_child(turn: Turn, student_id: UUID) -> tuple[Student, Staff]:
    """Return the child of a button and the role it is seen by."""
    require_staff(turn)
    student = turn.session.get(Student, student_id)
    role = _seen_by(turn, student) if student else None
    if student is None or role is None:
        raise Refused(words.plainly(words.NOT_FOUND))
    return student, role


def find_child(turn: Turn, ask: StaffAsk) -> tuple[Student, Staff, str]:
    """Return the child whose number stands first, the role it is seen by, and the words left.

    The look is recorded. Not there and not theirs to see are refused in the same words.
    """
    number, rest = read_number(ask.words)
    if number is None:
        raise Refused(words.plainly(words.BAD_NUMBER))
    seen = [(one, role) for one in _named(turn, number) if (role := _seen_by(turn, one))]
    if not seen:
        raise Refused(words.plainly(words.NOT_FOUND))
    if len(seen) > 1:
        years = [student.entry_year for student, _ in seen]
        raise Refused(words.which_year(ask.verb, number.number, years, rest))
    student, role = seen[0]
    note_look(turn, role, f"student:{student.id}")
    return student, role, rest


def schools_run(turn: Turn) -> list[str]:
    """Return the codes of the schools this person runs."""
    codes = [role.school_code for role in turn.person.roles if role.role in RUNNERS]
    return list(dict.fromkeys(code for code in codes if code))


def schools_of(turn: Turn) -> list[str]:
    """Return the codes of the schools this person has a role at."""
    codes = [role.school_code for role in turn.person.roles]
    return list(dict.fromkeys(code for code in codes if code))


def note_look(turn: Turn, role: Staff, subject: str) -> None:
    """Record that these children were looked at."""
    actor = actor_of(role)
    record_audit(turn.session, actor=actor, action="children.look", subject=subject, now=turn.now)


def actor_of(role: Staff) -> str:
    """Return who acts, as records name it."""
    return f"staff:{role.id}"


def own_actors(turn: Turn) -> set[str]:
    """Return this person as records may name it: one for each role."""
    return {actor_of(role) for role in turn.person.roles}


def _seen_by(turn: Turn, student: Student) -> Staff | None:
    return next(
        (
            role
            for role in turn.person.roles
            if can_see_class(role, student.school_code, student.homeroom)
        ),
        None,
    )


def _named(turn: Turn, number: NumberWords) -> list[Student]:
    statement = select(Student).where(
        col(Student.school_code).in_(schools_of(turn)),
        Student.student_number == normalise_student_number(number.number),
        Student.status == EnrollmentStatus.ENROLLED,
    )
    if number.year is not None:
        statement = statement.where(Student.entry_year == number.year)
    return list(turn.session.exec(statement.order_by(col(Student.entry_year), col(Student.id))))
