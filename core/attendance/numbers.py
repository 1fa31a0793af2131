"""Under which numbers a day's passings are told, where entries of it were taken back."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import zip_longest
from uuid import UUID

from sqlmodel import Session

from core.attendance.decision import Day, Passing, TapFact
from core.kinds import NoticeKind
from core.notices.outbox import told_numbers

# By kind: the number under which each tap of the day was told.
ToldTaps = Mapping[NoticeKind, Mapping[UUID, int]]


def numbers_by_day(
    session: Session, days: Mapping[tuple[UUID, date], tuple[Day, Sequence[TapFact]]]
) -> dict[tuple[UUID, date], dict[UUID, int]]:
    """Return the numbers of each (student, day), given what was decided of which taps.

    Joins the caller's transaction, which holds the day rows.
    """
    told = told_numbers(session, {student for student, _ in days}, {day for _, day in days})
    return {key: numbers_of(day, taps, told.get(key, {})) for key, (day, taps) in days.items()}


def numbers_of(day: Day, taps: Sequence[TapFact], told: ToldTaps) -> dict[UUID, int]:
    """Return the number of each passing by its tap; one told before keeps its number. Pure.

    So does one that a late upload moved to an earlier tap. Whatever else is new gets a number
    nobody had: that of an entry taken back, or of what passed only by it, must not keep a real one
    from being told.
    """
    numbers: dict[UUID, int] = {}
    used = {kind: max(taken.values(), default=0) for kind, taken in told.items()}
    for one, until in _with_ends(day.passings):
        own = told.get(one.kind, {})
        same = [tap.tap_id for tap in taps if _is_repeated(tap, one, until)]
        known = [own[tap_id] for tap_id in (one.tap.tap_id, *same) if tap_id in own]
        if not known:
            used[one.kind] = used.get(one.kind, 0) + 1
        numbers[one.tap.tap_id] = known[0] if known else used[one.kind]
    return numbers


def _with_ends(passings: Sequence[Passing]) -> Iterator[tuple[Passing, datetime | None]]:
    yield from zip_longest(passings, (one.tap.at for one in passings[1:]))


def _is_repeated(tap: TapFact, passing: Passing, until: datetime | None) -> bool:
    return tap.at > passing.tap.at and (until is None or tap.at < until)
