"""What guardians hear when staff take a make-up tap back."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from core.kinds import NoticeKind, NoticeState
from core.languages.speech import speaking
from core.notices.fan_out import CORRECTED, facts_for, notice_to
from core.notices.leave_notices import LEAVE_TAP
from core.notices.outbox import enqueue
from core.notices.recipients import recipients_of
from core.notices.record_words import record_words
from core.notices.tables import Notice

TAKEN_BACK = "taken_back"
# Ends after which nothing was read of a notice, unless other words were said in its place.
UNREAD = (NoticeState.CANCELLED, NoticeState.EXPIRED, NoticeState.REFUSED, NoticeState.DEAD)


@dataclass(frozen=True, slots=True)
class UndoneTap:
    """A make-up tap that was taken back; `at` is the moment it had stood for."""

    tap_id: UUID
    student_id: UUID
    school_day: date
    at: datetime


def tell_undone(
    session: Session,
    liff_id: str,
    tap: UndoneTap,
    record: tuple[datetime | None, datetime | None],
    now: datetime,
) -> int:
    """Stop what waits of the entry; tell whoever may have read it what the record says now.

    `record` is arrival and departure as they stand. Joins the caller's transaction, which holds the
    child's day row.
    """
    _stop(session, tap, now)
    readers = _readers(session, tap, is_empty=record == (None, None))
    notices = []
    for to in recipients_of(session, {tap.student_id}).get(tap.student_id, ()):
        if to.guardian_id in readers:
            with speaking(to.language):
                now_said = record_words(*record)
            facts = facts_for(to, liff_id, tap.school_day, at=tap.at, now=now_said)
            about = f"tap/{tap.tap_id}"
            notices.append(notice_to(to, NoticeKind.MAKE_UP_UNDONE, facts, now, about=about))
    return enqueue(session, notices, now)


def _stop(session: Session, tap: UndoneTap, now: datetime) -> None:
    of_tap = (
        col(Notice.student_id) == tap.student_id,
        col(Notice.school_day) == tap.school_day,
        col(Notice.tap_id) == tap.tap_id,
    )
    is_untried = (col(Notice.state) == NoticeState.PENDING, col(Notice.first_tried_at).is_(None))
    session.execute(
        update(Notice)
        .where(*of_tap, *is_untried)
        .values(state=NoticeState.CANCELLED, outcome=TAKEN_BACK, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    # Nobody hears of it that it was taken back, so nobody may let it wait again.
    session.execute(
        update(Notice)
        .where(*of_tap, col(Notice.state) == NoticeState.DEAD)
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )


def _readers(session: Session, tap: UndoneTap, *, is_empty: bool) -> set[UUID | None]:
    """Return the guardians who may have read of the tap: in its own words or in others'.

    Where nothing is left of the day, a correction of a no-show was about this tap.
    """
    of_tap = (col(Notice.tap_id) == tap.tap_id) & or_(
        col(Notice.state).not_in(UNREAD), col(Notice.outcome).in_((CORRECTED, LEAVE_TAP))
    )
    corrected = (col(Notice.kind) == NoticeKind.CORRECTION) & col(Notice.state).not_in(UNREAD)
    statement = select(col(Notice.guardian_id)).where(
        col(Notice.student_id) == tap.student_id,
        col(Notice.school_day) == tap.school_day,
        or_(of_tap, corrected) if is_empty else of_tap,
    )
    return set(session.scalars(statement))
