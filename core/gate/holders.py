"""Who held a card at a moment: the dated mapping from chips to children."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from core.db import table_of
from core.people.tables import Card, Student
from core.rows import is_one_of, run
from core.values import value


@value()
class Holder:
    """A child and the time a card is theirs; `valid_until` None is still."""

    student_id: UUID
    school_code: str
    grade: int
    valid_from: datetime
    valid_until: datetime | None


def holders_of(session: Session, uids: Collection[str]) -> dict[str, list[Holder]]:
    """Return everybody who ever held each card, by chip, oldest first."""
    found: dict[str, list[Holder]] = defaultdict(list)
    for row in run(session, _cards, {"uids": list(uids)}):
        found[row.uid].append(Holder(*row[1:]))
    return found


@cache
def _cards(engine: str) -> Any:
    card, student = table_of(Card), table_of(Student)
    return (
        select(
            card.c.uid,
            card.c.student_id,
            student.c.school_code,
            student.c.grade,
            card.c.valid_from,
            card.c.valid_until,
        )
        .join(student, student.c.id == card.c.student_id)
        .where(is_one_of(engine, card.c.uid, "uids"))
        .order_by(card.c.valid_from)
    )


def holder_at(holders: Collection[Holder], moment: datetime) -> Holder | None:
    """Return who held the card at the moment."""
    for one in holders:
        if one.valid_from <= moment and (one.valid_until is None or moment < one.valid_until):
            return one
    return None


def former_holder(holders: Collection[Holder], moment: datetime) -> Holder | None:
    """Return who held the card last before the moment, once it was ended for them."""
    ended = [one for one in holders if one.valid_until is not None and one.valid_until <= moment]
    return ended[-1] if ended else None
