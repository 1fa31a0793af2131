"""The letter of the day: what a guardian wants to read once, in the evening, and not as it happens.

Gate news of such a guardian is written for the record (`in_digest`) until its letter is written.
One letter a guardian and day, so that its Message-ID is the same whoever writes it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.clock import TAIPEI, school_day_of
from core.kinds import Channel, NoticeKind
from core.languages.dates import parted, short_date
from core.languages.language import SOURCE, Language, language_of
from core.languages.speech import N_, _, speaking
from core.mailing.claims import NOT_WANTED
from core.notices.letters import letter_bytes, read_letter
from core.notices.outbox import NewNotice, enqueue
from core.notices.recipients import IN_DIGEST
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian, Subscription
from core.rows import is_literally

SUBJECT = N_("{date}到離校整理")
DIGESTED = "digested"
WAITING = IN_DIGEST[1]
# In one transaction.
MOST_GUARDIANS = 200
# What a clock that was away did not gather in all these days is on the page.
FOR_DAYS = timedelta(days=3)


def write_digests(session: Session, now: datetime) -> int:
    """Write the letters of up to 200 guardians whose hour has come; joins the transaction.

    Return how many guardians were looked after; 0: nobody is left. Several may write at once: each
    holds the guardians it writes to.
    """
    guardians = list(session.execute(_due(now)))
    if not guardians:
        return 0
    waiting: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(_gathered([one.id for one in guardians], now)):
        waiting[row.guardian_id].append(row)
    notices = []
    for guardian in guardians:
        news = [row for row in waiting[guardian.id] if row.is_wanted]
        if news:
            language = language_of(guardian.locale) or SOURCE
            notices.append(_letter(guardian.id, news, language, now))
    enqueue(session, notices, now)
    rows = [row for group in waiting.values() for row in group]
    _settle(session, [row.id for row in rows if row.is_wanted], DIGESTED)
    _settle(session, [row.id for row in rows if not row.is_wanted], NOT_WANTED)
    return len(guardians)


def _letter(guardian_id: UUID, news: Sequence[Any], language: Language, now: datetime) -> NewNotice:
    today = school_day_of(now)
    with speaking(language):
        subject = _(SUBJECT, date=short_date(today))
        said = [_line(row, today) for row in news]
    return NewNotice(
        kind=NoticeKind.EMAIL_DIGEST,
        guardian_id=guardian_id,
        line_user_id=None,
        school_day=today,
        at=now,
        content=letter_bytes(subject, said, language),
        channel=Channel.EMAIL,
    )


def _line(row: Any, today: date) -> str:
    # Who, when and what, as it stands on a lock screen.
    said = read_letter(bytes(row.content)).subject
    return said if row.school_day == today else parted(short_date(row.school_day), said)


def _due(now: datetime) -> Any:
    """Select and hold the guardians with news waiting whose hour of the day has come.

    Who chose otherwise meanwhile gets what was gathered at once.
    """
    waiting, written = aliased(Notice), aliased(Notice)
    has_news = exists().where(
        col(waiting.guardian_id) == col(Guardian.id),
        is_literally(col(waiting.outcome), (WAITING,)),
        col(waiting.created_at) > now - FOR_DAYS,
    )
    has_letter = exists().where(
        col(written.guardian_id) == col(Guardian.id),
        col(written.kind) == NoticeKind.EMAIL_DIGEST,
        col(written.school_day) == school_day_of(now),
    )
    clock = now.astimezone(TAIPEI).time()
    is_time = or_(col(Guardian.emails_at).is_(None), col(Guardian.emails_at) <= clock)
    return (
        select(col(Guardian.id), col(Guardian.locale))
        .where(is_time, col(Guardian.stopped_at).is_(None), has_news, ~has_letter)
        .order_by(col(Guardian.id))
        .limit(MOST_GUARDIANS)
        .with_for_update(skip_locked=True, of=Guardian)
    )


def _gathered(guardian_ids: Sequence[UUID], now: datetime) -> Any:
    """Select what waits for these guardians, oldest first; the box may be unticked by now."""
    return (
        select(
            col(Notice.id),
            col(Notice.guardian_id),
            col(Notice.school_day),
            col(Notice.content),
            _is_wanted().label("is_wanted"),
        )
        .where(
            col(Notice.guardian_id).in_(guardian_ids),
            is_literally(col(Notice.outcome), (WAITING,)),
            col(Notice.created_at) > now - FOR_DAYS,
        )
        .order_by(col(Notice.school_day), col(Notice.created_at), col(Notice.id))
    )


def _is_wanted() -> ColumnElement[bool]:
    return exists().where(
        and_(
            col(Binding.guardian_id) == col(Notice.guardian_id),
            col(Binding.student_id) == col(Notice.student_id),
            col(Binding.ended_at).is_(None),
            col(Subscription.binding_id) == col(Binding.id),
            col(Subscription.channel) == Channel.EMAIL,
            col(Subscription.kind) == col(Notice.kind),
            col(Subscription.is_on),
        )
    )


def _settle(session: Session, ids: Sequence[UUID], word: str) -> None:
    session.execute(
        update(Notice)
        .where(col(Notice.id).in_(ids))
        .values(outcome=word)
        .execution_options(synchronize_session=False)
    )
