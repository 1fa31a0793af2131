"""What pages show: facts turned into words, times and marks. Local times are Taipei's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import school_day_of, taipei_clock
from core.kinds import DayPart
from core.notices.staff_words import class_words
from core.notices.wording import PART_WORDS, WEEKDAYS, fill, short_date
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
    """A day of the table. `span` stands across both columns: a leave, a day without lessons."""

    day: str
    weekday: str
    is_today: bool
    is_closed: bool
    span: Moment | None
    arrival: Moment
    departure: Moment


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as people read it and as a phone dials it."""

    text: str
    href: str


def today_of(view: DayView) -> Today:
    """Return the card of a child's day."""
    arrival, departure = _arrival(view, is_over=False), _departure(view, is_over=False)
    if _is_off(view):
        quiet = Moment("off", "–", "到校"), Moment("off", "–", "離校")
        if view.is_closure:
            return Today("off", "停課", "", *quiet)
        return Today("off", "今天不上課", "", *quiet, cause=view.reason)
    cause = _late_cause(view) or _half_day(view)
    if view.departed_at is not None:
        return Today("departed", "已離校", "full", arrival, departure, cause)
    if view.arrived_at is not None:
        pill = ("no-tap", "未刷離校") if view.is_missing_departure else ("arrived", "在校")
        return Today(*pill, "half", arrival, departure, cause)
    if view.leave in EXCUSED_PARTS:
        excused = Moment("leave", "請假", PART_WORDS[view.leave])
        return Today("leave", "請假", "", excused, Moment("off", "–", "離校"))
    if view.is_past_cutoff and view.closed_part is not DayPart.MORNING:
        return Today("no-tap", "尚無刷卡紀錄", "", arrival, departure, NO_TAP_CAUSE)
    return Today("not-yet", "還沒刷卡", "", arrival, departure, cause)


def discrepancy_line(child: str, view: DayView) -> str:
    """Return what to say of a leave and a tap on one day, or nothing."""
    seen_at = view.arrived_at or view.departed_at
    if not view.has_discrepancy or seen_at is None:
        return ""
    slots = {
        "child": child,
        "time": taipei_clock(seen_at),
        "kind": "到校" if view.arrived_at else "離校",
    }
    return fill("{child}今天已請假，但 {time} 有{kind}刷卡，兩筆紀錄都保留。", slots)


def week_of(views: Sequence[DayView], today: date) -> list[WeekRow]:
    """Return the table's rows, oldest first; nothing when the days hold no tap and no leave."""
    if not any(view.arrived_at or view.departed_at or view.leave for view in views):
        return []
    return [_week_row(view, today) for view in views]


def school_line(child: BoundChild) -> str:
    """Return 榕光國小 603 班."""
    return f"{child.school_short_name} {class_words(child.homeroom)}"


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


def _is_off(view: DayView) -> bool:
    return not view.is_school_day and view.arrived_at is None and view.departed_at is None


def _arrival(view: DayView, *, is_over: bool) -> Moment:
    if view.arrived_at is not None:
        at = taipei_clock(view.arrived_at)
        if view.arrival_is_make_up:
            return Moment("make-up", at, "到校・補登", True)
        if view.is_late_upload:
            return Moment("late", at, "到校・補傳", True)
        return Moment("arrived", at, "到校", True)
    if not view.is_known:
        return Moment("", "", "到校")
    if view.leave in EXCUSED_PARTS:
        return Moment("leave", "請假", "到校")
    is_due = view.is_past_cutoff and view.closed_part is not DayPart.MORNING
    if is_due or is_over or view.departed_at is not None:
        return Moment("no-tap", "未刷卡", "到校")
    return Moment("not-yet", "還沒", "到校")


def _departure(view: DayView, *, is_over: bool) -> Moment:
    if view.departed_at is not None:
        word = "離校・補登" if view.departure_is_make_up else "離校"
        return Moment("departed", taipei_clock(view.departed_at), word, True)
    if view.is_missing_departure:
        return Moment("no-tap", "未刷離校", "離校")
    # A day without any tap is told once, in the first column.
    return Moment("", "", "離校") if is_over else Moment("not-yet", "還沒", "離校")


def _late_cause(view: DayView) -> str:
    if not view.is_late_upload or view.arrival_is_make_up or view.received_at is None:
        return ""
    return f"刷卡資料較晚傳到，{taipei_clock(view.received_at)} 才收到。"


def _half_day(view: DayView) -> str:
    for part, word in ((view.closed_part, "停課"), (view.leave, "請假")):
        if part is not None and part is not DayPart.WHOLE:
            return f"{PART_WORDS[part]}{word}。"
    return ""


def _week_row(view: DayView, today: date) -> WeekRow:
    is_today = view.school_day == today
    return WeekRow(
        f"{view.school_day.month}/{view.school_day.day}",
        WEEKDAYS[view.school_day.weekday()],
        is_today,
        _is_off(view),
        _span(view),
        _arrival(view, is_over=not is_today),
        _departure(view, is_over=not is_today),
    )


def _span(view: DayView) -> Moment | None:
    """Return what stands across the row: a leave without taps, a closure, a day off."""
    if view.arrived_at is not None or view.departed_at is not None:
        return None
    if view.is_closure and not view.is_school_day:
        return Moment("off", "停課", "")
    if not view.is_school_day:
        is_weekend = view.school_day.weekday() >= SATURDAY
        return Moment("", "" if is_weekend else view.reason or "不上課", "")
    return Moment("leave", "請假", "") if view.leave is DayPart.WHOLE else None
