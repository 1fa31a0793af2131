"""Whether LINE reaches anybody who is to be told of a child."""

from collections.abc import Collection
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlmodel import Session

from core.db import table_of
from core.people.tables import AccountLink, Binding, Guardian, LineFriend
from core.rows import is_one_of, run


class Unreached(StrEnum):
    """Why nobody reads a child's notices on LINE."""

    UNBOUND = "unbound"
    NOT_ON_LINE = "not_on_line"


def unreached(session: Session, student_ids: Collection[UUID]) -> dict[UUID, Unreached]:
    """Return the children of whom nobody hears on LINE, and why.

    A guardian hears who is bound, linked, follows the account, and did not stop all notices. How
    many there are, and which of them, stays unsaid.
    """
    if not student_ids:
        return {}
    rows = run(session, _bound_and_following, {"student_ids": list(student_ids)})
    follows = {row.student_id: row.followers > 0 for row in rows}
    bound = {child: Unreached.NOT_ON_LINE for child, is_told in follows.items() if not is_told}
    return bound | {child: Unreached.UNBOUND for child in student_ids if child not in follows}


@cache
def _bound_and_following(engine: str) -> Any:
    binding, link, friend = table_of(Binding), table_of(AccountLink), table_of(LineFriend)
    guardian = table_of(Guardian)
    hears = and_(friend.c.is_following, guardian.c.stopped_at.is_(None))
    is_linked = and_(link.c.guardian_id == binding.c.guardian_id, link.c.unlinked_at.is_(None))
    return (
        select(
            binding.c.student_id,
            func.sum(case((hears, 1), else_=0)).label("followers"),
        )
        .select_from(binding)
        .join(guardian, guardian.c.id == binding.c.guardian_id)
        .outerjoin(link, is_linked)
        .outerjoin(friend, friend.c.line_user_id == link.c.line_user_id)
        .where(is_one_of(engine, binding.c.student_id, "student_ids"), binding.c.ended_at.is_(None))
        .group_by(binding.c.student_id)
    )
