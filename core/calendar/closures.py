"""Closures: proposed by one person, confirmed by a second one, undone the same way.

Where a closure stands is read from its columns. Every step is one conditional update, so of two
people who press at once one acts and the other hears that it is answered. All functions join the
caller's transaction; refusals are InputError, a closure that is not there is AccessError 404.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.school_days import scope_of
from core.calendar.scopes import ClosureScope, label_of, require_known
from core.calendar.tables import Closure
from core.clock import school_day_of
from core.errors import AccessError, InputError
from core.kinds import DayPart
from core.notices.wording import PART_WORDS, short_date
from core.people.names import clean_line
from core.people.staff import are_one_person

# How long a proposal, of a closure or of its undoing, waits for the second person.
GOOD_FOR = timedelta(minutes=60)
LONGEST_SOURCE = 40


class ClosureState(StrEnum):
    """Where a closure stands. It counts in CONFIRMED and UNDO_PROPOSED only."""

    FOUND = "found"
    PROPOSED = "proposed"
    LAPSED = "lapsed"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    UNDO_PROPOSED = "undo_proposed"
    UNDONE = "undone"


def state_of(closure: Closure, now: datetime) -> ClosureState:
    """Return where a closure stands at a moment."""
    if closure.undone_at is not None:
        return ClosureState.UNDONE
    if closure.confirmed_at is not None:
        is_asked = closure.undo_proposed_at is not None and is_fresh(closure.undo_proposed_at, now)
        return ClosureState.UNDO_PROPOSED if is_asked else ClosureState.CONFIRMED
    if closure.declined_at is not None:
        return ClosureState.DECLINED
    if closure.proposed_by is None:
        return ClosureState.FOUND
    return ClosureState.PROPOSED if is_fresh(closure.proposed_at, now) else ClosureState.LAPSED


def waits_for_another(closure: Closure, own: Collection[str], now: datetime) -> bool:
    """Tell whether it, or its undoing, waits for a second person who is none of `own`.

    These are one person's accounts, staff:<uuid>, a role each.
    """
    waiting = (ClosureState.PROPOSED, ClosureState.UNDO_PROPOSED)
    return (
        state_of(closure, now) in waiting
        and (closure.undo_proposed_by or closure.proposed_by) not in own
    )


def is_fresh(proposed_at: datetime, now: datetime) -> bool:
    """Tell whether a proposal may still be confirmed."""
    return now - proposed_at < GOOD_FOR


def get_closure(session: Session, closure_id: UUID) -> Closure:
    """Return a closure as it is in the database now. Raises AccessError 404."""
    closure = session.get(Closure, closure_id, populate_existing=True)
    if closure is None:
        raise AccessError("no_such_closure")
    return closure


def list_closures(session: Session, first: date) -> list[Closure]:
    """Return the closures of days from `first` on, in the order of their days."""
    statement = select(Closure).where(col(Closure.day) >= first)
    return list(session.exec(statement.order_by(col(Closure.day), col(Closure.proposed_at))))


def summary_of(session: Session, closure: Closure) -> str:
    """Return a closure as staff read it: 中正區・國小，11/24（二）全天."""
    part = PART_WORDS[DayPart(closure.part)]
    return f"{label_of(session, scope_of(closure))}，{short_date(closure.day)}{part}"


def propose_closure(
    session: Session,
    *,
    scope: ClosureScope,
    day: date,
    part: DayPart,
    source: str,
    source_at: datetime,
    by: str,
    now: datetime,
) -> Closure:
    """Write a proposal, which nothing follows from until a second person confirms it.

    `source` and `source_at` are who announced it and when, as guardians will read it.
    """
    require_known(session, scope)
    _require_ahead(day, now)
    said = clean_line(source)
    if said is None:
        raise InputError("link", "source")
    if not 0 < len(said) <= LONGEST_SOURCE:
        raise InputError("length", "source")
    if source_at > now:
        raise InputError("future", "source_at")
    for twin in twins_of(session, scope, day, part):
        _refuse_twin(twin, now)
    closure = Closure(
        **asdict(scope),
        day=day,
        part=part,
        source=said,
        source_at=source_at,
        proposed_by=by,
        proposed_at=now,
    )
    session.add(closure)
    session.flush()
    _record(session, closure.id, "closure.propose", by, now)
    return closure


def adopt_find(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Make a machine's find somebody's proposal; a lapsed one may be taken over again."""
    closure = get_closure(session, closure_id)
    if closure.found_in is None:
        raise InputError("answered")
    _require_ahead(closure.day, now)
    for twin in twins_of(session, scope_of(closure), closure.day, DayPart(closure.part)):
        if twin.id != closure_id:
            _refuse_twin(twin, now)
    is_free = or_(col(Closure.proposed_by).is_(None), col(Closure.proposed_at) <= now - GOOD_FOR)
    values = {"proposed_by": by, "proposed_at": now}
    return _step(session, closure_id, "closure.adopt", by, now, _is_open(), is_free, **values)


