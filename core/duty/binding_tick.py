"""The binding ticks: who is told that a child was closed or that many tries fail; what runs out.

None of it happens in the request of a guess, where it would take time only for children that exist.
"""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session

from core.binding.closed import has_newly_closed, take_newly_closed
from core.binding.delegate_ends import end_overdue, has_overdue
from core.binding.sheets import forget_old_sheets
from core.binding.tries import forget_old_counters, misses_since
from core.clock import TAIPEI
from core.db import insert_for, snapshot, table_of, transaction
from core.duty.tables import JobRun
from core.house import House
from core.notices.announce import tell_closed
from core.notices.binding_notices import tell_many_misses
from core.notices.moves import tell_moves
from core.notices.partings import tell_delegates_ended
from core.roster.checks import forget_old_checks

logger = logging.getLogger(__name__)

ALARM = "binding_misses"
ALARM_FROM = 100
HOUR = timedelta(hours=1)


def watch_bindings(house: House) -> None:
    """Tell of children that were closed, sound the alarm, and end what ran out."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        misses = misses_since(session, now - HOUR)
        has_work = has_newly_closed(session) or has_overdue(session, now)
    if not has_work and misses < ALARM_FROM:
        return
    with transaction(house.engine) as session:
        _watch(session, house, misses, now)
    house.notices_due.set()


def _watch(session: Session, house: House, misses: int, now: datetime) -> None:
    for student_id in take_newly_closed(session, house.vault, now):
        tell_closed(session, house.settings, student_id, now)
    if misses >= ALARM_FROM and (hour := _new_alarm(session, misses, now)):
        logger.error("many binding misses", extra={"count": misses})
        tell_many_misses(session, misses, hour, now)
    tell_delegates_ended(session, house.settings, end_overdue(session, now), now)


def _new_alarm(session: Session, misses: int, now: datetime) -> str:
    """Return the Taipei hour when nobody sounded the alarm in it yet, "" otherwise."""
    hour = f"{now.astimezone(TAIPEI):%Y-%m-%dT%H}"
    run = table_of(JobRun)
    claim = insert_for(session, run).values(
        job=ALARM, slot=hour, outcome="told", ran_at=now, count=misses
    )
    claimed = session.execute(claim.on_conflict_do_nothing().returning(run.c.slot)).first()
    return hour if claimed else ""


def tidy_bindings(house: House) -> None:
    """Ask the guardians of children who moved, and drop what is over."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        asked = tell_moves(session, house.vault, house.settings, now)
        forget_old_counters(session, now)
        forget_old_sheets(session, now)
        forget_old_checks(session, now)
    if asked:
        house.notices_due.set()
