"""Fan-out: from what happened to a child to one notice for each guardian who ticked the box."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import Session, col

from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.bubbles import messages_for
from core.notices.outbox import NewNotice, cancel_no_shows, enqueue, told_taps
from core.notices.wording import NoticeFacts
from core.people.names import given_name
from core.people.tables import AccountLink, Binding, LineFriend, School, Student, Subscription

# LINE answers 200 to a push that a blocking person never sees, so it is not even tried.
UNFOLLOWED = (NoticeState.REFUSED, "unfollowed")
# The correction told of this arrival already; the row keeps a later upload from telling it again.
CORRECTED = (NoticeState.CANCELLED, "corrected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A change of side at the gate. Moments are aware; `occurrence` counts from 1 in its day."""

    student_id: UUID
    school_day: date
    kind: NoticeKind
    occurrence: int
    at: datetime
    tap_id: UUID
    gate: str
    arrived_at: datetime | None
    departed_at: datetime | None
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A child seen at the gate although a no-show was told, or about to be.

    Without `arrived_at` the first that was seen of it is its departure, at `departed_at`.
    """

    student_id: UUID
    arrived_at: datetime | None
    departed_at: datetime | None = None

    @property
    def at(self) -> datetime | None:
        """Return when the child was first seen."""
        return self.arrived_at or self.departed_at


@dataclass(frozen=True, slots=True)
class _Recipient:
    binding_id: UUID
    guardian_id: UUID
    student_id: UUID
    line_user_id: str
    ended: tuple[NoticeState, str] | None
    child: str
    school: School


def tell_happenings(
    session: Session,
    liff_id: str,
    happenings: Sequence[Happening],
    corrected: Collection[tuple[UUID, UUID]],
    now: datetime,
) -> int:
    """Enqueue arrivals and departures; joins the caller's transaction. Returns how many.

    `corrected` are the (student, guardian) pairs a correction already told of the child's first
    passing. A tap told before is not told again, even where a late upload moved its occurrence.
    """
    by_kind: dict[NoticeKind, list[Happening]] = defaultdict(list)
    for happening in happenings:
        by_kind[happening.kind].append(happening)
    told = told_taps(session, {one.tap_id for one in happenings}) if happenings else set()
    notices: list[NewNotice] = []
    for kind, group in by_kind.items():
        recipients = _recipients(session, {one.student_id for one in group}, EventKind(kind.value))
        notices += [
            _happening_notice(one, to, liff_id, (to.student_id, to.guardian_id) in corrected)
            for one in group
            for to in recipients[one.student_id]
            if (one.tap_id, to.guardian_id) not in told
        ]
    notices.sort(key=lambda notice: notice.at)
    return enqueue(session, notices, now)


def _happening_notice(
    one: Happening, to: _Recipient, liff_id: str, is_corrected: bool
) -> NewNotice:
    facts = _facts(
        to,
        liff_id,
        one.school_day,
        gate=one.gate,
        at=one.at,
        arrived_at=one.arrived_at,
        departed_at=one.departed_at,
        occurrence=one.occurrence,
    )
    is_told = is_corrected and one.is_first
    ended = CORRECTED if is_told else to.ended
    return _notice(
        to, one.kind, facts, one.at, occurrence=one.occurrence, tap_id=one.tap_id, ended=ended
    )


def tell_no_shows(
    session: Session,
    liff_id: str,
    student_ids: Iterable[UUID],
    *,
    school_day: date,
    cutoff: time,
    heartbeat: datetime,
    now: datetime,
) -> int:
    """Enqueue the no-shows of one school; joins the caller's transaction. Returns how many."""
    recipients = _recipients(session, set(student_ids), EventKind.NO_SHOW)
    notices = []
    for to in (one for group in recipients.values() for one in group):
        facts = _facts(to, liff_id, school_day, cutoff=cutoff, heartbeat=heartbeat)
        notices.append(_notice(to, NoticeKind.NO_SHOW, facts, now))
    return enqueue(session, notices, now)


