"""The story of a child's day, for an operator: what happened, what was told, what was not, why.

taps -> day row -> leaves -> cut-off runs -> each notice -> what has no notice. No names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from core.attendance.day_record import DayFacts
from core.attendance.decision import Passing
from core.attendance.seen import standing_of
from core.attendance.tables import AttendanceDay, Leave, NoShowRun
from core.calendar.school_days import day_statuses
from core.clock import at_taipei, day_end
from core.gate.day_facts import read_day_facts
from core.gate.tables import CLASH, Reader, Tap, TapSource, Verdict
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.people.roster import normalise_student_number
from core.people.tables import Student
from core.watch.shown import clock_of, short
from core.watch.untold import why_untold

# Our words for why a notice ended as it did; others speak for themselves.
MEANINGS = {
    "unfollowed": "the guardian does not follow the account, so LINE would show it to nobody",
    "stale": "it was too old to be news when it became known",
    "expired": "it got too old while it waited",
    "told_later": "the departure, which shows it too, had waited for it for a minute",
    "not_wanted": "the box was unticked, binding, link, role or delegation ended, or the guardian "
    "stopped all notices, before it went",
    "quiet": "a guardian new beside others hears no gate news for a day",
    "restored": "it came about before a restore, and may have gone out then",
    "in_digest": "it waits for the letter of the day, as this guardian chose",
    "digested": "it went with the letter of the day",
    "bounced": "the mail server took it, and said later that the mailbox is not there",
    "on_demand": "the month's quota is short: told to whoever asks for today",
    "apart": "LINE found fault with the push it was in; each of it goes by itself from then on",
    "broken_up": "what it was sent with may not be told any more, so it could not be repeated",
    "not_offered": "the channel is not offered this semester",
    "no_address": "no verified address was there when it was to leave",
    "no_app": "the app was not connected when it was to leave",
    "unknown_token": "the gateway knows the app's token no more; the app counts as disconnected",
    "gone_token": "the app was signed out or removed; it counts as disconnected",
    "later": "the gateway asked for a while",
    "no_connection": "the carrier could not be reached; nothing left",
    "no_order": "no order sends it any more, or not to this number",
    "no_school": "it was no school day for the child",
    "not_allowed": "a phone number may not be used for this",
    "lease_lost": "its sender died with it in hand; it may have gone out and is not sent again",
    "unreadable": "what was stored of it could not be read",
    "cut": "the conversation broke off",
    "smtp_250": "the mail server took it",
    "smtp_550": "the mail server knows no such mailbox; the address is used no more",
    "closure": "lessons were called off",
    "archived": "the announcement was put away before it went",
    "corrected": "told as a correction instead",
    "leave_tap": "told as a tap during a leave instead",
    "tap_came": "a tap came first",
    "leave_came": "a leave came first",
    "school_answered": "the school answered first",
    "sealed": "the child was put on the protected list first",
    "quota": "LINE said that the month's quota is gone",
    "rate": "the carrier said that we were too fast",
    "taken_over": "its sender was gone, another one took it over",
    "http_409": "LINE had taken an earlier try",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the story. `at` is aware."""

    at: datetime
    text: str


def find_children(session: Session, name: str) -> list[Student]:
    """Return who is meant by an id, or by school code and student number such as 353607/11510001.

    A number can be two children's, of different entry years.
    """
    school, _, number = name.partition("/")
    if number:
        which = (
            col(Student.school_code) == school,
            col(Student.student_number) == normalise_student_number(number),
        )
        return list(session.scalars(select(Student).where(*which).order_by(col(Student.id))))
    try:
        found = session.get(Student, UUID(name))
    except ValueError:
        return []
    return [found] if found else []


