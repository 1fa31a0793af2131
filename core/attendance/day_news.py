"""What of a decided day is news: the changes of side that its new taps brought. Pure."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from uuid import UUID

from core.attendance.decision import Day, Passing
from core.clock import TAIPEI
from core.kinds import DayPart, NoticeKind
from core.notices.happenings import Happening

NOON = time(12)


def happenings_of(
    key: tuple[UUID, date],
    day: Day,
    new_taps: Collection[UUID],
    *,
    numbers: Mapping[UUID, int],
    closed: DayPart | None,
) -> list[Happening]:
    """Return what the new taps changed of a child's day.

    `numbers` are by tap, those under which it is told where that is not the occurrence; `closed` is
    as in DayFacts.
    """
    arrival = day.arrival
    # A late upload can turn an older tap after it, a duplicate until now, into a passing.
    changed = [one.tap.at for one in day.passings if one.tap.tap_id in new_taps]
    if not changed:
        return []
    changed_from = min(changed)
    return [
        Happening(
            student_id=key[0],
            school_day=key[1],
            kind=one.kind,
            occurrence=one.occurrence,
            at=one.tap.at,
            tap_id=one.tap.tap_id,
            gate=one.tap.gate,
            arrived_at=arrival.at if arrival and arrival.at <= one.tap.at else None,
            departed_at=one.tap.at if one.kind is NoticeKind.DEPARTURE else None,
            number=numbers.get(one.tap.tap_id, one.occurrence),
            reason=one.tap.reason,
            recorded_at=one.tap.received_at if one.tap.is_make_up else None,
            is_in_closure=_is_in_closure(closed, one, has_arrived=arrival is not None),
            is_older_tap=one.tap.tap_id not in new_taps,
        )
        for one in day.passings
        if one.tap.at >= changed_from
    ]


def is_morning(at: datetime) -> bool:
    """Tell whether a moment lies before noon, Taipei's time."""
    return at.astimezone(TAIPEI).time() < NOON


def _is_in_closure(closed: DayPart | None, passing: Passing, *, has_arrived: bool) -> bool:
    """Tell whether nothing is told of a passing, as the closure's announcement said.

    A child that came is always told home again.
    """
    if closed is None or (passing.kind is NoticeKind.DEPARTURE and has_arrived):
        return False
    is_before_noon = is_morning(passing.tap.at)
    return closed is DayPart.WHOLE or is_before_noon is (closed is DayPart.MORNING)