def confirm_closure(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Make a closure count, as its second person. The caller holds the schools' rows."""
    closure = get_closure(session, closure_id)
    _require_proposed(closure, now)
    _require_second(session, closure.proposed_by, by)
    if any(
        twin.confirmed_at is not None
        for twin in twins_of(session, scope_of(closure), closure.day, DayPart(closure.part))
    ):
        raise InputError("already_closed")
    # The proposer is part of the condition: a find taken over by another needs another look.
    same = col(Closure.proposed_by) == closure.proposed_by
    values = {"confirmed_by": by, "confirmed_at": now}
    return _step(session, closure_id, "closure.confirm", by, now, _is_open(), same, **values)


def decline_closure(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Turn a proposal or a find down; its proposer may take it back this way."""
    closure = get_closure(session, closure_id)
    if state_of(closure, now) is ClosureState.LAPSED:
        raise InputError("expired")
    values = {"declined_by": by, "declined_at": now}
    return _step(session, closure_id, "closure.decline", by, now, _is_open(), **values)


def propose_undo(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Ask for a closure to be undone; it goes on counting until a second person agrees."""
    closure = get_closure(session, closure_id)
    _require_ahead(closure.day, now)
    if closure.confirmed_at is None:
        raise InputError("not_confirmed")
    if state_of(closure, now) is ClosureState.UNDO_PROPOSED:
        raise InputError("already_proposed")
    asked_at = col(Closure.undo_proposed_at)
    is_free = or_(asked_at.is_(None), asked_at <= now - GOOD_FOR)
    values = {"undo_proposed_by": by, "undo_proposed_at": now}
    return _step(session, closure_id, "closure.propose_undo", by, now, _counts(), is_free, **values)


def confirm_undo(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Undo a closure, as the second person. The caller holds the schools' rows."""
    closure = get_closure(session, closure_id)
    _require_undo_proposed(closure, now)
    _require_ahead(closure.day, now)
    _require_second(session, closure.undo_proposed_by, by)
    same = col(Closure.undo_proposed_by) == closure.undo_proposed_by
    values = {"undone_by": by, "undone_at": now}
    return _step(session, closure_id, "closure.undo", by, now, _counts(), same, **values)


def decline_undo(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Keep a closure: the proposal to undo it falls."""
    closure = get_closure(session, closure_id)
    _require_undo_proposed(closure, now)
    same = col(Closure.undo_proposed_by) == closure.undo_proposed_by
    values = {"undo_proposed_by": None, "undo_proposed_at": None}
    return _step(session, closure_id, "closure.decline_undo", by, now, _counts(), same, **values)


def _is_open() -> ColumnElement[bool]:
    return col(Closure.confirmed_at).is_(None) & col(Closure.declined_at).is_(None)


def _counts() -> ColumnElement[bool]:
    return col(Closure.confirmed_at).is_not(None) & col(Closure.undone_at).is_(None)


def _step(
    session: Session,
    closure_id: UUID,
    action: str,
    by: str,
    now: datetime,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> Closure:
    statement = (
        update(Closure)
        .where(col(Closure.id) == closure_id, *conditions)
        .values(**values)
        .returning(col(Closure.id))
        .execution_options(synchronize_session=False)
    )
    if session.execute(statement).first() is None:
        raise InputError("answered")
    _record(session, closure_id, action, by, now)
    return get_closure(session, closure_id)


def _record(session: Session, closure_id: UUID, action: str, by: str, now: datetime) -> None:
    record_audit(session, actor=by, action=action, subject=f"closure:{closure_id}", now=now)


def _require_ahead(day: date, now: datetime) -> None:
    if day < school_day_of(now):
        raise InputError("past", "day")


def _require_proposed(closure: Closure, now: datetime) -> None:
    match state_of(closure, now):
        case ClosureState.PROPOSED:
            _require_ahead(closure.day, now)
        case ClosureState.FOUND:
            raise InputError("not_proposed")
        case ClosureState.LAPSED:
            raise InputError("expired")
        case _:
            raise InputError("answered")


def _require_undo_proposed(closure: Closure, now: datetime) -> None:
    if closure.undone_at is not None or closure.undo_proposed_at is None:
        raise InputError("answered")
    if state_of(closure, now) is not ClosureState.UNDO_PROPOSED:
        raise InputError("expired")


def _require_second(session: Session, first: str | None, by: str) -> None:
    if first is None or are_one_person(session, first, by):
        raise InputError("own_confirm")


def twins_of(session: Session, scope: ClosureScope, day: date, part: DayPart) -> list[Closure]:
    """Return the closures of just this scope that hold or ask for the same part of the day."""
    same = [
        col(getattr(Closure, name)).is_not_distinct_from(value)
        for name, value in asdict(scope).items()
    ]
    statement = select(Closure).where(
        *same,
        col(Closure.day) == day,
        col(Closure.part).in_({part, DayPart.WHOLE}),
        col(Closure.declined_at).is_(None),
        col(Closure.undone_at).is_(None),
    )
    return list(session.exec(statement))


def _refuse_twin(twin: Closure, now: datetime) -> None:
    if twin.confirmed_at is not None:
        raise InputError("already_closed")
    if state_of(twin, now) is ClosureState.PROPOSED:
        raise InputError("already_proposed")