def heading(session: Session, child: Student, day: date) -> str:
    """Return who the child is to us, and what the calendar says of the day."""
    key = (child.school_code, child.grade)
    status = day_statuses(session, [key], day, day)[key][day]
    lessons = "a school day" if status.is_open else "no school day"
    reason = f" ({status.reason})" if status.reason else ""
    sealed = ", sealed" if child.is_sealed else ""
    who = f"child {short(child.id)} of {child.school_code}, grade {child.grade}"
    return f"{who}, {child.status}{sealed}; {day} is {lessons}{reason}"


def story_of(session: Session, child: Student, day: date) -> list[Fact]:
    """Return the day's facts in the order of time; only reads."""
    places = {child.id: (child.school_code, child.grade)}
    facts = read_day_facts(session, places, [(child.id, day)])[child.id, day]
    passings = facts.day(standing_of(session, child, day).leave).passings
    notices = _notices(session, child, day)
    told = [
        *_taps(session, child, day, passings),
        *_day_row(session, child, day),
        *_leaves(session, child, day),
        *_runs(session, child, day),
        *(fact for one in notices for fact in _of_notice(one)),
        *(Fact(at, text) for at, text in why_untold(session, child, day, passings, notices)),
        *_closure(facts, day),
    ]
    return sorted(told, key=lambda fact: fact.at)


def _taps(
    session: Session, child: Student, day: date, passings: Sequence[Passing]
) -> Iterator[Fact]:
    news = {one.tap.tap_id: f"{one.kind.value} {one.occurrence}" for one in passings}
    taps = session.scalars(select(Tap).where(col(Tap.student_id) == child.id, _is_of(day))).all()
    gates = {None: ""} | {
        reader.id: reader.gate
        for reader in session.scalars(
            select(Reader).where(col(Reader.id).in_({tap.reader_id for tap in taps}))
        )
    }
    for tap in taps:
        gate = gates[tap.reader_id]
        yield Fact(tap.effective_at or tap.received_at, _tap_text(tap, gate, news))


def _is_of(day: date) -> ColumnElement[bool]:
    # A tap whose moment nobody knows stands on no day; it is looked for where it was received.
    is_received = col(Tap.received_at).between(at_taipei(day, time()), day_end(day))
    return (col(Tap.school_day) == day) | (col(Tap.school_day).is_(None) & is_received)


def _tap_text(tap: Tap, gate: str, news: Mapping[UUID, str]) -> str:
    if tap.source != TapSource.CARD:
        what = f"{tap.source} {tap.direction} recorded by {_who(tap.recorded_by)}"
    else:
        what = (
            f"tap {short(tap.id)} at {gate} ({tap.direction}), received {clock_of(tap.received_at)}"
        )
        if tap.effective_at != tap.tap_at:
            what += f", the reader's clock said {clock_of(tap.tap_at)}"
    if tap.verdict != Verdict.ACCEPTED:
        return f"{what}: {_doubt(tap)}, stands for nothing"
    matched = f", its card found the child {clock_of(tap.matched_at)}" if tap.matched_at else ""
    return f"{what}{matched}: {news.get(tap.id, 'changes nothing (repeated, or taken back)')}"


def _doubt(tap: Tap) -> str:
    """Return why a tap was not believed, by what intake kept of it."""
    if tap.verdict != Verdict.QUARANTINED:
        return tap.verdict
    if (tap.boot_id or "").endswith(f"{CLASH}{tap.card_uid}"):
        return "quarantined (its number was another tap's: two devices, or one that counts wrong)"
    if tap.effective_at is None:
        return "quarantined (the reader's clock was not to be believed)"
    return "quarantined (a reader of another school)"


def _day_row(session: Session, child: Student, day: date) -> Iterator[Fact]:
    row = session.get(AttendanceDay, (child.id, day))
    if row is None:
        yield Fact(at_taipei(day, time()), "no day row: nothing was recorded of this day")
        return
    parts = [
        f"arrived {clock_of(row.arrived_at)}" if row.arrived_at else "never arrived",
        f"left {clock_of(row.departed_at)}" if row.departed_at else "not gone",
        f"leave {row.leave}" if row.leave else "no leave",
        f"no-show {row.no_show}",
    ]
    yield Fact(day_end(day), f"the day as it stands: {', '.join(parts)}")
    if row.no_show_at is not None:
        yield Fact(row.no_show_at, f"missed at the cut-off; now {row.no_show}")


