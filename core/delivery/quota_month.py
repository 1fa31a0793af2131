"""The month's quota as stored: what LINE said last, and what it means for a notice."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, update
from sqlmodel import Session, col, select

from core.clock import at_taipei, school_day_of
from core.db import insert_for, table_of
from core.delivery.quota import Outlook, Quota, Standing, Step, next_standing
from core.delivery.tables import QuotaMonth
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.outbox import GATE_NEWS
from core.notices.tables import Notice
from core.people.tables import Guardian
from core.rows import run

# What only repeats to people what they did, or find on their page. What may be about a child's
# safety or somebody's account is none of it, as are orders, which are money.
COURTESIES = frozenset(
    {
        NoticeKind.MAKE_UP_DONE,
        NoticeKind.DELEGATE_ENDED,
        NoticeKind.SMS_CANCELLING,
        NoticeKind.SMS_KEPT,
        NoticeKind.ANNOUNCEMENT_ANSWERED,
        NoticeKind.DIGEST,
        NoticeKind.QUEUE_AGING,
        NoticeKind.ORDER_AGING,
    }
)
ON_DEMAND = {
    Step.NORMAL: frozenset[NoticeKind](),
    Step.NO_TESTS: frozenset[NoticeKind](),
    Step.DEPARTURES_ON_DEMAND: frozenset({NoticeKind.DEPARTURE}),
    Step.ARRIVALS_ON_DEMAND: GATE_NEWS | COURTESIES,
}
# LINE does not say when its month turns: Japan's midnight is likely, UTC's is 08:00 here.
TURNED_BY = time(9)


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer of LINE changed. `quota` is that answer."""

    quota: Quota
    before: Standing
    after: Standing

    @property
    def new_step(self) -> Step | None:
        """Return the step that was just reached from below."""
        return self.after.step if self.after.step > self.before.step else None

    @property
    def new_warning(self) -> int:
        """Return the share staff are to hear of now, or 0."""
        return self.after.told if self.after.told > self.before.told else 0


@dataclass(frozen=True, slots=True)
class CutBack:
    """How far deliveries are cut back, and since when; None: for nobody knows how long."""

    step: Step = Step.NORMAL
    since: datetime | None = None

    @property
    def kinds(self) -> frozenset[NoticeKind]:
        """Return what is answered when asked for and not pushed."""
        return ON_DEMAND[self.step]

    def is_new_to(self, guardian: Guardian) -> bool:
        """Tell whether the guardian misses arrivals or departures and has not read so yet."""
        if self.since is None or guardian.stopped_at is not None or not self.kinds & GATE_NEWS:
            return False
        return guardian.quota_told_at is None or guardian.quota_told_at < self.since


def cut_back(session: Session, now: datetime) -> CutBack:
    """Return how far deliveries are cut back; a month nobody asked about yet is a normal one."""
    found = run(session, _step, {"month_of": month_of(now)}).all()
    return CutBack(Step(found[0].step), found[0].step_at) if found else CutBack()


def current_step(session: Session, now: datetime) -> Step:
    """Return how far deliveries are cut back."""
    return cut_back(session, now).step


@cache
def _step(_engine: str) -> Any:
    row = table_of(QuotaMonth).c
    return select(row.step, row.step_at).where(
        row.channel == Channel.LINE.value, row.month == bindparam("month_of")
    )


def on_demand_kinds(session: Session, now: datetime) -> frozenset[NoticeKind]:
    """Return what is answered when asked for and not pushed: one look-up by key.

    Waiting notices of these kinds end as cancelled, with the outcome on_demand.
    """
    return cut_back(session, now).kinds


def remember_told(session: Session, guardian_id: UUID, now: datetime) -> bool:
    """Remember that the guardian reads how far it is cut back; tell whether that is news.

    Joins the caller's transaction. Of two answers at once one is the first.
    """
    since = cut_back(session, now).since
    told_at = col(Guardian.quota_told_at)
    told = session.execute(
        update(Guardian)
        .where(col(Guardian.id) == guardian_id, or_(told_at.is_(None), told_at < since))
        .values(quota_told_at=now)
        .returning(col(Guardian.id))
        .execution_options(synchronize_session=False)
    )
    return told.first() is not None


