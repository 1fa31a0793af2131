"""What pages show: facts turned into words, times and marks. Local times are Taipei's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import school_day_of, taipei_clock
from core.kinds import DayPart
from core.languages.dates import day_and_clock, day_of_month, weekday
from core.languages.days_off import reason_words
from core.languages.phones import EXTENSION, phone_words
from core.languages.speech import N_, _
from core.notices.wording import PART_WORDS, QUIETED, QUIETED_SHORT
from core.people.bindings import BoundChild

# Readers report every half minute; a longer silence is worth a word beside the doubt it causes.
READER_SILENT_AFTER = timedelta(minutes=5)
SATURDAY = 5
NO_TAP_CAUSE = N_("忘了帶卡或沒感應到，也會這樣。")


@dataclass(frozen=True, slots=True)
class Moment:
    """One of the two moments at the gate. `mark` names the drawing; `is_time` says large digits."""

    mark: str
    text: str
    word: str
    is_time: bool = False
    is_make_up: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """A child's day on the rail. `line` is half, full or empty; `clash` speaks against the day."""

    mark: str
    pill: str
    line: str
    arrival: Moment
    departure: Moment
    cause: str = ""
    clash: str = ""


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A day of the table. `span` stands across both columns: a leave, a day without lessons."""

    date: date
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
        quiet = Moment("off", "–", _("到校")), Moment("off", "–", _("離校"))
        if view.is_closure:
            return Today("off", _("停課"), "", *quiet)
        return Today("off", _("今天不上課"), "", *quiet, cause=reason_words(view.reason))
    cause = _late_cause(view) or _half_day(view)
    if view.departed_at is not None:
        return Today("departed", _("已離校"), "full", arrival, departure, cause)
    if view.arrived_at is not None:
        is_missing = view.is_missing_departure
        pill = ("no-tap", _("未刷離校")) if is_missing else ("arrived", _("在校"))
        return Today(*pill, "half", arrival, departure, cause)
    if view.leave in EXCUSED_PARTS:
        excused = Moment("leave", _("請假"), _(PART_WORDS[view.leave]))
        return Today("leave", _("請假"), "", excused, Moment("off", "–", _("離校")))
    if view.is_quieted:
        hushed = Moment("not-yet", "–", _("到校")), Moment("not-yet", "–", _("離校"))
        return Today("not-yet", _(QUIETED_SHORT), "", *hushed, cause=_(QUIETED))
    if view.is_past_cutoff and view.closed_part is not DayPart.MORNING:
        return Today("no-tap", _("尚無刷卡紀錄"), "", arrival, departure, _(NO_TAP_CAUSE))
    return Today("not-yet", _("還沒刷卡"), "", arrival, departure, cause)


def card_of(view: DayView) -> Today:
    """Return the card that stands alone: it also says of a leave beside a tap."""
    clash = _("今天有請假，也有刷卡，兩筆紀錄都保留。") if view.has_discrepancy else ""
    return replace(today_of(view), clash=clash)


def discrepancy_line(child: str, view: DayView) -> str:
    """Return what to say of a leave and a tap on one day, or nothing."""
    seen_at = view.arrived_at or view.departed_at
    if not view.has_discrepancy or seen_at is None:
        return ""
    clock = taipei_clock(seen_at)
    if view.arrived_at:
        said = _(
            "{child}今天已請假，但 {time} 有到校刷卡，兩筆紀錄都保留。", child=child, time=clock
        )
    else:
        said = _(
            "{child}今天已請假，但 {time} 有離校刷卡，兩筆紀錄都保留。", child=child, time=clock
        )
    return said


def week_of(views: Sequence[DayView], today: date) -> list[WeekRow]:
    """Return the table's rows, oldest first; nothing when the days hold no tap and no leave."""
    if not any(view.arrived_at or view.departed_at or view.leave for view in views):
        return []
    return [_week_row(view, today) for view in views]


def school_line(child: BoundChild) -> str:
    """Return 榕光國小 603 班."""
    return _(
        "{school} {homeroom}班",
        school=child.school_short_name,
        homeroom=child.homeroom.removesuffix("班"),
    )


