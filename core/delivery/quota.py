"""The rules of the month's quota: what it will come to, and what is cut back so that it lasts.

A part of it, the reserve, is kept for no-shows and corrections. It goes in this order: first the
monthly tests stay away, then departures, then arrivals and with them what is mere courtesy. An
announcement is refused as soon as it would touch the reserve. No-shows, corrections and whatever is
about a child's safety or somebody's account always go. What is cut back is answered when asked for,
in the chat and on the pages, which costs nothing.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import ceil

# Of the granted quota, where the operator names no reserve.
RESERVE_SHARE = 0.1
# So many school days make a forecast; before them one odd day would decide a month.
EVIDENCE_DAYS = 3
# Arrivals are about half of what is sent.
ARRIVALS_SHARE = 0.5
# A tenth of a morning's arrivals may go between two looks at LINE's count.
BETWEEN_LOOKS = ARRIVALS_SHARE / 10
# Shares of the quota, in percent, at which staff are warned; RESERVED stands for the reserve.
WARN_AT = (80, 90)
RESERVED = 100


class Step(IntEnum):
    """How far deliveries are cut back. Each step holds those before it.

    NO_TESTS: the monthly tests, the only silent messages, stay away. ARRIVALS_ON_DEMAND: so do
    courtesies, and only the reserve is left.
    """

    NORMAL = 0
    NO_TESTS = 1
    DEPARTURES_ON_DEMAND = 2
    ARRIVALS_ON_DEMAND = 3


@dataclass(frozen=True, slots=True)
class Quota:
    """What LINE says of this month, in people reached. `granted` None: no limit."""

    granted: int | None
    used: int

    @property
    def is_gone(self) -> bool:
        """Tell whether LINE takes nothing more this month."""
        return self.granted is not None and self.used >= self.granted

    @property
    def percent(self) -> int:
        """Return the used share of the granted quota, rounded down; 0 where there is no limit."""
        if self.granted is None:
            return 0
        return self.used * 100 // self.granted if self.granted else 100


@dataclass(frozen=True, slots=True)
class Outlook:
    """The month as planned: its school days, and the messages kept back.

    `past` are the school days begun, today's among them, and `left` those after today. A day on
    which half the schools are open counts half. `reserve` 0: RESERVE_SHARE of what is granted.
    """

    past: float
    left: float
    reserve: int = 0

    def room(self, quota: Quota) -> int | None:
        """Return what may still be sent before the reserve is touched; None: no limit."""
        if quota.granted is None:
            return None
        reserve = self.reserve or ceil(quota.granted * RESERVE_SHARE)
        return quota.granted - min(reserve, quota.granted) - quota.used

    def pace(self, quota: Quota) -> float:
        """Return what is used on a school day.

        Too little while today's taps still come and exact in the evening, so that no morning
        looks worse than it is.
        """
        return quota.used / self.past if self.past else 0.0

    def days_of_room(self, quota: Quota) -> int | None:
        """Return for how many school days the room lasts; None when nobody can say."""
        room, pace = self.room(quota), self.pace(quota)
        if room is None or not pace or self.past < EVIDENCE_DAYS:
            return None
        return max(0, int(room / pace))

    def is_close(self, quota: Quota) -> bool:
        """Tell whether the next ten minutes could touch the reserve, or nobody can say."""
        room = self.room(quota)
        is_unsure = self.past < EVIDENCE_DAYS
        return room is not None and (is_unsure or room < self.pace(quota))


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided so far this month. `told`: the last of WARN_AT or RESERVED, 0 for none."""

    step: Step = Step.NORMAL
    told: int = 0


def step_for(quota: Quota, outlook: Outlook) -> Step:
    """Decide how far to cut back, looking at nothing but today's numbers.

    Arrivals stop where the reserve would be touched before the next look. Departures stop at the
    last moment at which arrivals alone still last until the end of the month: sooner would leave
    quota unused, later would cost arrivals.
    """
    room, pace = outlook.room(quota), outlook.pace(quota)
    if room is None:
        return Step.NORMAL
    if room <= pace * BETWEEN_LOOKS:
        return Step.ARRIVALS_ON_DEMAND
    if outlook.past < EVIDENCE_DAYS:
        return Step.NORMAL
    if room < pace * outlook.left * ARRIVALS_SHARE:
        return Step.DEPARTURES_ON_DEMAND
    return Step.NO_TESTS if room < pace * outlook.left else Step.NORMAL


def next_standing(
    before: Standing, quota: Quota, outlook: Outlook, *, is_raised: bool = False
) -> Standing:
    """Return where the month stands now.

    Within a month neither the step nor what staff heard goes down, for a notice that comes and
    goes is worse than one that stays away; with more quota granted (`is_raised`) both begin anew.
    """
    step = step_for(quota, outlook)
    told = warning_for(quota, step)
    if is_raised:
        return Standing(step, told)
    return Standing(max(before.step, step), max(before.told, told))


def warning_for(quota: Quota, step: Step) -> int:
    """Return what staff should have heard by now: one of WARN_AT, RESERVED, or 0."""
    if step is Step.ARRIVALS_ON_DEMAND:
        return RESERVED
    return max((share for share in WARN_AT if quota.percent >= share), default=0)
