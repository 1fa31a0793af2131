"""A month as a table: what kind of day each is, for a school grade by grade or for the city."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlmodel import Session

from core.calendar.effects import WHOLE_CITY, GradeDay, Grades, days_of, grades_at
from core.calendar.school_days import NO_GRADE, day_statuses
from core.kinds import DayPart
from core.people.tables import School
from liff.staff.rule_words import grade_words

SATURDAY = 5
# Who is out by then has half a day of lessons.
HALF_DAY_BY = time(13, 0)
LESSONS, WEEKEND = ("", "上課"), ("", "週末")
# Mark and word of the kinds of days, as the legend lists them.
OFF, EXTRA, HALF = ("off", "放假"), ("extra", "補課"), ("half", "半天")
CLOSED, MIXED = ("leave", "停課"), ("mixed", "部分")
LEGEND = (
    (*OFF, "不上課"),
    (*EXTRA, "週末上課"),
    (*HALF, f"{HALF_DAY_BY:%H:%M} 以前放學"),
    (*CLOSED, "整天或半天停課"),
    (*MIXED, "各年級不同"),
)
Kind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of the table; `notes` say what is special, a sentence a group of grades."""

    day: date
    mark: str
    word: str
    is_ordinary: bool
    is_today: bool
    is_ahead: bool
    notes: Sequence[str]


def month_of(
    database: Session, school: School | None, first: date, today: date
) -> list[list[MonthDay | None]]:
    """Return the weeks of a month, Monday first; None outside the month."""
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    found = _days(database, school, first, last)
    days = {day: _month_day(day, of_grades, today) for day, of_grades in found.items()}
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    return [
        [days.get(monday + timedelta(days=7 * week + n)) for n in range(7)] for week in range(weeks)
    ]


def _days(
    database: Session, school: School | None, first: date, last: date
) -> dict[date, dict[int, tuple[Kind, str]]]:
    """Return the kind of each day by grade, with its reason."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if school is None:
        key = (WHOLE_CITY, NO_GRADE)
        statuses = day_statuses(database, [key], first, last)[key]
        return {
            day: {NO_GRADE: (_kind(day, one.is_open, one.closed_part, None), one.reason)}
            for day, one in statuses.items()
        }
    grades: Grades = grades_at(database, school.code) or {NO_GRADE: 0}
    found = days_of(database, school.code, grades, first, last)
    return {day: {grade: _seen(day, found[day, grade]) for grade in grades} for day in days}


def _seen(day: date, one: GradeDay) -> tuple[Kind, str]:
    kind = _kind(day, one.status.is_open, one.status.closed_part, one.rules.dismissal)
    if kind == HALF and one.rules.dismissal is not None:
        return kind, f"{one.rules.dismissal:%H:%M} 放學"
    return kind, one.status.reason


def _kind(day: date, is_open: bool, closed: DayPart | None, dismissal: time | None) -> Kind:
    is_weekend = day.weekday() >= SATURDAY
    if closed is not None and (is_open or not is_weekend):
        return CLOSED
    if not is_open:
        return OFF
    if is_weekend:
        return EXTRA
    return HALF if dismissal is not None and dismissal <= HALF_DAY_BY else LESSONS


def _month_day(day: date, of_grades: dict[int, tuple[Kind, str]], today: date) -> MonthDay:
    kinds = {kind for kind, _ in of_grades.values()}
    mark, word = kinds.pop() if len(kinds) == 1 else MIXED
    is_plain_weekend = (mark, word) == OFF and day.weekday() >= SATURDAY
    reasons = {reason for _, reason in of_grades.values()}
    is_ordinary = (mark, word) == LESSONS or (is_plain_weekend and reasons == {""})
    if is_plain_weekend and is_ordinary:
        mark, word = WEEKEND
    return MonthDay(day, mark, word, is_ordinary, day == today, day > today, _notes(of_grades))


def _notes(of_grades: dict[int, tuple[Kind, str]]) -> list[str]:
    groups: dict[tuple[str, str], list[int]] = {}
    for grade, ((_, word), reason) in of_grades.items():
        groups.setdefault((word, reason), []).append(grade)
    notes = []
    for (word, reason), grades in groups.items():
        # A closure's own reason says 停課 already.
        said = reason if word in reason else f"{word}{f'（{reason}）' if reason else ''}"
        notes.append(said if len(groups) == 1 else f"{grade_words(grades)}：{said}")
    return notes
