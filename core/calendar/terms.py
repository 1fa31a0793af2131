"""Terms and our own days, as people type them in. Every row says who wrote it, and when.

The education bureau's circulars set them anew each school year, so none is derived.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.breaks import ROC
from core.calendar.scopes import require_scope
from core.calendar.tables import CalendarDay, Term
from core.db import insert_for, table_of
from core.errors import AccessError, InputError

# A term has some 100 lesson days.
MOST_BILLING_DAYS = 200
LONGEST_REASON = 40


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
    _check(session, scope, term)
    told = {
        "first_day": term.first_day,
        "last_day": term.last_day,
        "billing_days": term.billing_days,
        "source": term.source,
    }
    key = {"scope": scope, "school_year": term.school_year, "number": term.number}
    _put(session, Term, key, told, by, now)
    subject = f"term:{scope}/{term.school_year}/{term.number}"
    record_audit(session, actor=by, action="term.set", subject=subject, now=now)


def list_terms(session: Session, school_year: int | None = None) -> list[Term]:
    """Return the terms of a school year, or all of them, in their order."""
    statement = select(Term).order_by(
        col(Term.school_year), col(Term.number), col(Term.first_day), col(Term.scope)
    )
    if school_year is not None:
        statement = statement.where(Term.school_year == school_year)
    return list(session.exec(statement))


def set_day(session: Session, own: OwnDay, *, by: str, now: datetime) -> None:
    """Write a day that differs, in place of what the scope said of it; joins the transaction.

    Raises InputError with the field that can't be so.
    """
    scope = require_scope(session, own.scope)
    reason = own.reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise InputError("length", "reason")
    told = {"is_open": own.is_open, "reason": reason, "source": own.source}
    _put(session, CalendarDay, {"scope": scope, "day": own.day}, told, by, now)
    subject = f"calendar_day:{scope}/{own.day}"
    record_audit(session, actor=by, action="calendar_day.set", subject=subject, now=now)


def remove_day(session: Session, scope: str, day: date, *, by: str, now: datetime) -> None:
    """Take a day back, so that the wider layers count again; joins the transaction.

    Raises AccessError 404 when there is none.
    """
    statement = (
        delete(CalendarDay)
        .where(col(CalendarDay.scope) == scope.strip(), col(CalendarDay.day) == day)
        .returning(col(CalendarDay.id))
    )
    if session.execute(statement).first() is None:
        raise AccessError("no_such_day")
    subject = f"calendar_day:{scope.strip()}/{day}"
    record_audit(session, actor=by, action="calendar_day.remove", subject=subject, now=now)


def list_days(session: Session, first: date, last: date) -> list[CalendarDay]:
    """Return the days of our own from first to last."""
    statement = select(CalendarDay).where(col(CalendarDay.day).between(first, last))
    return list(session.exec(statement.order_by(col(CalendarDay.day), col(CalendarDay.scope))))


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
    told |= {"recorded_by": by, "recorded_at": now}
    row = model(**key, **told)
    values = row.model_dump()
    session.execute(
        insert_for(session, table_of(model))
        .values(**values)
        .on_conflict_do_update(index_elements=list(key), set_=told)
    )
