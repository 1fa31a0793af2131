"""The canary: a child of ours that taps at a gate of ours, and a LINE account that must hear of it.

tap through the reader's HTTP door -> day record -> outbox -> worker -> LINE's acceptance. What is
not accepted in time is an alarm. The child goes in and out, so that each tap is news.
"""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import orjson
import requests
from sqlalchemy import func, select
from sqlmodel import Session, col
from standardwebhooks.webhooks import Webhook

from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.duty.job_runs import lock_run
from core.duty.tables import JobRun
from core.gate.signatures import SECRET
from core.gate.tables import Reader, Tap, TapNumber
from core.house import House
from core.kinds import Direction, NoticeState
from core.notices.tables import Notice
from core.people.roster import CANARY_SCHOOL
from core.people.tables import Card, Student
from core.post.reaching import direct_session

logger = logging.getLogger(__name__)

JOB = "canary"
TAP, ACCEPTED, ALARM = "tap", "accepted", "alarm"
EVERY = timedelta(minutes=5)
# With the five minutes between two taps a stall is found within six. A lease that ran out and was
# taken over fits in.
PATIENCE = timedelta(seconds=50)
# A clock that has not tapped for so long stands still.
OVERDUE = EVERY + timedelta(seconds=60)
# Connect and read, seconds.
TIMEOUT = (3, 7)
NOT_SET_UP = "not_set_up"
# Told to nobody for a reason that is none of ours to mend: the city is closed, the quota is short.
# The tap was heard all the same.
WELL_ENDED = ("closure", "on_demand")


@dataclass(frozen=True, slots=True)
class CanaryTap:
    """A tap to be sent: at which reader, under which number."""

    reader: Reader
    card_uid: str
    boot_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class CanaryState:
    """How the canary is. `accepted_at` is its last tap LINE took the news of."""

    problem: str | None
    tapped_at: datetime | None
    accepted_at: datetime | None


def run_canary(house: House) -> None:
    """Tap if it is time, else look after the last tap; does nothing where no canary is wanted."""
    if not house.settings.canary_line_user_id:
        return
    now = house.clock.now()
    with snapshot(house.engine) as session:
        runs = _runs(session)
    if TAP in runs and now - runs[TAP].ran_at < EVERY:
        _judge(house, runs, now)
        return
    if not _take_turn(house, now):
        return
    with snapshot(house.engine) as session:
        tap = _next_tap(session, now, runs.get(ALARM))
    problem = _send(house, tap, now) if tap else NOT_SET_UP
    if problem:
        _alarm(house, now, problem)


def canary_state(session: Session, now: datetime) -> CanaryState:
    """Return how the canary is; only reads."""
    runs = _runs(session)
    tap, accepted, alarm = (runs.get(slot) for slot in (TAP, ACCEPTED, ALARM))
    accepted_at = accepted.ran_at if accepted else None
    if tap is None:
        return CanaryState("not_started", None, None)
    problem = None
    if alarm is not None and (accepted_at is None or alarm.ran_at > accepted_at):
        problem = alarm.outcome
    elif now - tap.ran_at > OVERDUE:
        problem = "overdue"
    elif accepted_at is None:
        problem = "none_accepted_yet"
    return CanaryState(problem, tap.ran_at, accepted_at)


def canary_child(session: Session) -> Student | None:
    """Return the canary's child, None before `canary setup`."""
    statement = select(Student).where(col(Student.school_code) == CANARY_SCHOOL)
    return session.scalars(statement.limit(1)).first()


def _runs(session: Session) -> dict[str, JobRun]:
    rows = session.scalars(select(JobRun).where(col(JobRun.job) == JOB))
    return {row.slot: row for row in rows}


def _take_turn(house: House, now: datetime) -> bool:
    """Tell whether it is time to tap and nobody else does; one machine gets the turn."""
    with transaction(house.engine) as session:
        run = lock_run(session, JOB, TAP, outcome_if_new="new", now=now)
        if run.outcome != "new" and now - run.ran_at < EVERY:
            return False
        run.outcome, run.ran_at, run.count = "tapped", now, run.count + 1
    return True


