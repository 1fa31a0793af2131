"""Filing a leave from the chat, for guardians and staff, once however often a button is pressed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from bot.details import LeaveDetail
from bot.handlers.turn import Turn, Words, refusing
from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import Leave


def file_asked(turn: Turn, leave: LeaveDetail, filer: Filer, faults: Mapping[str, Words]) -> UUID:
    """File the leave and return its id; what the core refuses is answered from `faults`."""
    with refusing(faults):
        return file_leave(
            turn.session,
            turn.liff_id,
            student_id=leave.student_id,
            first_day=leave.first,
            last_day=leave.last,
            part=leave.part,
            reason=leave.reason,
            filer=filer,
            now=turn.now,
        )


def filed_since(
    turn: Turn, leave: LeaveDetail, actors: Collection[str], since: datetime
) -> Leave | None:
    """Return the leave if one of the actors filed it since, even if it was withdrawn again."""
    return turn.session.exec(
        select(Leave).where(
            Leave.student_id == leave.student_id,
            Leave.first_day == leave.first,
            Leave.last_day == leave.last,
            Leave.part == leave.part,
            col(Leave.filed_by).in_(actors),
            col(Leave.filed_at) >= since,
        )
    ).first()
