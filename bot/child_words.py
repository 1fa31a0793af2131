"""請假 小明 明天: a name in a typed line that none of somebody's children has. Pure."""

import re
from collections.abc import Sequence

from bot import box_words, leave_words, make_up_words, sms_words
from bot.commands import SYNONYMS, Command
from bot.day_words import PARTS
from bot.leave_words import folded, in_source
from core.languages.speech import spoken

# The lines that are about one child.
ABOUT_CHILD = (
    Command.LEAVE,
    Command.LEAVE_CANCEL,
    Command.MAKE_UP,
    Command.ASK_SCHOOL,
    Command.SUBSCRIBE,
    Command.UNSUBSCRIBE,
    Command.SMS,
    Command.TODAY,
)
# Of these nothing is done for a child yet: only what hardly is anything but a name is one.
ONLY_SHOWN = (Command.SMS, Command.TODAY)
# What stands before or behind a name in a sentence.
BEFORE = re.compile("^(?:我們|我|想|要|幫|忙|替|給|請|麻煩)+(?=..)")
BEHIND = re.compile("(?<=..)(?:的|了|要|想|嗎|呢|吧|啊|喔|呀)+$")
# Reasons and matters of two or three signs, which look like names and are none.
NO_NAMES = (
    "出國 旅遊 旅行 看牙 看診 家裡 家事 有事 比賽 參加 考試 打針 疫苗 身體 "
    "身心 不想 不要 不用 回鄉 回國 返鄉 掃墓 搬家 過敏 確診 車禍 眼睛 眼科 "
    "牙齒 牙痛 牙醫 腹瀉 拉肚 不去 孩子 小孩 兒子 女兒 弟弟 妹妹 哥哥 姊姊 "
    "姐姐 大寶 小寶 二寶 老大 老二 老師 爸爸 媽媽 阿公 阿嬤 阿姨 受傷 骨折 "
    "氣喘 隔離 居家 探親 祭祖 喜酒 婚禮 喪禮 出殯 告別 祭典 生理 經痛 頭暈 "
    "中暑 手術 開刀 小考 大考 謝謝 拜託 可以 怎麼 什麼 如何 費用 退費 申請 "
    "審核 繳費 多少 期限 通知 訊息 電子報 公告 市政 簡訊 紀錄 規定 資料 方式 "
    "流程 半天 一天 兩天 三天 下週 這週 本週 週末 連假 中午 晚上 天氣 功課 "
    "作業 上課 放學 遲到 早退 校外 活動 天天 常常 剛剛 慢慢 小時 分鐘 一下 "
    "錯天 錯了 月底 月初 改成 改到 改為 漏刷 卡片 學生 學校 服務 時間 代收 現在 目前 刷卡 到了 還沒"
)
_KNOWN = (
    *(word for words in leave_words.REASONS.values() for word in words.split()),
    *(word for words in PARTS.values() for word in words),
    *(word for words in make_up_words.DIRECTIONS.values() for word in words),
    *(word for words in make_up_words.REASONS.values() for word in words),
    *(word for words in box_words.KINDS.values() for word in words),
    *(word for words in box_words.CHANNELS.values() for word in words),
    *box_words.EVERYTHING,
    *sms_words.BOTH,
    *sms_words.ORDERS,
)
KNOWN = sorted(_KNOWN, key=len, reverse=True)
TYPED = (*leave_words.TYPED, *make_up_words.TYPED, *box_words.TYPED, *sms_words.TYPED)
VERBS = sorted(
    {folded(w) for one in ABOUT_CHILD for w in (one.value, *SYNONYMS.get(one, "").split())},
    key=len,
    reverse=True,
)
VERB, FACT = "\x01", "\x02"
# Right behind the command any short word may be a name, elsewhere only what hardly is anything
# else: 小明, 阿華, 安安.
BEHIND_VERB = re.compile(rf"{VERB}\s*([^\W\d_]+)")
PLAIN_NAME = re.compile(r"[小阿][\u4e00-\u9fff]|([\u4e00-\u9fff])\1")
SHORT_NAME = re.compile(r"[\u4e00-\u9fff]{2,3}")
LATIN_NAME = re.compile(r"[A-Z][a-z]{1,11}")


def stranger_in(text: str, names: Sequence[Sequence[str]], *, is_only_shown: bool = False) -> str:
    """Return the name a line gives that is none of these, "" where it gives one of them or none.

    `is_only_shown`: what is asked does nothing for a child yet, so a doubtful word is no name.
    """
    said = folded(in_source(text, TYPED))
    if any(folded(name).casefold() in said.casefold() for own in names for name in own if name):
        return ""
    for pattern in make_up_words.TIMES:
        said = pattern.sub(f" {FACT} ", said)
    said = _without(_without(said, VERBS, VERB), KNOWN, FACT)
    words = [_bare(word) for word in re.findall(r"[^\W\d_]+", said)]
    behind = BEHIND_VERB.search(said)
    first = _bare(behind[1]) if behind else ""
    if not is_only_shown and _is_short_name(first) and _may_be_name(first):
        return first
    return next((one for one in words if PLAIN_NAME.fullmatch(one) and _may_be_name(one)), "")


def _is_short_name(word: str) -> bool:
    # In a Latin sentence any word may begin with a capital.
    is_latin = spoken().is_han and LATIN_NAME.fullmatch(word)
    return bool(SHORT_NAME.fullmatch(word) or is_latin)


def _without(text: str, words: Sequence[str], sign: str) -> str:
    return re.sub("|".join(re.escape(word) for word in words), f" {sign} ", text)


def _bare(word: str) -> str:
    return BEHIND.sub("", BEFORE.sub("", word))


def _may_be_name(word: str) -> bool:
    return not any(known in word for known in NO_NAMES.split())
