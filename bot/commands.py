"""Typed words to commands: folding, synonyms, one slip of the finger."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bot.courtesies import Courtesy, courtesy_of
from bot.matters import LONGEST_LETTER, MATTERS
from bot.sentences import calls_off, drops_leave, ends_off, fold, is_question
from bot.slips import is_one_slip
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
    GREETING = N_("您好")
    AGREEMENT = N_("好的")
    NOTED = N_("收到")
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
    Command.WEEK: "這週 這個週 一週 週報 出勤 出勤紀錄 到離校紀錄 刷卡紀錄 到校紀錄 離校紀錄 紀錄 "
    "歷史紀錄 最近七天 week lastweek yesterday tuầnnày mingguini 今週",
    Command.SETTINGS: "我的帳號 帳號設定 修改 修改訂閱 我的孩子 通知設定 "
    "改手機號碼 換手機號碼 改電話 換電話 換電話號碼 改email 換email 改信箱 換信箱 "
    "settings càiđặt pengaturan",
    Command.ADD_CHILD: "綁定 綁定孩子 新增孩子 加小孩 第二個孩子 歸戶 加入孩子",
    Command.HELP: "幫助 怎麼用 教學 功能 選單 常見問題 ? help trợgiúp bantuan ヘルプ",
    Command.START: "開始 登入 重新登入 登入台北通 start bắtđầu mulai はじめる",
    Command.LANGUAGE: "語言language language",
    Command.HOTLINE: "電話 真人 人工 聯絡 客訴 客服電話 學校電話 學校的電話 "
    "老師電話 導師電話 聯絡學校 聯絡老師 打給學校 打電話給學校 "
    "phonenumber điệnthoại telepon 電話番号",
    Command.LEAVE: "我要請假 病假 事假 生病 發燒 不去學校 明天請假 leave xinnghỉ izin 欠席",
    Command.LEAVE_CANCEL: "銷假 撤回請假 不請假 請假取消",
    Command.MAKE_UP: "補登 補刷 忘記刷卡 忘了刷卡 沒帶卡 忘帶卡 忘記帶卡 "
    "忘了帶卡 沒帶學生證 忘記帶學生證 無卡補登",
    Command.ASK_SCHOOL: "協助確認 請學校確認 請老師確認 請確認 問學校 問老師",
    Command.SUBSCRIBE: "開啟通知 我要收到 訂閱通知 打開",
    Command.UNSUBSCRIBE: "取消訂閱 關閉通知 不要通知 停止通知 取消通知 不要再傳 不要再通知 "
    "不要收 不想收 停止接收 hủyđăngký",
    Command.WHY: "沒收到 沒收到通知 收不到通知 沒通知 收不到 怎麼沒通知 沒有訊息 漏了 通知壞了",
    Command.NOTICES: "最新消息 網站公告",
    Command.TOPICS: "市政訊息 市政通知 到離校訊息通知 立即申辦",
    Command.SMS: "簡訊服務 訂購簡訊 撤回簡訊申請 註銷簡訊 註銷 取消註銷 簡訊費用 退費",
    Command.LOST_CARD: "卡片不見 卡不見了 學生證不見 學生證遺失 遺失 卡片掉了 卡掉了 "
    "學生證掉了 卡片弄丟 學生證弄丟",
    Command.MY_DATA: "個資 刪除資料 下載資料 誰看過 刪除帳號 刪帳號",
    Command.DELEGATE: "請人代收 代收通知 停止代收 代收的通知 阿公阿嬤 安親班",
    Command.NEW_PHONE: "換新手機 換手機怎麼辦 換line 換line帳號 換帳號",
    Command.UNLINK: "登出 解除綁定line",
    Command.BROWSER_LINK: "打不開 網頁打不開 頁面打不開 開不了 連結台北通",
    Command.STATUS: "系統狀態 維護 壞掉了",
    Command.DROP: "放棄 取消 不要了 算了 返回 cancel hủy batal キャンセル",
    Command.SEND: "確定送出 確認送出",
    Command.CHINESE: "中文 華語 國語 chinese 中国語",
    Command.ENGLISH: "英文 英語",
    Command.VIETNAMESE: "越南文 越南語 tiengviet",
    Command.INDONESIAN: "印尼文 印尼語 indonesia",
    Command.JAPANESE: "日文 日語 にほんご",
    Command.STAFF: "未到 審核 放行 刷卡機 名冊 報表 稽核 復原停課 更正補登 封存 撤銷 發公告 "
    "今日名單 邀請 發送",
}
# What begins or ends something: never done on a guess, nor because somebody asks how it is done.
ACTS = frozenset(
    {
        Command.LEAVE,
        Command.LEAVE_CANCEL,
        Command.MAKE_UP,
        Command.ASK_SCHOOL,
        Command.SUBSCRIBE,
        Command.UNSUBSCRIBE,
        Command.SMS,
        Command.LOST_CARD,
        Command.UNLINK,
        Command.CONTINUE,
        Command.DROP,
        Command.SEND,
    }
)
COURTESIES = {
    Courtesy.THANKS: Command.THANKS,
    Courtesy.GREETING: Command.GREETING,
    Courtesy.AGREEMENT: Command.AGREEMENT,
    Courtesy.NOTED: Command.NOTED,
}
# What to offer whoever calls one of them off; the others are not offered at all.
CALLED_OFF = {
    Command.LEAVE: Command.LEAVE_CANCEL,
    Command.LEAVE_CANCEL: Command.LEAVE_CANCEL,
    Command.SUBSCRIBE: Command.UNSUBSCRIBE,
    Command.UNSUBSCRIBE: Command.UNSUBSCRIBE,
    Command.SMS: Command.SMS,
    Command.DROP: Command.DROP,
}
# What our buttons type in other languages to tick a box; there 訂閱 is the name of a page.
TURN_ON = N_("開啟通知")

LONGEST = 30
# Said of any other matter too: 今天沒收到通知.
WHEN = frozenset({Command.TODAY, Command.WEEK})
# Letters end in such words: 小明發燒在家，請老師回電.
BESIDE = frozenset({Command.HOTLINE, Command.HELP, Command.ASK_SCHOOL})
# A word of thanks or of a task that is open says no more in a sentence than alone.
POLITE = frozenset(COURTESIES.values())
SAID_ALONE = POLITE | {Command.STAFF, Command.CONTINUE, Command.DROP, Command.SEND}
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
    "cancelleave": Command.LEAVE_CANCEL,
    "batalizin": Command.LEAVE_CANCEL,
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
# Shorter words with a slip are other words.
SHORTEST_GUESS = 4
# 請假 小晴 明天: so many words are the command and what it is about, whatever they ask.
DETAILED = 3


@dataclass(frozen=True, slots=True)
class Match:
    """The command a text means for certain, or the one it may mean, or neither."""

    command: Command | None = None
    nearest: Command | None = None


def match(text: str) -> Match:
    """Return what a typed text asks for.

    Four characters or more may hold one slip, where what is asked only shows something. In shorter
    words one slip is another word (明天), so the nearest is only offered, as it is where several
    commands are near. The words of staff are never guessed: what is near may be offered to anybody.
    """
    word = fold(text)
    courtesy = courtesy_of(text)
    exact = COURTESIES[courtesy] if courtesy else _TABLE.get(word)
    command = exact or _dropping(text, word) or _with_details(text, word)
    if command is None:
        return _guess(word) if len(word) <= LONGEST_LETTER else Match()
    meant = command if exact else _unless_called_off(command, text)
    if meant is not command or (command in ACTS and _only_asks(command, text)):
        return Match(nearest=meant)
    return Match(command)


def names_command(text: str) -> bool:
    """Tell whether a text begins with a command of its own, as a line that says everything does."""
    word = fold(text)
    return any(word.startswith(start) for start in _STARTS)


def is_bare(text: str) -> bool:
    """Tell whether a text is a command's word and nothing more, as a tile of the menu types it."""
    return fold(text) in _TABLE


