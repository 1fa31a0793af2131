"""稽核: the newest records of who looked at or changed what, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.speech import show
from bot.replies.staff import words
from core.notices.flex import HAIR, INK2, INK3, box, bubble, meta_text, text
from core.notices.staff_words import moment_words

ACTS = {
    "student.look": "查看",
    "children.look": "查看名單",
    "sheet.download": "下載名單",
    "report.look": "查看報表",
    "audit.look": "查看稽核",
    "notices.why": "查詢通知",
    "staff.invite": "邀請人員",
    "staff.enrol": "登錄為學校人員",
    "staff.revoke": "撤銷權限",
    "staff.change": "更改身分",
    "roster.import": "匯入名冊",
    "review.absent": "回報未到校",
    "button.foreign": "按了別人的按鈕",
}
# By what stands before the point, where one word does for all of them.
KINDS = {
    "leave": "請假",
    "make_up": "補登",
    "make_up_request": "補登申請",
    "closure": "停課",
    "announcement": "公告",
    "binding": "綁定",
    "binding_code": "綁定碼",
    "run": "未到校檢查",
    "held": "保留的通知",
    "reader": "刷卡機",
    "card": "卡片",
    "term": "學期",
    "policy": "作息",
    "calendar_day": "行事曆",
    "channels": "通知管道",
    "notice": "通知",
}
OTHER = "其他"


@dataclass(frozen=True, slots=True)
class Record:
    """One act: when, who (role and masked name), what it was, and about whom, "" for none."""

    at: datetime
    who: str
    action: str
    about: str
    reason: str


def records(found: Sequence[Record], now: datetime) -> list[Json]:
    """Return the records, newest first."""
    if not found:
        return words.plainly("目前沒有紀錄。")
    lines = [part for one in found for part in _record(one, now)]
    contents = [
        text(f"最近 {len(found)} 筆紀錄", weight="bold"),
        *lines,
        meta_text("紀錄不能修改或刪除；查看稽核也會留下紀錄。"),
    ]
    return [show(f"最近 {len(found)} 筆紀錄", bubble(contents), "撤銷", "說明")]


def act_words(action: str) -> str:
    """Return what was done, in words."""
    return ACTS.get(action) or KINDS.get(action.partition(".")[0], OTHER)


def _record(one: Record, now: datetime) -> list[Json]:
    what = "・".join(part for part in (act_words(one.action), one.about, one.reason) if part)
    parts = [
        text(f"{moment_words(one.at, now)} {one.who}", size="xs", color=INK3),
        text(what, size="sm", color=INK2),
    ]
    return [{"type": "separator", "color": HAIR, "margin": "sm"}, box(parts, margin="sm")]
