"""Filing a leave from the chat, for guardians and staff, once however often a button is pressed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from bot.details import LeaveDetail
from bot.handlers.turn import Turn, Words, refusing
from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import Leave, LeaveReason
from core.kinds import DayPart


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


def last_filed(turn: Turn, actor: str) -> LeaveDetail | None:
    """Return the newest leave that somebody has filed since the event being answered."""
    since = (Leave.filed_by == actor, col(Leave.filed_at) >= turn.pressed_at)
    newest = select(Leave).where(*since).order_by(col(Leave.filed_at).desc())
    leave = turn.session.exec(newest).first()
    if leave is None:
        return None
    return LeaveDetail(
        student_id=leave.student_id,
        first=leave.first_day,
        last=leave.last_day,
        part=DayPart(leave.part),
        reason=LeaveReason(leave.reason),
    )
