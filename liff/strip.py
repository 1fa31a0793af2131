"""最近四週: two moments of twenty school days against cut-off and dismissal, as paths of a picture.

Nothing here knows of the database or of the page; shapes tell the states apart without colour.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import TAIPEI
from core.kinds import DayPart
from core.languages.dates import day_of_month
from core.languages.speech import N_, _

WEEKS = 4
SATURDAY = 5
# In units of the picture, 328 wide: where the bands lie, and the room between two weeks.
LEFT, RIGHT, GAP = 52.0, 318.0, 3.0
HEIGHT = 72.0
MORNING, AFTERNOON = 24.0, 126.0
# A minute in the morning band and in the one from noon to six.
BY_CUTOFF, BY_NOON = 0.6, 0.2
# The cut-off's line, from the top of its band: it comes well after the bell, which nobody tells
# us, so most of the room is before it.
BEFORE_CUTOFF = 60.0
NOON = 12 * 60
# Half of what a mark takes: it stays whole at a band's edge.
REACH = 4.6
# A label needs so much room from the next one.
LINE = 17.0
SUMMARIES = {
    (False, False): N_("四週到校 {days} 天，平均 {time}。"),
    (False, True): N_("四週到校 {days} 天，平均 {time}，{left} 天未刷離校。"),
    (True, False): N_("四週到校 {days} 天，平均 {time}，{silent} 天未刷卡。"),
    (True, True): N_("四週到校 {days} 天，平均 {time}，{silent} 天未刷卡，{left} 天未刷離校。"),
}


@dataclass(frozen=True, slots=True)
class Label:
    """A word at the axes. `anchor` is start or middle."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture: one sentence for who can't see it, SVG paths by what they draw, and words."""

    summary: str
    paths: Mapping[str, str]
    labels: Sequence[Label]


@dataclass(frozen=True, slots=True)
class _Column:
    """A day's place. `view` is None for a day still to come."""

    x: float
    width: float
    view: DayView | None


