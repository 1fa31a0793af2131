"""When each tick last ran to its end: kept in memory, and written down now and then."""

import threading
from datetime import datetime

from sqlmodel import Session, col, select

from core.db import insert_for, transaction
from core.duty.tables import JobRun
from core.house import House

JOB = "tick"


class TickLog:
    """The ticks of one clock process. Written as one statement, so that ticks stay cheap."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ran: dict[str, datetime] = {}

    def note(self, name: str, now: datetime) -> None:
        """Remember that a tick has just ended well."""
        with self._lock:
            self._ran[name] = now

    def store_ticks(self, house: House) -> None:
        """Store what was noted since the last time."""
        with self._lock:
            ran, self._ran = self._ran, {}
        if not ran:
            return
        rows = [
            {"job": JOB, "slot": name, "outcome": "ok", "ran_at": at, "count": 0}
            for name, at in sorted(ran.items())
        ]
        with transaction(house.engine) as session:
            statement = insert_for(session, JobRun).values(rows)
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=["job", "slot"], set_={"ran_at": statement.excluded.ran_at}
                )
            )


def last_ticks(session: Session) -> dict[str, datetime]:
    """Return when each tick last ended well, on whatever machine."""
    runs = session.exec(select(JobRun).where(JobRun.job == JOB).order_by(col(JobRun.slot)))
    return {run.slot: run.ran_at for run in runs}