def _leaves(session: Session, child: Student, day: date) -> Iterator[Fact]:
    rows = session.scalars(
        select(Leave).where(
            col(Leave.student_id) == child.id,
            col(Leave.first_day) <= day,
            col(Leave.last_day) >= day,
        )
    )
    for row in rows.all():
        span = f"{row.first_day} to {row.last_day}, {row.part}"
        yield Fact(row.filed_at, f"leave filed by {_who(row.filed_by)} for {span}")
        if row.withdrawn_at is not None:
            yield Fact(row.withdrawn_at, f"leave withdrawn by {_who(row.withdrawn_by)}")


def _runs(session: Session, child: Student, day: date) -> Iterator[Fact]:
    rows = session.scalars(
        select(NoShowRun).where(
            col(NoShowRun.school_code) == child.school_code, col(NoShowRun.school_day) == day
        )
    )
    for run in rows.all():
        held = f", held: {run.hold_reason}" if run.hold_reason else ""
        by = f", decided by {_who(run.decided_by)}" if run.decided_by else ""
        counts = f", {run.arrived} of {run.expected} had come" if run.expected is not None else ""
        text = f"cut-off {run.cutoff:%H:%M} of the school: {run.state}{held}{by}{counts}"
        yield Fact(run.ran_at, text)


def _closure(facts: DayFacts, day: date) -> Iterator[Fact]:
    if facts.closed is not None:
        yield Fact(at_taipei(day, time()), f"lessons are called off: {facts.closed.value}")


def _notices(session: Session, child: Student, day: date) -> list[Notice]:
    return list(
        session.scalars(
            select(Notice)
            .where(col(Notice.student_id) == child.id, col(Notice.school_day) == day)
            .order_by(col(Notice.created_at), col(Notice.id))
        )
    )


def _of_notice(one: Notice) -> Iterator[Fact]:
    what = f"{one.kind} {one.occurrence} to {_whom(one)} by {one.channel} (notice {one.id})"
    if one.first_tried_at is None and one.settled_at is not None:
        yield Fact(one.settled_at, f"{what}: {_end(one)}, never tried")
        return
    yield Fact(one.created_at, f"{what}: written")
    if one.first_tried_at is not None:
        yield Fact(one.first_tried_at, f"{what}: first try")
    last = one.settled_at or one.first_tried_at or one.created_at
    request = f", LINE request {one.line_request_id}" if one.line_request_id else ""
    riding = f", in the push of notice {one.rides_with}" if one.rides_with else ""
    yield Fact(last, f"{what}: {_end(one)}, tries {one.attempts}{request}{riding}")


def _whom(one: Notice) -> str:
    if one.staff_id is not None:
        return f"staff {short(one.staff_id)}"
    if one.guardian_id is None:
        # Ordered at school, by a guardian who need not be one here.
        return f"the number of order {short(one.order_id)}"
    guardian = f"guardian {short(one.guardian_id)}"
    if one.delegate_id is None:
        return guardian
    return f"delegate {short(one.delegate_id)} of {guardian}"


def _end(one: Notice) -> str:
    if one.outcome is None:
        waits = f", due {clock_of(one.due_at)}" if one.state == NoticeState.PENDING else ""
        return f"{one.state}{waits}"
    meaning = MEANINGS.get(one.outcome)
    return f"{one.state} ({one.outcome}{': ' + meaning if meaning else ''})"


def _who(actor: str | None) -> str:
    role, _, one = (actor or "?").partition(":")
    return f"{role} {short(one)}" if one else role
