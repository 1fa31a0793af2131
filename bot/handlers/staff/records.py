"""稽核: what staff of the own school, or of the bureau, looked at or did last."""

from collections.abc import Collection, Sequence
from itertools import groupby
from uuid import UUID

from sqlmodel import col, or_, select

from bot.answer import Answer
from bot.handlers.staff.rights import door_of
from bot.handlers.turn import Turn
from bot.replies.staff import records as reply
from bot.replies.staff.lookup import REASONS
from bot.replies.staff.records import Record
from bot.replies.staff.words import full_child_words
from bot.staff_commands import StaffAsk
from core.audit import AuditEntry, record_audit
from core.errors import AccessError
from core.notices.staff_words import ROLE_WORDS
from core.people.looks import LookReason
from core.people.names import masked_name
from core.people.staff import staff_name
from core.people.tables import Staff, StaffRole

MOST = 20
# A look at a class has an entry a child.
FAR_ENOUGH = 600
STUDENT = "student:"


def show_records(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the newest records of the people this person answers for; looking is one itself."""
    staff = _staff(turn)
    actors = {f"staff:{one.id}": one for one in staff}
    acts = _acts(turn, actors)
    found = [_record(turn, act, actors[act[0].actor]) for act in acts]
    manager = next(role for role in turn.person.roles if _manages(role))
    place = f"audit:{manager.school_code or 'bureau'}"
    actor = f"staff:{manager.id}"
    record_audit(turn.session, actor=actor, action="audit.look", subject=place, now=turn.now)
    return Answer(messages=reply.records(found, turn.now))


def _acts(turn: Turn, actors: Collection[str]) -> list[list[AuditEntry]]:
    """Return the newest acts; looking at a list of many children is one of them."""
    entries = turn.session.exec(
        select(AuditEntry)
        .where(col(AuditEntry.actor).in_(actors))
        .order_by(col(AuditEntry.at).desc(), col(AuditEntry.actor), col(AuditEntry.id))
        .limit(FAR_ENOUGH)
    )
    acts = [list(act) for _, act in groupby(entries, key=lambda one: (one.at, one.actor))]
    return acts[:MOST]


def _staff(turn: Turn) -> Sequence[Staff]:
    """Return everybody who is or was staff where this person manages."""
    places = [
        col(Staff.school_code) == role.school_code
        if role.school_code
        else col(Staff.school_code).is_(None)
        for role in turn.person.roles
        if _manages(role)
    ]
    return turn.session.exec(select(Staff).where(or_(*places))).all()


def _child_words(turn: Turn, entry: AuditEntry) -> str:
    """Return a child of the own classes by class, seat and masked name; of others only that."""
    try:
        student, _ = door_of(turn).child(UUID(entry.subject.removeprefix(STUDENT)))
    except (AccessError, ValueError):
        # The bureau needs no child's name, and a child may have left.
        return "一位學生"
    return full_child_words(student)


def _is_child(entry: AuditEntry) -> bool:
    return entry.subject.startswith(STUDENT)


def _record(turn: Turn, act: Sequence[AuditEntry], staff: Staff) -> Record:
    role, name = ROLE_WORDS[StaffRole(staff.role)], staff_name(turn.house.vault, staff)
    # Of a look at a list the list's own entry says what it was.
    entry = next((one for one in act if not _is_child(one)), act[0])
    children = [one for one in act if _is_child(one)]
    about = f"{len(children)} 位學生" if children else ""
    if len(children) == 1:
        about = _child_words(turn, children[0])
    reason = next((one.reason for one in act if one.reason), None)
    why = REASONS[LookReason(reason)] if reason else ""
    return Record(entry.at, f"{role} {masked_name(name)}", entry.action, about, why)


def _manages(role: Staff) -> bool:
    return role.role in (StaffRole.SCHOOL_ADMIN, StaffRole.BUREAU_ADMIN)
