"""Rows over age in parts, each of them found without a look at the others."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, select
from sqlmodel import Session, col

from core.calendar.term_ends import last_term_ends
from core.clock import day_end
from core.people.tables import Student

# So many rows go in one transaction.
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows over age. With `age` they go oldest first; without it an index serves the condition.

    `count` is how many they were when they were looked for, None where nobody counted.
    """

    condition: ColumnElement[bool]
    age: Any = None
    count: int | None = None

    @property
    def is_batch(self) -> bool:
        """Tell whether all of them may go in one transaction."""
        return self.count is not None and self.count <= BATCH


def of_ended_terms(
    session: Session, table: Table, age: str, over_by: date, narrowed: Sequence[Any]
) -> list[Slice]:
    """Return the rows of terms that were over by that Taipei date, day after day; only reads.

    A day's rows lie together, those of a school all over the table. Taken school by school each
    page would be fetched and written once for every school, and what went before passed again.
    """
    ends = last_term_ends(session, over_by)
    days: dict[date, dict[str, int]] = defaultdict(dict)
    for code in sorted(code for code in ends if code is not None):
        over = and_(_is_of(table, [code]), table.c[age] <= ends[code], *narrowed)
        counts = select(table.c[age], func.count()).where(over).group_by(table.c[age])
        for row in session.execute(counts):
            days[row[0]][code] = row[1]
    slices = [
        Slice(
            and_(_is_of(table, list(some)), table.c[age] == day, *narrowed),
            None,
            sum(some.values()),
        )
        for day in sorted(days)
        for some in in_batches(days[day])
    ]
    if table.c.student_id.nullable:
        # Of cards nobody knows; a doubtful tap has no day but that of its receipt.
        received = table.c.received_at < day_end(ends[None])
        slices.append(Slice(and_(table.c.student_id.is_(None), received, *narrowed)))
    return slices


def _is_of(table: Table, school_codes: Sequence[str]) -> ColumnElement[bool]:
    children = select(col(Student.id)).where(col(Student.school_code).in_(school_codes))
    among: ColumnElement[bool] = table.c.student_id.in_(children)
    return among


def in_batches(counts: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Yield schools together as far as their rows fit in one batch."""
    some: dict[str, int] = {}
    for code, count in counts.items():
        if some and sum(some.values()) + count > BATCH:
            yield some
            some = {}
        some[code] = count
    yield some