def _dropping(text: str, word: str) -> Command | None:
    is_dropped = word.startswith(Command.LEAVE.value) and ends_off(text)
    return Command.LEAVE_CANCEL if is_dropped or drops_leave(word) else None


def _guess(word: str) -> Match:
    near: set[Command] = {found for known, found in _NEAR.items() if is_one_slip(word, known)}
    if len(near) == 1 and len(word) >= SHORTEST_GUESS and not near & ACTS:
        return Match(near.pop())
    return Match(nearest=_most_usual(near, word) or _contained(word))


def _only_asks(command: Command, text: str) -> bool:
    # What one asks the school is a question.
    is_told = command is Command.ASK_SCHOOL or len(text.split()) >= DETAILED
    return is_question(text) and not is_told


def _unless_called_off(command: Command, text: str) -> Command | None:
    """Return the command, or what to offer whoever calls it off: 訂閱取消, 不想訂閱."""
    is_off = calls_off(text, fold(command.value))
    return CALLED_OFF.get(command) if command in ACTS and is_off else command


def _with_details(text: str, word: str) -> Command | None:
    # 請假 小明 明天: the command, then what it is about. Hủy đơn nghỉ is another one than Hủy.
    first, *details = unicodedata.normalize("NFKC", text).split() or [""]
    start = next((one for one in _STARTS if word.startswith(one)), "")
    named = _TABLE.get(fold(first)) if details and len(fold(first)) >= len(start) else None
    return named or _STARTS.get(start)


