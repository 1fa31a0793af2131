"""Why somebody has no notice of something: the reasons that leave no row in the outbox."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from core.attendance.decision import Passing
from core.attendance.tables import AttendanceDay, NoShowState
from core.clock import at_taipei, day_end
from core.kinds import Channel, NoticeKind
from core.notices.tables import Notice
from core.people.tables import AccountLink, Binding, Student, Subscription
from core.watch.shown import date_and_clock_of, short


@dataclass(frozen=True, slots=True)
class Event:
    """Something guardians are told of: what, when it became known, and the notices about it."""

    kind: NoticeKind
    name: str
    at: datetime
    known_at: datetime
    notices: Sequence[Notice]


def why_untold(
    session: Session,
    child: Student,
    day: date,
    passings: Sequence[Passing],
    notices: Sequence[Notice],
) -> Iterator[tuple[datetime, str]]:
    """Return the moment and the reason for each event and guardian without a notice."""
    bindings = _bindings(session, child, day)
    events = [*_passings(passings, notices), *_no_show(session, child, day, notices)]
    for event in events:
        if not bindings:
            yield event.at, f"{event.name} told to nobody: no guardian was bound to the child"
        # Whoever receives in a guardian's stead is somebody else.
        told = {one.guardian_id for one in event.notices if one.delegate_id is None}
        for binding in bindings:
            if binding.guardian_id not in told:
                whom = f"guardian {short(binding.guardian_id)}"
                reason = "; ".join(_reasons(session, binding, event))
                yield event.at, f"{event.name} not told to {whom}: {reason}"
    if not events:
        yield day_end(day), "nothing to tell: no change of side, and no no-show was told"


def _passings(passings: Iterable[Passing], notices: Sequence[Notice]) -> Iterator[Event]:
    for one in passings:
        about = [notice for notice in notices if notice.tap_id == one.tap.tap_id]
        name = f"{one.kind.value} {one.occurrence}"
        yield Event(one.kind, name, one.tap.at, one.tap.received_at, about)


def _no_show(
    session: Session, child: Student, day: date, notices: Sequence[Notice]
) -> Iterator[Event]:
    row = session.get(AttendanceDay, (child.id, day))
    about = [notice for notice in notices if notice.kind == NoticeKind.NO_SHOW]
    if row is not None and (row.no_show == NoShowState.TOLD or about):
        at = row.no_show_due_at or row.no_show_at or day_end(day)
        yield Event(NoticeKind.NO_SHOW, "no-show", at, at, about)


def _bindings(session: Session, child: Student, day: date) -> list[Binding]:
    statement = select(Binding).where(
        col(Binding.student_id) == child.id,
        col(Binding.bound_at) < day_end(day),
        or_(col(Binding.ended_at).is_(None), col(Binding.ended_at) > at_taipei(day, time())),
    )
    return list(session.scalars(statement.order_by(col(Binding.bound_at), col(Binding.id))))


def _reasons(session: Session, binding: Binding, event: Event) -> list[str]:
    found = [*_reasons_of_binding(binding, event), *_reasons_of_link(session, binding, event)]
    box = session.scalars(_box(binding, event.kind)).first()
    if box is None or not box.is_on:
        since = f" since {date_and_clock_of(box.changed_at)}" if box else ""
        found.append(f"box not ticked{since}")
    elif box.changed_at > event.known_at:
        found.append(f"box ticked only {date_and_clock_of(box.changed_at)}")
    return found or ["no reason found: box, binding and link are as they should be"]


def _reasons_of_binding(binding: Binding, event: Event) -> Iterator[str]:
    if binding.bound_at > event.known_at:
        yield f"bound only {date_and_clock_of(binding.bound_at)}"
    if binding.ended_at is not None and binding.ended_at <= event.known_at:
        yield f"binding ended {date_and_clock_of(binding.ended_at)}"


def _reasons_of_link(session: Session, binding: Binding, event: Event) -> Iterator[str]:
    was_open = and_(
        col(AccountLink.guardian_id) == binding.guardian_id,
        col(AccountLink.linked_at) <= event.known_at,
        or_(col(AccountLink.unlinked_at).is_(None), col(AccountLink.unlinked_at) > event.known_at),
    )
    if session.scalars(select(col(AccountLink.id)).where(was_open).limit(1)).first() is None:
        yield "not linked to a LINE account then"


def _box(binding: Binding, kind: NoticeKind) -> Any:
    return select(Subscription).where(
        col(Subscription.binding_id) == binding.id,
        col(Subscription.channel) == Channel.LINE,
        col(Subscription.kind) == kind,
    )
