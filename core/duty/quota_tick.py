"""The quota tick: ask LINE for the month's count, decide the step, tell staff what is new.

It wakes every minute and asks every ten; every minute where the reserve is near, every hour at
night. Nothing is stored of an answer that did not come: the step stays, and the next minute asks.
"""

import logging
from datetime import datetime, time, timedelta

from sqlmodel import Session, select

from core.calendar.school_days import NO_GRADE, day_statuses
from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.delivery.granting import NoToken
from core.delivery.line_quota import ask_quota
from core.delivery.quota import RESERVED, Outlook, Quota, Step
from core.delivery.quota_month import Change, last_asked, month_end, month_of, record_quota
from core.delivery.tokens import good_token
from core.errors import ChannelError
from core.house import House
from core.notices.staff_notices import tell_quota_cut, tell_quota_warning
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School

logger = logging.getLogger(__name__)

ACTION = "ask_quota"
EVERY, EVERY_CLOSE, EVERY_NIGHT = timedelta(minutes=10), timedelta(minutes=1), timedelta(hours=1)
DAY_FROM, DAY_UNTIL = time(5), time(22)
# Wakes come a moment early or late; a look must not slip to the wake after.
SLACK = timedelta(seconds=5)


def run_quota_tick(house: House) -> None:
    """Ask when it is time, and act on the answer in one transaction."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        last = last_asked(session, now)
        if last is not None and not _may_be_due(last[1], now):
            return
        outlook = outlook_for(session, now, house.settings.line_quota_reserve)
        if last is not None and not _is_due(last, outlook, now):
            return
    quota = _ask(house)
    if quota is None:
        return
    with transaction(house.engine) as session:
        change = record_quota(session, quota, outlook, now)
        told = tell_change(session, change, outlook, now) if change else 0
    if told:
        house.notices_due.set()


def tell_change(session: Session, change: Change, outlook: Outlook, now: datetime) -> int:
    """Tell staff of a step that guardians feel, or else of a share; return how many are new."""
    if change.after.step != change.before.step:
        _log(change)
    quota = change.quota
    # The granted quota tells a second time at which a share is reached from the first.
    about = f"{month_of(now)}/{quota.granted}"
    if change.new_step in (Step.DEPARTURES_ON_DEMAND, Step.ARRIVALS_ON_DEMAND):
        with_arrivals = change.new_step is Step.ARRIVALS_ON_DEMAND
        return tell_quota_cut(
            session,
            percent=quota.percent,
            with_arrivals=with_arrivals,
            until=month_end(now),
            about=about,
            now=now,
        )
    if change.new_warning and change.new_warning != RESERVED:
        return tell_quota_warning(
            session,
            percent=quota.percent,
            days=outlook.days_of_room(quota),
            about=f"{about}/{change.new_warning}",
            now=now,
        )
    return 0


def outlook_for(session: Session, now: datetime, reserve: int) -> Outlook:
    """Return the month's school days as they stand in the calendar, a share of schools each."""
    today = school_day_of(now)
    keys = [
        (code, NO_GRADE)
        for code in session.exec(select(School.code).where(School.code != CANARY_SCHOOL))
    ]
    past = left = 0.0
    for days in day_statuses(session, keys, month_of(now), month_end(now)).values():
        past += sum(status.is_open for day, status in days.items() if day <= today)
        left += sum(status.is_open for day, status in days.items() if day > today)
    schools = len(keys) or 1
    return Outlook(past / schools, left / schools, reserve)


def _ask(house: House) -> Quota | None:
    """Return LINE's answer; None when there is none, or no token to ask with yet."""
    try:
        token = good_token(house)
        return ask_quota(house.settings, token.value) if token else None
    except (ChannelError, NoToken) as error:
        logger.warning("quota unknown", extra={"action": ACTION, "reason": str(error)})
        return None


def _may_be_due(asked_at: datetime, now: datetime) -> bool:
    """Tell whether enough time has passed for the calendar of the month to be worth a look."""
    least = EVERY_NIGHT if _is_night(now) else EVERY_CLOSE
    return now - asked_at >= least - SLACK


def _is_due(last: tuple[Quota, datetime], outlook: Outlook, now: datetime) -> bool:
    quota, asked_at = last
    if _is_night(now) or outlook.is_close(quota):
        return True
    return now - asked_at >= EVERY - SLACK


def _is_night(now: datetime) -> bool:
    return not DAY_FROM <= now.astimezone(TAIPEI).time() < DAY_UNTIL


def _log(change: Change) -> None:
    is_worse = change.after.step > change.before.step
    logger.log(
        logging.ERROR if is_worse else logging.INFO,
        "quota step",
        extra={"action": ACTION, "state": change.after.step.name, "count": change.quota.used},
    )
