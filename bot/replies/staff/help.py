"""What staff can type: only what this person may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.answer import Json
from bot.replies.speech import show
from bot.staff_commands import StaffVerb
from core.notices.flex import BRAND, INK2, box, bubble, row, text

GROUPS = {
    "今天": (StaffVerb.TODAY, StaffVerb.MISSING, StaffVerb.REPORT),
    "刷卡": (StaffVerb.MAKE_UP, StaffVerb.MAKE_UP_UNDO, StaffVerb.READERS),
    "請假": (StaffVerb.LEAVE, StaffVerb.LEAVE_DROP),
    "學生和家長": (
        StaffVerb.LOOK_UP,
        StaffVerb.CODES,
        StaffVerb.OPEN,
        StaffVerb.SEAL,
        StaffVerb.UNBIND,
    ),
    "通知": (StaffVerb.SEND, StaffVerb.RELEASE, StaffVerb.CANCEL),
    "停課": (StaffVerb.CLOSE, StaffVerb.REOPEN),
    "審核和人員": (
        StaffVerb.QUEUE,
        StaffVerb.ROSTER,
        StaffVerb.INVITE,
        StaffVerb.REVOKE,
        StaffVerb.AUDIT,
    ),
    "其他": (StaffVerb.STATUS, StaffVerb.HELP),
}
# What each does, and how it is written; {class} and {number} are ones this person may see.
SAMPLES = {
    StaffVerb.TODAY: ("全班今天的紀錄", "今日 {class}"),
    StaffVerb.MISSING: ("誰還沒有紀錄", "未到 {grade}"),
    StaffVerb.MAKE_UP: ("補上到校或離校", "補登 {number} 07:50 忘帶卡"),
    StaffVerb.MAKE_UP_UNDO: ("更正補錯的時間", "更正補登 {number} 07:50"),
    StaffVerb.LEAVE: ("替學生登記", "請假 {number} {day} 病假"),
    StaffVerb.LEAVE_DROP: ("取消登記過的", "取消請假 {number} {day}"),
    StaffVerb.RELEASE: ("發出保留的通知", ""),
    StaffVerb.CANCEL: ("不發保留的通知", ""),
    StaffVerb.CLOSE: ("發起停課，由第二人確認", ""),
    StaffVerb.REOPEN: ("復原已生效的停課", ""),
    StaffVerb.READERS: ("各校門的連線狀態", ""),
    StaffVerb.REPORT: ("今天的人數和匯出", ""),
    StaffVerb.CODES: ("印給家長的綁定碼", "綁定碼 {class}"),
    StaffVerb.LOOK_UP: ("一位學生的紀錄和通知", "查 {number}"),
    StaffVerb.SEND: ("發訊息給家長", "發送 {class} 明天帶水壺"),
    StaffVerb.QUEUE: ("待審的申請", "審核 簡訊"),
    StaffVerb.ROSTER: ("傳名冊檔案，檢查後匯入", ""),
    StaffVerb.INVITE: ("給新人員邀請碼", "邀請 導師 {class} 林美華"),
    StaffVerb.REVOKE: ("停止人員的權限", "撤銷 {class}"),
    StaffVerb.AUDIT: ("最近誰看過、改過什麼", ""),
    StaffVerb.OPEN: ("核對錯太多次，重新開放綁定", "開放 {number}"),
    StaffVerb.SEAL: ("停止新的綁定，也查不到這位學生", "封存 {number}"),
    StaffVerb.UNBIND: ("停止一位家長的通知", "解除綁定 {number}"),
    StaffVerb.STATUS: ("刷卡機、今天的檢查、待送", ""),
    StaffVerb.HELP: ("這份清單", ""),
}
LIMIT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What samples are made of: a class and a child's number this person may see, a day to come."""

    homeroom: str = "603"
    grade: str = "6"
    number: str = "10723456"
    day: date


def commands(verbs: Sequence[StaffVerb], own: Own) -> list[Json]:
    """Return the words by what they are about, what each does and a sample that works as it is."""
    lines = [line for noun, group in GROUPS.items() for line in _group(noun, group, verbs, own)]
    contents = [text("學校人員可以輸入", size="xl", weight="bold"), *lines]
    words = [verb.value for verb in verbs if verb is not StaffVerb.HELP][:LIMIT]
    return [show("學校人員可以輸入的功能", bubble(contents), *words)]


def _group(
    noun: str, group: Sequence[StaffVerb], verbs: Sequence[StaffVerb], own: Own
) -> list[Json]:
    shown = [verb for verb in group if verb in verbs]
    if not shown:
        return []
    return [text(noun, size="sm", color=INK2, margin="lg"), *(_line(verb, own) for verb in shown)]


def _line(verb: StaffVerb, own: Own) -> Json:
    what, sample = SAMPLES[verb]
    slots = {"class": own.homeroom, "grade": own.grade, "number": own.number}
    said = sample.format(**slots, day=f"{own.day.month}/{own.day.day}")
    told = [text(what, size="sm", color=INK2), *([text(said, size="sm")] if said else [])]
    return row(
        [text(verb.value, color=BRAND, weight="bold", flex=3), box(told, flex=7)], margin="md"
    )
