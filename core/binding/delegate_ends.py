"""The end of 代收: by either side, with the binding it hangs on, by a bar, by time.

Every function joins the caller's transaction.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from core.audit import record_audit
from core.binding.bars import is_barred
from core.binding.delegates import Delegation, rows_lent, with_child
from core.binding.tables import Delegate
from core.clock import school_day_of
from core.crypto import Vault
from core.endings import note_ending
from core.errors import AccessError
from core.people.names import given_name
from core.people.tables import AccountLink, Binding


def end_of_account(
    session: Session, vault: Vault, guardian_id: UUID, line_user_id: str, now: datetime
) -> None:
    """End what a LINE account receives of children whom its new guardian is kept from; joins the
    transaction.

    Before the link nobody could know whose it was. Nobody is told.
    """
    received = session.exec(
        with_child().where(Delegate.line_user_id == line_user_id, col(Delegate.ended_at).is_(None))
    ).all()
    for one in received:
        ids = [row.id for row in rows_lent(session, vault, one[0])]
        if is_barred(session, vault, guardian_id, ids):
            _end(session, one, "bar", now)


def end_by_owner(
    session: Session, delegate_id: UUID, guardian_id: UUID, now: datetime
) -> Delegation | None:
    """End what the guardian gave, None where it was over; joins the transaction.

    Raises AccessError 404 for others'.
    """
    own = with_child().where(Delegate.id == delegate_id, Binding.guardian_id == guardian_id)
    return _end_own(session, session.exec(own).first(), f"guardian:{guardian_id}", now)


def end_by_receiver(
    session: Session, delegate_id: UUID, line_user_id: str, now: datetime
) -> Delegation | None:
    """End what the LINE user receives, None where it was over; joins the transaction.

    Raises AccessError 404 for others'.
    """
    own = with_child().where(Delegate.id == delegate_id, Delegate.line_user_id == line_user_id)
    return _end_own(session, session.exec(own).first(), f"delegate:{delegate_id}", now)


def end_of_bindings(session: Session, binding_ids: list[UUID], now: datetime) -> list[Delegation]:
    """End what hangs on bindings that are over; return those somebody had taken up."""
    found = session.exec(
        with_child().where(
            col(Delegate.binding_id).in_(binding_ids), col(Delegate.ended_at).is_(None)
        )
    ).all()
    return _end_all(session, list(found), "binding", now)


def end_of_receiver(
    session: Session, guardian_id: UUID, student_ids: Collection[UUID], by: str, now: datetime
) -> None:
    """End what this guardian's LINE accounts, past ones too, receive of the child; joins the
    transaction.

    Nobody is told: it follows from the school's keeping somebody away.
    """
    theirs = select(AccountLink.line_user_id).where(AccountLink.guardian_id == guardian_id)
    found = session.exec(
        with_child().where(
            col(Delegate.line_user_id).in_(theirs),
            col(Binding.student_id).in_(student_ids),
            col(Delegate.ended_at).is_(None),
        )
    ).all()
    _end_all(session, list(found), by, now)


def has_overdue(session: Session, now: datetime) -> bool:
    """Tell whether there is something to end."""
    return session.exec(_overdue(now).limit(1)).first() is not None


def _overdue(now: datetime) -> Any:
    over = or_(Delegate.until < school_day_of(now), col(Binding.ended_at).is_not(None))
    return with_child().where(col(Delegate.ended_at).is_(None), over)


def end_overdue(session: Session, now: datetime) -> list[Delegation]:
    """End what has run out, or whose binding did; return those somebody had taken up."""
    found = session.exec(_overdue(now)).all()
    return _end_all(session, list(found), "time", now)


def _end_all(
    session: Session, found: list[tuple[Delegate, str]], by: str, now: datetime
) -> list[Delegation]:
    ended = [_end(session, one, by, now) for one in found]
    return [one for one in ended if one.delegate.accepted_at is not None]


def _end_own(
    session: Session, found: tuple[Delegate, str] | None, by: str, now: datetime
) -> Delegation | None:
    if found is None:
        raise AccessError("no_such_delegate")
    return None if found[0].ended_at is not None else _end(session, found, by, now)


def _end(session: Session, found: tuple[Delegate, str], by: str, now: datetime) -> Delegation:
    delegate, name = found
    delegate.ended_at, delegate.ended_by, delegate.code_sealed = now, by, None
    session.add(delegate)
    session.flush()
    note_ending(session, "delegate", delegate.id, now)
    subject = f"delegate:{delegate.id}"
    record_audit(session, actor=by, action="delegate.end", subject=subject, now=now)
    return Delegation(delegate, given_name(name))
