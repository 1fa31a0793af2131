"""Typed words to commands: folding, synonyms, one slip of the finger."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Command(StrEnum):
    """What can be asked for; the value is the word people see and may type."""

    TODAY = "今天"
    WEEK = "本週"
    SETTINGS = "設定"
    ADD_CHILD = "加入學生"
    HELP = "說明"
    START = "開始設定"
    LANGUAGE = "語言"
    HOTLINE = "客服"
    LEAVE = "請假"
    LEAVE_CANCEL = "取消請假"
    MAKE_UP = "補登申請"
    SUBSCRIBE = "訂閱"
    UNSUBSCRIBE = "退訂"
    WHY = "為什麼沒收到"
    NOTICES = "公告"
    SMS = "簡訊"
    LOST_CARD = "掛失"
    MY_DATA = "我的資料"
    UNLINK = "解除連結"
    STATUS = "服務狀態"
    THANKS = "謝謝"
    ENGLISH = "English"
    VIETNAMESE = "Tiếng Việt"
    INDONESIAN = "Bahasa Indonesia"
    JAPANESE = "日本語"
    STAFF = "校務指令"


SYNONYMS = {
    Command.TODAY: "今日 本日 看今天 今天到了嗎 到校了嗎 到了沒 到學校了嗎 離校了嗎 放學了嗎 "
    "回家了嗎 現在 狀態 查到校 孩子在哪 today hômnay hariini",
    Command.WEEK: "這週 這個週 一週 週報 出勤 出勤紀錄 到離校紀錄 紀錄 week tuầnnày mingguini 今週",
    Command.SETTINGS: "我的帳號 帳號設定 修改 修改訂閱 我的孩子 通知設定 "
    "settings càiđặt pengaturan",
    Command.ADD_CHILD: "綁定 綁定孩子 新增孩子 加小孩 第二個孩子 歸戶 加入孩子",
    Command.HELP: "幫助 怎麼用 教學 功能 選單 常見問題 ? help trợgiúp bantuan ヘルプ",
    Command.START: "開始 登入 重新登入 登入台北通 start bắtđầu mulai はじめる",
    Command.LANGUAGE: "語言language language 中文",
    Command.HOTLINE: "電話 真人 人工 聯絡 客訴 客服電話",
    Command.LEAVE: "我要請假 病假 事假 生病 發燒 不去學校 明天請假 leave xinnghỉ izin 欠席",
    Command.LEAVE_CANCEL: "銷假 撤回請假 不請假 請假取消",
    Command.MAKE_UP: "補登 補刷 忘記刷卡 忘了刷卡 沒帶卡 忘帶卡 無卡補登",
    Command.SUBSCRIBE: "開啟通知 我要收到 訂閱通知 打開",
    Command.UNSUBSCRIBE: "取消訂閱 關閉通知 不要通知 停止通知 取消通知",
    Command.WHY: "沒收到 沒通知 收不到 怎麼沒通知 沒有訊息 漏了 通知壞了",
    Command.NOTICES: "最新消息 網站公告 訂閱市政訊息",
    Command.SMS: "簡訊服務 訂購簡訊 註銷簡訊 簡訊費用 退費",
    Command.LOST_CARD: "卡片不見 學生證遺失 遺失 卡片掉了",
    Command.MY_DATA: "個資 刪除資料 下載資料 誰看過",
    Command.UNLINK: "登出 解除綁定line 換手機 換line",
    Command.STATUS: "系統狀態 維護 壞掉了",
    Command.THANKS: "感謝 謝謝您 謝謝你 謝啦 thanks thankyou cảmơn terimakasih ありがとう",
    Command.ENGLISH: "英文 英語",
    Command.VIETNAMESE: "越南文 越南語 tiengviet",
    Command.INDONESIAN: "印尼文 印尼語 indonesia",
    Command.JAPANESE: "日文 日語 にほんご",
    Command.STAFF: "未到 審核 放行 刷卡機 名冊 報表 稽核 停課 復原停課 更正補登 封存 撤銷 發公告 "
    "今日名單",
}
WORRIED = ("找不到孩子", "孩子不見", "小孩不見", "走失", "救命")

FOLDS = str.maketrans(
    "臺周裏们订阅请离校设说语谢简讯页补复课机报状态",
    "台週裡們訂閱請離校設說語謝簡訊頁補復課機報狀態",
)
CLOSING = "。!?嗎呢了"
LONGEST = 30
# People write these without a space: 請假小明明天.
STARTS = {"取消請假": Command.LEAVE_CANCEL, "我要請假": Command.LEAVE, "請假": Command.LEAVE}
# 小明明天請假 says as much as 請假 小明 明天; 不用請假 does not.
NO_LEAVE = re.compile("不.{0,2}請假")


@dataclass(frozen=True, slots=True)
class Match:
    """The command a text means for certain, or the one it may mean, or neither."""

    command: Command | None = None
    nearest: Command | None = None


def match(text: str) -> Match:
    """Return what a typed text asks for.

    Three characters or more may hold one slip. In shorter words one slip is another word (明天), so
    the nearest is only offered, as it is where several commands are near.
    """
    word = fold(text)
    command = _TABLE.get(word) or _with_details(text, word)
    if command is not None:
        return Match(command)
    if len(word) > LONGEST:
        return Match()
    near = {found for known, found in _TABLE.items() if _is_one_slip(word, known)}
    if len(near) == 1 and len(word) > 2:
        return Match(near.pop())
    return Match(nearest=_most_usual(near, word) or _contained(word))


def asks_for_leave(text: str) -> bool:
    """Tell whether a sentence that names a day asks for a leave on it."""
    word = fold(text)
    return "請假" in word and not NO_LEAVE.search(word)


def is_worried(text: str) -> bool:
    """Tell whether somebody may be looking for a child right now."""
    word = fold(text)
    return any(fold(cry) in word for cry in WORRIED)


def fold(text: str) -> str:
    """Return the form in which all spellings of one command are equal."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    joined = "".join(plain.split()).removeprefix("/").translate(FOLDS)
    for week in ("禮拜", "星期"):
        joined = joined.replace(week, "週")
    # A text of nothing but closing marks stays: ? asks for help.
    return joined.rstrip(CLOSING) or joined[:1]


