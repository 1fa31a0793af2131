"""What 服務狀態 says, on the page and in the chat; zh-TW sources."""

from collections.abc import Sequence
from datetime import datetime, time

from core.attendance.tables import RunState
from core.clock import at_taipei, school_day_of, taipei_clock
from core.languages.speech import N_, _
from core.maintenance import Phase, Window
from core.notices.wording import CHANNEL_WORDS
from core.watch.service import ChannelState, Check, Health, SchoolService

HEALTH_WORDS = {
    Health.WELL: N_("正常"),
    Health.BEST_EFFORT: N_("盡力提供（可能較慢）"),
    Health.SLOW: N_("較慢"),
    Health.ON_DEMAND: N_("改為查詢"),
    Health.PAUSED: N_("暫停"),
    Health.OFF: N_("本學期未提供"),
}
# What it means for whoever waits for news.
MEANINGS = {
    Health.SLOW: N_("通知會晚一點送到，紀錄不受影響。"),
    Health.ON_DEMAND: N_("本月發送額度快用完了。輸入「今天」，立即回覆。"),
    Health.PAUSED: N_(
        "本月發送額度已用完。「尚無刷卡紀錄」改寄到已驗證的 e-mail；還沒有的，輸入「今天」查看。"
    ),
}
CHECKS = {
    RunState.DUE: N_("進行中"),
    RunState.WAITING: N_("進行中"),
    RunState.HELD: N_("保留，等學校確認"),
    RunState.TOLD: N_("{time} 完成"),
    RunState.CANCELLED: N_("學校取消，沒有通知家長"),
    RunState.EXPIRED: N_("逾時未確認，沒有發出"),
    RunState.NO_SCHOOL: N_("今天不上課"),
    RunState.SKIPPED_LATE: N_("沒有準時執行，已略過"),
}


def channel_word(state: ChannelState) -> str:
    """Return 正常, 較慢, 暫停 …"""
    return _(HEALTH_WORDS[state.health])


def channel_meaning(state: ChannelState) -> str:
    """Return what to make of it, "" where nothing is to be said."""
    meaning = MEANINGS.get(state.health)
    return _(meaning) if meaning else ""


def channel_line(state: ChannelState) -> str:
    """Return LINE：正常."""
    return _(
        "{channel}：{state}", channel=_(CHANNEL_WORDS[state.channel]), state=channel_word(state)
    )


def check_line(school: SchoolService, now: datetime) -> str:
    """Return how a school's no-show checks of today went: 08:31 完成, or why none was made yet."""
    said = _checks_said(school.checks) if school.checks else _unchecked(school.cutoff, now)
    return _("今天的未到校檢查：{state}", state=said)


def _checks_said(checks: Sequence[Check]) -> str:
    # The newest says it; an earlier one that waits for the school is said instead.
    held = [one for one in checks if one.state is RunState.HELD]
    one = held[0] if held else checks[-1]
    return _(CHECKS[one.state], time=taipei_clock(one.ran_at))


def _unchecked(cutoff: time | None, now: datetime) -> str:
    if cutoff is None:
        return _(CHECKS[RunState.NO_SCHOOL])
    if now < at_taipei(school_day_of(now), cutoff):
        return _("還沒到截止時間 {time}", time=f"{cutoff:%H:%M}")
    return _("截止時間 {time} 已過，還沒有結果", time=f"{cutoff:%H:%M}")


def night_line(window: Window, tidied: str, now: datetime) -> str:
    """Return how the night's tidying is; `tidied` is when it last ended, as the place says times.

    Return "" where it never ran: that is no news to a guardian.
    """
    if window.phase(now) is Phase.NOW:
        return _("夜間整理中")
    return _("夜間整理 {time} 完成", time=tidied) if tidied else ""
