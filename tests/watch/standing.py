"""How the service stands, as a test sets it: checks, what waits, the night's tidying."""

from datetime import datetime, time
from uuid import UUID

from core.attendance.tables import NoShowRun, RunState
from core.clock import at_taipei, school_day_of
from core.db import transaction
from core.house import House
from core.kinds import Channel, NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.privacy.tables import PurgeRun


def run_check(house: House, state: RunState, school_code: str = "353607") -> None:
    """Have today's check at 08:30 stand like that."""
    today = school_day_of(house.clock.now())
    with transaction(house.engine) as session:
        session.merge(
            NoShowRun(
                school_code=school_code,
                school_day=today,
                cutoff=time(8, 30),
                state=state,
                ran_at=at_taipei(today, time(8, 31)),
            )
        )


def let_wait(house: House, guardian_id: UUID, channel: Channel = Channel.LINE) -> None:
    """Let a notice to a guardian wait from now on."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        one = NewNotice(
            kind=NoticeKind.LINK_NEW,
            guardian_id=guardian_id,
            line_user_id=None,
            school_day=school_day_of(now),
            at=now,
            about=f"{channel}/{now}",
            content=b"[]",
            channel=channel,
        )
        enqueue(session, [one], now)


def purged(ended_at: datetime, after: int = 0, limit: str = "taps") -> PurgeRun:
    """What a purge wrote of one limit: so many rows over age are left."""
    return PurgeRun(
        limit_name=limit,
        table_name="tap",
        day=school_day_of(ended_at),
        cutoff=ended_at,
        before=after,
        removed=0,
        after=after,
        started_at=ended_at,
        ended_at=ended_at,
    )
