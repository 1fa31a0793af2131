"""Today at the gate: one sentence and one bubble a child."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import about, say, side_by_side
from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import TAIPEI, school_day_of, taipei_clock
from core.kinds import DayPart, NoticeKind
from core.notices.flex import (
    ARRIVED,
    DEPARTED,
    INK2,
    INK3,
    LEAVE,
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
from core.notices.wording import LOCK_SCREEN_NAME, PART_WORDS, short_date
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


@dataclass(frozen=True, slots=True)
class GateWords:
    """A day's two moments at the gate in words; None for what was not seen."""

    arrived: str | None
    departed: str | None


def today_messages(
    found: list[ChildToday], pages: Pages, now: datetime, note: str = ""
) -> list[Json]:
    """Return today's bubbles, siblings side by side, and below them `note` if there is one."""
    words = ("本週", "請假", "設定", "說明")
    below = [say(note, *words)] if note else []
    offered = () if below else words
    return [*side_by_side(found, lambda one: _bubble(one, pages, now), _alt, *offered), *below]


def day_line(day: DayView) -> str:
    """Return the day in one line, as the wording book has it."""
    if day.arrived_at or day.departed_at:
        said = gate_words(day)
        departed = said.departed or ("未刷離校" if day.is_missing_departure else "還沒離校")
        return f"{said.arrived or '到校未刷卡'}・{departed}"
    if day.is_closure:
        return "停課"
    if not day.is_school_day:
        return "今天不上課"
    if day.leave in EXCUSED_PARTS:
        return f"請假（{PART_WORDS[day.leave]}）"
    if day.closed_part is DayPart.MORNING:
        return "上午停課，還沒刷卡"
    cutoff = f"{day.cutoff:%H:%M}"
    if day.is_past_cutoff or day.no_show_told:
        return f"尚無刷卡紀錄（截至 {cutoff}）"
    return f"還沒刷卡（截止 {cutoff}）"


def gate_words(day: DayView) -> GateWords:
    """Return 到校 07:50（補登） and 離校 16:05, None for what was not seen."""
    moments = (
        ("到校", day.arrived_at, day.arrival_is_make_up),
        ("離校", day.departed_at, day.departure_is_make_up),
    )
    return GateWords(
        *(
            f"{word} {taipei_clock(at)}{'（補登）' if is_make_up else ''}" if at else None
            for word, at, is_make_up in moments
        )
    )


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
    status, headline = _answer(day)
    was_seen = day.arrived_at or day.departed_at
    rail = [rail_box(_rail(day))] if was_seen or _is_expected(day) else []
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


def _answer(day: DayView) -> tuple[Json, Json]:
    """Return the pill and what stands large."""
    if day.departed_at:
        return pill(DEPARTED, "已離校"), big_time(taipei_clock(day.departed_at))
    if day.arrived_at:
        status = pill(NO_TAP, "未刷離校") if day.is_missing_departure else pill(ARRIVED, "在校")
        return status, big_time(taipei_clock(day.arrived_at))
    if day.is_closure:
        return pill(QUIET, "停課"), _large("今天停課")
    if not day.is_school_day:
        return pill(QUIET, "不上課"), _large("今天不上課")
    if day.leave in EXCUSED_PARTS:
        return pill(LEAVE, "請假"), _large(f"請假・{PART_WORDS[day.leave]}", LEAVE.strong)
    if day.closed_part is DayPart.MORNING:
        return pill(QUIET, "上午停課"), _large("還沒刷卡")
    cutoff = f"{day.cutoff:%H:%M}"
    if _is_doubtful(day):
        return pill(NO_TAP, f"截至 {cutoff}"), _large("尚無刷卡紀錄", NO_TAP.strong)
    return pill(Tone("", INK3, SUNKEN), f"截止 {cutoff}"), _large("還沒刷卡")


def _is_expected(day: DayView) -> bool:
    """Tell whether the child was to come by the cut-off."""
    is_excused = day.leave in EXCUSED_PARTS or day.closed_part is DayPart.MORNING
    return day.is_school_day and not is_excused


def _is_doubtful(day: DayView) -> bool:
    is_missing = not day.arrived_at and not day.departed_at and _is_expected(day)
    return is_missing and (day.is_past_cutoff or day.no_show_told)


def _large(words: str, color: str = INK3) -> Json:
    return text(words, size="xxl", color=color, margin="sm")


def _rail(day: DayView) -> Rail:
    said = gate_words(day)
    return Rail(
        arrived=said.arrived,
        departed=said.departed,
        waiting_in="未刷卡" if day.departed_at else "還沒刷卡",
        waiting_out="未刷離校" if day.is_missing_departure else "還沒離校",
    )


def _notes(day: DayView) -> list[str]:
    notes = _late_upload(day)
    if day.has_discrepancy:
        notes.append("今天有請假，也有刷卡，兩筆紀錄都保留。")
    elif _has_half_leave(day):
        notes.append(f"{PART_WORDS[day.leave or DayPart.WHOLE]}已請假。")
    if day.is_school_day and day.closed_part is not None:
        notes.append(f"{PART_WORDS[day.closed_part]}停課。")
    if _is_doubtful(day):
        notes.append("忘了帶卡或沒感應到，也會這樣。")
    is_named = day.is_school_day or day.is_closure
    return notes if is_named else [*notes, day.reason]


def _late_upload(day: DayView) -> list[str]:
    if not (day.arrived_at and day.received_at and day.is_late_upload):
        return []
    known = taipei_clock(day.received_at)
    is_untold = day.received_at - day.arrived_at > AGE_LIMITS[NoticeKind.ARRIVAL]
    end = "，沒有另外通知）" if is_untold else "）"
    return [f"到校 {taipei_clock(day.arrived_at)}（資料 {known} 才收到{end}"]


def _has_half_leave(day: DayView) -> bool:
    """Tell whether half a day's leave is still to be said; a morning's may stand large already."""
    if day.leave is DayPart.MORNING:
        return day.arrived_at is not None or day.departed_at is not None
    return day.leave is DayPart.AFTERNOON and day.is_school_day


def _alt(found: list[ChildToday]) -> str:
    if len(found) == 1:
        one = found[0]
        return f"{one.child.given_name[:LOCK_SCREEN_NAME]}：{day_line(one.day)}"
    return about([one.child for one in found], "今天的紀錄")
