"""Seven days at the gate, oldest first: one bubble a child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import about, side_by_side
from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import taipei_clock
from core.kinds import DayPart
from core.languages.dates import parted, short_date, span_of
from core.languages.days_off import reason_words
from core.languages.speech import N_, _
from core.notices.flex import (
    ARRIVED,
    BRAND_SOFT,
    DEPARTED,
    INK,
    INK2,
    INK3,
    LEAVE,
    NO_TAP,
    Tone,
    box,
    bubble,
    button,
    buttons,
    child_name,
    meta_text,
    postback,
    quiet,
    text,
)
from core.notices.wording import PART_WORDS, QUIETED_SHORT
from core.people.bindings import BoundChild

ABOUT = N_("{names}最近七天的紀錄")
ABOUT_MANY = N_("{first}等 {count} 位最近七天的紀錄")
BEFORE = N_("{names}前七天的紀錄")
BEFORE_MANY = N_("{first}等 {count} 位前七天的紀錄")
NOT_THE_REGISTER = N_("刷卡紀錄供參考，出缺席以學校登記為準。")


@dataclass(frozen=True, slots=True)
class ChildWeek:
    """A child, its seven days, and the data of the button that shows the week before."""

    child: BoundChild
    days: list[DayView]
    before: str | None


def week_messages(found: list[ChildWeek], pages: Pages, today: date) -> list[Json]:
    """Return the week's bubbles, siblings side by side."""
    words = ("今天", "請假", "設定", "說明")
    is_latest = found[0].days[-1].school_day == today
    named = (ABOUT, ABOUT_MANY) if is_latest else (BEFORE, BEFORE_MANY)

    def alt(part: list[ChildWeek]) -> str:
        return about([one.child for one in part], *named)

    return side_by_side(found, lambda one: _bubble(one, pages, today), alt, *words)


def _bubble(one: ChildWeek, pages: Pages, today: date) -> Json:
    link = pages.child(one.child.binding_id)
    span = span_of(one.days[0].school_day, one.days[-1].school_day)
    contents = [
        child_name(one.child.given_name),
        meta_text(parted(one.child.school_short_name, span)) | {"margin": "none"},
        days_table(one.days, today),
        meta_text(_(NOT_THE_REGISTER)),
        buttons(quiet(_("看詳細紀錄"), link), *([_earlier(one.before)] if one.before else [])),
    ]
    return bubble(contents, link=link)


def days_table(days: Sequence[DayView], today: date) -> Json:
    """Return a row a day: date, arrival, departure."""
    head = _row([_("日期"), _("到校"), _("離校")], [INK3] * 3)
    return box([head, *(_day_row(day, today) for day in days)], margin="md")


def _earlier(data: str) -> Json:
    return button(postback(_("前七天"), data))


def _day_row(day: DayView, today: date) -> Json:
    when = short_date(day.school_day)
    is_today = day.school_day == today
    whole, color = _whole_day(day)
    if whole:
        return _row([when, whole], [INK3, color])
    cells = [_arrival(day), _departure(day, today)]
    made = _row(
        [when, *(words for words, _ in cells)],
        [INK if is_today else INK2, *(color for _, color in cells)],
        is_bold=is_today,
    )
    return made | {"backgroundColor": BRAND_SOFT, "cornerRadius": "6px"} if is_today else made


def _whole_day(day: DayView) -> tuple[str, str]:
    """Return what stands across both columns, "" where the gate's record does."""
    if day.arrived_at or day.departed_at:
        return "", ""
    if not day.is_school_day:
        return f"– {reason_words(day.reason) or _('不上課')}", INK3
    if day.leave in EXCUSED_PARTS:
        return f"{LEAVE.mark} {parted(_('請假'), _(PART_WORDS[day.leave]))}", LEAVE.strong
    if day.is_quieted:
        return f"– {_(QUIETED_SHORT)}", INK3
    if day.closed_part is DayPart.MORNING:
        return f"– {reason_words(day.reason)}", INK3
    return ("", "") if day.is_known else ("–", INK3)


def _arrival(day: DayView) -> tuple[str, str]:
    if day.arrived_at:
        return _moment(ARRIVED, day.arrived_at, is_make_up=day.arrival_is_make_up)
    if day.departed_at or day.is_past_cutoff:
        return f"? {_('未刷卡')}", NO_TAP.strong
    return _("還沒"), INK3


def _departure(day: DayView, today: date) -> tuple[str, str]:
    if day.departed_at:
        return _moment(DEPARTED, day.departed_at, is_make_up=day.departure_is_make_up)
    if day.is_missing_departure:
        return f"? {_('未刷離校')}", NO_TAP.strong
    if day.school_day >= today:
        return _("還沒"), INK3
    # A day without any tap says so once.
    return "–", INK3


def _moment(tone: Tone, at: datetime, *, is_make_up: bool) -> tuple[str, str]:
    clock = taipei_clock(at)
    said = _("{time} 補登", time=clock) if is_make_up else clock
    return f"{tone.mark} {said}", tone.strong


def _row(cells: list[str], colors: list[str], *, is_bold: bool = False) -> Json:
    widths = (4, 4, 4) if len(cells) == 3 else (4, 8)
    weight = "bold" if is_bold else "regular"
    contents = [
        text(words, size="sm", color=color, flex=width, weight=weight)
        for words, color, width in zip(cells, colors, widths, strict=True)
    ]
    look = {"paddingTop": "6px", "paddingBottom": "6px", "paddingStart": "6px"}
    return box(contents, layout="horizontal", **look)
