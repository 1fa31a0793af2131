"""Who hears of a child: guardians bound and linked, and how each of them calls it."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import Session, col

from core.kinds import Channel, EventKind, NoticeState
from core.people.names import given_name
from core.people.tables import AccountLink, Binding, LineFriend, School, Student, Subscription

# LINE answers 200 to a push that a blocking person never sees, so it is not even tried.
UNFOLLOWED = (NoticeState.REFUSED, "unfollowed")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A guardian to be told of a child; `ended` where the row is only written for the record."""

    binding_id: UUID
    guardian_id: UUID
    student_id: UUID
    line_user_id: str
    ended: tuple[NoticeState, str] | None
    child: str
    school: School


def recipients_of(
    session: Session, student_ids: Collection[UUID], ticked: EventKind | None = None
) -> dict[UUID, list[Recipient]]:
    """Return by child who is bound and linked, and ticked the LINE box if one is named."""
    if not student_ids:
        return {}
    statement = _linked_guardians(student_ids)
    if ticked is not None:
        statement = statement.join(
            Subscription, col(Subscription.binding_id) == col(Binding.id)
        ).where(
            col(Subscription.channel) == Channel.LINE,
            col(Subscription.kind) == ticked,
            col(Subscription.is_on),
        )
    rows = session.execute(statement).all()
    name_for = _names_for(session, {row.guardian_id for row in rows})
    schools = _schools(session, {row.school_code for row in rows})
    found: dict[UUID, list[Recipient]] = defaultdict(list)
    for row in rows:
        found[row.student_id].append(
            Recipient(
                binding_id=row.binding_id,
                guardian_id=row.guardian_id,
                student_id=row.student_id,
                line_user_id=row.line_user_id,
                ended=UNFOLLOWED if row.is_following is False else None,
                child=name_for(row.guardian_id, row.name),
                school=schools[row.school_code],
            )
        )
    return found


def _linked_guardians(student_ids: Collection[UUID]) -> Any:
    return (
        select(
            col(Binding.id).label("binding_id"),
            col(Binding.guardian_id),
            col(Binding.student_id),
            col(Student.name),
            col(Student.school_code),
            col(AccountLink.line_user_id),
            col(LineFriend.is_following),
        )
        .join(Student, col(Student.id) == col(Binding.student_id))
        .join(
            AccountLink,
            and_(
                col(AccountLink.guardian_id) == col(Binding.guardian_id),
                col(AccountLink.unlinked_at).is_(None),
            ),
        )
        .outerjoin(LineFriend, col(LineFriend.line_user_id) == col(AccountLink.line_user_id))
        .where(col(Binding.student_id).in_(student_ids), col(Binding.ended_at).is_(None))
        .order_by(col(Binding.bound_at), col(Binding.id))
    )


def _schools(session: Session, codes: set[str]) -> dict[str, School]:
    # One at a time: the session often knows a batch's one school already.
    return {code: session.get_one(School, code) for code in sorted(codes)}


def _names_for(session: Session, guardian_ids: set[UUID]) -> Callable[[UUID, str], str]:
    """Return how each guardian calls a child: the given name, unless two of theirs share it."""
    names: dict[UUID, list[str]] = defaultdict(list)
    if guardian_ids:
        rows = session.execute(
            select(col(Binding.guardian_id), col(Student.name))
            .join(Student, col(Student.id) == col(Binding.student_id))
            .where(col(Binding.guardian_id).in_(guardian_ids), col(Binding.ended_at).is_(None))
        )
        for row in rows:
            names[row.guardian_id].append(given_name(row.name))

    def name_for(guardian_id: UUID, name: str) -> str:
        given = given_name(name)
        return name if names[guardian_id].count(given) > 1 else given

    return name_for
