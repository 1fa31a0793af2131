"""A try to bind: proof, limits, bars, then a binding or a request. One refusal for all of them.

own limit → who is meant → the child's limit → bar → one of: bound, asked the school, refused.
The same statements run whatever does not fit, so neither the answer nor its time tells what it was.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, select

from core.binding.barriers import is_open_to
from core.binding.codes import find_student_by_code, use_code
from core.binding.quiet import quiet_until
from core.binding.requests import ask_school
from core.binding.rules import Rules, rules_of
from core.binding.tries import (
    CLOSED,
    MISMATCH,
    child_subjects,
    give_back,
    note_miss,
    own_codes_subject,
    own_subject,
    take_slots,
    tries_left,
)
from core.crypto import Vault
from core.people.bindings import add_binding, find_open_binding
from core.people.guardians import is_gold_level
from core.people.roster import Claim, find_student
from core.people.tables import Guardian, Student

FIVE_FACTS, BY_CODE = "five_facts", "code"
NO_SCHOOL = ""


class BindResult(StrEnum):
    """How a try to bind ended."""

    BOUND = "bound"
    ALREADY = "already"
    REQUESTED = "requested"
    MISMATCH = "mismatch"
    OWN_LIMIT = "own_limit"
    GENERAL_MEMBER = "general_member"


@dataclass(frozen=True, slots=True)
class BindOutcome:
    """The result, and the binding or the request where there is one.

    `left`: after a mismatch, how many more tries of that kind the member has today.
    """

    result: BindResult
    binding_id: UUID | None = None
    request_id: UUID | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Member:
    """A Taipei Pass member as one who tries."""

    pass_id: str
    level: str

    @property
    def has_real_name(self) -> bool:
        return is_gold_level(self.level)


def bind_child(
    session: Session,
    vault: Vault,
    *,
    guardian_id: UUID,
    claim: Claim,
    relationship: str,
    now: datetime,
) -> BindOutcome:
    """Tie the guardian to the child the five facts name; joins the caller's transaction.

    A mismatch is counted against the guardian and against the child; at the child's limit even the
    right facts are a mismatch. LINE boxes for arrival, departure and no-show are ticked.
    """
    member = _member(session, guardian_id)
    if not member.has_real_name:
        return BindOutcome(BindResult.GENERAL_MEMBER)
    own = own_subject(vault, member.pass_id)
    if not take_slots(session, [own], now):
        return BindOutcome(BindResult.OWN_LIMIT)
    student = find_student(session, vault, claim)
    child = child_subjects(vault, claim)
    is_open = take_slots(session, child, now)
    if not is_open_to(session, vault, guardian_id, student) or student is None or not is_open:
        outcome = MISMATCH if is_open else CLOSED
        note_miss(session, guardian_id, child, outcome, now)
        return BindOutcome(BindResult.MISMATCH, left=tries_left(session, own, now))
    give_back(session, [own, *child], now)
    return conclude(session, guardian_id, student.id, relationship, proven_by=FIVE_FACTS, now=now)


def bind_by_code(
    session: Session,
    vault: Vault,
    *,
    guardian_id: UUID,
    code: str,
    relationship: str,
    now: datetime,
) -> BindOutcome:
    """Tie the guardian to the child a school's code is for, and spend the code; joins the
    transaction.

    Wrong codes use up the tries at facts too, but codes can be tried when those are used up: the
    refusal itself sends families to the school for one. The child's limit does not stop a code.
    """
    member = _member(session, guardian_id)
    facts, codes = own_subject(vault, member.pass_id), own_codes_subject(vault, member.pass_id)
    if not take_slots(session, [codes], now):
        return BindOutcome(BindResult.OWN_LIMIT)
    take_slots(session, [facts], now)
    student = find_student_by_code(session, vault, code, now)
    rules = rules_of(session, student.school_code if student else NO_SCHOOL)
    has_name = member.has_real_name or rules.code_vouches
    if not is_open_to(session, vault, guardian_id, student) or student is None or not has_name:
        # A wrong code names no child: the try stands under its own kind.
        note_miss(session, guardian_id, [codes, codes], MISMATCH, now)
        return BindOutcome(BindResult.MISMATCH, left=tries_left(session, codes, now))
    give_back(session, [codes, facts], now)
    earlier = find_open_binding(session, guardian_id, student.id)
    if earlier is not None:
        return BindOutcome(BindResult.ALREADY, earlier.id)
    if not use_code(session, vault, code, guardian_id=guardian_id, now=now):
        return BindOutcome(BindResult.MISMATCH, left=tries_left(session, codes, now))
    return conclude(session, guardian_id, student.id, relationship, proven_by=BY_CODE, now=now)


def conclude(
    session: Session,
    guardian_id: UUID,
    student_id: UUID,
    relationship: str,
    *,
    proven_by: str,
    now: datetime,
) -> BindOutcome:
    """Bind the proven guardian, or ask the school where it wants that; joins the transaction.

    Whoever is bound already keeps the one binding.
    """
    earlier = find_open_binding(session, guardian_id, student_id)
    if earlier is not None:
        return BindOutcome(BindResult.ALREADY, earlier.id)
    if _rules(session, student_id).needs_approval:
        asked = ask_school(session, guardian_id, student_id, relationship, proven_by, now)
        return BindOutcome(BindResult.REQUESTED, request_id=asked)
    binding_id = add_binding(
        session,
        guardian_id=guardian_id,
        student_id=student_id,
        relationship=relationship,
        proven_by=proven_by,
        quiet_until=quiet_until(session, guardian_id, student_id, now),
        now=now,
    )
    return BindOutcome(BindResult.BOUND, binding_id)


def _member(session: Session, guardian_id: UUID) -> _Member:
    named = select(Guardian.taipei_pass_id, Guardian.verify_level)
    return _Member(*session.exec(named.where(Guardian.id == guardian_id)).one())


def _rules(session: Session, student_id: UUID) -> Rules:
    return rules_of(session, session.get_one(Student, student_id).school_code)
