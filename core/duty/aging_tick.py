"""The aging tick: each school morning, who is reminded of requests that have waited two days.

Orders of texts are a reminder of their own: they go to who reviews them.
"""

from collections import defaultdict
from datetime import datetime, time, timedelta

from sqlmodel import Session

from core.binding.requests import open_requests as open_bindings
from core.clock import TAIPEI
from core.duty.job_runs import begin_school, tell_schools
from core.gate.make_up_review import open_requests as open_make_ups
from core.house import House
from core.notices.staff_desk import runners_of, teachers_of
from core.notices.staff_reminders import tell_aging, tell_orders_aging
from core.orders.listing import waiting_since

JOB = "queue_aging"
# Taipei times of day: the morning's missing children are answered for by then.
FROM = time(9)
UNTIL = time(12)
LONG_WAIT = timedelta(days=2)


def run_aging_tick(house: House) -> None:
    """Look at every school that was not looked at today, each in a transaction of its own."""
    now = house.clock.now()
    if not FROM <= now.astimezone(TAIPEI).time() < UNTIL:
        return
    tell_schools(house, JOB, remind_school, now)


def remind_school(session: Session, school_code: str, now: datetime) -> int:
    """Remind who runs the school of all that waits, and teachers of their class's, once a day.

    Joins the caller's transaction.
    """
    if not begin_school(session, JOB, school_code, now):
        return 0
    bindings = [asked.asked_at for asked, _ in open_bindings(session, [school_code])]
    by_class: dict[str, list[datetime]] = defaultdict(list)
    for one in open_make_ups(session, school_code):
        by_class[one.student.homeroom].append(one.request.asked_at)
    everything = bindings + [at for waits in by_class.values() for at in waits]
    told = _remind(session, school_code, None, everything, now)
    for homeroom, waits in by_class.items():
        told += _remind(session, school_code, homeroom, waits, now)
    return told + _remind_of_orders(session, school_code, now)


def _remind_of_orders(session: Session, school_code: str, now: datetime) -> int:
    waits = waiting_since(session, school_code)
    if not waits or now - min(waits) < LONG_WAIT:
        return 0
    days = (now - min(waits)).days
    return tell_orders_aging(session, school_code, count=len(waits), days=days, now=now)


def _remind(
    session: Session, school_code: str, homeroom: str | None, asked: list[datetime], now: datetime
) -> int:
    if not asked or now - min(asked) < LONG_WAIT:
        return 0
    if homeroom is None:
        people = runners_of(session, school_code)
    else:
        people = teachers_of(session, school_code, homeroom)
    days = (now - min(asked)).days
    about = f"{school_code}/{homeroom or 'all'}"
    return tell_aging(
        session, school_code, people, count=len(asked), days=days, about=about, now=now
    )
