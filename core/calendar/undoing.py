"""Taking a change of the settings back before its first day begins."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.calendar.changes import ChangeKind, get_change, read_side, take_back
from core.calendar.policy import undo_rule
from core.calendar.scopes import hold_schools, parts_of
from core.calendar.tables import SettingChange
from core.calendar.terms import undo_day, undo_term


def undo_change(
    session: Session, change_id: UUID, scopes: Collection[str], *, by: str, now: datetime
) -> SettingChange:
    """Put back what stood before a change of these scopes; joins the caller's transaction.

    Raises AccessError 404, and InputError as core.calendar.changes.take_back does.
    """
    scope = get_change(session, change_id, scopes).scope
    hold_schools(session, parts_of(scope))
    change = get_change(session, change_id, scopes)
    take_back(session, change, by=by, now=now)
    before, after = read_side(change.before), read_side(change.after)
    if change.kind == ChangeKind.RULE:
        undo_rule(session, _id(before), _id(after), now)
    elif change.kind == ChangeKind.DAY:
        undo_day(session, scope, date.fromisoformat(change.subject), before, by, now)
    else:
        undo_term(session, scope, change.subject, before, by, now)
    return change


def _id(side: dict[str, Any] | None) -> str | None:
    return str(side["id"]) if side else None
