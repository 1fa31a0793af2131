"""測試通知: one notice a guardian sends to their own LINE, and app, to see that it arrives."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.kinds import Channel, NoticeKind
from core.languages.dates import short_moment
from core.languages.language import SOURCE, language_of
from core.languages.speech import speaking
from core.notices.fan_out import FORMS
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.trail import last_accepted
from core.notices.wording import NoticeFacts
from core.people.guardians import find_link_of_guardian
from core.people.tables import Guardian
from core.settings import Settings

# Each costs a message of the month's quota.
EVERY = timedelta(minutes=10)
A_DAY = 5


class TryOut(StrEnum):
    """What became of a wish for a test notice."""

    SENT = "sent"
    AGAIN = "again"
    LIMIT = "limit"
    NOWHERE = "nowhere"


def send_test(session: Session, settings: Settings, guardian: Guardian, now: datetime) -> TryOut:
    """Enqueue one test notice, at most one in ten minutes; joins the caller's transaction.

    The dedupe key holds it, so presses at once send one. Who connected the app gets one there too.
    """
    link = find_link_of_guardian(session, guardian.id)
    if link is None or guardian.stopped_at is not None:
        return TryOut.NOWHERE
    if _sent_today(session, guardian, now) >= A_DAY:
        return TryOut.LIMIT
    notice = NewNotice(
        kind=NoticeKind.TEST,
        guardian_id=guardian.id,
        line_user_id=link.line_user_id,
        school_day=school_day_of(now),
        at=now,
        about=f"test/{int(now.timestamp() // EVERY.total_seconds())}",
        content=test_content(session, settings, guardian, now),
    )
    in_app = replace(
        notice,
        channel=Channel.APP,
        line_user_id=None,
        content=test_content(session, settings, guardian, now, Channel.APP),
    )
    wanted = [notice, in_app] if guardian.app_token_sealed else [notice]
    return TryOut.SENT if enqueue(session, wanted, now) else TryOut.AGAIN


def test_content(
    session: Session,
    settings: Settings,
    guardian: Guardian,
    now: datetime,
    channel: Channel = Channel.LINE,
) -> bytes:
    """Return what a test says: that it came, and on LINE when something came before it."""
    return FORMS[channel](NoticeKind.TEST, _facts(session, settings, guardian, now))


def _sent_today(session: Session, guardian: Guardian, now: datetime) -> int:
    statement = select(func.count()).where(
        col(Notice.guardian_id) == guardian.id,
        col(Notice.kind) == NoticeKind.TEST,
        col(Notice.channel) == Channel.LINE,
        col(Notice.school_day) == school_day_of(now),
    )
    count: int = session.execute(statement).scalar_one()
    return count


def _facts(session: Session, settings: Settings, guardian: Guardian, now: datetime) -> NoticeFacts:
    language = language_of(guardian.locale) or SOURCE
    last = last_accepted(session, guardian.id)
    with speaking(language):
        said = short_moment(last) if last else ""
    return NoticeFacts(
        child="",
        school="",
        school_phone="",
        school_day=school_day_of(now),
        link=f"https://liff.line.me/{settings.liff_id}/account",
        at=now,
        last=said,
        language=language,
    )
