"""Whose data a key, an account or a span of time touched: our pseudonymous ids, with counts.

Names are opened by nobody here; `contacts` opens what is needed to tell those concerned.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, func, or_, select
from sqlmodel import Session, col

from core.audit import AuditEntry
from core.crypto import Vault
from core.people.guardians import EMAIL, PHONE, guardian_name
from core.people.tables import Binding, Guardian
from core.secrecy.columns import HiddenColumn, hidden_tables

# Rows are read and ids looked up so many at a time.
CHUNK = 500
STUDENT, GUARDIAN, STAFF = "student", "guardian", "staff"
# Which column of a table says whose row it is.
OWNERS = {
    "student": (STUDENT, "id"),
    "guardian": (GUARDIAN, "id"),
    "staff": (STAFF, "id"),
    "student_id": (STUDENT, "student_id"),
    "guardian_id": (GUARDIAN, "guardian_id"),
    "staff_id": (STAFF, "staff_id"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` until before `until`; both aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """One person or thing, how it was touched, how often, and when (None: not known)."""

    whose: str
    how: str
    times: int
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """How to tell a guardian: opened with the keys."""

    guardian: str
    name: str
    email: str
    phone: str


def touched_by_actor(session: Session, actor: str | None, span: Span) -> Iterator[Touch]:
    """Yield what an account (such as staff:<uuid>), or everybody (None), did and looked at."""
    subject, action, at = col(AuditEntry.subject), col(AuditEntry.action), col(AuditEntry.at)
    statement = select(subject, action, func.count(), func.min(at), func.max(at)).where(
        at >= span.since, at < span.until
    )
    if actor is not None:
        statement = statement.where(col(AuditEntry.actor) == actor)
    statement = statement.group_by(subject, action).order_by(subject, action)
    row: Any
    for row in session.execute(statement):
        yield Touch(*row)


def touched_by_key(session: Session, key_id: str) -> Iterator[Touch]:
    """Yield every row that holds a value under this key now, by its owner or its own id."""
    for table, columns in hidden_tables().items():
        yield from _under_key(session, table, columns, key_id)


def _under_key(
    session: Session, table: Table, columns: Sequence[HiddenColumn], key_id: str
) -> Iterator[Touch]:
    held = [one.under(key_id) for one in columns]
    kind, owner = _owner(table)
    if owner is None:
        count = session.scalar(select(func.count()).select_from(table).where(or_(*held))) or 0
        if count:
            # Whose they are is itself hidden.
            yield Touch(f"{table.name}:*", "sealed", count)
        return
    statement = select(table.c[owner], func.count()).where(
        and_(or_(*held), table.c[owner].is_not(None))
    )
    rows = session.execute(statement.group_by(table.c[owner]).order_by(table.c[owner]))
    for row in rows.yield_per(CHUNK):
        yield Touch(f"{kind}:{row[0]}", f"sealed in {table.name}", row[1])


def _owner(table: Table) -> tuple[str, str | None]:
    if table.name in OWNERS:
        return OWNERS[table.name]
    for name in ("student_id", "guardian_id", "staff_id"):
        if name in table.c:
            return OWNERS[name]
    keys = list(table.primary_key.columns)
    # A key that hides somebody, or a code, names nobody.
    is_plain = len(keys) == 1 and keys[0].name == "id"
    return table.name, "id" if is_plain else None


def contacts(session: Session, vault: Vault, touched: Collection[str]) -> Iterator[Contact]:
    """Yield the guardians among those touched, and those of the children among them."""
    ids: dict[str, list[str]] = {GUARDIAN: [], STUDENT: []}
    for one in touched:
        kind, _, value = one.partition(":")
        if kind in ids:
            ids[kind].append(value)
    found: dict[Any, Guardian] = {}
    for chunk in _chunks(ids[GUARDIAN]):
        found |= _guardians(session, col(Guardian.id).in_(chunk))
    for chunk in _chunks(ids[STUDENT]):
        bound = select(col(Binding.guardian_id)).where(col(Binding.student_id).in_(chunk))
        found |= _guardians(session, col(Guardian.id).in_(bound))
    for guardian in sorted(found.values(), key=lambda one: str(one.id)):
        yield Contact(
            f"{GUARDIAN}:{guardian.id}",
            guardian_name(vault, guardian),
            _email(vault, guardian),
            vault.open(guardian.phone_sealed, PHONE) if guardian.phone_sealed else "",
        )


def _email(vault: Vault, guardian: Guardian) -> str:
    """Return one address, a proved one where there is one."""
    held = [
        (guardian.email1_is_verified, guardian.email1_sealed),
        (guardian.email2_is_verified, guardian.email2_sealed),
    ]
    sealed = [one for _, one in sorted(held, key=lambda pair: not pair[0]) if one]
    return vault.open(sealed[0], EMAIL) if sealed else ""


def _guardians(session: Session, which: Any) -> dict[Any, Guardian]:
    return {one.id: one for one in session.scalars(select(Guardian).where(which))}


def _chunks(values: Sequence[str]) -> Iterator[list[Any]]:
    for start in range(0, len(values), CHUNK):
        yield [UUID(one) for one in values[start : start + CHUNK]]
