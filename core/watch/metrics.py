"""The page /metrics, for Prometheus. Several processes share one database, so it is asked.

Read: counts that are added up already, what waits, and small tables. Nothing personal is a label.
"""

import hmac
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlmodel import Session, col
from werkzeug.datastructures import Headers

from core.binding.tries import misses_since
from core.clock import at_taipei, school_day_of
from core.db import snapshot
from core.delivery.quota_month import current_step, last_asked, left_of
from core.delivery.tables import DeliveryDay
from core.delivery.takeovers import takeovers_of
from core.duty.reader_tick import SILENT_AFTER
from core.duty.scheduler import TICKS
from core.duty.tables import JobRun
from core.duty.tick_log import last_ticks
from core.gate.health import live_readers
from core.gate.tables import Reader, ReaderDay
from core.house import House
from core.kinds import Channel
from core.loopback import is_loopback
from core.people.roster import CANARY_SCHOOL
from core.privacy.purged import last_of_limits
from core.watch.canary import CanaryState, canary_state
from core.watch.counting import BUCKETS, LAG, counted_until, sums_since
from core.watch.made import made_today
from core.watch.tables import DwellCount, NoticeCount
from core.watch.texts import OVER, text_sums
from core.watch.waiting import oldest_due, waiting_sums
from core.watch.writing import WriteProbe, room_left

# The run row of the command `backup`.
BACKUP = ("backup", "last")
CONTENT_TYPE = CONTENT_TYPE_LATEST
PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
DWELL_OVER = timedelta(hours=1)
# What ended and is not added up yet is counted in each scrape; the clock may be down for long.
MOST_UNCOUNTED = LAG + timedelta(minutes=10)

Family = GaugeMetricFamily | GaugeHistogramMetricFamily
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """Today's notices. `ended` is by channel, kind, state and outcome; `waiting` has no outcome.

    `made` is by channel and kind, and counted apart: when they were written.
    """

    ended: Counter[Labels] = field(default_factory=Counter)
    waiting: Counter[Labels] = field(default_factory=Counter)
    made: Counter[Labels] = field(default_factory=Counter)
    retried: Counter[Labels] = field(default_factory=Counter)
    tries: int = 0
    oldest: dict[str, datetime] = field(default_factory=dict)


class _Scrape(Collector):
    def __init__(self, families: Iterable[Family]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Family]:
        yield from self._families


def is_allowed(token: str, address: str, headers: Headers) -> bool:
    """Tell whether a caller may read the page: with the token, or from this machine itself.

    What a proxy on this machine passes on comes from outside, though its address is ours.
    """
    given = headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    host = headers.get("Host", "").rsplit(":", 1)[0].strip("[]")
    is_passed_on = any(name in headers for name in PROXY_HEADERS)
    return is_loopback(address) and is_loopback(host) and not is_passed_on


def metrics_page(house: House, probe: WriteProbe | None = None) -> bytes:
    """Return what is so now, as Prometheus reads it; with a probe also how this machine is."""
    now = house.clock.now()
    with _one_view(house) as session:
        families = list(_families(session, now))
    if house.settings.canary_line_user_id:
        with snapshot(house.engine) as session:
            families += _canary(canary_state(session, now), now)
    if probe is not None:
        families += _machine(house, probe)
    registry = CollectorRegistry()
    registry.register(_Scrape(families))
    return generate_latest(registry)


def _one_view(house: House) -> Session:
    # Counts and what is not counted yet must fit together, though a tick adds up meanwhile.
    if house.engine.dialect.name == "sqlite":
        return Session(house.engine.execution_options(reading=True))
    return Session(house.engine.execution_options(isolation_level="REPEATABLE READ"))


