"""What pages show: facts turned into words, times and marks. Local times are Taipei's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.attendance.days import DayView
from core.clock import school_day_of, taipei_clock
from core.notices.wording import WEEKDAYS, fill, short_date
from core.people.bindings import BoundChild

# Readers report every half minute; a longer silence is worth a word beside the doubt it causes.
READER_SILENT_AFTER = timedelta(minutes=5)
SATURDAY = 5
NO_TAP_CAUSE = "忘了帶卡或沒感應到，也會這樣。"


@dataclass(frozen=True, slots=True)
class Moment:
    """One of the two moments at the gate. `mark` names the drawing; `is_time` says large digits."""

    mark: str
    text: str
    word: str
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """A child's day on the rail. `line` is half, full or empty."""

    mark: str
    pill: str
    line: str
    arrival: Moment
    departure: Moment
    cause: str = ""


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A day of the table. `closed` holds the word of a day without school, else it is empty."""

    day: str
    weekday: str
    is_today: bool
    closed: str
    arrival: Moment
    departure: Moment


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as people read it and as a phone dials it."""

    text: str
    href: str


def today_of(view: DayView) -> Today:
    """Return the card of a child's day."""
    if not view.is_school_day and view.arrived_at is None and view.departed_at is None:
        quiet = Moment("off", "–", "到校"), Moment("off", "–", "離校")
        return Today("off", "今天不上課", "", *quiet, cause=view.reason)
    arrival, departure = _arrival(view, is_over=False), _departure(view, is_over=False)
    if view.departed_at is not None:
        return Today("departed", "已離校", "full", arrival, departure, _late_cause(view))
    if view.arrived_at is not None:
        return Today("arrived", "在校", "half", arrival, departure, _late_cause(view))
    if view.is_past_cutoff:
        return Today("no-tap", "尚無刷卡紀錄", "", arrival, departure, NO_TAP_CAUSE)
    return Today("not-yet", "還沒刷卡", "", arrival, departure)


def week_of(views: Sequence[DayView], today: date) -> list[WeekRow]:
    """Return the table's rows, oldest first; nothing when the days hold no tap at all."""
    if not any(view.arrived_at or view.departed_at for view in views):
        return []
    return [_week_row(view, today) for view in views]


def school_line(child: BoundChild) -> str:
    """Return 榕光國小 603 班."""
    homeroom = f"{child.homeroom} 班" if child.homeroom.isdigit() else child.homeroom
    return f"{child.school_short_name} {homeroom}"


def long_date(day: date) -> str:
    """Return a date as pages show it: 2026/11/20（五）."""
    return f"{day:%Y/%m/%d}（{WEEKDAYS[day.weekday()]}）"


def day_and_time(moment: datetime, today: date) -> str:
    """Return 今天 07:41, or 11/20（五） 07:41 for another day."""
    day = school_day_of(moment)
    return f"{'今天' if day == today else short_date(day)} {taipei_clock(moment)}"


def reader_line(school: str, contact: datetime | None, now: datetime) -> tuple[str, bool]:
    """Return what is known of a school's readers, and whether they are silent."""
    if contact is None:
        return fill("{school}刷卡機還沒有連線紀錄", {"school": school}), True
    today = school_day_of(now)
    time = (
        taipei_clock(contact) if school_day_of(contact) == today else day_and_time(contact, today)
    )
    slots = {"school": school, "time": time}
    if now - contact > READER_SILENT_AFTER:
        return fill("{school}刷卡機 {time} 起沒有連線，紀錄可能較晚出現", slots), True
    return fill("{school}刷卡機 {time} 有連線", slots), False


def phone_link(text: str) -> Phone:
    """Return a number with what to dial; an extension (轉) follows after a pause."""
    number, _, extension = text.partition("轉")
    digits = re.sub(r"\D", "", number)
    dialled = f"+886{digits[1:]}" if digits.startswith("0") else digits
    pause = re.sub(r"\D", "", extension)
    return Phone(text, f"tel:{dialled}{',' + pause if pause else ''}")


def _arrival(view: DayView, *, is_over: bool) -> Moment:
    if view.arrived_at is not None:
        late = view.is_late_upload
        word = "到校・補傳" if late else "到校"
        return Moment("late" if late else "arrived", taipei_clock(view.arrived_at), word, True)
    if not view.is_known:
        return Moment("", "", "到校")
    if view.is_past_cutoff or is_over or view.departed_at is not None:
        return Moment("no-tap", "未刷卡", "到校")
    return Moment("not-yet", "還沒", "到校")


def _departure(view: DayView, *, is_over: bool) -> Moment:
    if view.departed_at is not None:
        return Moment("departed", taipei_clock(view.departed_at), "離校", True)
    if is_over:
        # A day without any tap is told once, in the first column.
        return Moment("no-tap", "未刷離校", "離校") if view.arrived_at else Moment("", "", "離校")
    return Moment("not-yet", "還沒", "離校")


def _late_cause(view: DayView) -> str:
    if not view.is_late_upload or view.received_at is None:
        return ""
    return f"刷卡資料較晚傳到，{taipei_clock(view.received_at)} 才收到。"


def _week_row(view: DayView, today: date) -> WeekRow:
    is_today = view.school_day == today
    is_closed = not view.is_school_day and not view.arrived_at and not view.departed_at
    usual = "假日" if view.school_day.weekday() >= SATURDAY else "不上課"
    return WeekRow(
        f"{view.school_day.month}/{view.school_day.day}",
        WEEKDAYS[view.school_day.weekday()],
        is_today,
        (view.reason or usual) if is_closed else "",
        _arrival(view, is_over=not is_today),
        _departure(view, is_over=not is_today),
    )
