"""今天的通知: the day's taps and what was told of them, as one trail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.calendar.policy import DayRules
from core.clock import taipei_clock
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.languages.dates import parted
from core.languages.speech import N_, _
from core.notices.outbox import AGE_LIMITS
from core.notices.trail import TrailStep
from core.notices.wording import CHANNEL_WORDS
from core.people.subscriptions import Box

ORDERS = (
    NoticeKind.SMS_APPROVED,
    NoticeKind.SMS_RETURNED,
    NoticeKind.SMS_CANCELLING,
    NoticeKind.SMS_KEPT,
    NoticeKind.SMS_CANCELLED,
    NoticeKind.SMS_SETTLED,
)
KINDS = {
    NoticeKind.ARRIVAL: N_("到校通知"),
    NoticeKind.DEPARTURE: N_("離校通知"),
    NoticeKind.NO_SHOW: N_("「尚無刷卡紀錄」通知"),
    NoticeKind.CORRECTION: N_("更正通知"),
    NoticeKind.BOUND: N_("完成綁定的通知"),
    NoticeKind.BOUND_OTHER: N_("新綁定的通知"),
    NoticeKind.CHILD_CLOSED: N_("綁定核對暫停的通知"),
    NoticeKind.MOVED_UP: N_("新學校的通知"),
    NoticeKind.MAKE_UP_UNDONE: N_("更正補登的通知"),
    NoticeKind.MAKE_UP_DONE: N_("補登申請的通知"),
    NoticeKind.MAKE_UP_NOT: N_("補登申請的通知"),
    NoticeKind.LEAVE_OTHER: N_("請假通知"),
    NoticeKind.LEAVE_SCHOOL: N_("請假通知"),
    NoticeKind.LEAVE_CANCELLED: N_("取消請假的通知"),
    NoticeKind.LEAVE_TAP: N_("請假日有刷卡的通知"),
    NoticeKind.ANSWERED: N_("另一位家長回覆的通知"),
    NoticeKind.SCHOOL_REPLY: N_("學校回覆的通知"),
    NoticeKind.SCHOOL_SILENT: N_("學校還沒回覆的通知"),
    NoticeKind.NO_TAP_OUT: N_("「尚無離校刷卡紀錄」通知"),
    NoticeKind.CLOSURE_ON: N_("停課通知"),
    NoticeKind.CLOSURE_OFF: N_("照常上課的通知"),
    NoticeKind.FALLBACK: N_("改用其他方式的說明"),
    **dict.fromkeys(ORDERS, N_("簡訊服務的通知")),
}
OTHER_KIND = N_("通知")
STATES = {
    NoticeState.PENDING: ("open", N_("正在送出")),
    NoticeState.LEASED: ("open", N_("正在送出")),
    NoticeState.ACCEPTED: ("done", N_("已送出（LINE）")),
    NoticeState.UNKNOWN: ("trouble", N_("LINE 沒有回覆，無法確認是否送出")),
    NoticeState.REFUSED: ("trouble", N_("無法送到 LINE")),
    NoticeState.DEAD: ("trouble", N_("無法送到 LINE")),
    NoticeState.EXPIRED: ("trouble", N_("逾時未送出，僅供查看")),
    NoticeState.CANCELLED: ("done", N_("不需要再通知，已取消")),
}
# What LINE did not carry and another channel was given.
ELSEWHERE = {
    NoticeState.PENDING: ("open", N_("改用{channel}，正在送出")),
    NoticeState.LEASED: ("open", N_("改用{channel}，正在送出")),
    NoticeState.ACCEPTED: ("done", N_("改用{channel}送出")),
    NoticeState.UNKNOWN: ("trouble", N_("改用{channel}，無法確認是否送出")),
    NoticeState.REFUSED: ("trouble", N_("無法用{channel}送出")),
    NoticeState.DEAD: ("trouble", N_("無法用{channel}送出")),
}
# What was ticked for a channel beside LINE.
BESIDE = {
    NoticeState.ACCEPTED: ("done", N_("已送出（{channel}）")),
    NoticeState.UNKNOWN: ("trouble", N_("{channel} 沒有回覆，無法確認是否送出")),
    NoticeState.REFUSED: ("trouble", N_("無法用{channel}送出")),
    NoticeState.DEAD: ("trouble", N_("無法用{channel}送出")),
}
STUCK = (NoticeState.REFUSED, NoticeState.UNKNOWN, NoticeState.EXPIRED, NoticeState.DEAD)
# Where the state alone would not be the truth.
OUTCOMES = {
    (NoticeState.CANCELLED, "quiet"): ("done", N_("新綁定的 24 小時內不通知")),
    (NoticeState.REFUSED, "not_offered"): ("done", N_("本學期未提供{channel}通知")),
    (NoticeState.CANCELLED, "in_digest"): ("open", N_("傍晚整理成一封 e-mail")),
    (NoticeState.CANCELLED, "digested"): ("done", N_("已整理到當天的 e-mail")),
    (NoticeState.EXPIRED, "told_later"): ("done", N_("改由離校通知一起說明")),
    (NoticeState.CANCELLED, "on_demand"): ("done", N_("本月改為輸入「今天」查詢，沒有主動送出")),
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
    # The moment at which quiet news was left out is that of the tap.
    heard = [step for step in told if not (day.is_quieted and step.outcome == "quiet")]
    stuck = {step.kind for step in heard if step.channel is Channel.LINE and step.state in STUCK}
    points = [*_taps(day), *((step.at, _told(step, stuck)) for step in heard)]
    steps = [step for _, step in sorted(points, key=lambda point: point[0])]
    return [*steps, *_to_come(day, rules, boxes, on_demand)]


def _taps(day: DayView) -> list[tuple[datetime, Step]]:
    taps = []
    if day.arrived_at is not None:
        title = _("到校補登") if day.arrival_is_make_up else _("到校刷卡")
        taps.append((day.arrived_at, Step("done", title, _arrival_detail(day, day.arrived_at))))
    if day.departed_at is not None:
        title = _("離校補登") if day.departure_is_make_up else _("離校刷卡")
        taps.append((day.departed_at, Step("done", title, taipei_clock(day.departed_at))))
    return taps


def _arrival_detail(day: DayView, arrived_at: datetime) -> str:
    clock = taipei_clock(arrived_at)
    if not day.is_late_upload or day.received_at is None:
        return clock
    received = taipei_clock(day.received_at)
    if day.received_at - arrived_at > AGE_LIMITS[NoticeKind.ARRIVAL]:
        return parted(clock, _("{time} 才收到，沒有另外通知", time=received))
    return parted(clock, _("{time} 才收到", time=received))


def _told(step: TrailStep, stuck: Collection[NoticeKind]) -> Step:
    look, title = OUTCOMES.get((step.state, step.outcome)) or _state(step, stuck)
    channel = _(CHANNEL_WORDS[step.channel]) if step.channel else ""
    kind = _(KINDS.get(step.kind, OTHER_KIND))
    return Step(look, _(title, channel=channel), parted(taipei_clock(step.at), kind))


def _state(step: TrailStep, stuck: Collection[NoticeKind]) -> tuple[str, str]:
    if step.channel is Channel.LINE:
        return STATES[step.state]
    # The app is told what was ticked for it, and nothing in LINE's stead.
    is_instead = step.kind in stuck and step.channel is not Channel.APP
    words = ELSEWHERE if is_instead else BESIDE
    return words.get(step.state, STATES[step.state])


def _to_come(
    day: DayView, rules: DayRules, boxes: frozenset[Box], on_demand: Collection[NoticeKind]
) -> list[Step]:
    if not day.is_school_day or (day.leave in EXCUSED_PARTS and day.arrived_at is None):
        return []
    if day.is_quieted:
        return [Step("open", _("今天的刷卡暫不顯示"), _("新綁定的 24 小時內"))]
    if day.arrived_at is None and day.departed_at is None:
        if day.is_past_cutoff or (Channel.LINE, EventKind.ARRIVAL) not in boxes:
            return []
        is_asked_for = NoticeKind.ARRIVAL in on_demand
        title = _("到校後輸入「今天」查詢") if is_asked_for else _("到校後通知您")
        return [Step("open", title, _("截止時間 {time}", time=f"{rules.cutoff:%H:%M}"))]
    if day.departed_at is None and (Channel.LINE, EventKind.DEPARTURE) in boxes:
        is_asked_for = NoticeKind.DEPARTURE in on_demand
        title = _("離校後輸入「今天」查詢") if is_asked_for else _("離校後再通知您")
        since = f"{rules.departure_from:%H:%M}"
        return [Step("open", title, _("{time} 起的刷卡算離校", time=since))]
    return []
