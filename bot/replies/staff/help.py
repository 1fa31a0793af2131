"""What staff can type: only what this person may do."""

from collections.abc import Sequence

from bot.answer import Json
from bot.replies.speech import show
from bot.staff_commands import StaffVerb
from core.notices.flex import BRAND, INK2, bubble, row, text

SAMPLES = {
    StaffVerb.TODAY: "今日 603",
    StaffVerb.MISSING: "未到　未到 6",
    StaffVerb.MAKE_UP: "補登 10723456 07:50 忘帶卡",
    StaffVerb.MAKE_UP_UNDO: "更正補登 10723456 07:50",
    StaffVerb.LEAVE: "請假 10723456 11/24 病假",
    StaffVerb.LEAVE_DROP: "取消請假 10723456 11/24",
    StaffVerb.RELEASE: "發出保留的通知",
    StaffVerb.CANCEL: "不發保留的通知",
    StaffVerb.CLOSE: "發起停課，由第二人確認",
    StaffVerb.REOPEN: "復原已生效的停課",
    StaffVerb.READERS: "各校門的連線狀態",
    StaffVerb.REPORT: "今天的人數和匯出",
    StaffVerb.CODES: "綁定碼 603",
    StaffVerb.LOOK_UP: "查 10723456",
    StaffVerb.SEND: "發送 603 明天帶水壺",
    StaffVerb.QUEUE: "待審的申請　審核 簡訊",
    StaffVerb.ROSTER: "傳名冊檔案，檢查後匯入",
    StaffVerb.INVITE: "邀請 導師 603 林美華",
    StaffVerb.REVOKE: "撤銷 603",
    StaffVerb.AUDIT: "最近誰看過、改過什麼",
    StaffVerb.OPEN: "開放 10723456",
    StaffVerb.SEAL: "封存 10723456",
    StaffVerb.UNBIND: "解除綁定 10723456",
    StaffVerb.STATUS: "刷卡機、今天的檢查、待送",
    StaffVerb.HELP: "這份清單",
}
LIMIT = 6


def commands(verbs: Sequence[StaffVerb]) -> list[Json]:
    """Return the words and a sample of each."""
    lines = [
        row(
            [
                text(verb.value, color=BRAND, weight="bold", flex=3),
                text(SAMPLES[verb], size="sm", color=INK2, flex=7),
            ],
            margin="md",
        )
        for verb in verbs
    ]
    contents = [text("學校人員可以輸入", size="xl", weight="bold"), *lines]
    words = [verb.value for verb in verbs if verb is not StaffVerb.HELP][:LIMIT]
    return [show("學校人員可以輸入的功能", bubble(contents), *words)]
