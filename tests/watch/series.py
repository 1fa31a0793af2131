"""A day on which every series of /metrics has something to tell."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import Session

from core.clock import school_day_of
from core.delivery.quota import Outlook, Quota
from core.delivery.quota_month import record_quota
from core.delivery.tables import DeliveryDay
from core.duty.tables import JobRun
from core.kinds import Channel
from core.orders.tables import Purpose, SmsText, TextState
from core.watch.counting import COUNTED_UNTIL, JOB
from core.watch.metrics import BACKUP
from core.watch.tables import DwellCount, MadeCount, NoticeCount
from tests.factories import make_school
from tests.watch.standing import purged


def fill_every_series(session: Session, now: datetime) -> None:
    """Write a row for whatever is added up; the caller commits."""
    today = school_day_of(now)
    session.add(
        NoticeCount(
            day=today,
            channel=Channel.LINE,
            kind="arrival",
            state="accepted",
            outcome="http_200",
            number=3,
            retried=1,
            tries=4,
        )
    )
    session.add(MadeCount(day=today, channel=Channel.LINE, kind="arrival", number=3))
    session.add(DwellCount(until=now, bucket=1, number=3, seconds=2.0))
    yesterday = today - timedelta(days=1)
    session.add(DeliveryDay(channel=Channel.LINE, day=yesterday, ours=3, theirs=2, checked_at=now))
    for job, slot in (("tick", "run_no_show_tick"), BACKUP, (JOB, COUNTED_UNTIL)):
        session.add(JobRun(job=job, slot=slot, outcome="ok", ran_at=now))
    record_quota(session, Quota(10_000, 4_000), Outlook(past=16, left=5), now)
    session.add(purged(now, after=1))
    make_school(session, "353699")
    session.add(silent_text("353699", now - timedelta(minutes=5)))


def silent_text(school_code: str, sent_at: datetime, state: TextState = TextState.SENT) -> SmsText:
    """A text of which nothing was heard since, or this."""
    return SmsText(
        purpose=Purpose.TEST,
        kind="test",
        school_code=school_code,
        school_day=school_day_of(sent_at),
        client_id=uuid4().hex,
        provider="sandbox",
        state=state,
        created_at=sent_at,
        changed_at=sent_at,
    )