def tell_corrections(
    session: Session,
    liff_id: str,
    presences: Sequence[Presence],
    *,
    school_day: date,
    now: datetime,
) -> set[tuple[UUID, UUID]]:
    """Stop the children's no-shows; tell whoever may have read one that the child was seen.

    Whether the box is still ticked does not matter: who read the one may read the other. Return
    the (student, guardian) pairs told. Joins the caller's transaction, which holds the children's
    day rows.
    """
    seen = {presence.student_id: presence for presence in presences}
    read = cancel_no_shows(session, list(seen), school_day, now)
    told_at = {(row.student_id, row.guardian_id): row.first_tried_at for row in read}
    if not told_at:
        return set()
    recipients = _recipients(session, {student for student, _ in told_at})
    notices = []
    for to in (one for group in recipients.values() for one in group):
        notice_time = told_at.get((to.student_id, to.guardian_id))
        presence = seen[to.student_id]
        if notice_time is not None and presence.at is not None:
            facts = _facts(
                to,
                liff_id,
                school_day,
                at=presence.at,
                arrived_at=presence.arrived_at,
                departed_at=presence.departed_at,
                notice_time=notice_time,
                is_earlier=presence.at < notice_time,
            )
            notices.append(_notice(to, NoticeKind.CORRECTION, facts, now))
    enqueue(session, notices, now)
    return {(one.student_id, one.guardian_id) for one in notices if one.student_id}


def _notice(
    to: _Recipient, kind: NoticeKind, facts: NoticeFacts, at: datetime, **more: Any
) -> NewNotice:
    return NewNotice(
        kind=kind,
        student_id=to.student_id,
        guardian_id=to.guardian_id,
        line_user_id=to.line_user_id,
        school_day=facts.school_day,
        at=at,
        messages=messages_for(kind, facts),
        **{"ended": to.ended, **more},
    )


def _facts(to: _Recipient, liff_id: str, school_day: date, **more: Any) -> NoticeFacts:
    return NoticeFacts(
        child=to.child,
        school=to.school.short_name,
        school_phone=to.school.phone,
        school_day=school_day,
        link=child_page(liff_id, to.binding_id),
        **more,
    )


def child_page(liff_id: str, binding_id: UUID) -> str:
    """Return the LIFF address of a child's page."""
    return f"https://liff.line.me/{liff_id}/children/{binding_id}"


def _recipients(
    session: Session, student_ids: set[UUID], ticked: EventKind | None = None
) -> dict[UUID, list[_Recipient]]:
    """Return by child who is bound and linked, and ticked the LINE box if one is named."""
    statement = _linked_guardians(student_ids)
    if ticked is not None:
        statement = statement.join(
            Subscription, col(Subscription.binding_id) == col(Binding.id)
        ).where(
            col(Subscription.channel) == Channel.LINE,
            col(Subscription.kind) == ticked,
            col(Subscription.is_on),
        )
    rows = session.execute(statement).all()
    name_for = _names_for(session, {row.Binding.guardian_id for row in rows})
    found: dict[UUID, list[_Recipient]] = defaultdict(list)
    for row in rows:
        found[row.Student.id].append(
            _Recipient(
                binding_id=row.Binding.id,
                guardian_id=row.Binding.guardian_id,
                student_id=row.Student.id,
                line_user_id=row.line_user_id,
                ended=UNFOLLOWED if row.is_following is False else None,
                child=name_for(row.Binding.guardian_id, row.Student),
                school=row.School,
            )
        )
    return found


def _linked_guardians(student_ids: set[UUID]) -> Any:
    return (
        select(
            Binding, Student, School, col(AccountLink.line_user_id), col(LineFriend.is_following)
        )
        .join(Student, col(Student.id) == col(Binding.student_id))
        .join(School, col(School.code) == col(Student.school_code))
        .join(
            AccountLink,
            and_(
                col(AccountLink.guardian_id) == col(Binding.guardian_id),
                col(AccountLink.unlinked_at).is_(None),
            ),
        )
        .outerjoin(LineFriend, col(LineFriend.line_user_id) == col(AccountLink.line_user_id))
        .where(col(Binding.student_id).in_(student_ids), col(Binding.ended_at).is_(None))
        .order_by(col(Binding.bound_at), col(Binding.id))
    )


def _names_for(session: Session, guardian_ids: set[UUID]) -> Callable[[UUID, Student], str]:
    """Return how each guardian calls a child: the given name, unless two of theirs share it."""
    names: dict[UUID, list[str]] = defaultdict(list)
    rows = session.execute(
        select(col(Binding.guardian_id), col(Student.name))
        .join(Student, col(Student.id) == col(Binding.student_id))
        .where(col(Binding.guardian_id).in_(guardian_ids), col(Binding.ended_at).is_(None))
    )
    for row in rows:
        names[row.guardian_id].append(given_name(row.name))

    def name_for(guardian_id: UUID, student: Student) -> str:
        given = given_name(student.name)
        return student.name if names[guardian_id].count(given) > 1 else given

    return name_for
