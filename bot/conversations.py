"""Where somebody's chat stands: one task begun and not sent, kept for half an hour.

Every question of a task is kept as the line that says what was said so far, so that a push in
between, which takes the quick replies away, loses nothing: typed again, the line goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, update
from sqlmodel import Session, col

from bot.commands import Command
from bot.tables import Conversation
from core.db import insert_for, table_of
from core.errors import AppError
from core.rows import run

KEPT_FOR = timedelta(minutes=30)
# Somebody who comes back within a day still hears that the task was never sent.
TOLD_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Begun:
    """A task that waits; `is_over` when it waited too long.

    `was_offered`: since its last word it was offered again after something else.
    """

    task: Command
    words: str
    is_over: bool
    was_offered: bool


def keep(session: Session, line_user_id: str, task: Command, words: str, now: datetime) -> None:
    """Keep what was said of a task, in place of any other; joins the caller's transaction."""
    values = {
        "task": task.name.lower(),
        "words": words.encode(),
        "asked_at": now,
        "expires_at": now + KEPT_FOR,
        "offered_at": None,
    }
    statement = insert_for(session, Conversation).values(line_user_id=line_user_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["line_user_id"], set_=values))


def find(session: Session, line_user_id: str, now: datetime) -> Begun | None:
    """Return the task that waits, or that nobody went on with."""
    found = run(session, _kept, {"line_user_id": line_user_id})
    row = found[0] if found else None
    if row is None or now > row.expires_at + TOLD_FOR:
        return None
    task = Command.__members__.get(row.task.upper())
    if task is None or not row.words:
        return None
    is_over, was_offered = now >= row.expires_at, row.offered_at is not None
    return Begun(task, row.words.decode(), is_over, was_offered)


def note_offer(session: Session, line_user_id: str, now: datetime) -> None:
    """Keep that the task was offered again; joins the caller's transaction."""
    kept = col(Conversation.line_user_id) == line_user_id
    session.execute(update(Conversation).where(kept).values(offered_at=now))


@cache
def _kept(_engine: str) -> Any:
    kept = table_of(Conversation)
    return kept.select().where(kept.c.line_user_id == bindparam("line_user_id"))


@contextmanager
def over_when_refused(session: Session, line_user_id: str) -> Iterator[None]:
    """Forget the task where what was said can't be; the refusal says how to begin anew."""
    try:
        yield
    except AppError:
        end(session, line_user_id)
        raise


def end(session: Session, line_user_id: str) -> None:
    """Forget the task: it is sent, or given up; joins the caller's transaction."""
    session.execute(delete(Conversation).where(col(Conversation.line_user_id) == line_user_id))
