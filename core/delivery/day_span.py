"""The school days of what is looked for, as a span: it keeps PostgreSQL out of the other months.

Of a list it would know them only where it plans anew for every list.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, bindparam


def within_span(of: ColumnElement[date]) -> ColumnElement[bool]:
    """Return the condition that a day lies in the span that `span_of` gives."""
    return of.between(bindparam("first_day", type_=of.type), bindparam("last_day", type_=of.type))


def span_of(days: Collection[date]) -> dict[str, date]:
    """Return the parameters of `within_span`; there is at least one day."""
    return {"first_day": min(days), "last_day": max(days)}
