"""What a school does about a child's bindings: seal, end, undo, keep away, open. Always a reason.

None of these says a word to guardians; core.notices.partings does, in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.binding import bars
from core.binding.barriers import is_open_to, rows_in_charge, rows_of, take_rows
from core.binding.bars import Barred
from core.binding.delegate_ends import end_of_receiver
from core.binding.requests import close_requests
from core.binding.tables import BindingCode, Measure, MeasureKind
from core.crypto import Vault
from core.endings import ENDED, OPENED, note_ending
from core.errors import AccessError, InputError
from core.people.bindings import find_open_binding
from core.people.guardians import guardian_name
from core.people.tables import Binding, Guardian, Student

REASON = "binding_measure.reason"
MAX_REASON = 100
UNDO_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does it, why and when."""

    by: str
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True)
class BoundGuardian:
    """A binding as the school sees it; `can_undo` is of one the school ended of late."""

    binding: Binding
    name: str
    can_undo: bool
    is_barred: bool


def guardians_of(
    session: Session, vault: Vault, student_id: UUID, now: datetime
) -> list[BoundGuardian]:
    """Return who is bound, and who was until the school ended it or keeps them away."""
    rows = session.exec(
        select(Binding, Guardian)
        .join(Guardian, col(Guardian.id) == col(Binding.guardian_id))
        .where(Binding.student_id == student_id)
        .order_by(col(Binding.bound_at), col(Binding.id))
    ).all()
    barred = {one.guardian_id for one in bars.barred_from(session, vault, [student_id])}
    newest = {binding.guardian_id: binding.id for binding, _ in rows}
    return [
        BoundGuardian(
            binding,
            guardian_name(vault, guardian),
            _can_undo(binding, now) and guardian.id not in barred,
            guardian.id in barred,
        )
        for binding, guardian in rows
        if binding.ended_at is None
        or newest[guardian.id] == binding.id
        and (_can_undo(binding, now) or guardian.id in barred)
    ]


def barred_elsewhere(session: Session, vault: Vault, student: Student) -> list[Barred]:
    """Return whom the school keeps away who never were bound to this row of the child."""
    ids = [one.id for one in rows_in_charge(rows_of(session, vault, student), student.id)]
    known = set(session.exec(select(Binding.guardian_id).where(Binding.student_id == student.id)))
    barred = bars.barred_from(session, vault, ids)
    return [one for one in barred if one.guardian_id not in known]


def seal(session: Session, vault: Vault, student: Student, act: Act) -> None:
    """Close the child to new bindings and look-ups; its codes and requests end."""
    take_rows(session, vault, student)
    _set_sealed(session, [session.get_one(Student, student.id)], act.now, is_sealed=True)
    session.execute(
        update(BindingCode)
        .where(
            col(BindingCode.student_id) == student.id,
            col(BindingCode.used_at).is_(None),
            col(BindingCode.voided_at).is_(None),
        )
        .values(voided_at=act.now)
        .execution_options(synchronize_session=False)
    )
    close_requests(session, student.id, by=act.by, now=act.now)
    _record(session, vault, student.id, None, MeasureKind.SEAL, act)


def unseal(session: Session, vault: Vault, student: Student, act: Act) -> None:
    """Open the child again, also where it has left; joins the transaction."""
    rows = take_rows(session, vault, student)
    _set_sealed(session, rows_in_charge(rows, student.id), act.now, is_sealed=False)
    _record(session, vault, student.id, None, MeasureKind.UNSEAL, act)


def end_binding(
    session: Session, vault: Vault, student_id: UUID, binding_id: UUID, act: Act
) -> Binding:
    """End a guardian's binding in the school's name; joins the transaction.

    Raises AccessError 404 when it is not open, or another child's.
    """
    binding = session.scalars(
        update(Binding)
        .where(
            col(Binding.id) == binding_id,
            col(Binding.student_id) == student_id,
            col(Binding.ended_at).is_(None),
        )
        .values(ended_at=act.now, ended_by=act.by)
        .returning(Binding)
        .execution_options(synchronize_session=False)
    ).first()
    if binding is None:
        raise AccessError("no_such_binding")
    note_ending(session, "binding", binding_id, act.now)
    _record(session, vault, student_id, binding.guardian_id, MeasureKind.UNBIND, act)
    return binding


