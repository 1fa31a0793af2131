"""Custody: a guardian whom the school keeps from a child, without a word to anybody else.

A bar names the Taipei Pass member: whoever deletes the account and comes back is kept away still.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from core.binding.tables import BindingBar
from core.crypto import Vault
from core.db import insert_for, table_of
from core.people.guardians import guardian_name
from core.people.tables import Guardian

MEMBER = "binding_bar.member"


@dataclass(frozen=True, slots=True)
class Barred:
    """Somebody kept away; `name` is "" where no account is left."""

    guardian_id: UUID
    name: str
    barred_at: datetime


def is_barred(
    session: Session, vault: Vault, guardian_id: UUID, student_ids: Collection[UUID]
) -> bool:
    """Tell whether a school keeps this guardian from the child, on any of the child's rows."""
    theirs = _of_member(session, vault, guardian_id)
    statement = select(BindingBar.id).where(*_open(student_ids), theirs)
    return session.exec(statement).first() is not None


def bar(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    student_id: UUID,
    *,
    by: str,
    now: datetime,
) -> bool:
    """Keep the guardian from the child; tell whether that is new. Joins the transaction."""
    member = _member(session, guardian_id)
    row = BindingBar(
        guardian_id=guardian_id,
        student_id=student_id,
        member_index=vault.index(member, MEMBER),
        member_sealed=vault.seal(member, MEMBER),
        barred_by=by,
        barred_at=now,
    )
    return _add(session, row)


def lift(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    student_ids: Collection[UUID],
    *,
    by: str,
    now: datetime,
) -> bool:
    """Let the guardian try again; tell whether there was a bar. Joins the transaction."""
    lifted = session.execute(
        update(BindingBar)
        .where(*_open(student_ids), _of_member(session, vault, guardian_id))
        .values(lifted_at=now, lifted_by=by)
        .returning(col(BindingBar.id))
        .execution_options(synchronize_session=False)
    ).first()
    return lifted is not None


def inherit_bars(session: Session, former_ids: Collection[UUID], student_id: UUID) -> None:
    """Let what keeps guardians from a child's other rows hold on a new one; joins the
    transaction.
    """
    for one in session.exec(select(BindingBar).where(*_open(former_ids))).all():
        facts = one.model_dump(exclude={"id", "student_id"})
        _add(session, BindingBar(**facts, student_id=student_id))


def barred_from(session: Session, vault: Vault, student_ids: Collection[UUID]) -> list[Barred]:
    """Return whom the schools keep from the child, each once, longest first."""
    statement = select(BindingBar).where(*_open(student_ids)).order_by(col(BindingBar.barred_at))
    rows = {
        vault.open(one.member_sealed, MEMBER): one
        for one in reversed(session.exec(statement).all())
    }
    members = select(Guardian).where(col(Guardian.taipei_pass_id).in_(rows))
    names = {one.taipei_pass_id: guardian_name(vault, one) for one in session.exec(members)}
    return [
        Barred(row.guardian_id, names.get(member, ""), row.barred_at)
        for member, row in reversed(rows.items())
    ]


def _add(session: Session, row: BindingBar) -> bool:
    statement = insert_for(session, table_of(BindingBar)).values(row.model_dump())
    made = session.execute(
        statement.on_conflict_do_nothing().returning(table_of(BindingBar).c.id)
    ).first()
    return made is not None


def _open(student_ids: Collection[UUID]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(BindingBar.student_id).in_(student_ids), col(BindingBar.lifted_at).is_(None)


def _of_member(session: Session, vault: Vault, guardian_id: UUID) -> ColumnElement[bool]:
    indexes = vault.index_candidates(_member(session, guardian_id), MEMBER)
    return or_(
        col(BindingBar.guardian_id) == guardian_id, col(BindingBar.member_index).in_(indexes)
    )


def _member(session: Session, guardian_id: UUID) -> str:
    return session.exec(select(Guardian.taipei_pass_id).where(Guardian.id == guardian_id)).one()
