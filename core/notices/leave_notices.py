"""What guardians hear about leaves: filed, withdrawn, or contradicted by a tap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.kinds import DayPart, NoticeKind
from core.languages.dates import day_of_month
from core.languages.speech import N_, _, speaking
from core.notices.fan_out import facts_for, notice_to
from core.notices.outbox import enqueue
from core.notices.recipients import is_quieted, recipients_of
from core.notices.tables import Notice
from core.notices.wording import PART_WORDS

LEAVE_TAP = "leave_tap"
SCHOOL, OTHER_GUARDIAN = N_("學校"), N_("另一位家長")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A child on leave that was seen at the gate after all.

    `kind` is ARRIVAL or DEPARTURE; `at` is the moment of the tap `tap_id`, aware.
    """

    student_id: UUID
    school_day: date
    kind: NoticeKind
    at: datetime
    tap_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveNews:
    """A leave that was filed or withdrawn, from `first_day` on."""

    leave_id: UUID
    student_id: UUID
    first_day: date
    last_day: date
    part: DayPart
    kind: NoticeKind
    is_by_school: bool


def tell_leave_taps(
    session: Session, liff_id: str, sightings: Sequence[Sighting], now: datetime
) -> list[tuple[Sighting, UUID]]:
    """Tell every guardian of a tap on a leave of today, once; return whom, with what they heard.

    Another day's is no news to them. Who heard so before is not among them: the tap is to be told
    as any other. Joins the caller's transaction, which holds the children's day rows.
    """
    news = [one for one in sightings if one.school_day == school_day_of(now)]
    recipients = recipients_of(session, {one.student_id for one in news})
    heard = _heard(session, set(recipients), school_day_of(now))
    kind, told, notices = NoticeKind.LEAVE_TAP, [], []
    for one in news:
        left_at = one.at if one.kind is NoticeKind.DEPARTURE else None
        for to in recipients.get(one.student_id, ()):
            # In a quiet day the tap stands in the record as what it is, and is told to nobody.
            if (to.student_id, to.guardian_id) in heard or is_quieted(to, kind, one.at):
                continue
            facts = facts_for(to, liff_id, one.school_day, at=one.at, departed_at=left_at)
            notices.append(notice_to(to, kind, facts, one.at))
            told.append((one, to.guardian_id))
    enqueue(session, notices, now)
    return told


def _heard(
    session: Session, student_ids: Collection[UUID], school_day: date
) -> set[tuple[UUID | None, UUID | None]]:
    """Return (child, guardian) where a tap on the leave of that day was told."""
    if not student_ids:
        return set()
    rows = session.execute(
        select(col(Notice.student_id), col(Notice.guardian_id)).where(
            col(Notice.student_id).in_(student_ids),
            col(Notice.school_day) == school_day,
            col(Notice.kind) == NoticeKind.LEAVE_TAP,
        )
    )
    return {(row.student_id, row.guardian_id) for row in rows}


def tell_leave(
    session: Session, liff_id: str, news: LeaveNews, *, but: Collection[UUID], now: datetime
) -> int:
    """Tell the child's guardians, except those named, and return how many.

    Joins the caller's transaction.
    """
    notices = []
    who = SCHOOL if news.is_by_school else OTHER_GUARDIAN
    for to in recipients_of(session, {news.student_id}).get(news.student_id, ()):
        if to.guardian_id not in but:
            with speaking(to.language):
                part = leave_words(news.first_day, news.last_day, news.part)
            facts = facts_for(to, liff_id, news.first_day, at=now, part=part, who=who)
            notices.append(notice_to(to, news.kind, facts, now, about=str(news.leave_id)))
    return enqueue(session, notices, now)


def leave_words(first: date, last: date, part: DayPart) -> str:
    """Return how a leave's extent is said after its first date: 全天, 上午, –11/26 全天."""
    words = _(PART_WORDS[part])
    return words if first == last else _("–{last} {part}", last=day_of_month(last), part=words)
