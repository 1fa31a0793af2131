"""What an order of today would still bring, said before the guardian says yes."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from core.calendar.school_days import SchoolGrade, day_statuses
from core.clock import school_day_of
from core.orders.fees import most_for
from core.orders.placing import is_late
from core.orders.plans import Items, Plan, effect_of


@dataclass(frozen=True, slots=True)
class Offer:
    """The first school day it would send, how many are left with it, and the most it can cost.

    `is_late`: days of the service are gone, so this has to be agreed to.
    """

    first_day: date
    days: int
    most: int
    is_late: bool


def late_offer(
    session: Session, plan: Plan, place: SchoolGrade, items: Items, now: datetime
) -> Offer | None:
    """Return what an order approved today would bring by the school's calendar.

    `place` is (school code, grade). None where no school day is left.
    """
    first = max(school_day_of(effect_of(now)), plan.first_day)
    if first > plan.send_until:
        return None
    statuses = day_statuses(session, [place], first, plan.send_until)[place]
    days = [day for day, status in statuses.items() if status.is_open]
    if not days:
        return None
    return Offer(days[0], len(days), most_for(plan, items, len(days)), is_late(plan, now))
