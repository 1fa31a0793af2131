"""The judge of a run: LINE's own record, and what the raw facts amount to in other words."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session, select

from core.attendance.tables import AttendanceDay, Leave
from core.clock import TAIPEI, school_day_of
from core.gate.tables import Tap
from core.notices.tables import Notice

DEPARTURES_FROM = time(11, 30)
BOUNCE = timedelta(seconds=60)
STATES = {"pending", "leased", "accepted", "refused", "unknown", "expired", "cancelled", "dead"}


@dataclass
class Ledger:
    """Retry keys LINE accepted, with what was first sent under each."""

    accepted: dict[UUID, bytes] = field(default_factory=dict)

    def accept(self, retry_key: UUID, content: bytes) -> None:
        """LINE shows a key once; the same key again must bring the same words."""
        assert self.accepted.setdefault(retry_key, content) == content


def standing_taps(session: Session, student_id: UUID, day: date) -> list[Tap]:
    """The accepted taps of a day that nobody took back, in the order of their moments."""
    taps = session.exec(select(Tap).where(Tap.student_id == student_id)).all()
    undone = {tap.undoes_id for tap in taps}
    kept = [
        tap
        for tap in taps
        if tap.school_day == day
        and tap.verdict == "accepted"
        and tap.source != "undo"
        and tap.id not in undone
    ]
    return sorted(kept, key=lambda tap: (tap.effective_at, tap.id))


def is_excused(session: Session, student_id: UUID, now: datetime) -> bool:
    """Whether a tap or a leave of today that is known now speaks against a no-show."""
    today = school_day_of(now)
    leaves = session.exec(select(Leave).where(Leave.student_id == student_id)).all()
    on_leave = any(
        leave.withdrawn_at is None
        and leave.first_day <= today <= leave.last_day
        and leave.part != "afternoon"
        for leave in leaves
    )
    return on_leave or bool(standing_taps(session, student_id, today))


def check_day_records(session: Session) -> None:
    """Every day row says what its taps amount to, in whatever order they came."""
    for row in session.exec(select(AttendanceDay)):
        arrived, departed = _fold(standing_taps(session, row.student_id, row.school_day))
        assert (row.arrived_at, row.departed_at) == (arrived, departed)


def _fold(taps: list[Tap]) -> tuple[datetime | None, datetime | None]:
    last_at: dict[UUID, datetime] = {}
    arrived, departed, is_inside = None, None, None
    for tap in taps:
        at = tap.effective_at
        assert at is not None
        if tap.reader_id and tap.reader_id in last_at and at - last_at[tap.reader_id] < BOUNCE:
            continue
        if tap.reader_id:
            last_at[tap.reader_id] = at
        is_out = at.astimezone(TAIPEI).time() >= DEPARTURES_FROM
        comes_in = tap.direction == "in" or (tap.direction == "both" and not is_out)
        if comes_in is not is_inside:
            is_inside = comes_in
            arrived = arrived or (at if comes_in else None)
            departed = None if comes_in else at
    return arrived, departed


def check_notices(session: Session, read: set[tuple[UUID, UUID]]) -> None:
    """No tap is told twice; a read no-show that does not stand has exactly one correction.

    `read` holds the (child, guardian) pairs whose no-show LINE accepted today.
    """
    notices = session.exec(select(Notice)).all()
    assert {one.state for one in notices} <= STATES
    taps = [(one.tap_id, one.guardian_id) for one in notices if one.tap_id and one.guardian_id]
    assert len(taps) == len(set(taps)), "a tap told twice"
    corrected = [(one.student_id, one.guardian_id) for one in notices if one.kind == "correction"]
    assert len(corrected) == len(set(corrected)), "a no-show corrected twice"
    days = session.exec(select(AttendanceDay)).all()
    cleared = {row.student_id for row in days if row.no_show == "cleared"}
    for student_id, guardian_id in read:
        assert student_id not in cleared or (student_id, guardian_id) in corrected
