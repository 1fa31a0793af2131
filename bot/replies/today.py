"""Today at the gate: one sentence and one bubble a child."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import about, side_by_side
from core.attendance.days import DayView
from core.clock import TAIPEI, school_day_of, taipei_clock
from core.kinds import NoticeKind
from core.notices.flex import (
    ARRIVED,
    DEPARTED,
    INK2,
    INK3,
    NO_TAP,
    QUIET,
    SUNKEN,
    Tone,
    buttons,
    call_school,
    pill,
    text,
)
from core.notices.outbox import AGE_LIMITS
from core.notices.rail import Rail, big_time, gate_bubble, rail_box
from core.notices.wording import LOCK_SCREEN_NAME, short_date
from core.people.bindings import BoundChild

# Readers speak every minute; after two silent ones records may be missing.
SILENCE = timedelta(minutes=2)
# Before this hour nobody expects a reader to be awake.
GATE_OPENS = time(6, 0)


@dataclass(frozen=True, slots=True)
class ChildToday:
    """A child, its day, and when the school's readers were last heard."""

    child: BoundChild
    day: DayView
    last_contact: datetime | None


def today_messages(found: list[ChildToday], pages: Pages, now: datetime) -> list[Json]:
    """Return today's bubbles, siblings side by side."""
    words = ("本週", "設定", "說明")
    return side_by_side(found, lambda one: _bubble(one, pages, now), _alt, *words)


def day_line(child: BoundChild, day: DayView) -> str:
    """Return the child's day in one line, as the wording book has it."""
    if day.arrived_at or day.departed_at:
        arrived = f"到校 {taipei_clock(day.arrived_at)}" if day.arrived_at else "到校未刷卡"
        departed = f"離校 {taipei_clock(day.departed_at)}" if day.departed_at else "還沒離校"
        return f"{arrived}・{departed}"
    if not day.is_school_day:
        return "今天不上課"
    cutoff = f"{child.cutoff:%H:%M}"
    if day.is_past_cutoff or day.no_show_told:
        return f"尚無刷卡紀錄（截至 {cutoff}）"
    return f"還沒刷卡（截止 {cutoff}）"


def silence_note(day: DayView, last_contact: datetime | None, now: datetime) -> str:
    """Return the word about a silent reader, or nothing where it explains nothing."""
    is_waiting = day.is_school_day and day.departed_at is None
    is_early = now.astimezone(TAIPEI).time() < GATE_OPENS
    if last_contact is None or not is_waiting or is_early or now - last_contact <= SILENCE:
        return ""
    if school_day_of(last_contact) != school_day_of(now):
        return "刷卡機今天還沒有連線，紀錄可能較晚出現。"
    return f"刷卡機 {taipei_clock(last_contact)} 起沒有連線，紀錄可能較晚出現。"


def _bubble(one: ChildToday, pages: Pages, now: datetime) -> Json:
    child, day = one.child, one.day
    status, headline = _answer(child, day)
    rail = [rail_box(_rail(day))] if day.is_school_day or day.arrived_at else []
    notes = [*_notes(day), silence_note(day, one.last_contact, now)]
    small = [text(note, size="sm", color=INK2, margin="md") for note in notes if note]
    call = call_school(child.school_phone) if _is_doubtful(day) else []
    return gate_bubble(
        child.given_name,
        [headline, *rail, *small, *([buttons(*call)] if call else [])],
        status=status,
        meta=f"{child.school_short_name}・{short_date(day.school_day)}",
        link=pages.child(child.binding_id),
    )


def _answer(child: BoundChild, day: DayView) -> tuple[Json, Json]:
    """Return the pill and what stands large."""
    if day.departed_at:
        return pill(DEPARTED, "已離校"), big_time(taipei_clock(day.departed_at))
    if day.arrived_at:
        return pill(ARRIVED, "在校"), big_time(taipei_clock(day.arrived_at))
    if not day.is_school_day:
        return pill(QUIET, "不上課"), _large("今天不上課")
    cutoff = f"{child.cutoff:%H:%M}"
    if _is_doubtful(day):
        return pill(NO_TAP, f"截至 {cutoff}"), _large("尚無刷卡紀錄", NO_TAP.strong)
    return pill(Tone("", INK3, SUNKEN), f"截止 {cutoff}"), _large("還沒刷卡")


def _is_doubtful(day: DayView) -> bool:
    is_missing = not day.arrived_at and not day.departed_at and day.is_school_day
    return is_missing and (day.is_past_cutoff or day.no_show_told)


def _large(words: str, color: str = INK3) -> Json:
    return text(words, size="xxl", color=color, margin="sm")


def _rail(day: DayView) -> Rail:
    return Rail(
        arrived=f"到校 {taipei_clock(day.arrived_at)}" if day.arrived_at else None,
        departed=f"離校 {taipei_clock(day.departed_at)}" if day.departed_at else None,
        waiting_in="未刷卡" if day.departed_at else "還沒刷卡",
    )


def _notes(day: DayView) -> list[str]:
    if day.arrived_at and day.received_at and day.is_late_upload:
        known = taipei_clock(day.received_at)
        is_untold = day.received_at - day.arrived_at > AGE_LIMITS[NoticeKind.ARRIVAL]
        end = "，沒有另外通知）" if is_untold else "）"
        return [f"到校 {taipei_clock(day.arrived_at)}（資料 {known} 才收到{end}"]
    if _is_doubtful(day):
        return ["忘了帶卡或沒感應到，也會這樣。"]
    return [] if day.is_school_day else [day.reason]


def _alt(found: list[ChildToday]) -> str:
    if len(found) == 1:
        one = found[0]
        return f"{one.child.given_name[:LOCK_SCREEN_NAME]}：{day_line(one.child, one.day)}"
    return about([one.child for one in found], "今天的紀錄")
