"""The brake: far fewer children than on other such weekdays is no evidence about any of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.tables import NoShowRun, RunState
from core.kinds import HoldReason

# Compared with the same weekday's median, at least this many days of it known.
USUAL_SHARE = 0.6
DAYS_KNOWN = 3
DAYS_LOOKED_AT = 8
# Fewer children than this short of the usual are no mass.
MASS = 3


@dataclass(frozen=True, slots=True)
class GateReport:
    """The state of a school's gates. `hold` says why their silence is no evidence.

    `heartbeat` is the oldest last contact of the readers while all is well, else None. `since` is
    when the trouble began, as far as known; `share` belongs to FEW_TAPS, in percent.
    """

    heartbeat: datetime | None
    hold: HoldReason | None = None
    since: datetime | None = None
    share: int | None = None

    @property
    def silent_since(self) -> datetime | None:
        """Return since when a reader is silent, None when none is or it was never heard."""
        return self.since if self.hold is HoldReason.SILENT else None


def brake(session: Session, run: NoShowRun, gate: GateReport) -> GateReport:
    """Return the gate's report, or a hold where far fewer children came than usually.

    `run` holds how many are expected and came by now.
    """
    if gate.hold is not None or not run.expected:
        return gate
    usual = _usual_share(session, run)
    if usual is None:
        return gate
    by_now, usually = run.arrived or 0, usual * run.expected
    if by_now >= USUAL_SHARE * usually or usually - by_now < MASS:
        return gate
    return GateReport(gate.heartbeat, HoldReason.FEW_TAPS, None, round(100 * by_now / usually))


def _usual_share(session: Session, run: NoShowRun) -> float | None:
    """Return the median share of children that came by this cut-off on the same weekday."""
    days = [run.school_day - timedelta(weeks=n) for n in range(1, DAYS_LOOKED_AT + 1)]
    rows = session.execute(
        select(col(NoShowRun.arrived), col(NoShowRun.expected)).where(
            col(NoShowRun.school_code) == run.school_code,
            col(NoShowRun.school_day).in_(days),
            col(NoShowRun.cutoff) == run.cutoff,
            col(NoShowRun.state) == RunState.TOLD,
            col(NoShowRun.expected) > 0,
        )
    ).all()
    if len(rows) < DAYS_KNOWN:
        return None
    share: float = median(row.arrived / row.expected for row in rows)
    return share
