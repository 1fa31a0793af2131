"""What a teacher hears after an answer on a missing child."""

from datetime import date, datetime

from bot.answer import Json
from bot.replies.confirm import ask_back, press
from bot.replies.staff import words
from bot.replies.staff.words import child_words, told_so
from core.attendance.review import ReviewResult
from core.notices.staff_words import NOBODY_HEARS
from core.people.tables import Student

SAID = {
    ReviewResult.TOLD: "已記錄：{child} 還沒到校。",
    ReviewResult.ALREADY_TOLD: "{child}：家長已經收到通知，沒有再發。",
    ReviewResult.NOBODY_TOLD: f"{{child}}：{NOBODY_HEARS}",
    ReviewResult.SEEN: "{child} 已有刷卡紀錄，沒有通知家長。",
    ReviewResult.ON_LEAVE: "{child} 今天已請假，沒有通知家長。",
    ReviewResult.LEFT: "{child} 已不在學，沒有通知家長。",
    ReviewResult.OVER: words.EXPIRED,
}
STILL_MISSING = (ReviewResult.TOLD, ReviewResult.ALREADY_TOLD, ReviewResult.NOBODY_TOLD)


def absent(student: Student, result: ReviewResult, present: str, *, is_told: bool) -> list[Json]:
    """Say what the answer 未到校 led to; `present` is the data of the button 已到校."""
    said = SAID[result].format(child=child_words(student))
    if result not in STILL_MISSING:
        return words.plainly(said, "今天")
    if result is ReviewResult.TOLD:
        said += words.QUEUED if is_told else NOBODY_HEARS
    return told_so(
        "已記錄回覆", said, "看到學生時請按「已到校」。", acts=[press("已到校", present)]
    )


def here_already(student: Student, at: datetime | None, today: date) -> list[Json]:
    """Say that the child was seen at the gate meanwhile."""
    moment = words.moment_words(at, today, today) if at else ""
    return words.plainly(f"{child_words(student)} {moment} 已有紀錄，不需要再回覆。", "今天")


def tell_them(student: Student, sure: str, back: str) -> list[Json]:
    """Ask once before the guardians hear that a child of the list is not here."""
    question = f"{child_words(student)} 未到校：立即通知家長？"
    return [ask_back("請確認未到校", question, ("確認", sure), ("返回", back))]
