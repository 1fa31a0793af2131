"""The parts of a city's day: when they are, how many taps they bring, what goes wrong in them.

What each must hold to stands in the table too; load_marks.py measures it.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bench.gate_client import Batch
from bench.load_client import Sent
from bench.town import Town

# The city: 260,000 students, 300 schools, 900 readers.
SCHOOLS, CHILDREN, READERS = 300, 867, 3
# Before the first tap is due.
HEAD_START_SECONDS = 2.0
# For each tap, to plan and sign its request before the first is due: four times what it takes.
SIGNING_SECONDS = 0.0001
BATCH_OF_BACKLOG = 500
# What a storm's readers kept, in shares of their children; the others tap meanwhile.
KEPT_SHARE = 0.5
LOUDER = 7
# Ten minutes of fifteen; the rest is what the promise gives the backlog.
OUTAGE_SHARE = 2 / 3
# Of the pace of the part.
LIMIT_SHARE = 0.5


class Trouble(StrEnum):
    """What goes wrong in a part."""

    NONE = "none"
    OUTAGE = "LINE out of order"
    LIMIT = "LINE's limit at half the pace"
    STORM = "every school reconnects with what it kept"
    LOUD = "one school at seven times the pace"


class Mark(StrEnum):
    """What a part must hold to, besides that nobody is lost, told twice or told old news."""

    ON_TIME = "95 of 100 told within 5 s, 99 within 10 s"
    OTHERS_ON_TIME = "95 of 100 at the other schools told within 5 s, 99 within 10 s"
    AFTER_OUTAGE = "all told within 5 minutes of the outage's end"
    LINE_LIMIT = "never past LINE's 2,000 pushes a second"
    YIELDING = "never over LINE's allowance for more than 10 s"
    ALLOWED_TIME = "all told in twice the time LINE's allowance takes and 30 s"
    TAKEN = "2,000 kept taps taken a second"
    NO_SHOWS = "all told within 60 s, fewer than 13,005 sooner"


@dataclass(frozen=True, slots=True)
class Part:
    """`per_second` taps for `seconds`, as in the whole city; begins at `at`, a Taipei time.

    `is_live`: what is tapped is told. `came`: the share of the children that came before.
    `is_promised`: the promise of the first page hangs on it.
    """

    name: str
    at: str
    per_second: float
    seconds: float
    marks: tuple[Mark, ...]
    trouble: Trouble = Trouble.NONE
    is_live: bool = True
    came: float = 0.0
    batch: int = 1
    is_promised: bool = True


PARTS = (
    Part("morning", "07:30:00", 235, 600, (Mark.ON_TIME,)),
    Part("ceiling", "07:30:00", 900, 60, (Mark.ON_TIME,), is_promised=False),
    Part("dismissal", "15:50:00", 122, 600, (Mark.ON_TIME,), came=1.0),
    Part("flush", "12:30:00", 0, 0, (Mark.TAKEN,), is_live=False, batch=BATCH_OF_BACKLOG),
    Part("no-show", "08:28:00", 0, 0, (Mark.NO_SHOWS,), came=0.95),
    Part("outage", "07:30:00", 235, 900, (Mark.AFTER_OUTAGE, Mark.LINE_LIMIT), Trouble.OUTAGE),
    Part("limit", "07:30:00", 235, 600, (Mark.YIELDING, Mark.ALLOWED_TIME), Trouble.LIMIT),
    Part("storm", "10:40:00", 116, 300, (Mark.ON_TIME,), Trouble.STORM),
    Part("loud", "07:30:00", 116, 300, (Mark.OTHERS_ON_TIME,), Trouble.LOUD),
)
NAMES = tuple(part.name for part in PARTS)


@dataclass(frozen=True, slots=True)
class City:
    """A share of the city, its parts so many times shorter."""

    scale: float
    hurry: float

    @property
    def town(self) -> Town:
        """Return its schools, children and readers."""
        return Town(max(3, round(SCHOOLS * self.scale)), CHILDREN, bound_every=1, readers=READERS)

    def pace(self, part: Part) -> float:
        """Return its taps a second."""
        return max(1.0, part.per_second * self.scale)

    def seconds(self, part: Part) -> float:
        """Return how long it lasts."""
        return max(5.0, part.seconds / self.hurry)

    def outage_seconds(self, part: Part) -> float:
        """Return how long LINE is out of order in it."""
        return self.seconds(part) * OUTAGE_SHARE if part.trouble is Trouble.OUTAGE else 0.0

    def allowance(self, part: Part) -> float:
        """Return how many pushes a second LINE takes in it, 0 for no limit."""
        return self.pace(part) * LIMIT_SHARE if part.trouble is Trouble.LIMIT else 0.0


@dataclass(slots=True)
class Schedule:
    """Requests in the making; each child taps once, at its own reader."""

    town: Town
    start: float
    sent: list[Sent]
    _taken: Counter[tuple[int, int]]

    def add(
        self, school: int, reader: int, after: float, count: int = 1, *, kept_for: timedelta
    ) -> None:
        """Let a reader's next children tap `after` seconds; they are sent `kept_for` later."""
        town, first = self.town, self._taken[school, reader]
        children = range(town.children)[reader :: town.readers][first : first + count]
        if not children:
            return
        self._taken[school, reader] += len(children)
        uids = tuple(town.card_uid(school, child) for child in children)
        wall = datetime.now(UTC) + timedelta(seconds=self.start + after - time.monotonic())
        batch, due = Batch(school, first + 1, uids), self.start + after
        self.sent.append(Sent(batch, due, wall - kept_for, reader))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent in a part: what is told at once, and what readers had kept."""

    live: Sequence[Sent]
    kept: Sequence[Sent]


def plan(city: City, part: Part) -> Plan:
    """Return when which child taps, from a moment that is soon."""
    town, arrivals = city.town, sorted(_arrivals(city, part))
    start = time.monotonic() + HEAD_START_SECONDS + len(arrivals) * SIGNING_SECONDS
    taken: Counter[tuple[int, int]] = Counter()
    live, kept = Schedule(town, start, [], taken), Schedule(town, start, [], taken)
    if part.trouble is Trouble.STORM or not part.is_live:
        share = KEPT_SHARE if part.is_live else 1.0
        _keep(kept, round(town.children / town.readers * share), after=2.0 if part.is_live else 0.0)
    for after, turn in arrivals:
        reader, school = divmod(turn, town.schools)
        live.add(school, reader % town.readers, after, part.batch, kept_for=timedelta(0))
    return Plan(live.sent, kept.sent)


def _keep(schedule: Schedule, count: int, *, after: float) -> None:
    """Let each reader of the town send what so many children left with it."""
    town = schedule.town
    for begun in range(0, count, BATCH_OF_BACKLOG):
        size = min(BATCH_OF_BACKLOG, count - begun)
        for school in range(town.schools):
            for reader in range(town.readers):
                schedule.add(school, reader, after, size, kept_for=timedelta(hours=3))


def _arrivals(city: City, part: Part) -> Iterator[tuple[float, int]]:
    """Yield when a tap comes and whose turn it is: school after school, at each reader in turn."""
    if not part.per_second:
        return
    pace, seconds, schools = city.pace(part), city.seconds(part), city.town.schools
    for place in range(round(pace * seconds)):
        yield place / pace, place
    if part.trouble is Trouble.LOUD:
        extra = pace / schools * (LOUDER - 1)
        for place in range(round(extra * seconds)):
            yield place / extra, place * schools
