"""Samples of what staff type, which work as they stand: of a class and a child of their own."""

from dataclasses import dataclass
from datetime import date

from bot.staff_commands import StaffVerb

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What samples are made of: a class, and a child's number and seat there, that this person may
    see, and a day to come.
    """

    homeroom: str = "603"
    grade: str = "6"
    number: str = "10723456"
    seat: int = 12
    day: date

    @property
    def place(self) -> str:
        """Return 603 12, as a child is named by class and seat."""
        return f"{self.homeroom.removesuffix('班')} {self.seat}"


def sample_of(verb: StaffVerb, own: Own) -> str:
    """Return how a command is written, "" for one that is a word alone."""
    slots = {"class": own.homeroom, "grade": own.grade, "number": own.number}
    return SAMPLES[verb][1].format(**slots, day=f"{own.day.month}/{own.day.day}")
