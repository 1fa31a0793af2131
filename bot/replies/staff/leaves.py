"""請假 by staff: is it right, done, withdrawn."""

from datetime import date

from bot.answer import Json
from bot.details import LeaveDetail
from bot.replies.confirm import ask_back, press
from bot.replies.leave import DROPPED, span_words
from bot.replies.staff import words
from bot.replies.staff.samples import Own
from bot.replies.staff.words import full_child_words, told_so
from bot.staff_commands import StaffVerb
from core.attendance.leaves import AHEAD, REASON_WORDS, STAFF_SPAN
from core.attendance.tables import LeaveReason
from core.notices.wording import short_date
from core.people.tables import Student


def is_it_right(student: Student, leave: LeaveDetail, send: str, back: str) -> list[Json]:
    """Ask once before a leave is filed."""
    question = f"{full_child_words(student)} {_extent(leave)}？"
    return [ask_back("請確認請假", question, ("確認", send), ("返回", back))]


def filed(
    student: Student, leave: LeaveDetail, drop: str, *small: str, is_told: bool
) -> list[Json]:
    """Say that the leave is filed."""
    said = "已登記，已排入家長通知。" if is_told else f"已登記。{words.NOBODY}"
    fact = f"{full_child_words(student)} {_extent(leave)}"
    return told_so("請假已登記", said, fact, *small, acts=[press("取消請假", drop)])


def drop_it(student: Student, extent: str, sure: str, keep: str) -> list[Json]:
    """Ask once before a leave is withdrawn."""
    question = f"要取消 {extent}的請假嗎？"
    acts = (("取消請假", sure), ("保留", keep))
    return [ask_back("請確認取消請假", question, *acts, [full_child_words(student)])]


def dropped() -> list[Json]:
    """Say that it is withdrawn."""
    return words.plainly(DROPPED)


def overlap() -> list[Json]:
    """Say that there is a leave already."""
    return words.plainly("這一天已經請假了，要更改請先取消請假。")


def no_leave(student: Student, day: date) -> list[Json]:
    """Say that there is nothing to withdraw."""
    return words.plainly(f"{full_child_words(student)} {short_date(day)}沒有請假。")


def too_long() -> list[Json]:
    """Say how long a leave may be."""
    return words.plainly(f"一次最多 {STAFF_SPAN} 天。")


def too_far() -> list[Json]:
    """Say how far ahead a leave may lie."""
    return words.plainly(f"最多提前 {AHEAD.days} 天。")


def usage(own: Own) -> list[Json]:
    """Say how a leave is written."""
    return words.usage_of_child("請假要有學號和日期，", StaffVerb.LEAVE, own)


def drop_usage(own: Own) -> list[Json]:
    """Say how the withdrawal is written."""
    return words.usage_of_child("取消請假要有學號和日期，", StaffVerb.LEAVE_DROP, own)


def _extent(leave: LeaveDetail) -> str:
    reason = "請假" if leave.reason is LeaveReason.OTHER else REASON_WORDS[leave.reason]
    return f"{span_words(leave.first, leave.last, leave.part)}{reason}"