def record_quota(session: Session, quota: Quota, outlook: Outlook, now: datetime) -> Change | None:
    """Store what LINE said and decide the step; None when it still counts the month before.

    Joins the caller's transaction, which holds the month's row until it ends: of several clocks
    one sees a change.
    """
    if _is_of_last_month(session, quota, now):
        return None
    row = _lock_month(session, quota, now)
    before = Standing(Step(row.step), row.told)
    after = next_standing(before, quota, outlook, is_raised=_is_raised(row.granted, quota.granted))
    row.granted, row.used, row.asked_at = quota.granted, quota.used, now
    row.step, row.told = after.step, after.told
    if after.step != before.step:
        row.step_at = now
    session.add(row)
    session.flush()
    return Change(quota, before, after)


def last_asked(session: Session, now: datetime) -> tuple[Quota, datetime] | None:
    """Return what LINE said last in this month, and when."""
    row = session.get(QuotaMonth, (Channel.LINE, month_of(now)))
    return (Quota(row.granted, row.used), row.asked_at) if row else None


def left_of(session: Session, now: datetime) -> int | None:
    """Return how many messages the month has left; None where LINE names no limit, or none yet."""
    asked = last_asked(session, now)
    if asked is None or asked[0].granted is None:
        return None
    return max(0, asked[0].granted - asked[0].used)


def room_of(session: Session, reserve: int, now: datetime) -> int | None:
    """Return how many messages may still be sent before the reserve is touched; None: no limit.

    None too where nobody asked yet. `reserve` 0: the usual share. What waits, or was taken since
    LINE was asked, is not in LINE's count and taken off.
    """
    asked = last_asked(session, now)
    room = Outlook(past=0, left=0, reserve=reserve).room(asked[0]) if asked else None
    if asked is None or room is None:
        return None
    return max(0, room - _uncounted(session, asked[1]))


def hold_month(session: Session, now: datetime) -> None:
    """Let those who send much at once look at the month's numbers in turn; joins the transaction.

    Nothing on SQLite, whose writers take turns anyway.
    """
    mine = col(QuotaMonth.month) == month_of(now)
    session.execute(select(col(QuotaMonth.channel)).where(mine).with_for_update())


def _uncounted(session: Session, asked_at: datetime) -> int:
    pushes = select(func.count()).where(
        col(Notice.channel) == Channel.LINE, col(Notice.rides_with).is_(None)
    )
    is_new = col(Notice.settled_at) >= asked_at, col(Notice.state) == NoticeState.ACCEPTED
    waiting, taken = pushes.where(col(Notice.settled_at).is_(None)), pushes.where(*is_new)
    return (session.scalar(waiting) or 0) + (session.scalar(taken) or 0)


def month_of(moment: datetime) -> date:
    """Return the first Taipei date of the moment's month."""
    return school_day_of(moment).replace(day=1)


def month_end(moment: datetime) -> date:
    """Return the last Taipei date of the moment's month."""
    return (month_of(moment) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _lock_month(session: Session, quota: Quota, now: datetime) -> QuotaMonth:
    month = month_of(now)
    session.execute(
        insert_for(session, QuotaMonth)
        .values(
            channel=Channel.LINE,
            month=month,
            granted=quota.granted,
            used=quota.used,
            asked_at=now,
            step=Step.NORMAL,
            told=0,
        )
        .on_conflict_do_nothing()
    )
    statement = select(QuotaMonth).where(
        QuotaMonth.channel == Channel.LINE, QuotaMonth.month == month
    )
    # Read anew: what the session knew of the row may be older than the lock.
    return session.exec(statement.with_for_update().execution_options(populate_existing=True)).one()


def _is_raised(before: int | None, after: int | None) -> bool:
    if before is None:
        return False
    return after is None or after > before


def _is_of_last_month(session: Session, quota: Quota, now: datetime) -> bool:
    """Tell whether the count can't be the new month's: a step taken on it would stay for all of it.

    Looked at in the first hours only, in which a new month's count can't have caught up.
    """
    month = month_of(now)
    if now >= at_taipei(month, TURNED_BY):
        return False
    month_before = (month - timedelta(days=1)).replace(day=1)
    last = session.get(QuotaMonth, (Channel.LINE, month_before))
    return last is not None and 0 < last.used <= quota.used
