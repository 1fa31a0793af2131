"""The channel check tick: from the middle of a month, on school days, who heard nothing is tested.

By then everybody whose child taps has heard something. In holidays nobody expects a word, and one
to all would cost the month's quota; where that is short no test goes out either.
"""

from datetime import datetime, time
from functools import partial

from sqlmodel import Session

from core.clock import TAIPEI
from core.db import snapshot
from core.delivery.quota import Step
from core.delivery.quota_month import current_step
from core.duty.job_runs import begin_school, tell_schools
from core.house import House
from core.notices.channel_checks import tell_unheard
from core.settings import Settings

JOB = "channel_check"
FROM_DAY = 15
# Taipei times of day: between the morning's and the afternoon's taps.
FROM, UNTIL = time(10), time(15)


def run_channel_check_tick(house: House) -> None:
    """Look at every school that was not looked at today, each in a transaction of its own."""
    now = house.clock.now()
    local = now.astimezone(TAIPEI)
    is_time = local.day >= FROM_DAY and FROM <= local.time() < UNTIL
    if not house.settings.channel_check_days or not is_time:
        return
    with snapshot(house.engine) as session:
        if current_step(session, now) is not Step.NORMAL:
            return
    tell_schools(house, JOB, partial(check_school, settings=house.settings), now)


def check_school(session: Session, school_code: str, now: datetime, *, settings: Settings) -> int:
    """Test the school's guardians who heard nothing, once a day; joins the transaction."""
    if not begin_school(session, JOB, school_code, now):
        return 0
    return tell_unheard(session, settings, school_code, now)
