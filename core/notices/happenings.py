"""What happened to a child, as the fan-out is told of it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.kinds import NoticeKind
from core.values import value


@value(kw_only=True)
class Happening:
    """A change of side at the gate. Moments are aware; `occurrence` counts from 1 in its day.

    `number` is the one it is told under: not the occurrence where entries of the day were taken
    back. `reason` is set for what staff entered, at `recorded_at`. Within a closure
    nothing is told. An older tap is one stored before that counts only now; it may have been told
    already.
    """

    student_id: UUID
    school_day: date
    kind: NoticeKind
    occurrence: int
    number: int
    at: datetime
    tap_id: UUID
    gate: str
    arrived_at: datetime | None
    departed_at: datetime | None
    reason: str | None = None
    recorded_at: datetime | None = None
    is_in_closure: bool = False
    is_older_tap: bool = False

    @property
    def is_make_up(self) -> bool:
        """Tell whether staff entered it."""
        return self.reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Why a no-show that was told, or is about to be, does not stand.

    Seen at the gate by the tap `tap_id`, at `arrived_at`, or first at `departed_at`; seen by staff
    when `recorded_at` is set; or on leave, when no moment is.
    """

    student_id: UUID
    tap_id: UUID | None = None
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    recorded_at: datetime | None = None

    @property
    def at(self) -> datetime | None:
        """Return when the child was first seen."""
        return self.arrived_at or self.departed_at