def first_day(today: date) -> date:
    """Return the Monday with which the four weeks up to this one begin."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def shown_days(views: Sequence[DayView]) -> list[DayView]:
    """Return the days that have a column: Monday to Friday, and a Saturday with school or a tap."""
    return [view for view in views if view.school_day.weekday() < SATURDAY or _has_life(view)]


def strip_of(views: Sequence[DayView], today: date) -> Strip | None:
    """Return the picture of the days from `first_day` to today; None when nothing is recorded."""
    if not any(view.arrived_at or view.departed_at or view.leave for view in views):
        return None
    columns = _columns(shown_days(views), today)
    usual = _usual([view.cutoff for view in views if view.is_school_day])
    drawn: dict[str, list[str]] = defaultdict(list)
    for column in columns:
        if column.view is not None:
            _draw(drawn, column, column.view, usual, is_today=column.view.school_day == today)
    paths = {name: "".join(parts) for name, parts in drawn.items()}
    paths["gaps"] = _gaps(columns)
    return Strip(_summary(views), paths, [*_times(views, usual), *_week_labels(columns, today)])


def _has_life(view: DayView) -> bool:
    return view.is_school_day or view.arrived_at is not None or view.departed_at is not None


def _columns(views: Sequence[DayView], today: date) -> list[_Column]:
    friday = today + timedelta(days=SATURDAY - 1 - today.weekday())
    ahead = max(0, (friday - today).days)
    weeks: dict[date, list[DayView | None]] = defaultdict(list)
    for view in views:
        weeks[_monday(view.school_day)].append(view)
    weeks[_monday(today)].extend([None] * ahead)
    count = sum(len(days) for days in weeks.values())
    width = (RIGHT - LEFT - GAP * (len(weeks) - 1)) / count
    columns, x = [], LEFT
    for days in weeks.values():
        for day in days:
            columns.append(_Column(x + width / 2, width, day))
            x += width
        x += GAP
    return columns


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _draw(
    drawn: dict[str, list[str]], column: _Column, view: DayView, usual: time, *, is_today: bool
) -> None:
    x = column.x
    if view.is_school_day and view.closed_part is not DayPart.MORNING:
        at = _by_cutoff(view.cutoff, usual)
        drawn["bell"].append(f"M{_n(x - column.width / 2)} {_n(at)}h{_n(column.width)}")
    leaving = AFTERNOON + HEIGHT / 2
    if view.is_school_day and view.dismissal and view.closed_part is not DayPart.AFTERNOON:
        leaving = _by_noon(view.dismissal)
        drawn["dismissal"].append(f"M{_n(x - 5)} {_n(leaving)}h10")
    mark, at = _arrival(view, usual, is_today=is_today)
    drawn[mark].append(SHAPES[mark](x, at))
    mark, at = _departure(view, leaving, is_today=is_today)
    drawn[mark].append(SHAPES[mark](x, at))


def _arrival(view: DayView, usual: time, *, is_today: bool) -> tuple[str, float]:
    line = _by_cutoff(usual, usual)
    if view.arrived_at is not None:
        return "arrived", _by_cutoff(_clock(view.arrived_at), usual)
    if not _has_life(view):
        return "off", line
    if view.leave in EXCUSED_PARTS:
        return "leave", line
    if not view.is_known or view.is_quieted:
        return "", line
    is_due = view.is_past_cutoff and view.closed_part is not DayPart.MORNING
    is_waiting = is_today and not is_due and view.departed_at is None
    return ("not-yet" if is_waiting else "no-tap"), line


def _departure(view: DayView, leaving: float, *, is_today: bool) -> tuple[str, float]:
    if view.departed_at is not None:
        return "departed", _by_noon(_clock(view.departed_at))
    if not _has_life(view):
        return "off", leaving
    if view.leave in (DayPart.WHOLE, DayPart.AFTERNOON):
        return "leave", leaving
    if view.is_missing_departure:
        return "no-tap", leaving
    # A day without any tap is told once, in the upper band.
    return ("not-yet" if is_today and view.arrived_at is not None else ""), leaving


def _dot(x: float, y: float) -> str:
    # A line of no length with round ends; Safari draws none that is exactly that.
    return f"M{_n(x)} {_n(y)}h.01"


def _square(x: float, y: float) -> str:
    return f"M{_n(x - 4.2)} {_n(y - 4.2)}h8.4v8.4h-8.4z"


def _diamond(x: float, y: float) -> str:
    return f"M{_n(x)} {_n(y - 5.4)}l5.4 5.4-5.4 5.4-5.4-5.4z"


def _ring(x: float, y: float) -> str:
    return f"M{_n(x - 4)} {_n(y)}a4 4 0 1 1 8 0a4 4 0 1 1-8 0"


def _dash(x: float, y: float) -> str:
    return f"M{_n(x - 3)} {_n(y)}h6"


def _nothing(_x: float, _y: float) -> str:
    return ""


SHAPES = {
    "arrived": _dot,
    "departed": _square,
    "leave": _diamond,
    "no-tap": _ring,
    "not-yet": _ring,
    "off": _dash,
    "": _nothing,
}


def _by_cutoff(at: time, usual: time) -> float:
    y = MORNING + BEFORE_CUTOFF + (_minutes(at) - _minutes(usual)) * BY_CUTOFF
    return _kept_in(y, MORNING)


def _by_noon(at: time) -> float:
    return _kept_in(AFTERNOON + (_minutes(at) - NOON) * BY_NOON, AFTERNOON)


def _kept_in(y: float, top: float) -> float:
    return min(max(y, top + REACH), top + HEIGHT - REACH)


def _earlier(at: time) -> time:
    """Return the time an hour before, on the same day."""
    return (datetime.combine(date.min, at) + timedelta(days=1, hours=-1)).time()


def _gaps(columns: Sequence[_Column]) -> str:
    """Return the lines that part the weeks: where two columns do not touch."""
    lines = []
    for one, following in zip(columns, columns[1:], strict=False):
        if following.x - one.x > one.width + GAP / 2:
            x = _n(one.x + one.width / 2 + GAP / 2)
            lines.append(f"M{x} {_n(MORNING)}v{_n(HEIGHT)}M{x} {_n(AFTERNOON)}v{_n(HEIGHT)}")
    return "".join(lines)


def _times(views: Sequence[DayView], usual: time) -> list[Label]:
    labels = [Label(10, MORNING - 7, _("到校")), Label(10, AFTERNOON - 10, _("離校"))]
    for at in (_earlier(usual), usual):
        labels.append(Label(10, _by_cutoff(at, usual) + 5, f"{at:%H:%M}"))
    ends = Counter(view.dismissal for view in views if view.is_school_day and view.dismissal)
    taken: list[float] = []
    for end, _often in ends.most_common() or ((time(12), 0), (time(18), 0)):
        y = _by_noon(end)
        if all(abs(y - other) >= LINE for other in taken):
            taken.append(y)
            labels.append(Label(10, y + 5, f"{end:%H:%M}"))
    return labels


def _week_labels(columns: Sequence[_Column], today: date) -> list[Label]:
    weeks: dict[date, list[float]] = defaultdict(list)
    for column in columns:
        weeks[_monday(column.view.school_day if column.view else today)].append(column.x)
    y = AFTERNOON + HEIGHT + 18
    return [
        Label((xs[0] + xs[-1]) / 2, y, _("{day} 週", day=day_of_month(monday)), "middle")
        for monday, xs in weeks.items()
    ]


def _summary(views: Sequence[DayView]) -> str:
    arrivals = [_minutes(_clock(view.arrived_at)) for view in views if view.arrived_at]
    if not arrivals:
        return _("四週沒有到校紀錄。")
    silent = sum(_is_silent(view) for view in views)
    left = sum(view.is_missing_departure for view in views)
    hours, minutes = divmod(round(sum(arrivals) / len(arrivals)), 60)
    return _(
        SUMMARIES[bool(silent), bool(left)],
        days=len(arrivals),
        time=f"{hours:02}:{minutes:02}",
        silent=silent,
        left=left,
    )


def _is_silent(view: DayView) -> bool:
    """Tell whether a day that was watched went by without any tap or leave."""
    was_there = view.arrived_at or view.departed_at or view.leave
    is_due = view.is_past_cutoff and view.closed_part is not DayPart.MORNING
    return not was_there and view.is_school_day and view.is_known and is_due


def _usual(moments: Sequence[time]) -> time:
    return Counter(moments).most_common(1)[0][0] if moments else time(8)


def _clock(moment: datetime) -> time:
    return moment.astimezone(TAIPEI).time()


def _minutes(at: time) -> float:
    return at.hour * 60 + at.minute


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
