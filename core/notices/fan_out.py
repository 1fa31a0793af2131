"""Fan-out: from what happened to a child to one notice for each guardian who ticked the box."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.languages.speech import _, speaking
from core.notices.app_pushes import app_content
from core.notices.happenings import Happening, Presence
from core.notices.letters import letter_content
from core.notices.outbox import NewNotice, enqueue, told_taps
from core.notices.recipients import (
    DELEGATED_PLACE,
    IN_DIGEST,
    QUIET,
    Recipient,
    delegations_page,
    is_gathered,
    is_quieted,
    readers_by,
    recipients_of,
)
from core.notices.staff_desk import StaffDesk
from core.notices.stops import cancel_no_shows, moot_no_shows, uncorrected
from core.notices.templates import content_of
from core.notices.texts import text_content
from core.notices.wording import NoticeFacts

# Told in other words already; the row keeps a later upload from telling it again.
CORRECTED = "corrected"
CLOSURE = "closure"
# What is also said there where it was said there first.
BESIDE_LINE = (Channel.EMAIL, Channel.SMS, Channel.APP)
FORMS = {
    Channel.LINE: content_of,
    Channel.EMAIL: letter_content,
    Channel.SMS: text_content,
    Channel.APP: app_content,
}
# By (tap, place): the word for what was said, or not said, there instead of the plain news.
Instead = Mapping[tuple[UUID, UUID], str]
# Which of these children have still to pass the gate that way on the day.
StillExpected = Callable[[NoticeKind, date, Collection[UUID]], set[UUID]]
# So long fresh news waits for a sibling's. Children who walk together tap within seconds, and with
# this wait it is still told within five; whoever comes later is a message of its own.
COMPANY = timedelta(seconds=4)
FRESH_FOR = timedelta(seconds=30)


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
            if (one.tap_id, to.whom) not in told
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
    word = CLOSURE if one.is_in_closure else instead.get((one.tap_id, to.place))
    ended = (NoticeState.CANCELLED, word) if word else to.ended
    if ended is None and is_gathered(to, due_at):
        ended = IN_DIGEST
    return notice_to(
        to,
        one.kind,
        facts,
        at,
        occurrence=one.number,
        tap_id=one.tap_id,
        ended=ended,
        may_ride=bool(to.siblings),
        due_at=due_at,
    )


def tell_no_shows(
    session: Session,
    desk: StaffDesk,
    student_ids: Iterable[UUID],
    *,
    school_day: date,
    cutoff: time,
    heartbeat: datetime | None,
    silent_since: datetime | None = None,
    now: datetime,
    is_teacher: bool = False,
) -> int:
    """Enqueue the no-shows of one school; joins the caller's transaction. Returns how many.

    The gate was heard at `heartbeat`, or is silent since; None where neither is known.
    `is_teacher`: the teacher said so, at `now`; it is no matter of taps then. What was said of the
    day and holds is not said again; where it was called off, whoever read that has to read this.
    """
    children = set(student_ids)
    recipients = recipients_of(session, children, EventKind.NO_SHOW)
    before = moot_no_shows(session, children, school_day)
    notices = []
    for to in (one for group in recipients.values() for one in group):
        # Elsewhere there are no buttons: a letter says whom to call.
        is_on_line = to.channel is Channel.LINE
        about = (to.student_id, school_day, to.line_user_id, now)
        facts = facts_for(
            to,
            desk.liff_id,
            school_day,
            answers=desk.answers(*about) if is_on_line else None,
            cutoff=cutoff,
            heartbeat=heartbeat,
            silent_since=silent_since,
            is_teacher=is_teacher,
            at=now if is_teacher else None,
        )
        number = 1 + before.get(to.student_id, 0)
        notices.append(notice_to(to, NoticeKind.NO_SHOW, facts, now, occurrence=number))
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

    Whether the box is still ticked does not matter: who read the one may read the other, where it
    was read and on LINE. What was corrected before is not corrected again. Return the (student,
    place) pairs told. Joins the caller's transaction, which holds the children's day rows.
    """
    seen = {presence.student_id: presence for presence in presences}
    tried = cancel_no_shows(session, list(seen), school_day, now)
    read = uncorrected(session, tried, school_day)
    told_at = {(row.student_id, row.guardian_id): row.first_tried_at for row in read}
    numbers = {(row.student_id, row.guardian_id): row.occurrence for row in read}
    if not told_at:
        return set()
    beside = {
        channel: {
            (row.student_id, row.guardian_id): row.first_tried_at
            for row in read
            if row.channel == channel
        }
        for channel in BESIDE_LINE
    }
    readers = _all(recipients_of(session, {student for student, _ in told_at}))
    for channel, told_there in beside.items():
        readers += _all(readers_by(channel, session, {student for student, _ in told_there}))
    notices, told = [], set()
    for to in readers:
        when = beside.get(to.channel, told_at)
        notice_time = when.get((to.student_id, to.guardian_id))
        if notice_time is not None:
            facts = _correction_facts(to, liff_id, school_day, seen[to.student_id], notice_time)
            number = numbers[to.student_id, to.guardian_id]
            notices.append(notice_to(to, NoticeKind.CORRECTION, facts, now, occurrence=number))
            told.add((to.student_id, to.place))
    enqueue(session, notices, now)
    return told


def _all(recipients: Mapping[UUID, Sequence[Recipient]]) -> list[Recipient]:
    return [to for group in recipients.values() for to in group]


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
    """Return the notice of these facts to one guardian; `more` are further fields of it.

    In a quiet day gate news is written for the record only.
    """
    if is_quieted(to, kind, at):
        more["ended"] = QUIET
    is_on_line = to.channel is Channel.LINE
    return NewNotice(
        kind=kind,
        student_id=to.student_id,
        guardian_id=to.guardian_id,
        delegate_id=to.delegate_id,
        line_user_id=to.line_user_id if is_on_line else None,
        channel=to.channel,
        school_day=facts.school_day,
        at=at,
        content=FORMS[to.channel](kind, facts),
        school_code=to.school_code,
        **{"ended": to.ended, **more},
    )


def facts_for(to: Recipient, liff_id: str, school_day: date, **more: Any) -> NoticeFacts:
    """Return what every notice of a child says, and `more`.

    Whoever receives in a guardian's stead reads neither school nor gate nor reason.
    """
    if to.delegate_id is not None:
        more |= {"gate": "", "reason": DELEGATED_PLACE if more.get("reason") else ""}
    page, school = child_page(liff_id, to.binding_id), to.school
    if to.delegate_id is not None:
        with speaking(to.language):
            school = _(school)
    return NoticeFacts(
        child=to.child,
        school=school,
        school_phone=to.school_phone,
        school_day=school_day,
        link=page if to.delegate_id is None else delegations_page(liff_id),
        language=to.language,
        **more,
    )


def child_page(liff_id: str, binding_id: UUID) -> str:
    """Return the LIFF address of a child's page."""
    return f"https://liff.line.me/{liff_id}/children/{binding_id}"
