"""早安, 好的收到, 謝謝老師: what is said out of courtesy, and asks for nothing. Pure."""

import re
import unicodedata
from enum import Enum, auto

from bot.sentences import fold, is_question


class Courtesy(Enum):
    """What is said; the first of several counts. AGREEMENT may answer something asked before."""

    THANKS = auto()
    GREETING = auto()
    AGREEMENT = auto()
    NOTED = auto()


WORDS = {
    Courtesy.THANKS: (
        "謝謝 感謝 多謝 謝啦 謝 感恩 辛苦 3q thx ty thankyou thanks cảmơn terimakasih makasih "
        "ありがとうございます ありがとうございました ありがとう ขอบคุณ 🙏"
    ),
    Courtesy.GREETING: (
        "老師好 大家好 早安 午安 晚安 安安 早上好 晚上好 你好 您好 妳好 哈囉 哈嘍 嗨 早 賀早 敖早 "
        "hello hi hey halo goodmorning goodafternoon goodevening xinchào chàobuổisáng chào "
        "selamatpagi selamatsiang selamatsore selamatmalam こんにちは おはようございます おはよう "
        "こんばんは สวัสดี 新年快樂 新年好 中秋節快樂 教師節快樂 週末愉快"
    ),
    Courtesy.AGREEMENT: (
        "好的 好 是的 是 對 可以 沒問題 ok okay oke yes allright はい được dạ vâng baik 👌 👍"
    ),
    Courtesy.NOTED: (
        "收到通知 收到訊息 收到 知道 了解 瞭解 明白 已讀 沒事 嗯 恩 喔 哦 太好 真棒 讚 哈 呵 xd "
        "noted đãnhận diterima わかりました 了解です 😊 😀 😄 ❤️ ❤"
    ),
}
# What stands around them and says no more; what one is thanked for, only behind the thanks.
FILLERS = (
    "老師 您 你 妳 們 大家 媽媽 爸爸 我 已 有 也 都 非常 很 真 太 了 啦 啊 呀 喔 哦 唷 囉 滴 的 "
    "so very much much teacher cô nhiều banyak pak bu ค่ะ ครับ です"
)
THANKED_FOR = "(?:的|您|你|老師)*(?:通知|提醒|告知|照顧|幫忙|協助|回覆)"
# Of an emoji its colour and its look; what is left of others' marks.
MARKS = "[\\s,.。、!?~…☀🌞🌹😊\ufe0f\U0001f3fb-\U0001f3ff]"


def _any(words: str) -> str:
    folded = (fold(word) for word in words.split())
    return "|".join(re.escape(word) for word in sorted(folded, key=len, reverse=True))


_KINDS = {one: _any(words) for one, words in WORDS.items()}
_HEADS = "|".join(f"(?P<{one.name}>{words})" for one, words in _KINDS.items())
_THANKED = f"(?:{_KINDS[Courtesy.THANKS]}){THANKED_FOR}"
_ONE = re.compile(f"(?P<FOR>{_THANKED})|{_HEADS}|{_any(FILLERS)}|{MARKS}")


def courtesy_of(text: str) -> Courtesy | None:
    """Return the courtesy a text is and nothing more, or None."""
    if is_question(text) or "?" in unicodedata.normalize("NFKC", text):
        return None
    word, at, said = fold(text), 0, set[str]()
    while at < len(word):
        found = _ONE.match(word, at)
        if found is None or found.end() == at:
            return None
        said.add(found.lastgroup or "")
        at = found.end()
    names = {"THANKS" if one == "FOR" else one for one in said}
    return next((one for one in Courtesy if one.name in names), None)
