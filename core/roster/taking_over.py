"""Taking a roster file over: students, their facts and their cards, all or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.audit import record_audit
from core.binding.barriers import inherit_barriers
from core.crypto import Vault
from core.gate.cards import give_cards
from core.people.roster import add_student, change_national_id, seal_birth_date
from core.people.tables import Student
from core.roster.comparing import PLAIN_FIELDS, Change, Plan
from core.roster.rows import RosterRow


@dataclass(frozen=True, slots=True)
class Counts:
    """What a file did, in rows; `matched_taps` are taps kept until their card was known."""

    added: int
    changed: int
    unchanged: int
    left_out: int
    matched_taps: int


def take_over(
    session: Session, vault: Vault, liff_id: str, plan: Plan, *, by: str, now: datetime
) -> Counts:
    """Do what the plan says; joins the caller's transaction, in which it was made.

    A child's new card ends the child's earlier ones. Kept taps of new cards find their children.
    A child another school sealed is sealed here too.
    """
    cards: dict[str, Student] = {}
    added = [_add(session, vault, row) for row in plan.added]
    for row, student in zip(plan.added, added, strict=True):
        if row.card_uid is not None:
            cards[row.card_uid] = student
    for change in plan.changed:
        _change(vault, change)
        if change.has_new_card and change.row.card_uid is not None:
            cards[change.row.card_uid] = change.student
    session.flush()
    inherit_barriers(session, vault, added, by=by, now=now)
    owners = {uid: student.id for uid, student in cards.items()}
    matched = give_cards(session, liff_id, owners, by=by, now=now)
    _record(session, plan, by, now)
    return Counts(len(plan.added), len(plan.changed), plan.unchanged, plan.left_out, matched)


def _add(session: Session, vault: Vault, row: RosterRow) -> Student:
    student = add_student(session, vault, row.facts)
    student.status = row.status
    return student


def _change(vault: Vault, change: Change) -> None:
    student, facts = change.student, change.row.facts
    for name in change.columns & set(PLAIN_FIELDS):
        setattr(student, name, getattr(facts, name))
    if "status" in change.columns:
        student.status = change.row.status
    if "national_id" in change.columns:
        change_national_id(vault, student, facts.national_id)
    if "birth_date" in change.columns:
        student.birth_date_sealed = seal_birth_date(vault, facts.birth_date)


def _record(session: Session, plan: Plan, by: str, now: datetime) -> None:
    """Write down whose file it was, a line for each school."""
    for code in sorted(_schools(plan)):
        subject = f"school:{code}"
        record_audit(session, actor=by, action="roster.import", subject=subject, now=now)


def _schools(plan: Plan) -> Iterable[str]:
    rows = [*plan.added, *(change.row for change in plan.changed)]
    return {row.facts.school_code for row in rows}
