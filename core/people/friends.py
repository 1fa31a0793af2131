"""Whether LINE can reach a person: follow and unfollow, in whatever order they come."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, select
from sqlmodel import Session, col

from core.db import insert_for, table_of
from core.people.tables import LineFriend
from core.rows import run


def record_friendship(
    session: Session, *, line_user_id: str, is_following: bool, at: datetime
) -> None:
    """Remember the newest of all follow and unfollow events; joins the caller's transaction.

    `at` is the event's own timestamp: LINE repeats and reorders events, and a blocked account
    answers a push with 200, so only the newest of these tells the truth. Of two events in the same
    millisecond the unfollow wins: silence is the smaller harm.
    """
    statement = insert_for(session, LineFriend).values(
        line_user_id=line_user_id, is_following=is_following, changed_at=at
    )
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["line_user_id"],
        set_={
            "changed_at": new.changed_at,
            "is_following": case(
                (col(LineFriend.changed_at) < new.changed_at, new.is_following), else_=False
            ),
        },
        where=(col(LineFriend.changed_at) < new.changed_at)
        | ((col(LineFriend.changed_at) == new.changed_at) & ~new.is_following),
    )
    session.execute(statement)


def is_friend(session: Session, line_user_id: str) -> bool:
    """Tell whether the person follows the account. Someone never heard of does not."""
    return bool(friendship_of(session, line_user_id))


def friendship_of(session: Session, line_user_id: str) -> bool | None:
    """Tell whether the person follows the account, or stopped; None: was never heard of."""
    found = run(session, _friendship, {"line_user_id": line_user_id}).scalars()
    return found[0] if found else None


@cache
def _friendship(_engine: str) -> Any:
    friend = table_of(LineFriend).c
    return select(friend.is_following).where(friend.line_user_id == bindparam("line_user_id"))
