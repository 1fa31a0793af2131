"""Readers, totals and service, as staff read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.speech import offer, say, show
from bot.replies.staff.class_list import counts_bar, counts_line
from core.attendance.reports import ClassCount, total_of
from core.attendance.tables import NoShowRun, RunState
from core.clock import school_day_of, taipei_clock
from core.gate.health import ReaderState
from core.kinds import HoldReason
from core.languages.slots import fill
from core.notices.flex import (
    ARRIVED,
    INK2,
    LEAVE,
    NO_TAP,
    box,
    bubble,
    buttons,
    meta_text,
    primary,
    quiet,
    row,
    text,
)
from core.notices.staff_words import class_words, moment_words
from core.notices.wording import short_date

TROUBLES = {
    HoldReason.CLONED: "有兩台刷卡機使用同一組代碼，資料已保留待查",
    HoldReason.GAP: "刷卡資料有缺號，少了 {missing} 筆",
    HoldReason.BUFFERED: "還有 {buffered} 筆沒傳完",
}
RUNS = {
    RunState.DUE: "進行中",
    RunState.HELD: "保留，等學校確認",
    RunState.WAITING: "等候中，還沒通知家長",
    RunState.TOLD: "完成",
    RunState.CANCELLED: "已取消，沒有通知家長",
    RunState.EXPIRED: "保留超過 2 小時，沒有發出",
    RunState.NO_SCHOOL: "今天不上課",
    RunState.SKIPPED_LATE: "沒有準時執行，已略過",
}
# A bar each, well inside LINE's 30 KB; the largest schools have more and a page.
MOST_CLASSES = 24


@dataclass(frozen=True, slots=True)
class SchoolGate:
    """A school by its short name, and its readers."""

    name: str
    readers: Sequence[ReaderState]


@dataclass(frozen=True, slots=True)
class SchoolState:
    """A school's readers, today's cut-offs, and notices that wait to be sent."""

    name: str
    readers: Sequence[ReaderState]
    runs: Sequence[NoShowRun]
    waiting: int


def readers(found: Sequence[SchoolGate], now: datetime) -> list[Json]:
    """Return a line a reader."""
    lines: list[str] = []
    for one in found:
        lines += [one.name] if len(found) > 1 else []
        lines += [reader_line(state, now) for state in one.readers] or ["沒有使用中的刷卡機。"]
    return [say("\n".join(lines), "服務狀態", "說明")]


def reader_line(state: ReaderState, now: datetime) -> str:
    """Return 正門：正常（08:29 連線，延遲 2 秒）, or what is wrong."""
    reader = state.reader
    at = moment_words(reader.last_contact_at, now)
    if not at:
        return f"{reader.gate}：還沒有連線紀錄"
    if state.hold is HoldReason.SILENT:
        return f"{reader.gate}：{at} 起沒有連線，暫存筆數未知"
    if state.hold is not None:
        slots = {"missing": str(state.missing), "buffered": str(reader.buffered)}
        return f"{reader.gate}：{fill(TROUBLES[state.hold], slots)}（{at} 連線）"
    offset = reader.clock_offset_seconds
    lag = "" if offset is None else f"，延遲 {abs(offset):.0f} 秒"
    return f"{reader.gate}：正常（{at} 連線{lag}）"


def report(
    found: Sequence[tuple[str, Sequence[ClassCount]]], now: datetime, pages: tuple[str, str]
) -> list[Json]:
    """Return today as a picture, a bar a class, with the way to the sheets."""
    at = f"{short_date(school_day_of(now))}{taipei_clock(now)}"
    drawn = [part for name, classes in found for part in _school(name, classes)]
    contents = [
        *drawn,
        _legend(),
        meta_text(f"{at}・匯出在瀏覽器開啟，連結 10 分鐘內有效。"),
        buttons(primary("匯出", pages[0]), quiet("看報表", pages[1])),
    ]
    return [offer(show("今天的人數和匯出", bubble(contents)), "未到", "說明")]


def _school(name: str, classes: Sequence[ClassCount]) -> list[Json]:
    """Return the school's numbers and a bar for each of its classes."""
    if not any(one.status.is_open for one in classes):
        return [text(name, weight="bold"), text("今天不上課", color=INK2, margin="sm")]
    open_ones = [one for one in classes if one.status.is_open and one.counts.expected]
    total = total_of(open_ones)
    rows = [_class(one) for one in open_ones[:MOST_CLASSES]]
    rest = len(open_ones) - MOST_CLASSES
    more = [text(f"另外 {rest} 班請看報表。", size="sm", color=INK2, margin="sm")]
    return [
        text(name, size="lg", weight="bold"),
        *counts_bar(total),
        text(counts_line(total), size="sm", margin="md"),
        box([*rows, *(more if rest > 0 else [])], margin="lg", spacing="sm"),
    ]


def _class(one: ClassCount) -> Json:
    """Return a class as a bar between its name and how many came."""
    counts = one.counts
    bar = box(counts_bar(counts, margin="none"), flex=6)
    name = text(class_words(one.homeroom), size="xs", color=INK2, flex=3)
    came = text(f"{counts.arrived}/{counts.expected}", size="xs", color=INK2, flex=3, align="end")
    return row([name, bar, came], spacing="sm")


def _legend() -> Json:
    parts = [
        text(f"■ {word}", size="xs", color=color, flex=0)
        for word, color in (
            ("到校", ARRIVED.strong),
            ("請假", LEAVE.strong),
            ("尚無紀錄", NO_TAP.strong),
        )
    ]
    return box(parts, layout="horizontal", spacing="md", margin="md")


def status(found: Sequence[SchoolState], now: datetime) -> list[Json]:
    """Return readers, cut-offs and waiting notices, a block a school."""
    blocks = [f"服務狀態 {taipei_clock(now)}"]
    for one in found:
        blocks.append("\n".join([one.name, *_lines(one, now)]))
    return [say("\n".join(blocks), "刷卡機", "說明")]


def city(states: Sequence[ReaderState], held: int, waiting: int, now: datetime) -> list[Json]:
    """Return all schools in numbers."""
    well = sum(state.hold is None for state in states)
    lines = [
        f"服務狀態 {taipei_clock(now)}",
        f"刷卡機：{well} 台正常・{len(states) - well} 台待查",
        f"保留中的未到校檢查：{held} 件",
        f"待送通知：{waiting} 則",
    ]
    return [say("\n".join(lines), "停課", "說明")]


def _lines(one: SchoolState, now: datetime) -> list[str]:
    troubled = [state for state in one.readers if state.hold]
    well = len(one.readers) - len(troubled)
    gates = [f"刷卡機：{well} 台正常"] if well else []
    gates += [] if one.readers else ["沒有使用中的刷卡機"]
    runs = [
        f"今天的未到校檢查（截至 {run.cutoff:%H:%M}）：{RUNS[RunState(run.state)]}"
        for run in one.runs
    ] or ["今天的未到校檢查：還沒開始"]
    troubles = [reader_line(state, now) for state in troubled]
    return [*gates, *troubles, *runs, f"待送通知：{one.waiting} 則"]
