"""今天的通知: the day's taps and what was told of them, as one trail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.calendar.policy import DayRules
from core.clock import taipei_clock
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.outbox import AGE_LIMITS
from core.notices.trail import TrailStep
from core.notices.wording import fill
from core.people.subscriptions import Box

KINDS = {
    NoticeKind.ARRIVAL: "到校通知",
    NoticeKind.DEPARTURE: "離校通知",
    NoticeKind.NO_SHOW: "「尚無刷卡紀錄」通知",
    NoticeKind.CORRECTION: "更正通知",
    NoticeKind.BOUND: "完成綁定的通知",
    NoticeKind.BOUND_OTHER: "新綁定的通知",
    NoticeKind.MAKE_UP_UNDONE: "更正補登的通知",
    NoticeKind.LEAVE_OTHER: "請假通知",
    NoticeKind.LEAVE_SCHOOL: "請假通知",
    NoticeKind.LEAVE_CANCELLED: "取消請假的通知",
    NoticeKind.LEAVE_TAP: "請假日有刷卡的通知",
    NoticeKind.NO_TAP_OUT: "「尚無離校刷卡紀錄」通知",
    NoticeKind.CLOSURE_ON: "停課通知",
    NoticeKind.CLOSURE_OFF: "照常上課的通知",
}
STATES = {
    NoticeState.PENDING: ("open", "正在送出"),
    NoticeState.LEASED: ("open", "正在送出"),
    NoticeState.ACCEPTED: ("done", "已送出（LINE）"),
    NoticeState.UNKNOWN: ("trouble", "LINE 沒有回覆，無法確認是否送出"),
    NoticeState.REFUSED: ("trouble", "無法送到 LINE"),
    NoticeState.DEAD: ("trouble", "無法送到 LINE"),
    NoticeState.EXPIRED: ("trouble", "逾時未送出，僅供查看"),
    NoticeState.CANCELLED: ("done", "不需要再通知，已取消"),
}
# What LINE did not carry and another channel was given.
ELSEWHERE = {
    NoticeState.PENDING: ("open", "改用{channel}，正在送出"),
    NoticeState.LEASED: ("open", "改用{channel}，正在送出"),
    NoticeState.ACCEPTED: ("done", "改用{channel}送出"),
    NoticeState.UNKNOWN: ("trouble", "改用{channel}，無法確認是否送出"),
    NoticeState.REFUSED: ("trouble", "無法用{channel}送出"),
    NoticeState.DEAD: ("trouble", "無法用{channel}送出"),
}
CHANNELS = {Channel.EMAIL: "e-mail", Channel.SMS: "簡訊", Channel.APP: "酷課 APP"}
# Where the state alone would not be the truth.
OUTCOMES = {
    (NoticeState.CANCELLED, "on_demand"): ("done", "本月改為輸入「今天」查詢，沒有主動送出"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A point of the trail. `look` is done, open or trouble."""

    look: str
    title: str
    detail: str


def steps_of(
    day: DayView,
    rules: DayRules,
    told: Sequence[TrailStep],
    boxes: frozenset[Box],
    on_demand: Collection[NoticeKind] = (),
) -> list[Step]:
    """Return the day's points, oldest first, and last what is still to come.

    What is `on_demand` is not promised.
    """
    points = [*_taps(day), *((step.at, _told(step)) for step in told)]
    steps = [step for _, step in sorted(points, key=lambda point: point[0])]
    return [*steps, *_to_come(day, rules, boxes, on_demand)]


def _taps(day: DayView) -> list[tuple[datetime, Step]]:
    taps = []
    if day.arrived_at is not None:
        title = "到校補登" if day.arrival_is_make_up else "到校刷卡"
        taps.append((day.arrived_at, Step("done", title, _arrival_detail(day, day.arrived_at))))
    if day.departed_at is not None:
        title = "離校補登" if day.departure_is_make_up else "離校刷卡"
        taps.append((day.departed_at, Step("done", title, taipei_clock(day.departed_at))))
    return taps


def _arrival_detail(day: DayView, arrived_at: datetime) -> str:
    detail = taipei_clock(arrived_at)
    if day.is_late_upload and day.received_at is not None:
        detail += f"・{taipei_clock(day.received_at)} 才收到"
        if day.received_at - arrived_at > AGE_LIMITS[NoticeKind.ARRIVAL]:
            detail += "，沒有另外通知"
    return detail


def _told(step: TrailStep) -> Step:
    look, title = OUTCOMES.get((step.state, step.outcome)) or _state(step)
    kind = KINDS.get(step.kind, "通知")
    return Step(look, title, f"{taipei_clock(step.at)}・{kind}")


def _state(step: TrailStep) -> tuple[str, str]:
    if step.channel is Channel.LINE or step.state not in ELSEWHERE:
        return STATES[step.state]
    look, title = ELSEWHERE[step.state]
    return look, fill(title, {"channel": CHANNELS[step.channel]})


def _to_come(
    day: DayView, rules: DayRules, boxes: frozenset[Box], on_demand: Collection[NoticeKind]
) -> list[Step]:
    if not day.is_school_day or (day.leave in EXCUSED_PARTS and day.arrived_at is None):
        return []
    if day.arrived_at is None and day.departed_at is None:
        if day.is_past_cutoff or (Channel.LINE, EventKind.ARRIVAL) not in boxes:
            return []
        title = "到校後輸入「今天」查詢" if NoticeKind.ARRIVAL in on_demand else "到校後通知您"
        return [Step("open", title, f"截止時間 {rules.cutoff:%H:%M}")]
    if day.departed_at is None and (Channel.LINE, EventKind.DEPARTURE) in boxes:
        is_asked_for = NoticeKind.DEPARTURE in on_demand
        title = "離校後輸入「今天」查詢" if is_asked_for else "離校後再通知您"
        return [Step("open", title, f"{rules.departure_from:%H:%M} 起的刷卡算離校")]
    return []
