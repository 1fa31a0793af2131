"""Who comes through which gate when: drawn from a seed, so that a morning can be repeated."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sandbox.sample import Sample, SampleStudent

T = TypeVar("T")

STAY_AWAY = 0.04
TAP_TWICE = 0.03
STRANGER_CARD = "0400000000{:04X}"
# Shares of the morning between which a line is cut.
LINE_CUT = (0.35, 0.6)
SLOW_SECONDS = -40


class Deed(StrEnum):
    """What happens at a reader."""

    TAP = "tap"
    LINE_CUT = "line_cut"
    LINE_BACK = "line_back"
    CLOCK_SLOW = "clock_slow"


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One thing at one reader; `after` is the time since the morning began, in whole seconds."""

    after: timedelta
    reader_id: str
    deed: Deed
    card_uid: str = ""

    def at(self, begin: datetime) -> datetime:
        """Return the moment, given when the morning began."""
        return begin + self.after


def plan_morning(
    sample: Sample, *, seed: int, minutes: float, school_code: str = "", mishaps: bool = False
) -> list[Step]:
    """Return the steps of one school's or (without a code) of the whole city's morning, in order.

    A school's own steps depend on the seed and its students alone. Of each school at least one
    child stays away, always of the second half of its list: the first are those a newcomer binds.
    Mishaps add children who tap twice, a card nobody knows, a line cut for a while, a slow clock.
    """
    readers = _by_school((one.school_code, one.reader_id) for one in sample.readers)
    students = _by_school((one.school_code, one) for one in sample.students)
    steps: list[Step] = []
    for code in sorted(readers if not school_code else readers.keys() & {school_code}):
        dice = random.Random(f"{seed} {code}")
        steps += _school(dice, students.get(code, []), readers[code], minutes, mishaps)
    if mishaps and steps:
        steps += _mishaps(random.Random(seed), sorted({one.reader_id for one in steps}), minutes)
    return sorted(steps)


def _school(
    dice: random.Random,
    students: list[SampleStudent],
    readers: list[str],
    minutes: float,
    mishaps: bool,
) -> list[Step]:
    away = _stay_away(dice, students)
    steps = []
    for student in students:
        if student.card_uid in away:
            continue
        reader_id, after = dice.choice(readers), _arrival(dice, minutes)
        steps.append(Step(after, reader_id, Deed.TAP, student.card_uid))
        if mishaps and dice.random() < TAP_TWICE:
            again = after + timedelta(seconds=dice.randint(2, 8))
            steps.append(Step(again, reader_id, Deed.TAP, student.card_uid))
    return steps


def _stay_away(dice: random.Random, students: list[SampleStudent]) -> set[str]:
    later = students[(len(students) + 1) // 2 :]
    count = min(len(later), max(1, round(len(students) * STAY_AWAY)))
    return {student.card_uid for student in dice.sample(later, count)}


def _arrival(dice: random.Random, minutes: float) -> timedelta:
    """Most come in the middle of the morning, the last few run."""
    return timedelta(seconds=int(dice.triangular(0, minutes * 60, minutes * 36)))


def _mishaps(dice: random.Random, readers: list[str], minutes: float) -> list[Step]:
    cut, slow = dice.choice(readers), dice.choice(readers)
    begin, end = (timedelta(seconds=int(share * minutes * 60)) for share in LINE_CUT)
    stranger = STRANGER_CARD.format(dice.randrange(0x10000))
    return [
        Step(timedelta(), slow, Deed.CLOCK_SLOW),
        Step(begin, cut, Deed.LINE_CUT),
        Step(end, cut, Deed.LINE_BACK),
        Step(_arrival(dice, minutes), dice.choice(readers), Deed.TAP, stranger),
    ]


def _by_school(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for code, value in pairs:
        found[code].append(value)
    return found
