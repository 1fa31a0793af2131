"""Pictures of a report: lengths and places of what is drawn, and the table behind each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time

from core.figures.days import Arrivals, DayCounts
from core.figures.notices import Answers, Deliveries, MissedClass, Outcome
from core.kinds import NoticeKind
from core.languages.dates import short_date
from core.notices.staff_words import class_words
from core.notices.wording import CHANNEL_WORDS

# Of the drawings, in their own units.
WIDTH, HEIGHT = 320, 120
KINDS = {
    NoticeKind.ARRIVAL: "到校",
    NoticeKind.DEPARTURE: "離校",
    NoticeKind.NO_SHOW: "尚無刷卡紀錄",
    NoticeKind.CORRECTION: "更正",
    NoticeKind.NO_TAP_OUT: "離校提醒",
    NoticeKind.CLOSURE_ON: "停課",
    NoticeKind.CLOSURE_OFF: "復原停課",
}
# Everything else that is told of a child: leaves, bindings, make-ups.
OTHER = "其他"
OUTCOMES = {
    Outcome.SENT: ("solid", "已送出"),
    Outcome.PENDING: ("stripes", "待送"),
    Outcome.FAILED: ("outline", "無法送出"),
    Outcome.EXPIRED: ("dots", "逾時未送出"),
}


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of a drawing; `look` says how it is filled."""

    look: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a picture: what it is of, its blocks, and the number in words."""

    label: str
    blocks: Sequence[Block]
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture with one sentence, its legend, and the table behind it."""

    title: str
    sentence: str
    legend: Sequence[tuple[str, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: Sequence[Bar] = ()
    columns: Sequence[Block] = ()
    # Where the cut-offs stand in a picture of columns, and the words below it.
    lines: Sequence[float] = ()
    axis: Sequence[str] = ()


def arrivals_picture(found: Arrivals, cutoffs: Sequence[time]) -> Picture:
    """Return columns of five minutes against the cut-offs (截止時間) of the day."""
    most = max(found.counts, default=0)
    top = found.counts.index(most) if most else 0
    ends = [*found.starts[1:], _after(found.starts[-1])]
    spans = [f"{a:%H:%M}–{b:%H:%M}" for a, b in zip(found.starts, ends, strict=True)]
    late = found.later + sum(
        count
        for start, count in zip(found.starts, found.counts, strict=True)
        if start >= max(cutoffs)
    )
    words = "、".join(f"{one:%H:%M}" for one in cutoffs)
    sentence = f"到校 {found.total:,} 人；截止 {words}，之後到校 {late:,} 人。"
    if most:
        sentence += f"最多的 5 分鐘是 {spans[top]}，{most:,} 人。"
    rows = [(span, f"{count:,}") for span, count in zip(spans, found.counts, strict=True) if count]
    outside = (
        (f"{found.starts[0]:%H:%M} 以前", found.earlier),
        (f"{ends[-1]:%H:%M} 以後", found.later),
    )
    rows[:0] = [(outside[0][0], f"{found.earlier:,}")] if found.earlier else []
    rows += [(outside[1][0], f"{found.later:,}")] if found.later else []
    return Picture(
        "到校時間",
        sentence,
        (("solid", "截止前"), ("outline", "截止後"), ("line", f"截止 {words}")),
        ("時間", "到校人數"),
        rows,
        columns=_columns(found, most, max(cutoffs)),
        lines=[_place(found, one) for one in cutoffs],
        axis=(f"{found.starts[0]:%H:%M}", f"{ends[-1]:%H:%M}"),
    )


def deliveries_picture(found: Sequence[Deliveries]) -> Picture:
    """Return what became of the day's notices, a bar for each channel and kind."""
    merged: dict[tuple[str, str], dict[Outcome, int]] = {}
    for one in found:
        of = merged.setdefault((CHANNEL_WORDS[one.channel], KINDS.get(one.kind, OTHER)), {})
        for outcome, size in one.counts.items():
            of[outcome] = of.get(outcome, 0) + size
    total = {outcome: sum(of.get(outcome, 0) for of in merged.values()) for outcome in Outcome}
    said = "，".join(f"{OUTCOMES[one][1]} {total[one]:,} 則" for one in OUTCOMES)
    drawn = {key: {one: of.get(one, 0) for one in OUTCOMES} for key, of in merged.items()}
    most = max((sum(of.values()) for of in drawn.values()), default=0)
    head = ("管道", "通知", *(word for _, word in OUTCOMES.values()), "不用再送")
    rows = [
        (*key, *(f"{of.get(one, 0):,}" for one in (*OUTCOMES, Outcome.CANCELLED)))
        for key, of in merged.items()
    ]
    bars = [
        Bar("・".join(key), _blocks(of.items(), most), f"{sum(of.values()):,}")
        for key, of in drawn.items()
        if sum(of.values())
    ]
    return Picture("通知結果", f"{said}。", list(OUTCOMES.values()), head, rows, bars)


def missed_picture(found: Sequence[MissedClass]) -> Picture:
    """Return the classes with children missed at the cut-off."""
    still = sum(one.unexplained for one in found)
    after = sum(one.explained for one in found)
    most = max((one.explained + one.unexplained for one in found), default=0)
    legend = (("outline", "仍無紀錄"), ("solid", "後來有刷卡或請假"))
    bars = [
        Bar(
            class_words(one.homeroom),
            _stack((("outline", one.unexplained), ("solid", one.explained)), most),
            f"{one.unexplained + one.explained}",
        )
        for one in found
    ]
    rows = [(class_words(one.homeroom), f"{one.unexplained}", f"{one.explained}") for one in found]
    sentence = f"截止時尚無紀錄 {still + after:,} 人，後來有刷卡或請假 {after:,} 人。"
    return Picture("尚無紀錄：各班", sentence, legend, ("班級", "仍無紀錄", "後來有"), rows, bars)


def answers_picture(found: Answers) -> Picture:
    """Return when told no-shows were settled, by the hour."""
    named = [
        *(
            (f"{start:%H:%M} 起", count)
            for start, count in zip(found.starts, found.counts, strict=True)
        ),
        (f"{found.starts[-1].hour + 1:02d}:00 以後", found.later),
        ("還沒有回覆或紀錄", found.open),
    ]
    shown = [(word, count) for word, count in named if count]
    most = max((count for _, count in shown), default=0)
    bars = [
        Bar(
            word,
            _stack((("outline" if word == named[-1][0] else "solid", count),), most),
            f"{count:,}",
        )
        for word, count in shown
    ]
    done = found.total - found.open
    sentence = (
        f"通知了 {found.total:,} 位學生的家長，{done:,} 位已有回覆或紀錄，{found.open:,} 位還沒有。"
    )
    rows = [(word, f"{count:,}") for word, count in shown]
    legend = (("solid", "有回覆、刷卡或請假"), ("outline", "還沒有"))
    return Picture("尚無紀錄：何時有回覆", sentence, legend, ("時間", "學生數"), rows, bars)


def weekdays_picture(found: Sequence[DayCounts]) -> Picture:
    """Return the day beside the same weekday of the four weeks before."""
    day, before = found[-1], [one.arrived for one in found[:-1] if one.is_open and one.arrived]
    usual = (
        f"前 {len(before)} 次平均 {round(sum(before) / len(before)):,} 人"
        if before
        else "之前沒有資料"
    )
    most = max((one.arrived + one.on_leave for one in found), default=0)
    bars = [
        Bar(
            short_date(one.day),
            _stack((("solid", one.arrived), ("stripes", one.on_leave)), most),
            f"{one.arrived:,}" if one.is_open or one.arrived else "不上課",
        )
        for one in found
    ]
    rows = [
        (
            short_date(one.day),
            *(f"{n:,}" for n in (one.arrived, one.on_leave, one.missed, one.departed)),
        )
        for one in found
    ]
    head = ("日期", "到校", "請假", "截止時尚無紀錄", "離校")
    legend = (("solid", "到校"), ("stripes", "請假"))
    sentence = f"{short_date(day.day)} 到校 {day.arrived:,} 人，{usual}。"
    return Picture("和前四週同一天比較", sentence, legend, head, rows, bars)


def _after(start: time) -> time:
    minutes = start.hour * 60 + start.minute + 5
    return time(minutes // 60 % 24, minutes % 60)


def _columns(found: Arrivals, most: int, cutoff: time) -> list[Block]:
    step = WIDTH / len(found.counts)
    blocks = []
    for number, (start, count) in enumerate(zip(found.starts, found.counts, strict=True)):
        if count:
            height = max(3.0, round(count / most * (HEIGHT - 8), 1))
            look = "outline" if start >= cutoff else "solid"
            place = round(number * step + 1, 1)
            blocks.append(Block(look, place, round(HEIGHT - height, 1), round(step - 2, 1), height))
    return blocks


def _place(found: Arrivals, moment: time) -> float:
    """Return where a time of day stands among the columns."""
    first = found.starts[0]
    minutes = (moment.hour - first.hour) * 60 + moment.minute - first.minute
    return round(minutes / 5 * WIDTH / len(found.counts), 1)


def _blocks(sizes: Iterable[tuple[Outcome, int]], most: int) -> list[Block]:
    return _stack([(OUTCOMES[outcome][0], size) for outcome, size in sizes], most)


def _stack(sizes: Iterable[tuple[str, int]], most: int) -> list[Block]:
    blocks, x = [], 0.0
    for look, size in sizes:
        if size:
            width = max(3.0, round(size / most * (WIDTH - 12), 1))
            blocks.append(Block(look, round(x, 1), 1.0, width, 14.0))
            x += width
    return blocks
