"""Changes of a school's settings: who made them, from which day they count, and taking them back.

A change is written beside what it changes, in the same transaction.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.calendar.tables import SettingChange
from core.clock import school_day_of
from core.errors import AccessError, InputError

MOST_SHOWN = 40


class ChangeKind(StrEnum):
    """What was changed. The office calendar is corrected by its next file, never taken back."""

    RULE = "rule"
    DAY = "day"
    TERM = "term"
    OFFICE = "office"


def record_change(
    session: Session,
    *,
    scope: str,
    kind: ChangeKind,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    from_day: date,
    by: str,
    now: datetime,
) -> UUID:
    """Write a change and return its id; joins the caller's transaction."""
    latest = session.exec(_of_subject(scope, kind, subject)).first()
    change = SettingChange(
        scope=scope,
        kind=kind,
        subject=subject,
        number=1 if latest is None else latest.number + 1,
        before=_json(before),
        after=_json(after),
        from_day=from_day,
        recorded_by=by,
        recorded_at=now,
    )
    session.add(change)
    session.flush()
    return change.id


def list_changes(
    session: Session, scopes: Collection[str], kinds: Collection[ChangeKind]
) -> list[SettingChange]:
    """Return the latest changes of these scopes, newest first."""
    statement = (
        select(SettingChange)
        .where(col(SettingChange.scope).in_(scopes), col(SettingChange.kind).in_(kinds))
        .order_by(col(SettingChange.recorded_at).desc(), col(SettingChange.number).desc())
        .limit(MOST_SHOWN)
    )
    return list(session.exec(statement))


def get_change(session: Session, change_id: UUID, scopes: Collection[str]) -> SettingChange:
    """Return a change of these scopes as it is now. Raises AccessError 404."""
    change = session.get(SettingChange, change_id, populate_existing=True)
    if change is None or change.scope not in scopes:
        raise AccessError("no_such_change")
    return change


def is_coming(change: SettingChange, now: datetime) -> bool:
    """Tell whether a change stands and its first day has not begun."""
    return (
        change.undone_at is None
        and change.from_day > school_day_of(now)
        and change.kind != ChangeKind.OFFICE
    )


def take_back(session: Session, change: SettingChange, *, by: str, now: datetime) -> None:
    """Mark a change as undone; joins the caller's transaction, which puts back what was.

    Raises InputError: begun, answered (somebody else was first), newer (another change of the same
    came after it).
    """
    if change.undone_at is not None:
        raise InputError("answered")
    if not is_coming(change, now):
        raise InputError("begun")
    same = _of_subject(change.scope, change.kind, change.subject)
    latest = session.exec(same.where(col(SettingChange.undone_at).is_(None))).first()
    if latest is not None and latest.id != change.id:
        raise InputError("newer")
    marked = session.execute(
        update(SettingChange)
        .where(col(SettingChange.id) == change.id, col(SettingChange.undone_at).is_(None))
        .values(undone_by=by, undone_at=now)
        .returning(col(SettingChange.id))
    ).first()
    if marked is None:
        raise InputError("answered")


def read_side(side: str | None) -> dict[str, Any] | None:
    """Return what stood before or after a change; dates and times are ISO texts."""
    found: dict[str, Any] | None = orjson.loads(side) if side else None
    return found


def _json(side: Mapping[str, Any] | None) -> str | None:
    return None if side is None else orjson.dumps(dict(side)).decode()


def _of_subject(scope: str, kind: str, subject: str) -> SelectOfScalar[SettingChange]:
    return (
        select(SettingChange)
        .where(
            SettingChange.scope == scope,
            SettingChange.kind == kind,
            SettingChange.subject == subject,
        )
        .order_by(col(SettingChange.number).desc())
        .execution_options(populate_existing=True)
    )