def _families(session: Session, now: datetime) -> Iterator[Family]:
    yield from _notices(_read_sums(session, now), now)
    yield _takeovers(session, now)
    misses = misses_since(session, now - timedelta(hours=1))
    yield _gauge("binding_misses", "Tries to bind that failed in the last hour", misses)
    until = counted_until(session)
    if until is not None:
        yield _gauge("counts_age_seconds", "Age of the counts of ended notices", _age(until, now))
    due = oldest_due(session, now)
    age = _age(due, now) if due else 0.0
    yield _gauge("oldest_due_seconds", "How long the oldest due live notice waits", age)
    yield _dwell(session, now)
    yield from _gates(session, now)
    yield from _line_days(session)
    yield from _texts(session, now)
    backup = session.get(JobRun, BACKUP)
    if backup is not None:
        age = _age(backup.ran_at, now)
        yield _gauge("backup_age_seconds", "Since a backup was last made and checked", age)
    yield from _quota(session, now)
    yield from _purges(session, now)
    ticks = {(name,): _age(at, now) for name, at in last_ticks(session).items()}
    yield _labelled("tick_age_seconds", "Since a tick last ended well", ("tick",), ticks)
    every = {(tick.__name__,): seconds for tick, seconds in TICKS.items()}
    yield _labelled("tick_every_seconds", "From one run of a tick to the next", ("tick",), every)


def _read_sums(session: Session, now: datetime) -> Sums:
    today = school_day_of(now)
    midnight = at_taipei(today, time())
    until = counted_until(session) or midnight
    rows = [
        *session.scalars(select(NoticeCount).where(col(NoticeCount.day) == today)),
        *sums_since(session, max(until, midnight, now - MOST_UNCOUNTED)),
    ]
    waiting = waiting_sums(session)
    made = made_today(session, now, now - MOST_UNCOUNTED)
    sums = Sums(made=made, tries=sum(row.tries for row in rows))
    for row in rows:
        sums.ended[row.channel, row.kind, row.state, row.outcome] += row.number
    for row in waiting:
        sums.waiting[row.channel, row.kind, row.state] += row.number
        sums.oldest[row.channel] = min(row.oldest, sums.oldest.get(row.channel, row.oldest))
    for row in (*rows, *waiting):
        sums.retried[row.channel, row.kind] += row.retried
    return sums


def _notices(sums: Sums, now: datetime) -> Iterator[Family]:
    states: Counter[Labels] = Counter(sums.waiting)
    for (channel, kind, state, _), number in sums.ended.items():
        states[channel, kind, state] += number
    of = ("channel", "kind")
    help_text = "Written today or waiting at midnight; more than gate_notices in all: a loss"
    yield _labelled("notices_created", help_text, of, sums.made)
    yield _labelled("notices", "Ended today or waiting, by state", (*of, "state"), states)
    how = (*of, "state", "outcome")
    yield _labelled("notices_ended", "Ended today, by our word for why", how, sums.ended)
    help_text = "Needed more than one try or sender (retries and lease takeovers)"
    yield _labelled("notices_retried", help_text, of, sums.retried)
    yield _gauge("notice_tries", "Tries of the notices that ended today", sums.tries)
    yield _gauge("notices_unfinished", "Waiting or being sent", sums.waiting.total())
    ages = {(one.value,): _age(sums.oldest.get(one, now), now) for one in Channel}
    help_text = "Age of a channel's oldest unfinished notice"
    yield _labelled("channel_oldest_seconds", help_text, ("channel",), ages)
    age = max(ages.values())
    yield _gauge("oldest_pending_seconds", "Age of the oldest unfinished notice", age)


def _takeovers(session: Session, now: datetime) -> Family:
    numbers = {(Channel.LINE.value,): takeovers_of(session, school_day_of(now))}
    help_text = "Taken over today from a sender whose lease ran out"
    return _labelled("lease_takeovers", help_text, ("channel",), numbers)


def _dwell(session: Session, now: datetime) -> Family:
    statement = (
        select(col(DwellCount.bucket), func.sum(DwellCount.number), func.sum(DwellCount.seconds))
        .where(col(DwellCount.until) > now - DWELL_OVER)
        .group_by(col(DwellCount.bucket))
    )
    rows: list[Any] = list(session.execute(statement))
    numbers = {bucket: number for bucket, number, _ in rows}
    buckets, total = [], 0
    for place, bound in enumerate((*map(str, BUCKETS), "+Inf")):
        total += int(numbers.get(place, 0))
        buckets.append((bound, total))
    family = GaugeHistogramMetricFamily(
        "gate_dwell_seconds", "From a tap's receipt to LINE's acceptance, over the last hour"
    )
    family.add_metric([], buckets=buckets, gsum_value=sum(seconds for *_, seconds in rows))
    return family


