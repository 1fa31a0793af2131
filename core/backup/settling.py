"""After a restore: what was on its way when the backup was made goes out once, or is named.

LINE and the app's gateway remember the key of a push for a day, and no row is tried later than
that: what has a key of its own goes again and is answered "taken already". What has none ends as
`unknown`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, func, literal, or_, update
from sqlmodel import Session, select

from core.audit import record_audit
from core.contact.tables import ContactProof
from core.db import UtcDateTime, metadata, table_of
from core.duty.commands import OPERATOR
from core.endings import ENDED, Ending
from core.gate.asking_again import ask_all_again
from core.kinds import UNFINISHED_STATES, Channel, NoticeState
from core.notices.doubtful import RESTORED
from core.notices.tables import Notice
from core.orders.tables import SmsText, TextState
from core.people.app_tokens import forget_app_token
from core.people.tables import AccountLink, Card, WebSession
from core.restored import RestoreRun

# Their carriers know each message by a key of ours.
KEYED = (Channel.LINE.value, Channel.APP.value)
# The column that says that a right is over, in each table that ends are filed for.
SEALED = "is_sealed"
ENDS = {
    "staff": "revoked_at",
    "account_link": "unlinked_at",
    "binding": "ended_at",
    "delegate": "ended_at",
    "card": "valid_until",
    "student": SEALED,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """How many notices go again under their keys, how many nobody can tell of, and so on.

    `ended`: the rights that ended after the backup was made, and hold no more.
    """

    again: int
    unknown: int
    unanswered: int
    readers: int
    ended: int


def settle_restored(
    session: Session, taken_at: datetime, endings: Iterable[Ending], now: datetime
) -> Settled:
    """Go through a database that was just put back, before anybody serves or sends from it.

    `taken_at`: when the backup was made, before which nothing is missing; `endings`: what was filed
    since. Joins the caller's transaction.
    """
    session.add(RestoreRun(restored_at=now, taken_at=taken_at))
    settled = Settled(
        unknown=_end_unrecognised(session, now),
        again=_take_for_tried(session, taken_at),
        unanswered=_put_aside(session, now),
        readers=ask_all_again(session, now),
        ended=_end_again(session, endings),
    )
    _end_codes(session, now)
    _end_texts(session, now)
    # Who signed out or was shut out since would be in again.
    session.execute(
        update(WebSession).where(table_of(WebSession).c.ended_at.is_(None)).values(ended_at=now)
    )
    record_audit(session, actor=OPERATOR, action="database.restore", subject="database", now=now)
    return settled


def _end_unrecognised(session: Session, now: datetime) -> int:
    notice = table_of(Notice)
    is_unseated = and_(
        notice.c.may_ride,
        notice.c.first_tried_at.is_(None),
        notice.c.outcome.is_(None),
        notice.c.rides_with.is_(None),
    )
    end = update(notice).where(
        _is_unfinished(notice), or_(notice.c.channel.not_in(KEYED), is_unseated)
    )
    return _count(
        session,
        end.values(
            state=NoticeState.UNKNOWN.value,
            outcome=RESTORED,
            settled_at=now,
            lease_until=None,
            lease_token=None,
        ),
    )


def _take_for_tried(session: Session, taken_at: datetime) -> int:
    """Let nobody say of what goes again that it was never sent."""
    notice = table_of(Notice)
    tried = func.coalesce(notice.c.first_tried_at, literal(taken_at, UtcDateTime))
    attempts = case((notice.c.attempts < 1, 1), else_=notice.c.attempts)
    again = update(notice).where(_is_unfinished(notice))
    return _count(session, again.values(first_tried_at=tried, attempts=attempts))


def _put_aside(session: Session, now: datetime) -> int:
    """Leave what people wrote to a person: it was answered, and its effects are gone."""
    # By name, as the inbox belongs to the chat.
    event = metadata().tables["line_event"]
    aside = update(event).where(event.c.state == "pending")
    end = {"state": "dead", "problem": RESTORED, "handled_at": now}
    return _count(session, aside.values(**end, lease_until=None, lease_token=None))


def _end_again(session: Session, endings: Iterable[Ending]) -> int:
    """End what ended since and was not opened again; who was shut out stays out."""
    last = {(one.table, one.row_id): one for one in endings}
    return sum(_end_row(session, one) for one in last.values() if one.what == ENDED)


def _end_row(session: Session, ending: Ending) -> int:
    end = ENDS.get(ending.table)
    # What a release after this one filed means nothing here.
    if end is None:
        return 0
    table = metadata().tables[ending.table]
    is_open = table.c[end].is_(False) if end == SEALED else table.c[end].is_(None)
    value = True if end == SEALED else ending.at
    again = update(table).where(table.c.id == ending.row_id, is_open)
    if not _count(session, again.values({end: value})):
        return 0
    _end_what_hangs(session, ending)
    return 1


def _end_what_hangs(session: Session, ending: Ending) -> None:
    if ending.table == "account_link":
        whose = select(AccountLink.guardian_id).where(AccountLink.id == ending.row_id)
        forget_app_token(session, session.scalars(whose).one(), ending.at)
    if ending.table == "card":
        card = session.get_one(Card, ending.row_id)
        subject = f"student:{card.student_id}"
        # By this entry a roster that still names the card does not bring it back.
        record_audit(session, actor=OPERATOR, action="card.end", subject=subject, now=ending.at)


def _end_codes(session: Session, now: datetime) -> None:
    proof = table_of(ContactProof)
    end = update(proof).where(proof.c.letter.in_(UNFINISHED_STATES))
    session.execute(
        end.values(
            letter=NoticeState.UNKNOWN.value,
            outcome=RESTORED,
            settled_at=now,
            lease_until=None,
            lease_token=None,
        )
    )


def _end_texts(session: Session, now: datetime) -> None:
    """Let the firm be asked after what may have left; by their ids it knows them."""
    waiting = update(table_of(SmsText)).where(table_of(SmsText).c.state == TextState.QUEUED.value)
    session.execute(waiting.values(state=TextState.UNKNOWN.value, changed_at=now))


def _is_unfinished(notice: Table) -> ColumnElement[bool]:
    return notice.c.state.in_(UNFINISHED_STATES)


def _count(session: Session, statement: Any) -> int:
    count: int = session.execute(statement).rowcount  # type: ignore[attr-defined]  # of an UPDATE
    return count