def _next_tap(session: Session, now: datetime, alarm: JobRun | None) -> CanaryTap | None:
    today = school_day_of(now)
    child = canary_child(session)
    if child is None:
        return None
    direction = Direction.OUT if _is_inside(session, child.id, today) else Direction.IN
    reader = session.scalars(
        select(Reader).where(
            col(Reader.school_code) == CANARY_SCHOOL,
            col(Reader.direction) == direction,
            col(Reader.revoked_at).is_(None),
        )
    ).first()
    card_uid = session.scalars(
        select(col(Card.uid)).where(
            col(Card.student_id) == child.id, col(Card.valid_until).is_(None)
        )
    ).first()
    if reader is None or card_uid is None:
        return None
    boot_id = f"canary-{today}"
    if alarm is not None and school_day_of(alarm.ran_at) == today:
        # What was sent then may still come, long after it was given up: as after a power cut the
        # numbers begin anew, so that none is used twice.
        boot_id += f"-{alarm.ran_at.astimezone(TAIPEI):%H%M%S}"
    return CanaryTap(reader, card_uid, boot_id, _next_number(session, reader.id, boot_id))


def _is_inside(session: Session, child_id: UUID, today: date) -> bool:
    last = session.scalars(
        select(col(Tap.direction))
        .where(col(Tap.student_id) == child_id, col(Tap.school_day) == today)
        .order_by(col(Tap.effective_at).desc())
        .limit(1)
    ).first()
    return last == Direction.IN


def _next_number(session: Session, reader_id: UUID, boot_id: str) -> int:
    statement = select(func.max(col(TapNumber.seq))).where(
        col(TapNumber.reader_id) == reader_id, col(TapNumber.boot_id) == boot_id
    )
    return (session.execute(statement).scalar() or 0) + 1


def _send(house: House, tap: CanaryTap, now: datetime) -> str | None:
    """Tap as a reader does, at our public address; return what went wrong."""
    secret = house.vault.open(tap.reader.secret_sealed, SECRET)
    moment = now.astimezone(TAIPEI).isoformat()
    taps = [{"seq": tap.seq, "card_uid": tap.card_uid, "tapped_at": moment}]
    body = orjson.dumps({"boot_id": tap.boot_id, "taps": taps})
    webhook_id = f"canary-{uuid.uuid4()}"
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        # The library takes any moment for UTC.
        "webhook-signature": Webhook(secret).sign(webhook_id, now.astimezone(UTC), body.decode()),
    }
    url = f"{house.settings.base_url.rstrip('/')}/gate/v1/readers/{tap.reader.id}/taps"
    try:
        with direct_session() as session:
            answer = session.post(url, data=body, headers=headers, timeout=TIMEOUT)
    except requests.RequestException:
        return "gate_no_answer"
    if answer.status_code != 200:
        return f"gate_http_{answer.status_code}"
    return None if b'"recorded"' in answer.content else "gate_not_recorded"


def _judge(house: House, runs: Mapping[str, JobRun], now: datetime) -> None:
    """Say of the last tap that its news was accepted, or that it is late; each once."""
    tap, accepted = runs[TAP], runs.get(ACCEPTED)
    if accepted is not None and accepted.ran_at >= tap.ran_at:
        return
    with snapshot(house.engine) as session:
        has_arrived = _has_arrived(session, tap.ran_at)
    if has_arrived:
        _write(house, ACCEPTED, tap.ran_at, ACCEPTED)
    elif now - tap.ran_at > PATIENCE:
        _alarm(house, tap.ran_at, "not_accepted")


def _has_arrived(session: Session, tapped_at: datetime) -> bool:
    child = canary_child(session)
    if child is None:
        return False
    ends = session.execute(
        select(col(Notice.state), col(Notice.outcome))
        .join(Tap, col(Tap.id) == col(Notice.tap_id))
        .where(
            col(Notice.student_id) == child.id,
            col(Notice.school_day) == school_day_of(tapped_at),
            # The moment the tap was signed with, and so its own.
            col(Tap.tap_at) == tapped_at,
        )
    )
    return any(one.state == NoticeState.ACCEPTED or one.outcome in WELL_ENDED for one in ends)


def _alarm(house: House, tapped_at: datetime, problem: str) -> None:
    if _write(house, ALARM, tapped_at, problem):
        logger.error("canary did not arrive", extra={"action": "canary", "reason": problem})


def _write(house: House, slot: str, tapped_at: datetime, outcome: str) -> bool:
    """Write down what became of a tap; tell whether that is news."""
    with transaction(house.engine) as session:
        run = lock_run(session, JOB, slot, outcome_if_new="new", now=tapped_at)
        is_news = run.outcome == "new" or run.ran_at < tapped_at
        if is_news:
            run.outcome, run.ran_at, run.count = outcome, tapped_at, run.count + 1
    return is_news
