"""查: why somebody looks, and what there is to see of a child. No number, no telephone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.confirm import press
from bot.replies.speech import offer_acts, show, type_in
from bot.replies.staff import words
from bot.replies.staff.samples import Own
from bot.replies.staff.words import full_child_words
from bot.replies.today import day_line
from bot.replies.week import days_table
from bot.staff_commands import StaffVerb
from core.attendance.days import DayView
from core.clock import school_day_of
from core.kinds import Channel, EventKind, NoticeKind
from core.notices.flex import INK2, bubble, button, buttons, meta_text, postback, row, text
from core.notices.staff_words import UNREACHED_WORDS, moment_words
from core.notices.tables import Notice
from core.notices.wording import BOX_WORDS
from core.people.looks import LookReason
from core.people.reach import Unreached
from core.people.subscriptions import Box
from core.people.tables import Student

REASONS = {
    LookReason.PRESENCE: "確認到校",
    LookReason.CALL: "家長來電",
    LookReason.OTHER: "其他",
}
CHANNELS = {
    Channel.LINE: "LINE",
    Channel.EMAIL: "e-mail",
    Channel.SMS: "簡訊",
    Channel.APP: "酷課 APP",
}
KINDS = {
    NoticeKind.ARRIVAL: "到校",
    NoticeKind.DEPARTURE: "離校",
    NoticeKind.NO_SHOW: "尚無刷卡紀錄",
    NoticeKind.CORRECTION: "更正",
    NoticeKind.NO_TAP_OUT: "尚無離校刷卡紀錄",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A child: its days, today last, what any guardian has ticked, and what was sent last."""

    student: Student
    days: Sequence[DayView]
    boxes: Collection[Box]
    unreached: Unreached | None
    last: Notice | None


def ask_why(student: Student, data: Mapping[LookReason, str], back: str) -> list[Json]:
    """Ask for the reason; the guardians can read it."""
    acts = [button(postback(REASONS[reason], sealed)) for reason, sealed in data.items()]
    contents = [
        text(f"{full_child_words(student)}：請選查詢原因", weight="bold"),
        text("會留下紀錄，家長看得到。", size="sm", color=INK2, margin="sm"),
        buttons(*acts),
        row([press("返回", back, flex=1)], margin="sm"),
    ]
    return [show("請選查詢原因", bubble(contents))]


def child(found: Found, now: datetime) -> list[Json]:
    """Return today, the week, what is ticked and what was sent last."""
    student = found.student
    contents = [
        text(full_child_words(student), size="lg", weight="bold"),
        text(f"今天：{day_line(found.days[-1])}", margin="sm"),
        days_table(found.days, school_day_of(now)),
        text(_boxes(found), size="sm", color=INK2, margin="md"),
        text(_last(found.last, now), size="sm", color=INK2, margin="sm"),
        meta_text("刷卡紀錄供參考，出缺席以學校登記為準。"),
    ]
    acts = [
        type_in("今日", f"今日 {student.homeroom}"),
        type_in("請假", f"請假 {student.student_number} 今天"),
        type_in("說明", "說明"),
    ]
    return [offer_acts(show("查詢結果", bubble(contents)), acts)]


def usage(own: Own) -> list[Json]:
    """Say how it is written."""
    return words.usage_of_child("查詢要有學號，", StaffVerb.LOOK_UP, own)


def limit() -> list[Json]:
    """Say that no more children are shown today."""
    return words.plainly("今天查詢已達上限，請洽學校管理者。")


def _boxes(found: Found) -> str:
    if found.unreached is Unreached.UNBOUND:
        return f"通知：{UNREACHED_WORDS[Unreached.UNBOUND]}"
    parts = []
    for channel, name in CHANNELS.items():
        kinds = [BOX_WORDS[kind] for kind in EventKind if (channel, kind) in found.boxes]
        parts += [f"{name} {'、'.join(kinds)}"] if kinds else []
    note = f"（{UNREACHED_WORDS[found.unreached]}）" if found.unreached else ""
    return f"家長訂閱：{'；'.join(parts) or '沒有勾選'}{note}"


def _last(notice: Notice | None, now: datetime) -> str:
    if notice is None:
        return "最近一次通知：沒有"
    kind = KINDS[NoticeKind(notice.kind)]
    return f"最近一次通知：{moment_words(notice.settled_at, now)} {kind} 已送出"
