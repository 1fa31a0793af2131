"""Terms and our own days, as people type them in. Every row says who wrote it, and when.

The education bureau's circulars set them anew each school year, so none is derived.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.breaks import ROC
from core.calendar.changes import ChangeKind, record_change
from core.calendar.scopes import Place, hold_schools, parts_of, require_scope
from core.calendar.tables import CalendarDay, Term
from core.db import insert_for, table_of
from core.errors import AccessError, InputError

# A term has some 100 lesson days.
MOST_BILLING_DAYS = 200
LONGEST_REASON = 40
DAY_FACTS = ("is_open", "reason", "source")
TERM_FACTS = ("first_day", "last_day", "billing_days", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerm:
    """The lesson days of a term. `school_year` is ROC, such as 115; `number` is 1 or 2.

    `billing_days` is what the SMS service charges by, as the order slip says, or None.
    """

    scope: str
    school_year: int
    number: int
    first_day: date
    last_day: date
    billing_days: int | None = None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDay:
    """A day that differs: a make-up school day (open) or a day off."""

    scope: str
    day: date
    is_open: bool
    reason: str
    source: str


def set_term(session: Session, term: NewTerm, *, by: str, now: datetime) -> None:
    """Add a term, or replace the one of the same scope, year and number; joins the transaction.

    Raises InputError with the field that can't be so.
    """
    scope = require_scope(session, term.scope)
    hold_schools(session, parts_of(scope))
    _check(session, scope, term)
    key = {"scope": scope, "school_year": term.school_year, "number": term.number}
    before = find_term(session, scope, term.school_year, term.number)
    told = {name: getattr(term, name) for name in TERM_FACTS}
    named = f"{term.school_year}/{term.number}"
    subject = f"term:{scope}/{named}"
    record_audit(session, actor=by, action="term.set", subject=subject, now=now)
    record_change(
        session,
        scope=scope,
        kind=ChangeKind.TERM,
        subject=named,
        before=before.model_dump(include=set(TERM_FACTS)) if before else None,
        after=told,
        from_day=first_moved(before, term),
        by=by,
        now=now,
    )
    _put(session, Term, key, told, by, now)


def require_term_ahead(session: Session, term: NewTerm, today: date) -> None:
    """Refuse to change days of a term that have begun. Raises InputError begun with the field."""
    before = find_term(session, term.scope, term.school_year, term.number)
    if term.last_day < today:
        raise InputError("begun", "last_day")
    if before is not None and first_moved(before, term) <= today:
        is_first = before.first_day != term.first_day
        raise InputError("begun", "first_day" if is_first else "last_day")


def find_term(session: Session, scope: str, school_year: int, number: int) -> Term | None:
    """Return the term as this very scope has it."""
    statement = select(Term).where(
        Term.scope == scope, Term.school_year == school_year, Term.number == number
    )
    return session.exec(statement.execution_options(populate_existing=True)).first()


def undo_term(
    session: Session, scope: str, named: str, before: dict[str, Any] | None, by: str, now: datetime
) -> None:
    """Put a term back as it was, or take it away; joins the caller's transaction.

    `named` is such as 115/1, `before` as the change tells it.
    """
    hold_schools(session, parts_of(scope))
    year, number = map(int, named.split("/"))
    key = {"scope": scope, "school_year": year, "number": number}
    if before is None:
        conditions = (col(getattr(Term, name)) == value for name, value in key.items())
        session.execute(delete(Term).where(*conditions))
    else:
        days = {name: date.fromisoformat(before[name]) for name in ("first_day", "last_day")}
        _put(session, Term, key, before | days, by, now)
    subject = f"term:{scope}/{named}"
    record_audit(session, actor=by, action="term.undo", subject=subject, now=now)


def list_terms(session: Session, school_year: int | None = None) -> list[Term]:
    """Return the terms of a school year, or all of them, in their order."""
    statement = select(Term).order_by(
        col(Term.school_year), col(Term.number), col(Term.first_day), col(Term.scope)
    )
    if school_year is not None:
        statement = statement.where(Term.school_year == school_year)
    return list(session.exec(statement))


def term_end(session: Session, place: Place, day: date) -> date | None:
    """Return the last day of the term a place is in, or before, on that day; None: not known."""
    rows = session.exec(select(Term).where(col(Term.scope).in_(place.scopes)))
    widest_first = sorted(rows, key=lambda row: -place.scopes.index(row.scope))
    # Term by term: a school may have typed in only one of them.
    ends = {(row.school_year, row.number): row.last_day for row in widest_first}
    return min((end for end in ends.values() if end >= day), default=None)


def set_day(session: Session, own: OwnDay, *, by: str, now: datetime) -> None:
    """Write a day that differs, in place of what the scope said of it; joins the transaction.

    Raises InputError with the field that can't be so.
    """
    scope = require_scope(session, own.scope)
    reason = own.reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise InputError("length", "reason")
    hold_schools(session, parts_of(scope))
    told = {"is_open": own.is_open, "reason": reason, "source": own.source}
    _record_day(session, scope, own.day, told, by, now)
    _put(session, CalendarDay, {"scope": scope, "day": own.day}, told, by, now)
    subject = f"calendar_day:{scope}/{own.day}"
    record_audit(session, actor=by, action="calendar_day.set", subject=subject, now=now)


def remove_day(session: Session, scope: str, day: date, *, by: str, now: datetime) -> None:
    """Take a day back, so that the wider layers count again; joins the transaction.

    Raises AccessError 404 when there is none.
    """
    named = scope.strip()
    hold_schools(session, parts_of(named))
    if find_day(session, named, day) is None:
        raise AccessError("no_such_day")
    _record_day(session, named, day, None, by, now)
    _delete_day(session, named, day)
    subject = f"calendar_day:{named}/{day}"
    record_audit(session, actor=by, action="calendar_day.remove", subject=subject, now=now)


def undo_day(
    session: Session, scope: str, day: date, before: dict[str, Any] | None, by: str, now: datetime
) -> None:
    """Put a day back as the change tells it was, or take it away; joins the transaction."""
    hold_schools(session, parts_of(scope))
    if before is None:
        _delete_day(session, scope, day)
    else:
        _put(session, CalendarDay, {"scope": scope, "day": day}, before, by, now)
    subject = f"calendar_day:{scope}/{day}"
    record_audit(session, actor=by, action="calendar_day.undo", subject=subject, now=now)


def find_day(session: Session, scope: str, day: date) -> CalendarDay | None:
    """Return the day as this very scope has it."""
    statement = select(CalendarDay).where(CalendarDay.scope == scope, CalendarDay.day == day)
    return session.exec(statement.execution_options(populate_existing=True)).first()


def list_days(session: Session, first: date, last: date) -> list[CalendarDay]:
    """Return the days of our own from first to last."""
    statement = select(CalendarDay).where(col(CalendarDay.day).between(first, last))
    return list(session.exec(statement.order_by(col(CalendarDay.day), col(CalendarDay.scope))))


def _record_day(
    session: Session, scope: str, day: date, told: dict[str, Any] | None, by: str, now: datetime
) -> None:
    before = find_day(session, scope, day)
    record_change(
        session,
        scope=scope,
        kind=ChangeKind.DAY,
        subject=str(day),
        before=before.model_dump(include=set(DAY_FACTS)) if before else None,
        after=told,
        from_day=day,
        by=by,
        now=now,
    )


def _delete_day(session: Session, scope: str, day: date) -> None:
    own = (col(CalendarDay.scope) == scope, col(CalendarDay.day) == day)
    session.execute(delete(CalendarDay).where(*own))


def first_moved(before: Term | None, term: NewTerm) -> date:
    """Return the first day on which a term that was changed makes a difference."""
    if before is None:
        return term.first_day
    if before.first_day != term.first_day:
        return min(before.first_day, term.first_day)
    return min(before.last_day, term.last_day) + timedelta(days=1)


def _check(session: Session, scope: str, term: NewTerm) -> None:
    if term.number not in (1, 2):
        raise InputError("out_of_range", "number")
    year = term.school_year + ROC
    if not date(year, 8, 1) <= term.first_day <= date(year + 1, 7, 31):
        # An order slip once ended a term in the year before it began.
        raise InputError("other_school_year", "first_day")
    if not date(year, 8, 1) <= term.last_day <= date(year + 1, 7, 31):
        raise InputError("other_school_year", "last_day")
    if term.first_day > term.last_day:
        raise InputError("before_first_day", "last_day")
    if term.billing_days is not None and not 0 < term.billing_days <= MOST_BILLING_DAYS:
        raise InputError("out_of_range", "billing_days")
    other = session.exec(
        select(Term).where(
            Term.scope == scope,
            Term.school_year == term.school_year,
            Term.number == 3 - term.number,
        )
    ).first()
    if other and other.first_day <= term.last_day and term.first_day <= other.last_day:
        raise InputError("overlap", "first_day")
    if other and (other.first_day < term.first_day) is (term.number == 1):
        raise InputError("order", "first_day")


def _put(
    session: Session,
    model: type[Term] | type[CalendarDay],
    key: dict[str, Any],
    told: dict[str, Any],
    by: str,
    now: datetime,
) -> None:
    told = told | {"recorded_by": by, "recorded_at": now}
    row = model(**key, **told)
    values = row.model_dump()
    session.execute(
        insert_for(session, table_of(model))
        .values(**values)
        .on_conflict_do_update(index_elements=list(key), set_=told)
    )
