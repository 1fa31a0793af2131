"""Typed words to commands: folding, synonyms, one slip of the finger."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from core.languages.catalogues import catalogue
from core.languages.language import SOURCE, Language
from core.languages.speech import N_


class Command(StrEnum):
    """What can be asked for; the value is the word people see and may type."""

    TODAY = N_("今天")
    WEEK = N_("本週")
    SETTINGS = N_("設定")
    ADD_CHILD = N_("加入學生")
    HELP = N_("說明")
    START = N_("開始設定")
    LANGUAGE = N_("語言")
    HOTLINE = N_("客服")
    LEAVE = N_("請假")
    LEAVE_CANCEL = N_("取消請假")
    MAKE_UP = N_("補登申請")
    ASK_SCHOOL = N_("請協助確認")
    SUBSCRIBE = N_("訂閱")
    UNSUBSCRIBE = N_("退訂")
    WHY = N_("為什麼沒收到")
    NOTICES = N_("公告")
    TOPICS = N_("訂閱市政訊息")
    SMS = N_("簡訊")
    LOST_CARD = N_("掛失")
    MY_DATA = N_("我的資料")
    DELEGATE = N_("代收")
    NEW_PHONE = N_("換手機")
    UNLINK = N_("解除連結")
    BROWSER_LINK = N_("用瀏覽器連結")
    STATUS = N_("服務狀態")
    THANKS = N_("謝謝")
    CONTINUE = N_("繼續")
    DROP = N_("不用了")
    SEND = N_("送出")
    CHINESE = "中文"
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
    Command.LANGUAGE: "語言language language",
    Command.HOTLINE: "電話 真人 人工 聯絡 客訴 客服電話",
    Command.LEAVE: "我要請假 病假 事假 生病 發燒 不去學校 明天請假 leave xinnghỉ izin 欠席",
    Command.LEAVE_CANCEL: "銷假 撤回請假 不請假 請假取消",
    Command.MAKE_UP: "補登 補刷 忘記刷卡 忘了刷卡 沒帶卡 忘帶卡 無卡補登",
    Command.ASK_SCHOOL: "協助確認 請學校確認 請老師確認 請確認 問學校 問老師",
    Command.SUBSCRIBE: "開啟通知 我要收到 訂閱通知 打開",
    Command.UNSUBSCRIBE: "取消訂閱 關閉通知 不要通知 停止通知 取消通知",
    Command.WHY: "沒收到 沒收到通知 收不到通知 沒通知 收不到 怎麼沒通知 沒有訊息 漏了 通知壞了",
    Command.NOTICES: "最新消息 網站公告",
    Command.TOPICS: "市政訊息 市政通知 到離校訊息通知 立即申辦",
    Command.SMS: "簡訊服務 訂購簡訊 撤回簡訊申請 註銷簡訊 註銷 取消註銷 簡訊費用 退費",
    Command.LOST_CARD: "卡片不見 學生證遺失 遺失 卡片掉了",
    Command.MY_DATA: "個資 刪除資料 下載資料 誰看過",
    Command.DELEGATE: "請人代收 代收通知 停止代收 代收的通知 阿公阿嬤 安親班",
    Command.NEW_PHONE: "換新手機 換手機怎麼辦 換line 換line帳號 換帳號",
    Command.UNLINK: "登出 解除綁定line",
    Command.BROWSER_LINK: "打不開 網頁打不開 頁面打不開 開不了 連結台北通",
    Command.STATUS: "系統狀態 維護 壞掉了",
    Command.THANKS: "感謝 謝謝您 謝謝你 謝啦 thanks thankyou cảmơn terimakasih ありがとう",
    Command.DROP: "放棄 取消 不要了 算了 返回",
    Command.SEND: "確定送出 確認送出",
    Command.CHINESE: "中文 華語 國語 chinese 中国語",
    Command.ENGLISH: "英文 英語",
    Command.VIETNAMESE: "越南文 越南語 tiengviet",
    Command.INDONESIAN: "印尼文 印尼語 indonesia",
    Command.JAPANESE: "日文 日語 にほんご",
    Command.STAFF: "未到 審核 放行 刷卡機 名冊 報表 稽核 停課 復原停課 更正補登 封存 撤銷 發公告 "
    "今日名單 邀請 發送",
}
# What our buttons type in other languages to tick a box; there 訂閱 is the name of a page.
TURN_ON = N_("開啟通知")
WORRIED = ("找不到孩子", "孩子不見", "小孩不見", "走失", "救命")

FOLDS = str.maketrans(
    "臺周裏们订阅请离校设说语谢简讯页补复课机报状态",
    "台週裡們訂閱請離校設說語謝簡訊頁補復課機報狀態",
)
CLOSING = "。!?嗎呢了"
LONGEST = 30
# People write these without a space: 請假小明明天.
STARTS = {
    "取消請假": Command.LEAVE_CANCEL,
    "我要請假": Command.LEAVE,
    "請假": Command.LEAVE,
    "取消訂閱": Command.UNSUBSCRIBE,
    "退訂": Command.UNSUBSCRIBE,
    "訂閱": Command.SUBSCRIBE,
    "補登申請": Command.MAKE_UP,
    "補登": Command.MAKE_UP,
    "請協助確認": Command.ASK_SCHOOL,
    "訂購簡訊": Command.SMS,
    "註銷簡訊": Command.SMS,
    "撤回簡訊": Command.SMS,
}
# In a language in which the name of one is the beginning of the other's, the longer comes first.
STARTING = {
    Command.LEAVE_CANCEL.value: Command.LEAVE_CANCEL,
    Command.LEAVE.value: Command.LEAVE,
    Command.UNSUBSCRIBE.value: Command.UNSUBSCRIBE,
    Command.MAKE_UP.value: Command.MAKE_UP,
    Command.ASK_SCHOOL.value: Command.ASK_SCHOOL,
    TURN_ON: Command.SUBSCRIBE,
}
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
    the nearest is only offered, as it is where several commands are near. The words of staff are
    never guessed: what is near may be offered to anybody.
    """
    word = fold(text)
    command = _TABLE.get(word) or _with_details(text, word)
    if command is not None:
        return Match(command)
    if len(word) > LONGEST:
        return Match()
    near: set[Command] = {found for known, found in _NEAR.items() if _is_one_slip(word, known)}
    if len(near) == 1 and len(word) > 2:
        return Match(near.pop())
    return Match(nearest=_most_usual(near, word) or _contained(word))


