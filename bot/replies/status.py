"""Whether notices go out and the readers are heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.speech import moment, say
from bot.replies.today import SILENCE
from core.clock import taipei_clock
from core.languages.speech import _
from core.watch.service import ChannelState, Health
from core.watch.service_words import channel_line


@dataclass(frozen=True, slots=True)
class SchoolContact:
    """A school by its short name, and when its readers were last heard."""

    name: str
    last_contact: datetime | None


def status(
    channels: Sequence[ChannelState], found: Sequence[SchoolContact], now: datetime
) -> list[Json]:
    """Return a line a channel that is offered, then one a school."""
    lines = [
        _("服務狀態 {time}", time=taipei_clock(now)),
        *(channel_line(one) for one in channels if one.health is not Health.OFF),
        *(_line(one, now) for one in found),
    ]
    return [say("\n".join(lines), "今天", "說明")]


def _line(one: SchoolContact, now: datetime) -> str:
    if one.last_contact is None:
        return _("{school}：刷卡機還沒有連線紀錄", school=one.name)
    at = moment(one.last_contact, now)
    if now - one.last_contact <= SILENCE:
        return _("{school}：刷卡機正常（{time} 有連線）", school=one.name, time=at)
    return _("{school}：刷卡機 {time} 起沒有連線，紀錄可能較晚出現", school=one.name, time=at)