def _gates(session: Session, now: datetime) -> Iterator[Family]:
    of_schools = [one for one in live_readers(session) if one.school_code != CANARY_SCHOOL]
    silent = [one for one in of_schools if _is_silent(one, now)]
    yield _gauge("readers", "Readers that are not revoked", len(of_schools))
    help_text = f"Readers not heard for {SILENT_AFTER.total_seconds():.0f} s, or never"
    yield _gauge("readers_silent", help_text, len(silent))
    counted = (
        select(func.coalesce(func.sum(col(ReaderDay.taps)), 0))
        .join(Reader, col(Reader.id) == col(ReaderDay.reader_id))
        .where(col(ReaderDay.day) == school_day_of(now), col(Reader.school_code) != CANARY_SCHOOL)
    )
    taps: int = session.execute(counted).scalar_one()
    yield _gauge("taps", "Taps received from readers today", taps)


def _is_silent(reader: Reader, now: datetime) -> bool:
    return reader.last_contact_at is None or now - reader.last_contact_at > SILENT_AFTER


def _line_days(session: Session) -> Iterator[Family]:
    latest = session.scalars(
        select(DeliveryDay)
        .where(col(DeliveryDay.channel) == Channel.LINE, col(DeliveryDay.theirs).is_not(None))
        .order_by(col(DeliveryDay.day).desc())
        .limit(1)
    ).first()
    if latest is None or latest.theirs is None:
        return
    yield _gauge("line_day_ours", "Pushes accepted on the last day compared", latest.ours)
    yield _gauge("line_day_theirs", "Pushes of that day by LINE's count", latest.theirs)
    difference = latest.ours - latest.theirs
    yield _gauge("line_day_difference", "Ours less theirs of that day", difference)


def _quota(session: Session, now: datetime) -> Iterator[Family]:
    step = current_step(session, now)
    yield _gauge("quota_step", "How far pushes are cut back: 0 not at all", step)
    asked, left = last_asked(session, now), left_of(session, now)
    if asked is None or asked[0].granted is None or left is None:
        return
    yield _gauge("quota_granted", "Messages LINE grants this month", asked[0].granted)
    yield _gauge("quota_left", "Of them not used yet, by LINE's last count", left)


def _purges(session: Session, now: datetime) -> Iterator[Family]:
    purged = last_of_limits(session)
    if not purged:
        return
    left = {(one.limit,): one.left for one in purged}
    yield _labelled("purge_left", "Rows over age the last purge left", ("limit",), left)
    age = _age(min(one.ended_at for one in purged), now)
    yield _gauge("purge_age_seconds", "Since every limit was last looked at by a purge", age)


def _texts(session: Session, now: datetime) -> Iterator[Family]:
    sums = text_sums(session, now)
    help_text = f"Texts of which something was heard in the last {OVER.total_seconds():.0f} s"
    yield _labelled("texts", help_text, ("state",), sums.states)
    yield _gauge("texts_silent", "Texts without a receipt that are still asked after", sums.silent)
    age = _age(sums.oldest_silent, now) if sums.oldest_silent else 0.0
    yield _gauge("texts_silent_oldest_seconds", "Age of the oldest of them", age)
    yield _gauge("receipts_unmatched", "Receipts for texts we do not know", sums.unmatched)


def _canary(state: CanaryState, now: datetime) -> Iterator[Family]:
    yield _gauge("canary_ok", "1 while the canary arrives", float(state.problem is None))
    if state.accepted_at is not None:
        help_text = "Since the last tap of the canary that LINE took the news of"
        yield _gauge("canary_accepted_age_seconds", help_text, _age(state.accepted_at, now))


def _machine(house: House, probe: WriteProbe) -> Iterator[Family]:
    is_writable = float(probe.problem(house) is None)
    yield _gauge("database_writable", "1 while the database takes what is written", is_writable)
    free = {(place,): bytes_left for place, bytes_left in room_left(house.settings).items()}
    help_text = "Left on the disk of this web process's database file and backups"
    yield _labelled("disk_free_bytes", help_text, ("place",), free)


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _gauge(name: str, help_text: str, value: float) -> Family:
    return GaugeMetricFamily(f"gate_{name}", help_text, value=float(value))


def _labelled(
    name: str, help_text: str, labels: Labels, values: dict[Any, Any] | Counter[Labels]
) -> Family:
    family = GaugeMetricFamily(f"gate_{name}", help_text, labels=labels)
    for of, value in sorted(values.items()):
        family.add_metric(of, float(value))
    return family