def names_command(text: str) -> bool:
    """Tell whether a text begins with a command of its own, as a line that says everything does."""
    word = fold(text)
    return any(word.startswith(start) for start in _STARTS)


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
    return next((told for start, told in _STARTS.items() if word.startswith(start)), None)


def _most_usual(near: set[Command], word: str) -> Command | None:
    # 今夭 is as near to 今週 as to 今天: a command's own word comes before another's synonyms.
    own = {command for command in near if _is_one_slip(word, fold(command.value))}
    likely = near if len(near) == 1 else own
    return next(iter(likely)) if len(likely) == 1 else None


def _contained(word: str) -> Command | None:
    found = [one for one in Command if one is not Command.STAFF and fold(one.value) in word]
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


def _said(word: str) -> list[str]:
    """Return a word in the other languages."""
    return [catalogue(language).get(word, "") for language in Language if language != SOURCE]


def _table() -> dict[str, Command]:
    # What a command is called elsewhere gives way where another command has the word already.
    elsewhere = {fold(word): one for one in Command for word in _said(one.value) if word}
    own = {
        fold(word): command
        for command in Command
        for word in (command.value, *SYNONYMS.get(command, "").split())
    }
    return elsewhere | own


_TABLE = _table()
_NEAR: dict[str, Command] = {
    word: command for word, command in _TABLE.items() if command is not Command.STAFF
}
_STARTS = STARTS | {
    fold(start): command for word, command in STARTING.items() for start in _said(word) if start
}
