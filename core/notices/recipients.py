"""Who hears of a child: guardians bound and linked, and how each of them calls it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlmodel import Session

from core.db import table_of
from core.kinds import Channel, EventKind, NoticeState
from core.people.names import given_name
from core.people.tables import AccountLink, Binding, LineFriend, School, Student, Subscription
from core.rows import is_one_of

# LINE answers 200 to a push that a blocking person never sees, so it is not even tried.
UNFOLLOWED = (NoticeState.REFUSED, "unfollowed")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A guardian to be told of a child; `ended` where the row is only written for the record.

    `siblings` are the guardian's other children at the same school.
    """

    binding_id: UUID
    guardian_id: UUID
    student_id: UUID
    line_user_id: str
    ended: tuple[NoticeState, str] | None
    child: str
    school: str
    school_phone: str
    siblings: tuple[UUID, ...] = ()


def recipients_of(
    session: Session, student_ids: Collection[UUID], ticked: EventKind | None = None
) -> dict[UUID, list[Recipient]]:
    """Return by child who is bound and linked, and ticked the LINE box if one is named."""
    if not student_ids:
        return {}
    statement = _linked_guardians(session.get_bind().dialect.name, is_ticked=ticked is not None)
    values: dict[str, Any] = {"student_ids": list(student_ids)}
    if ticked is not None:
        values["kind"] = ticked.value
    rows: dict[UUID, Any] = {}
    others: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.connection().execute(statement, values):
        rows[row.binding_id] = row
        if row.sibling is not None:
            others[row.binding_id].append(row)
    found: dict[UUID, list[Recipient]] = defaultdict(list)
    for binding_id, row in rows.items():
        found[row.student_id].append(_recipient(row, others.get(binding_id, ())))
    return found


def _recipient(row: Any, others: Collection[Any]) -> Recipient:
    # The given name, unless two of this guardian's children share it.
    given = given_name(row.name)
    is_shared = any(given_name(other.sibling) == given for other in others)
    return Recipient(
        binding_id=row.binding_id,
        guardian_id=row.guardian_id,
        student_id=row.student_id,
        line_user_id=row.line_user_id,
        ended=UNFOLLOWED if row.is_following is False else None,
        child=row.name if is_shared else given,
        school=row.short_name,
        school_phone=row.phone,
        siblings=tuple(one.sibling_id for one in others if one.sibling_school == row.school_code),
    )


@cache
def _linked_guardians(engine: str, *, is_ticked: bool) -> Any:
    """Select a row for each guardian of each child, or for each other child of that guardian."""
    binding, student, school = table_of(Binding), table_of(Student), table_of(School)
    link, friend = table_of(AccountLink), table_of(LineFriend)
    other, sibling = binding.alias("other"), student.alias("sibling")
    statement = (
        select(
            binding.c.id.label("binding_id"),
            binding.c.guardian_id,
            binding.c.student_id,
            student.c.name,
            student.c.school_code,
            school.c.short_name,
            school.c.phone,
            link.c.line_user_id,
            friend.c.is_following,
            sibling.c.name.label("sibling"),
            sibling.c.id.label("sibling_id"),
            sibling.c.school_code.label("sibling_school"),
        )
        .select_from(binding)
        .join(student, student.c.id == binding.c.student_id)
        .join(school, school.c.code == student.c.school_code)
        .join(
            link,
            and_(link.c.guardian_id == binding.c.guardian_id, link.c.unlinked_at.is_(None)),
        )
        .outerjoin(friend, friend.c.line_user_id == link.c.line_user_id)
        .outerjoin(
            other,
            and_(
                other.c.guardian_id == binding.c.guardian_id,
                other.c.ended_at.is_(None),
                other.c.id != binding.c.id,
            ),
        )
        .outerjoin(sibling, sibling.c.id == other.c.student_id)
        .where(is_one_of(engine, binding.c.student_id, "student_ids"), binding.c.ended_at.is_(None))
        .order_by(binding.c.bound_at, binding.c.id)
    )
    return _ticked(statement, binding) if is_ticked else statement


def _ticked(statement: Any, binding: Any) -> Any:
    box = table_of(Subscription)
    return statement.join(
        box,
        and_(
            box.c.binding_id == binding.c.id,
            box.c.channel == Channel.LINE.value,
            box.c.kind == bindparam("kind"),
            box.c.is_on,
        ),
    )
