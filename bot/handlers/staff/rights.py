"""Who may: checked when something is asked or pressed, never when it was shown."""

from collections.abc import Collection
from uuid import UUID

from bot.answer import Json
from bot.handlers.staff.samples import samples_of
from bot.handlers.turn import Refused, Turn
from bot.replies import refusals
from bot.replies.staff import words
from bot.staff_commands import (
    NumberWords,
    SeatWords,
    StaffAsk,
    StaffVerb,
    allowed,
    read_number,
    read_seat,
)
from core.audit import record_audit
from core.errors import AccessError
from core.people.doors import StaffDoor, for_staff
from core.people.looks import record_looks
from core.people.staff import RUNNERS, can_close, can_run_school
from core.people.tables import Staff, Student

LONGEST_SEAT = 2
# A child who may be meant, the role it is seen by, and the words left then.
Meant = tuple[Student, Staff, str]


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


def door_of(turn: Turn) -> StaffDoor:
    """Return the door to the children this person's roles cover."""
    return for_staff(turn.session, turn.person.roles)


def require_child(turn: Turn, student_id: UUID) -> tuple[Student, Staff]:
    """Return the child of a button and the role it is seen by.

    Whom a button is about was shown before, which is recorded; so is what is done with it.
    """
    require_staff(turn)
    try:
        return door_of(turn).child(student_id)
    except AccessError:
        raise Refused(words.plainly(words.NOT_FOUND)) from None


def find_child(
    turn: Turn, ask: StaffAsk, *, with_sealed: bool = False
) -> tuple[Student, Staff, str]:
    """Return the child who stands first, the role it is seen by, and the words left.

    It stands there by its number, or by its class and seat. A sealed child is not there, but
    `with_sealed`. The look is recorded. Not there and not theirs to see are refused in the same
    words; of several who may be meant none is taken.
    """
    number, seat = read_number(ask.words), read_seat(ask.words)
    if number[0] is None and seat is None:
        raise Refused(words.bad_number(samples_of(turn)))
    numbered = [one for one in _numbered(turn, *number) if with_sealed or not one[0].is_sealed]
    seated = [one for one in _seated(turn, seat) if with_sealed or not one[0].is_sealed]
    found = _one_each([*numbered, *seated])
    if not found:
        raise Refused(_not_found(turn, ask, is_seat=seat is not None))
    for student, role, _ in found if seated else found[:1]:
        note_children(turn, role, [student.id])
    if len(found) > 1:
        raise Refused(_which(ask, found, is_seat=bool(seated)))
    return found[0]


def _not_found(turn: Turn, ask: StaffAsk, *, is_seat: bool) -> list[Json]:
    if is_seat:
        return words.plainly(words.NO_SEAT)
    # 查 5 is a seat without its class, whoever sits there.
    first = ask.words.split(" ")[0]
    is_bare_seat = first.isdecimal() and len(first) <= LONGEST_SEAT
    return words.bad_number(samples_of(turn)) if is_bare_seat else words.plainly(words.NOT_FOUND)


def schools_run(turn: Turn) -> list[str]:
    """Return the codes of the schools this person runs."""
    codes = [role.school_code for role in turn.person.roles if role.role in RUNNERS]
    return list(dict.fromkeys(code for code in codes if code))


def schools_of(turn: Turn) -> list[str]:
    """Return the codes of the schools this person has a role at."""
    return door_of(turn).schools


def note_look(turn: Turn, role: Staff, subject: str, students: Collection[UUID]) -> None:
    """Record that a list was looked at, and each child that it showed."""
    actor = actor_of(role)
    record_audit(turn.session, actor=actor, action="children.look", subject=subject, now=turn.now)
    note_children(turn, role, students)


def note_children(turn: Turn, role: Staff, students: Collection[UUID]) -> None:
    """Record that these children were looked at."""
    record_looks(turn.session, actor=actor_of(role), students=students, now=turn.now)


def actor_of(role: Staff) -> str:
    """Return who acts, as records name it."""
    return f"staff:{role.id}"


def own_actors(turn: Turn) -> set[str]:
    """Return this person as records may name it: one for each role."""
    return {actor_of(role) for role in turn.person.roles}


def _numbered(turn: Turn, number: NumberWords | None, rest: str) -> list[Meant]:
    if number is None:
        return []
    found = door_of(turn).numbered(number.number, number.year)
    return [(student, role, rest) for student, role in found]


def _seated(turn: Turn, seat: SeatWords | None) -> list[Meant]:
    if seat is None:
        return []
    found = door_of(turn).seated(seat.homeroom, seat.seat)
    return [(student, role, seat.rest) for student, role in found]


def _one_each(found: list[Meant]) -> list[Meant]:
    """Return each child once, as it was read first."""
    first: dict[UUID, Meant] = {}
    for one in found:
        first.setdefault(one[0].id, one)
    return list(first.values())


def _which(ask: StaffAsk, found: list[Meant], *, is_seat: bool) -> list[Json]:
    if is_seat:
        return words.which_child(ask.verb, [(student, rest) for student, _, rest in found])
    years = [student.entry_year for student, _, _ in found]
    student, _, rest = found[0]
    return words.which_year(ask.verb, student.student_number, years, rest)
