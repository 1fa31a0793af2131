"""The decision: from a child's taps of one day to arrivals and departures. Pure."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from enum import Enum, auto
from uuid import UUID

from core.clock import TAIPEI
from core.kinds import DayPart, Direction, NoticeKind
from core.values import value

# Nobody comes to school before; who passes the gate then comes back from a trip and goes home.
NIGHT_UNTIL = time(4)
# Who is free in the afternoon goes home at noon, however long the others stay.
NOON_DEPARTURES_FROM = time(11, 30)


class Side(Enum):
    """Which side of the gate the child is on."""

    INSIDE = auto()
    OUTSIDE = auto()


@value(kw_only=True)
class TapFact:
    """One accepted tap. `at` is its effective moment, aware; `gate` names the place.

    One entered by staff has no reader, a direction, and a reason; `received_at` is its recording.
    """

    tap_id: UUID
    reader_id: UUID | None
    at: datetime
    received_at: datetime
    direction: Direction
    gate: str
    reason: str | None = None

    @property
    def is_make_up(self) -> bool:
        """Tell whether staff entered it."""
        return self.reader_id is None


@value()
class Passing:
    """A genuine change of side. `occurrence` counts from 1 for its kind in its day."""

    kind: NoticeKind
    occurrence: int
    tap: TapFact


@value()
class Day:
    """What the taps of a day amount to."""

    passings: tuple[Passing, ...]

    @property
    def arrival(self) -> TapFact | None:
        """Return the first tap that brought the child in."""
        for one in self.passings:
            if one.kind is NoticeKind.ARRIVAL:
                return one.tap
        return None

    @property
    def departure(self) -> TapFact | None:
        """Return the tap that took the child out, unless it came back in later."""
        last = self.passings[-1] if self.passings else None
        return last.tap if last and last.kind is NoticeKind.DEPARTURE else None

    def count(self, kind: NoticeKind) -> int:
        """Return how many passings of a kind there were."""
        return [one.kind for one in self.passings].count(kind)


def departures_from(usual: time, *, closed: DayPart | None, leave: DayPart | None) -> time:
    """Return from when a tap at an undirected reader means out, by what of the day is free.

    A closure of the whole day may come when the children are there already.
    """
    is_free = closed in (DayPart.AFTERNOON, DayPart.WHOLE) or leave is DayPart.AFTERNOON
    return min(usual, NOON_DEPARTURES_FROM) if is_free else usual


def decide(taps: Iterable[TapFact], departure_from: time, bounce: timedelta) -> Day:
    """Fold the day's taps in the order of their moments; the order they came in does not matter.

    `departure_from` is a Taipei time of day: from then on, and in the night, a tap at an undirected
    reader means out. Several reads at one reader within `bounce` are one passing.
    """
    side: Side | None = None
    kept: dict[UUID, datetime] = {}
    passings: list[Passing] = []
    for tap in sorted(taps, key=lambda tap: (tap.at, tap.tap_id)):
        if tap.reader_id is not None:
            earlier = kept.get(tap.reader_id)
            if earlier is not None and tap.at - earlier < bounce:
                continue
            kept[tap.reader_id] = tap.at
        new_side = _side(tap, departure_from)
        if new_side is not side:
            kind = NoticeKind.ARRIVAL if new_side is Side.INSIDE else NoticeKind.DEPARTURE
            occurrence = 1 + [one.kind for one in passings].count(kind)
            passings.append(Passing(kind, occurrence, tap))
            side = new_side
    return Day(tuple(passings))


def _side(tap: TapFact, departure_from: time) -> Side:
    if tap.direction is Direction.IN:
        return Side.INSIDE
    if tap.direction is Direction.OUT:
        return Side.OUTSIDE
    is_day = NIGHT_UNTIL <= tap.at.astimezone(TAIPEI).time() < departure_from
    return Side.INSIDE if is_day else Side.OUTSIDE
