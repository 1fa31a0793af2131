"""服務狀態: how each channel, the gates and the day's checks are, for guardians and operators."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from core.attendance.due import cutoffs_of
from core.attendance.tables import NoShowRun, RunState
from core.calendar.channels import WIDTH, Offer, offered
from core.calendar.school_days import NO_GRADE, day_statuses
from core.calendar.scopes import CITY, GRADES
from core.clock import school_day_of
from core.db import table_of
from core.delivery.quota_month import last_asked, on_demand_kinds
from core.gate.readers import last_contacts
from core.kinds import Channel, OfferState
from core.notices.tables import Notice
from core.post.connected import is_connected
from core.rows import run
from core.settings import Settings
from core.watch.waiting import waiting_sums

# So long something may wait before a channel counts as slow: a mail server may well put us off.
PATIENCE = {
    Channel.LINE: timedelta(minutes=2),
    Channel.EMAIL: timedelta(minutes=15),
    Channel.SMS: timedelta(minutes=15),
    Channel.APP: timedelta(minutes=15),
}


class Health(StrEnum):
    """How a channel is. ON_DEMAND: arrivals or departures are answered when asked for."""

    WELL = "well"
    BEST_EFFORT = "best_effort"
    SLOW = "slow"
    ON_DEMAND = "on_demand"
    PAUSED = "paused"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as it stands, what the city says of it (zh-TW), and what waits there."""

    channel: Channel
    health: Health
    note: str
    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """A school's no-show check of today at one cut-off."""

    cutoff: time
    state: RunState
    ran_at: datetime


@dataclass(frozen=True, slots=True)
class SchoolService:
    """When a school's readers were last heard, and how today's checks went.

    `cutoff` is the first one of today; None on a day without lessons.
    """

    code: str
    heard_at: datetime | None
    checks: Sequence[Check]
    cutoff: time | None


def channels_of(
    session: Session, settings: Settings, school_codes: Collection[str], now: datetime
) -> list[ChannelState]:
    """Return every channel as it stands for these schools' guardians, at best; only reads."""
    offers = _widest(session, school_codes, now)
    sums: dict[Channel, list[Any]] = {channel: [] for channel in Channel}
    for row in waiting_sums(session):
        sums[Channel(row.channel)].append(row)
    return [
        _state(session, settings, channel, offer, sums[channel], now)
        for channel, offer in offers.items()
    ]


def schools_service(
    session: Session, school_codes: Collection[str], now: datetime
) -> list[SchoolService]:
    """Return how the gates and checks of schools are, in the order given.

    A fixed number of queries.
    """
    codes = list(school_codes)
    cutoffs = _first_cutoffs(session, codes, now)
    heard = last_contacts(session, codes)
    rows = session.scalars(
        select(NoShowRun)
        .where(
            col(NoShowRun.school_code).in_(codes), col(NoShowRun.school_day) == school_day_of(now)
        )
        .order_by(col(NoShowRun.cutoff))
    )
    checks: dict[str, list[Check]] = {code: [] for code in codes}
    for row in rows:
        checks[row.school_code].append(Check(row.cutoff, RunState(row.state), row.ran_at))
    return [SchoolService(code, heard[code], checks[code], cutoffs.get(code)) for code in codes]


def _first_cutoffs(session: Session, codes: Sequence[str], now: datetime) -> Mapping[str, time]:
    """Return the first cut-off of today of the schools that have lessons in any grade."""
    today = school_day_of(now)
    keys = [(code, grade) for code in codes for grade in (NO_GRADE, *GRADES)]
    statuses = day_statuses(session, keys, today, today)
    is_open = {code for (code, _), days in statuses.items() if days[today].is_open}
    return {code: found[0] for code, found in cutoffs_of(session, now).items() if code in is_open}


def waiting_of(session: Session, guardian_id: UUID) -> int:
    """Return how many notices to a guardian wait to be sent, by whatever channel."""
    return int(run(session, _own_waiting, {"guardian_id": guardian_id}).scalar_one())


@cache
def _own_waiting(_engine: str) -> Any:
    row = table_of(Notice).c
    return select(func.count()).where(
        row.guardian_id == bindparam("guardian_id"), row.settled_at.is_(None)
    )


def _widest(
    session: Session, school_codes: Collection[str], now: datetime
) -> Mapping[Channel, Offer]:
    """Return of each channel the best that one of the schools offers, or the city."""
    found: dict[Channel, Offer] = {}
    for code in sorted(school_codes) or (CITY,):
        for channel, offer in offered(session, code, school_day_of(now)).items():
            if channel not in found or _place(offer) < _place(found[channel]):
                found[channel] = offer
    return found


def _place(offer: Offer) -> int:
    return WIDTH.index(offer.state)


def _state(
    session: Session,
    settings: Settings,
    channel: Channel,
    offer: Offer,
    sums: Sequence[Any],
    now: datetime,
) -> ChannelState:
    oldest = min((row.oldest for row in sums), default=None)
    health = _health(session, settings, channel, offer, oldest, now)
    return ChannelState(channel, health, offer.note, sum(row.number for row in sums), oldest)


def _health(
    session: Session,
    settings: Settings,
    channel: Channel,
    offer: Offer,
    oldest: datetime | None,
    now: datetime,
) -> Health:
    if not offer.can_be_chosen or not is_connected(settings, channel):
        return Health.OFF
    if channel is Channel.LINE:
        asked = last_asked(session, now)
        if asked is not None and asked[0].is_gone:
            return Health.PAUSED
        if on_demand_kinds(session, now):
            return Health.ON_DEMAND
    if oldest is not None and now - oldest > PATIENCE[channel]:
        return Health.SLOW
    return Health.BEST_EFFORT if offer.state is OfferState.BEST_EFFORT else Health.WELL
