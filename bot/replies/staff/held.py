"""Held no-shows: how many, why, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from bot.answer import Json
from bot.replies.confirm import ask_back, press, tell
from bot.replies.speech import side_by_side
from bot.replies.staff.words import plainly
from core.attendance.runs import Released
from core.notices.flex import HELD, INK2, bubble, buttons, meta_text, quiet, row, strip_of, text
from core.notices.staff_words import release_words, unheard_words


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRun:
    """A held cut-off with the data of its buttons; `school` only where there are several."""

    school: str
    cutoff: time
    count: int
    reason: str
    release: str
    cancel: str


def held(found: Sequence[HeldRun], page: str) -> list[Json]:
    """Return each held cut-off with its buttons."""
    if not found:
        return plainly("目前沒有保留的通知。")
    return side_by_side(found, lambda one: _bubble(one, page), _alt, "說明")


def release_them(count: int, unheard: int, sure: str, back: str) -> list[Json]:
    """Ask once before they go out; of `unheard` children nobody would hear."""
    question = f"放行 {count} 位學生的通知，立即通知家長？"
    small = [unheard_words(unheard)] if unheard else []
    return [ask_back("請確認放行", question, ("放行", sure), ("返回", back), small)]


def cancel_them(count: int, sure: str, back: str) -> list[Json]:
    """Ask once before they are left untold."""
    question = f"取消 {count} 位學生的通知，不通知家長？"
    return [ask_back("請確認取消", question, ("取消", sure), ("返回", back))]


def released(done: Released, page: str) -> list[Json]:
    """Say of how many children guardians hear, and lead to those of whom nobody does."""
    said = release_words(done.told, done.unheard, done.seen)
    if not done.unheard:
        return plainly(said)
    return [tell("已放行", said, acts=[quiet("看要聯絡的學生", page)])]


def cancelled() -> list[Json]:
    """Say that nobody was told."""
    return plainly("已取消，沒有通知家長。")


def expired() -> list[Json]:
    """Say that it is too late to decide."""
    return plainly("保留已超過 2 小時，通知沒有發出，請人工聯絡家長。")


def _bubble(one: HeldRun, page: str) -> Json:
    acts = row(
        [press("放行", one.release, flex=1), press("取消", one.cancel, flex=1)], spacing="sm"
    )
    meta = "・".join(part for part in (one.school, f"截至 {one.cutoff:%H:%M}") if part)
    contents = [
        text(f"保留中：{one.count} 位學生的「尚無刷卡紀錄」", weight="bold"),
        text(f"原因：{one.reason}", size="sm", color=INK2, margin="sm"),
        meta_text(meta),
        buttons(acts, quiet("看名單", page)),
    ]
    return bubble(contents, strip=strip_of(HELD, "已保留通知"))


def _alt(found: Sequence[HeldRun]) -> str:
    return f"保留中：{sum(one.count for one in found)} 位學生的通知"
