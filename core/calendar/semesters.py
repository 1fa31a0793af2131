"""Semesters: which one a day belongs to, as (ROC school year, 1 or 2)."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session

from core.calendar.breaks import ROC, school_year_of
from core.calendar.scopes import Place
from core.calendar.tables import Term
from core.db import table_of
from core.rows import is_one_of, run

# The last day before the statutory winter break, as in breaks.py.
LAST_OF_FIRST = (1, 20)


@dataclass(frozen=True, slots=True, order=True)
class Semester:
    """A school year of the ROC calendar, such as 115, and the first or second half of it."""

    year: int
    number: int

    @property
    def label(self) -> str:
        """Return 115 學年度第 1 學期."""
        return f"{self.year} 學年度第 {self.number} 學期"

    @property
    def following(self) -> "Semester":
        """Return the next one."""
        return Semester(self.year, 2) if self.number == 1 else Semester(self.year + 1, 1)


def semester_on(session: Session, place: Place, day: date) -> Semester:
    """Return the semester of a Taipei date at a place; one query.

    A break belongs to the semester after it: whoever looks then wants to know what comes. The
    summer's July is the exception, as the school year turns on 1 August. Where no term was typed
    in, the statutory frame says when the first half ends.
    """
    year = school_year_of(day)
    rows = run(session, _first_halves, {"scopes": list(place.scopes), "year": year})
    ends = {row.scope: row.last_day for row in rows}
    known = next((ends[scope] for scope in place.scopes if scope in ends), None)
    return Semester(year, 1 if day <= (known or date(year + ROC + 1, *LAST_OF_FIRST)) else 2)


@cache
def _first_halves(engine: str) -> Any:
    row = table_of(Term).c
    return select(row.scope, row.last_day).where(
        is_one_of(engine, row.scope, "scopes"),
        row.school_year == bindparam("year"),
        row.number == 1,
    )