def _most_usual(near: set[Command], word: str) -> Command | None:
    # 今夭 is as near to 今週 as to 今天: a command's own word comes before another's synonyms.
    own = {command for command in near if is_one_slip(word, fold(command.value))}
    likely = near if len(near) == 1 else own
    return next(iter(likely)) if len(likely) == 1 else None


def _contained(word: str) -> Command | None:
    """Return the one command whose words a sentence holds, in a letter one whose matter it is."""
    known = _HELD if len(word) <= LONGEST else _MATTERS
    found = [one for one in known if one in word]
    # 設定 is part of 開始設定 and 請假 of 取消請假: the longer one is meant.
    longest = [one for one in found if not any(one in other for other in found if other != one)]
    meant = {known[one] for one in longest}
    meant = meant - WHEN or meant
    meant = meant - BESIDE or meant
    return _unless_called_off(meant.pop(), word) if len(meant) == 1 else None


def _said(word: str) -> list[str]:
    """Return a word in the other languages."""
    return [catalogue(language).get(word, "") for language in Language if language != SOURCE]


def _table() -> dict[str, Command]:
    # What a command is called elsewhere gives way where another command has the word already.
    # A courtesy is no first word: in 謝謝 小明明天請假 the matter follows.
    commands = [one for one in Command if one not in POLITE]
    elsewhere = {fold(word): one for one in commands for word in _said(one.value) if word}
    own = {
        fold(word): command
        for command in commands
        for word in (command.value, *SYNONYMS.get(command, "").split())
    }
    return elsewhere | own


_TABLE = _table()
_NEAR: dict[str, Command] = {
    word: command for word, command in _TABLE.items() if command is not Command.STAFF
}
_MATTERS = {fold(word): Command[name] for name, words in MATTERS.items() for word in words.split()}
# What a sentence may hold for the command to be offered; in other languages the guide knows more.
_HELD = (
    {fold(one.value): one for one in Command if one not in SAID_ALONE}
    | {fold(word): one for one in WHEN for word in _said(one.value)}
    | {"補登": Command.MAKE_UP}
    | _MATTERS
)
_STARTS = STARTS | {
    fold(start): command for word, command in STARTING.items() for start in _said(word) if start
}
