"""Fan-out: from what happened to a child to one notice for each guardian who ticked the box."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.kinds import EventKind, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, cancel_no_shows, enqueue, told_taps
from core.notices.recipients import Recipient, recipients_of
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts

# Told in other words already; the row keeps a later upload from telling it again.
CORRECTED = "corrected"
CLOSURE = "closure"
# By (tap, guardian): the word for what was said, or not said, instead of the plain news.
Instead = Mapping[tuple[UUID, UUID], str]
# Which of these children have still to pass the gate that way on the day.
StillExpected = Callable[[NoticeKind, date, Collection[UUID]], set[UUID]]
# So long fresh news waits for a sibling's. Children who walk together tap within seconds, and with
# this wait it is still told within five; whoever comes later is a message of its own.
COMPANY = timedelta(seconds=4)
FRESH_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A change of side at the gate. Moments are aware; `occurrence` counts from 1 in its day.

    `taken_back` counts this kind's entries of the day that staff took back: what was told under
    their number must not keep a real one from being told. `reason` is set for what staff entered,
    at `recorded_at`. Within a closure nothing is told. An older tap is one stored before that
    counts only now; it may have been told already.
    """

    student_id: UUID
    school_day: date
    kind: NoticeKind
    occurrence: int
    at: datetime
    tap_id: UUID
    gate: str
    arrived_at: datetime | None
    departed_at: datetime | None
    taken_back: int = 0
    reason: str | None = None
    recorded_at: datetime | None = None
    is_in_closure: bool = False
    is_older_tap: bool = False

    @property
    def is_make_up(self) -> bool:
        """Tell whether staff entered it."""
        return self.reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Why a no-show that was told, or is about to be, does not stand.

    Seen at the gate by the tap `tap_id`, at `arrived_at`, or first at `departed_at`; seen by staff
    when `recorded_at` is set; or on leave, when no moment is.
    """

    student_id: UUID
    tap_id: UUID | None = None
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    recorded_at: datetime | None = None

    @property
    def at(self) -> datetime | None:
        """Return when the child was first seen."""
        return self.arrived_at or self.departed_at


def tell_happenings(
    session: Session,
    liff_id: str,
    happenings: Sequence[Happening],
    instead: Instead,
    still_expected: StillExpected,
    now: datetime,
) -> int:
    """Enqueue arrivals and departures; joins the caller's transaction. Returns how many.

    A tap told before is not told again, even where a late upload moved its occurrence. Siblings
    pass a gate within seconds: while one is still expected, the first one's news waits a moment, so
    that both are one message.
    """
    by_kind: dict[NoticeKind, list[Happening]] = defaultdict(list)
    for happening in happenings:
        by_kind[happening.kind].append(happening)
    older = [one for one in happenings if one.is_older_tap]
    told = told_taps(session, {one.student_id for one in older}, {one.school_day for one in older})
    notices: list[NewNotice] = []
    for kind, group in by_kind.items():
        recipients = recipients_of(
            session, {one.student_id for one in group}, EventKind(kind.value)
        )
        told_to = [
            (one, to)
            for one in group
            for to in recipients.get(one.student_id, ())
            if (one.tap_id, to.guardian_id) not in told
        ]
        held = _held_for_company(kind, told_to, still_expected, now)
        notices += [
            _happening_notice(
                one, to, liff_id, instead, now if place not in held else now + COMPANY
            )
            for place, (one, to) in enumerate(told_to)
        ]
    notices.sort(key=lambda notice: notice.at)
    return enqueue(session, notices, now)


def _held_for_company(
    kind: NoticeKind,
    told_to: Sequence[tuple[Happening, Recipient]],
    still_expected: StillExpected,
    now: datetime,
) -> set[int]:
    """Return the places of what waits for a sibling that may pass the gate any moment."""
    live = {
        place: (one.school_day, to.siblings)
        for place, (one, to) in enumerate(told_to)
        if to.siblings and not one.is_make_up and now - one.at <= FRESH_FOR
    }
    expected = {
        day: still_expected(
            kind, day, {sibling for _, siblings in live.values() for sibling in siblings}
        )
        for day in {day for day, _ in live.values()}
    }
    return {place for place, (day, siblings) in live.items() if expected[day] & set(siblings)}


def _happening_notice(
    one: Happening, to: Recipient, liff_id: str, instead: Instead, due_at: datetime
) -> NewNotice:
    facts = facts_for(
        to,
        liff_id,
        one.school_day,
        gate=one.gate,
        at=one.at,
        arrived_at=one.arrived_at,
        departed_at=one.departed_at,
        occurrence=one.occurrence,
        is_make_up=one.is_make_up,
        reason=one.reason or "",
        recorded=one.recorded_at,
    )
    # What staff enter is news of the moment they do it; another day's is no news at all.
    at = one.recorded_at if one.is_make_up and one.recorded_at else one.at
    word = CLOSURE if one.is_in_closure else instead.get((one.tap_id, to.guardian_id))
    ended = (NoticeState.CANCELLED, word) if word else to.ended
    number = one.occurrence + one.taken_back
    return notice_to(
        to,
        one.kind,
        facts,
        at,
        occurrence=number,
        tap_id=one.tap_id,
        ended=ended,
        may_ride=bool(to.siblings),
        due_at=due_at,
    )


def tell_no_shows(
    session: Session,
    liff_id: str,
    student_ids: Iterable[UUID],
    *,
    school_day: date,
    cutoff: time,
    heartbeat: datetime | None,
    now: datetime,
    is_teacher: bool = False,
) -> int:
    """Enqueue the no-shows of one school; joins the caller's transaction. Returns how many.

    `is_teacher`: the teacher said so, at `now`; it is no matter of taps then.
    """
    recipients = recipients_of(session, set(student_ids), EventKind.NO_SHOW)
    notices = []
    for to in (one for group in recipients.values() for one in group):
        facts = facts_for(
            to,
            liff_id,
            school_day,
            cutoff=cutoff,
            heartbeat=heartbeat,
            is_teacher=is_teacher,
            at=now if is_teacher else None,
        )
        notices.append(notice_to(to, NoticeKind.NO_SHOW, facts, now))
    return enqueue(session, notices, now)


def tell_corrections(
    session: Session,
    liff_id: str,
    presences: Sequence[Presence],
    *,
    school_day: date,
    now: datetime,
) -> set[tuple[UUID, UUID]]:
    """Stop the children's no-shows; tell whoever may have read one what is known now.

    Whether the box is still ticked does not matter: who read the one may read the other. Return
    the (student, guardian) pairs told. Joins the caller's transaction, which holds the children's
    day rows.
    """
    seen = {presence.student_id: presence for presence in presences}
    read = cancel_no_shows(session, list(seen), school_day, now)
    told_at = {(row.student_id, row.guardian_id): row.first_tried_at for row in read}
    if not told_at:
        return set()
    recipients = recipients_of(session, {student for student, _ in told_at})
    notices = []
    for to in (one for group in recipients.values() for one in group):
        notice_time = told_at.get((to.student_id, to.guardian_id))
        if notice_time is not None:
            facts = _correction_facts(to, liff_id, school_day, seen[to.student_id], notice_time)
            notices.append(notice_to(to, NoticeKind.CORRECTION, facts, now))
    enqueue(session, notices, now)
    return {
        (one.student_id, one.guardian_id) for one in notices if one.student_id and one.guardian_id
    }


def _correction_facts(
    to: Recipient, liff_id: str, school_day: date, presence: Presence, notice_time: datetime
) -> NoticeFacts:
    return facts_for(
        to,
        liff_id,
        school_day,
        at=presence.at,
        arrived_at=presence.arrived_at,
        departed_at=presence.departed_at,
        recorded=presence.recorded_at,
        is_teacher=presence.recorded_at is not None,
        is_excused=presence.at is None,
        notice_time=notice_time,
        is_earlier=presence.at is not None and presence.at < notice_time,
    )


def notice_to(
    to: Recipient, kind: NoticeKind, facts: NoticeFacts, at: datetime, **more: Any
) -> NewNotice:
    """Return the notice of these facts to one guardian; `more` are further fields of it."""
    return NewNotice(
        kind=kind,
        student_id=to.student_id,
        guardian_id=to.guardian_id,
        line_user_id=to.line_user_id,
        school_day=facts.school_day,
        at=at,
        content=content_of(kind, facts),
        **{"ended": to.ended, **more},
    )


def facts_for(to: Recipient, liff_id: str, school_day: date, **more: Any) -> NoticeFacts:
    """Return what every notice of a child says, and `more`."""
    return NoticeFacts(
        child=to.child,
        school=to.school,
        school_phone=to.school_phone,
        school_day=school_day,
        link=child_page(liff_id, to.binding_id),
        **more,
    )


def child_page(liff_id: str, binding_id: UUID) -> str:
    """Return the LIFF address of a child's page."""
    return f"https://liff.line.me/{liff_id}/children/{binding_id}"
