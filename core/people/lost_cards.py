"""掛失: a guardian blocks the child's card, at once and for good."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, update
from sqlmodel import Session, col, select

from core.audit import AuditEntry, record_audit
from core.db import table_of
from core.endings import note_ending
from core.errors import InputError
from core.people.tables import Card, EnrollmentStatus, Student
from core.rows import is_one_of, run

ACTION = "card.lost"
# By a guardian, and by an operator.
BLOCKED_BY = (ACTION, "card.end")


def live_card(session: Session, student_id: UUID) -> Card | None:
    """Return the card a child taps with now: the newest, as a reissue ends the earlier one.

    None for a child who is no longer enrolled: the city closes the function then.
    """
    return session.exec(
        select(Card)
        .join(Student, col(Student.id) == col(Card.student_id))
        .where(
            Card.student_id == student_id,
            col(Card.valid_until).is_(None),
            Student.status == EnrollmentStatus.ENROLLED,
        )
        .order_by(col(Card.valid_from).desc())
    ).first()


def last_ended(session: Session, student_id: UUID) -> datetime | None:
    """Return since when a child has no card: the end of the last one, None where one is live or
    none ever was.
    """
    return last_ends(session, [student_id]).get(student_id)


def last_ends(session: Session, student_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return since when each of these children has no card, as last_ended tells; one query."""
    if not student_ids:
        return {}
    rows = run(session, _ends, {"student_ids": list(student_ids)})
    return {row.student_id: row.ended for row in rows if not row.live and row.ended is not None}


@cache
def _ends(engine: str) -> Any:
    card, student = table_of(Card).c, table_of(Student).c
    # As live_card has it.
    is_live = and_(card.valid_until.is_(None), student.status == EnrollmentStatus.ENROLLED.value)
    return (
        select(
            card.student_id,
            func.sum(case((is_live, 1), else_=0)).label("live"),
            func.max(card.valid_until).label("ended"),
        )
        .join(table_of(Student), student.id == card.student_id)
        .where(is_one_of(engine, card.student_id, "student_ids"))
        .group_by(card.student_id)
    )


def blocked_cards(session: Session, uids: Collection[str]) -> set[tuple[str, str]]:
    """Return which of these chips were blocked, and the index of the identity number of whose they
    were, at whatever school: a found card stays dead.

    One that only gave way to a reissue is none of them.
    """
    ended = (
        select(Card, Student.national_id_index)
        .join(Student, col(Student.id) == col(Card.student_id))
        .where(col(Card.uid).in_(uids), col(Card.valid_until).is_not(None))
    )
    by_end = {
        (f"student:{card.student_id}", card.valid_until): (card.uid, person)
        for card, person in session.exec(ended)
    }
    blocks = select(AuditEntry.subject, AuditEntry.at).where(
        col(AuditEntry.subject).in_({subject for subject, _ in by_end}),
        col(AuditEntry.action).in_(BLOCKED_BY),
    )
    return {by_end[end] for end in session.exec(blocks) if end in by_end}


def report_lost(
    session: Session, *, student_id: UUID, card_id: UUID, by: str, now: datetime
) -> None:
    """Block the card the guardian was shown; joins the transaction.

    Raises InputError `no_card` where that card is not the child's live one any more: it was
    blocked or replaced since, and the new one must not be hit by an old form.
    """
    live = live_card(session, student_id)
    blocked = session.execute(
        update(Card)
        .where(
            col(Card.id) == card_id,
            col(Card.student_id) == student_id,
            col(Card.valid_until).is_(None),
        )
        .values(valid_until=now)
        .returning(col(Card.id))
        .execution_options(synchronize_session=False)
    ).first()
    if live is None or blocked is None:
        raise InputError("no_card", "card")
    note_ending(session, "card", card_id, now)
    record_audit(session, actor=by, action=ACTION, subject=f"student:{student_id}", now=now)