def undo_end(
    session: Session, vault: Vault, student: Student, binding_id: UUID, act: Act
) -> Binding:
    """Open again what the school ended within seven days; joins the transaction.

    Raises AccessError 404 for another child's, InputError("too_late") or ("not_possible").
    """
    take_rows(session, vault, student)
    binding = session.get(Binding, binding_id, with_for_update=True, populate_existing=True)
    if binding is None or binding.student_id != student.id:
        raise AccessError("no_such_binding")
    if not _can_undo(binding, act.now):
        raise InputError("too_late")
    is_taken = find_open_binding(session, binding.guardian_id, student.id) is not None
    if is_taken or not is_open_to(session, vault, binding.guardian_id, student):
        raise InputError("not_possible")
    binding.ended_at = binding.ended_by = None
    session.add(binding)
    session.flush()
    note_ending(session, "binding", binding_id, act.now, OPENED)
    _record(session, vault, student.id, binding.guardian_id, MeasureKind.REBIND, act)
    return binding


def keep_away(
    session: Session, vault: Vault, student_id: UUID, guardian_id: UUID, act: Act
) -> Binding | None:
    """Keep a guardian from the child; return the binding that ended by it, if one was open."""
    rows = take_rows(session, vault, session.get_one(Student, student_id))
    if not bars.bar(session, vault, guardian_id, student_id, by=act.by, now=act.now):
        raise InputError("answered")
    close_requests(session, student_id, guardian_id, by=act.by, now=act.now)
    end_of_receiver(session, guardian_id, [one.id for one in rows], act.by, act.now)
    _record(session, vault, student_id, guardian_id, MeasureKind.BAR, act)
    binding = find_open_binding(session, guardian_id, student_id)
    return end_binding(session, vault, student_id, binding.id, act) if binding else None


def let_near(session: Session, vault: Vault, student_id: UUID, guardian_id: UUID, act: Act) -> None:
    """Let the guardian try again; raises InputError("answered") when nothing keeps them."""
    rows = take_rows(session, vault, session.get_one(Student, student_id))
    ids = [one.id for one in rows_in_charge(rows, student_id)]
    if not bars.lift(session, vault, guardian_id, ids, by=act.by, now=act.now):
        raise InputError("answered")
    _record(session, vault, student_id, guardian_id, MeasureKind.LIFT, act)


def measures_of(session: Session, vault: Vault, student_id: UUID) -> list[tuple[Measure, str]]:
    """Return what was done about the child, newest first, each with its reason in clear."""
    statement = (
        select(Measure)
        .where(Measure.student_id == student_id)
        .order_by(col(Measure.taken_at).desc(), col(Measure.id))
    )
    return [(one, vault.open(one.reason_sealed, REASON)) for one in session.exec(statement)]


def clean_reason(text: str) -> str:
    """Return a reason fit to keep. Raises InputError for none, or one too long."""
    reason = " ".join(text.split())
    if not reason:
        raise InputError("no_reason", "reason")
    if len(reason) > MAX_REASON:
        raise InputError("too_long", "reason")
    return reason


def _set_sealed(session: Session, rows: list[Student], now: datetime, *, is_sealed: bool) -> None:
    changing = [one for one in rows if one.is_sealed is not is_sealed]
    if not changing:
        raise InputError("answered")
    for one in changing:
        one.is_sealed = is_sealed
        note_ending(session, "student", one.id, now, ENDED if is_sealed else OPENED)
    session.flush()


def _can_undo(binding: Binding, now: datetime) -> bool:
    return (
        binding.ended_at is not None
        and (binding.ended_by or "").startswith("staff:")
        and now - binding.ended_at <= UNDO_WITHIN
    )


def _record(
    session: Session,
    vault: Vault,
    student_id: UUID,
    guardian_id: UUID | None,
    kind: MeasureKind,
    act: Act,
) -> None:
    session.add(
        Measure(
            student_id=student_id,
            guardian_id=guardian_id,
            kind=kind,
            reason_sealed=vault.seal(act.reason, REASON),
            taken_by=act.by,
            taken_at=act.now,
        )
    )
    subject = f"student:{student_id}"
    record_audit(session, actor=act.by, action=f"binding.{kind}", subject=subject, now=act.now)