def _with_details(text: str, word: str) -> Command | None:
    # 請假 小明 明天: the command, then what it is about.
    first, *details = unicodedata.normalize("NFKC", text).split() or [""]
    if details and fold(first) in _TABLE:
        return _TABLE[fold(first)]
    return next((told for start, told in STARTS.items() if word.startswith(start)), None)


def _most_usual(near: set[Command], word: str) -> Command | None:
    # 今夭 is as near to 今週 as to 今天: a command's own word comes before another's synonyms.
    own = {command for command in near if _is_one_slip(word, fold(command.value))}
    likely = near if len(near) == 1 else own
    return next(iter(likely)) if len(likely) == 1 else None


def _contained(word: str) -> Command | None:
    found = [command for command in Command if fold(command.value) in word]
    # 設定 is part of 開始設定 and 請假 of 取消請假: the longer one is meant.
    longest = [one for one in found if not any(one in other for other in found if other != one)]
    return longest[0] if len(longest) == 1 else None


def _is_one_slip(word: str, known: str) -> bool:
    """Tell whether one character is wrong, missing or too many."""
    if abs(len(word) - len(known)) > 1 or min(len(word), len(known)) < 2:
        return False
    shorter, longer = sorted((word, known), key=len)
    start = next((n for n, sign in enumerate(shorter) if sign != longer[n]), len(shorter))
    rest = start + 1 if len(shorter) == len(longer) else start
    return shorter[rest:] == longer[start + 1 :]


_TABLE = {
    fold(word): command
    for command in Command
    for word in (command.value, *SYNONYMS.get(command, "").split())
}
