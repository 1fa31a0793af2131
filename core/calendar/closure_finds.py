"""What a machine read of closures, kept for a person to take over or turn down."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.audit import record_audit
from core.calendar.closure_text import ClosureFind
from core.calendar.closures import twins_of
from core.calendar.tables import Closure
from core.clock import school_day_of
from core.db import insert_for, table_of

# The same find has the same id on every machine.
FINDS = UUID("0d3f2f7c-6f0e-5a35-9f4c-0c8a7d0b1c52")
MACHINE = "machine"
LONGEST_SENTENCE = 200


def store_finds(
    session: Session,
    finds: Sequence[ClosureFind],
    *,
    source: str,
    announced_at: datetime,
    now: datetime,
) -> list[Closure]:
    """Keep what was found and return what is new; joins the caller's transaction.

    Once each: not what is past, asked for, closed, or was found in the same announcement before.
    """
    new = []
    for find in finds:
        if find.day < school_day_of(now) or twins_of(session, find.scope, find.day, find.part):
            continue
        closure = _closure(find, source, announced_at, now)
        statement = insert_for(session, table_of(Closure)).values(**closure.model_dump())
        kept = statement.on_conflict_do_nothing().returning(table_of(Closure).c.id)
        if session.execute(kept).first() is not None:
            new.append(closure)
            subject = f"closure:{closure.id}"
            record_audit(session, actor=MACHINE, action="closure.find", subject=subject, now=now)
    return new


def _closure(find: ClosureFind, source: str, announced_at: datetime, now: datetime) -> Closure:
    facts = (*asdict(find.scope).values(), find.day, find.part, announced_at.timestamp())
    return Closure(
        id=uuid.uuid5(FINDS, "/".join(str(fact) for fact in facts)),
        **asdict(find.scope),
        day=find.day,
        part=find.part,
        source=source,
        source_at=announced_at,
        found_in=find.sentence[:LONGEST_SENTENCE],
        proposed_at=now,
    )
