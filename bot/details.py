"""What a button is about, as it travels in the postback: short, and read back as it was."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from core.attendance.runs import RunKey
from core.attendance.tables import LeaveReason
from core.calendar.scopes import ClosureScope
from core.clock import TAIPEI
from core.kinds import DayPart, Direction

# Postback data holds little; longer words belong on a page.
LONGEST_REASON = 20
LONGEST_SOURCE = 20
MINUTE = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveDetail:
    """A leave to file."""

    student_id: UUID
    first: date
    last: date
    part: DayPart
    reason: LeaveReason

    def __str__(self) -> str:
        return f"{self.student_id.hex}/{self.first}/{self.last}/{self.part}/{self.reason}"

    @staticmethod
    def read(detail: str) -> "LeaveDetail":
        """Return the leave a button is about."""
        student, first, last, part, reason = detail.split("/")
        return LeaveDetail(
            student_id=UUID(student),
            first=date.fromisoformat(first),
            last=date.fromisoformat(last),
            part=DayPart(part),
            reason=LeaveReason(reason),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeUpDetail:
    """A make-up tap to enter; `at` is an aware moment, to the minute."""

    student_id: UUID
    at: datetime
    direction: Direction
    reason: str

    def __str__(self) -> str:
        local = self.at.astimezone(TAIPEI)
        return f"{self.student_id.hex}/{local:{MINUTE}}/{self.direction}/{self.reason}"

    @staticmethod
    def read(detail: str) -> "MakeUpDetail":
        """Return the make-up a button is about."""
        student, at, direction, reason = detail.split("/", 3)
        return MakeUpDetail(
            student_id=UUID(student),
            at=_moment(at),
            direction=Direction(direction),
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class ChildDetail:
    """A child on a school day."""

    student_id: UUID
    school_day: date

    def __str__(self) -> str:
        return f"{self.student_id}/{self.school_day}"

    @staticmethod
    def read(detail: str) -> "ChildDetail":
        """Return the child and day a button is about."""
        student, day = detail.split("/")
        return ChildDetail(UUID(student), date.fromisoformat(day))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureDetail:
    """A closure to propose; `source_at` is an aware moment, to the minute."""

    scope: ClosureScope
    day: date
    part: DayPart
    source: str
    source_at: datetime

    def __str__(self) -> str:
        scope = self.scope
        named = (scope.district, scope.level, scope.school_code, scope.grade)
        where = ",".join("" if value is None else str(value) for value in named)
        local = self.source_at.astimezone(TAIPEI)
        return f"{where}/{self.day}/{self.part}/{local:{MINUTE}}/{self.source}"

    @staticmethod
    def read(detail: str) -> "ClosureDetail":
        """Return the closure a button is about."""
        where, day, part, source_at, source = detail.split("/", 4)
        district, level, school_code, grade = where.split(",")
        scope = ClosureScope(
            district=district or None,
            level=level or None,
            school_code=school_code or None,
            grade=int(grade) if grade else None,
        )
        return ClosureDetail(
            scope=scope,
            day=date.fromisoformat(day),
            part=DayPart(part),
            source=source,
            source_at=_moment(source_at),
        )


def run_detail(key: RunKey) -> str:
    """Return the detail of a held cut-off's buttons."""
    return f"{key.school_code}/{key.school_day}/{key.cutoff:%H%M}"


def read_run(detail: str) -> RunKey:
    """Return the held cut-off a button is about."""
    school_code, day, cutoff = detail.split("/")
    clock = time(int(cutoff[:2]), int(cutoff[2:]))
    return RunKey(school_code, date.fromisoformat(day), clock)


def _moment(words: str) -> datetime:
    return datetime.strptime(words, MINUTE).replace(tzinfo=TAIPEI)