def day_and_time(moment: datetime, today: date) -> str:
    """Return 今天 07:41, or 11/20（五）07:41 for another day."""
    is_today = school_day_of(moment) == today
    return _("今天 {time}", time=taipei_clock(moment)) if is_today else day_and_clock(moment)


def reader_line(school: str, contact: datetime | None, now: datetime) -> tuple[str, bool]:
    """Return what is known of a school's readers, and whether they are silent."""
    if contact is None:
        return _("{school}刷卡機還沒有連線紀錄", school=school), True
    today = school_day_of(now)
    time = (
        taipei_clock(contact) if school_day_of(contact) == today else day_and_time(contact, today)
    )
    if now - contact > READER_SILENT_AFTER:
        said = _("{school}刷卡機 {time} 起沒有連線，紀錄可能較晚出現", school=school, time=time)
        return said, True
    return _("{school}刷卡機 {time} 有連線", school=school, time=time), False


def phone_link(text: str) -> Phone:
    """Return a number with what to dial; an extension (轉) follows after a pause."""
    number, mark, extension = text.partition(EXTENSION)
    digits = re.sub(r"\D", "", number)
    dialled = f"+886{digits[1:]}" if digits.startswith("0") else digits
    pause = re.sub(r"\D", "", extension)
    return Phone(phone_words(text), f"tel:{dialled}{',' + pause if pause else ''}")


def _is_off(view: DayView) -> bool:
    return not view.is_school_day and view.arrived_at is None and view.departed_at is None


def _arrival(view: DayView, *, is_over: bool) -> Moment:
    if view.arrived_at is not None:
        at = taipei_clock(view.arrived_at)
        if view.arrival_is_make_up:
            return Moment("make-up", at, _("到校・補登"), is_time=True, is_make_up=True)
        if view.is_late_upload:
            return Moment("late", at, _("到校・補傳"), is_time=True)
        return Moment("arrived", at, _("到校"), is_time=True)
    if not view.is_known:
        return Moment("", "", _("到校"))
    if view.leave in EXCUSED_PARTS:
        return Moment("leave", _("請假"), _("到校"))
    is_due = view.is_past_cutoff and view.closed_part is not DayPart.MORNING
    if is_due or is_over or view.departed_at is not None:
        return Moment("no-tap", _("未刷卡"), _("到校"))
    return Moment("not-yet", _("還沒"), _("到校"))


def _departure(view: DayView, *, is_over: bool) -> Moment:
    if view.departed_at is not None:
        is_make_up = view.departure_is_make_up
        word = _("離校・補登") if is_make_up else _("離校")
        clock = taipei_clock(view.departed_at)
        return Moment("departed", clock, word, is_time=True, is_make_up=is_make_up)
    if view.is_missing_departure:
        return Moment("no-tap", _("未刷離校"), _("離校"))
    # A day without any tap is told once, in the first column.
    return Moment("", "", _("離校")) if is_over else Moment("not-yet", _("還沒"), _("離校"))


def _late_cause(view: DayView) -> str:
    if not view.is_late_upload or view.arrival_is_make_up or view.received_at is None:
        return ""
    return _("刷卡資料較晚傳到，{time} 才收到。", time=taipei_clock(view.received_at))


def _half_day(view: DayView) -> str:
    for part, sentence in (
        (view.closed_part, N_("{part}停課。")),
        (view.leave, N_("{part}請假。")),
    ):
        if part is not None and part is not DayPart.WHOLE:
            return _(sentence, part=_(PART_WORDS[part]))
    return ""


def _week_row(view: DayView, today: date) -> WeekRow:
    is_today = view.school_day == today
    return WeekRow(
        view.school_day,
        day_of_month(view.school_day),
        weekday(view.school_day),
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
        return Moment("off", _("停課"), "")
    if not view.is_school_day:
        is_weekend = view.school_day.weekday() >= SATURDAY
        return Moment("", "" if is_weekend else reason_words(view.reason) or _("不上課"), "")
    if view.leave is DayPart.WHOLE:
        return Moment("leave", _("請假"), "")
    return Moment("", _(QUIETED_SHORT), "") if view.is_quieted else None
