"""Whether notices go out, the readers are heard and the checks were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.speech import moment, say
from bot.replies.today import SILENCE
from core.clock import taipei_clock
from core.languages.speech import _
from core.watch.service import ChannelState, Health, SchoolService
from core.watch.service_words import channel_line, channel_meaning, check_line


@dataclass(frozen=True, slots=True)
class KnownService:
    """Channels, schools by their short names, how much waits, and the night's tidying in words."""

    channels: Sequence[ChannelState]
    schools: Sequence[tuple[str, SchoolService]]
    waiting: int
    night: str


def status(known: KnownService, now: datetime) -> list[Json]:
    """Return a line a fact, parted as a phone is read: the channels, each school, what waits."""
    blocks = [
        [_("服務狀態 {time}", time=taipei_clock(now)), *_channels(known.channels)],
        *([_reader(*one, now), check_line(one[1], now)] for one in known.schools),
        [_("待送給您的通知：{n} 則", n=known.waiting), *([known.night] if known.night else [])],
    ]
    return [say("\n\n".join("\n".join(lines) for lines in blocks), "今天", "說明")]


def _channels(found: Sequence[ChannelState]) -> list[str]:
    """Return those that are offered, and what a trouble means."""
    offered = [one for one in found if one.health is not Health.OFF]
    lines = [line for one in offered for line in (channel_line(one), channel_meaning(one))]
    return [line for line in lines if line]


def _reader(school: str, one: SchoolService, now: datetime) -> str:
    if one.heard_at is None:
        return _("{school}：刷卡機還沒有連線紀錄", school=school)
    at = moment(one.heard_at, now)
    if now - one.heard_at <= SILENCE:
        return _("{school}：刷卡機正常（{time} 有連線）", school=school, time=at)
    return _("{school}：刷卡機 {time} 起沒有連線，紀錄可能較晚出現", school=school, time=at)
