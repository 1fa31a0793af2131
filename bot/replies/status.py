"""Whether the readers are heard."""

from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.speech import moment, say
from bot.replies.today import SILENCE
from core.clock import taipei_clock


@dataclass(frozen=True, slots=True)
class SchoolContact:
    """A school by its short name, and when its readers were last heard."""

    name: str
    last_contact: datetime | None


def status(found: list[SchoolContact], now: datetime) -> list[Json]:
    """Return a line a school."""
    lines = [f"服務狀態 {taipei_clock(now)}", *(_line(one, now) for one in found)]
    return [say("\n".join(lines), "今天", "說明")]


def _line(one: SchoolContact, now: datetime) -> str:
    if one.last_contact is None:
        return f"{one.name}：刷卡機還沒有連線紀錄"
    at = moment(one.last_contact, now)
    if now - one.last_contact <= SILENCE:
        return f"{one.name}：刷卡機正常（{at} 有連線）"
    return f"{one.name}：刷卡機 {at} 起沒有連線，紀錄可能較晚出現"
