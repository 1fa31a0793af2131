"""Who held a card at a moment: the dated mapping from chips to children."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.people.tables import Card, Student


@dataclass(frozen=True, slots=True)
class Holder:
    """A child and the time a card is theirs; `valid_until` None is still."""

    student_id: UUID
    school_code: str
    grade: int
    valid_from: datetime
    valid_until: datetime | None


def holders_of(session: Session, uids: Collection[str]) -> dict[str, list[Holder]]:
    """Return everybody who ever held each card, by chip, oldest first."""
    rows = session.execute(
        select(
            col(Card.uid),
            col(Card.student_id),
            col(Student.school_code),
            col(Student.grade),
            col(Card.valid_from),
            col(Card.valid_until),
        )
        .join(Student, col(Student.id) == col(Card.student_id))
        .where(col(Card.uid).in_(uids))
        .order_by(col(Card.valid_from))
    )
    found: dict[str, list[Holder]] = defaultdict(list)
    for row in rows:
        found[row.uid].append(Holder(*row[1:]))
    return found


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
