"""The daily reconcile: what LINE accepted of ours against what LINE says it sent.

LINE can answer 200 and send nothing; only its own count tells.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.clock import TAIPEI
from core.db import insert_for, transaction
from core.delivery.granting import NoToken
from core.delivery.line_reconcile import ask_pushes
from core.delivery.tables import DeliveryDay
from core.delivery.tokens import good_token
from core.duty.job_runs import lock_run
from core.errors import ChannelError
from core.house import House
from core.kinds import Channel, NoticeState
from core.notices.tables import Notice

logger = logging.getLogger(__name__)

JOB = "reconcile"
DONE = "done"
# LINE has counted a day by the next morning, as a rule. Source: LINE docs, "Get number of sent
# push messages", which counts in days of UTC+9.
FROM = time(10)
LINE_TIME = timezone(timedelta(hours=9))
AGAIN_AFTER = timedelta(minutes=10)
# What may differ: pushes of the chat, which are no notices, and a few around midnight.
LEAST_ALARMING = 5
SHARE_ALARMING = 0.01


@dataclass(frozen=True, slots=True)
class Difference:
    """A day's pushes by our count and by LINE's."""

    ours: int
    theirs: int

    @property
    def is_alarming(self) -> bool:
        """Tell whether a person has to look."""
        return abs(self.ours - self.theirs) > max(LEAST_ALARMING, SHARE_ALARMING * self.ours)


def reconcile_yesterday(house: House) -> None:
    """Compare yesterday's counts once LINE has its own; asks again later while it has not."""
    now = house.clock.now()
    if now.astimezone(TAIPEI).time() < FROM:
        return
    day = now.astimezone(LINE_TIME).date() - timedelta(days=1)
    if not _take_turn(house, day, now):
        return
    try:
        theirs = _ask(house, day)
    except (ChannelError, NoToken) as error:
        extra = {"action": "reconcile", "reason": str(error)}
        logger.warning("LINE did not tell its count", extra=extra)
        return
    with transaction(house.engine) as session:
        ours = accepted_pushes(session, day)
        _store(
            session,
            DeliveryDay(channel=Channel.LINE, day=day, ours=ours, theirs=theirs, checked_at=now),
        )
        if theirs is not None:
            lock_run(session, JOB, str(day), outcome_if_new=DONE, now=now).outcome = DONE
    if theirs is not None:
        _tell(Difference(ours, theirs))


def accepted_pushes(session: Session, day: date) -> int:
    """Return how many of our pushes LINE accepted on a day of UTC+9; a push may tell several."""
    first = datetime.combine(day, time(), LINE_TIME)
    statement = select(func.count()).where(
        col(Notice.settled_at) >= first,
        col(Notice.settled_at) < first + timedelta(days=1),
        col(Notice.state) == NoticeState.ACCEPTED,
        col(Notice.channel) == Channel.LINE,
        col(Notice.rides_with).is_(None),
    )
    return session.execute(statement).scalar_one()


def _ask(house: House, day: date) -> int | None:
    token = good_token(house)
    return ask_pushes(house.settings, token.value, day) if token else None


def _take_turn(house: House, day: date, now: datetime) -> bool:
    with transaction(house.engine) as session:
        run = lock_run(session, JOB, str(day), outcome_if_new="new", now=now)
        is_recent = run.outcome != "new" and now - run.ran_at < AGAIN_AFTER
        if run.outcome == DONE or is_recent:
            return False
        run.outcome, run.ran_at = "asked", now
    return True


def _store(session: Session, row: DeliveryDay) -> None:
    statement = insert_for(session, DeliveryDay).values(row.model_dump())
    changed = {name: statement.excluded[name] for name in ("ours", "theirs", "checked_at")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["channel", "day"], set_=changed)
    )


def _tell(found: Difference) -> None:
    logger.log(
        logging.ERROR if found.is_alarming else logging.INFO,
        "pushes compared with LINE's count",
        extra={"action": "reconcile", "count": found.ours, "outcome": f"line:{found.theirs}"},
    )
