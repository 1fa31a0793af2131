"""Finding questions by what people type: any spelling, and words that mean the same."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from core.guide.question import Question, answer_of
from core.guide.questions import all_questions
from core.kinds import Channel
from core.languages.language import Language
from core.languages.speech import _, speaking, spoken

LONGEST = 60
# Of what has no match: how much of it a question must share to be shown, and how many are.
LIKELY, NEAREST = 0.5, 5
# In each line one word stands for all.
SAME = """
台北通 台北卡 taipeipass taipeicard 市民卡
尚無刷卡紀錄 未到校 沒刷卡 未刷卡 缺席 沒到校
沒收到 沒有收到 沒通知 沒有通知 收不到 漏了 沒有訊息
掛失 遺失 不見 弄丟 掉了 找不到卡
壞了 壞掉 卡壞 故障 感應不到 刷不過 不能刷
綁錯 綁定錯 取消綁定 解除綁定
不認得 不認識 不是我的小孩 不是我小孩 不是我的孩子 不是我兒子 不是我女兒 \
別人的小孩 別人的孩子 傳錯人 我沒有小孩 不是家長 wrongchild notmychild wrongnumber
離婚 前夫 前妻 監護權 陌生人
爸爸 爸媽 先生 老公 太太 老婆 另一半
放假 停課 要上課 上課嗎 颱風假 有沒有上課 補課 補班
退訂 取消訂閱 關閉通知 停止通知 取消通知
代收 阿公 阿嬤 爺爺 奶奶 外公 外婆 祖父母 安親班
費用 要錢 收費 收錢 免費 多少錢
外籍 外國 新住民 居留證
詐騙 假的 騙人 匯款 匯錢 冒充
個資 外洩 隱私
iphone ios 蘋果 mac
電腦 桌機 desktop pc
轉學 升學 換學校 畢業
email e-mail 電子郵件 信箱
手機 行動電話 門號
"""
# How something is asked says nothing of what.
ASKING = re.compile(
    "請問|想問|想知道|我想|要怎麼|怎麼|如何|在哪裡|哪裡|可不可以|可以|能不能|會不會|是不是|謝謝"
)
FOLDS = str.maketrans("臺đ", "台d")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave. `is_near`: nothing holds all of it, these are the nearest."""

    questions: tuple[Question, ...]
    is_near: bool = False


def search(text: str, offered: Collection[Channel]) -> Found:
    """Return the questions that hold every word of the text; best first, in the guide's order."""
    words = [fold(word) for word in text[:LONGEST].split()]
    words = [word for word in words if word]
    if not words:
        return Found(())
    pages = {one.key: _page_of(one, offered) for one in all_questions()}
    titles = {one.key: fold(_(one.title)) for one in all_questions()}
    hits = [one for one in all_questions() if _holds(pages[one.key], words)]
    if hits:
        return Found(tuple(sorted(hits, key=lambda one: not _holds(titles[one.key], words))))
    return Found(_nearest("".join(words), pages), is_near=True)


def titled(text: str) -> Question | None:
    """Return the question of that very title, in the language spoken or in our own words."""
    wanted = fold(text)
    return next(
        (one for one in all_questions() if wanted in (fold(_(one.title)), fold(one.title))), None
    )


def is_topic(text: str) -> bool:
    """Tell whether a text is one of the words people look for, and nothing more."""
    return any(fold(text) in group for group in _groups())


def fold(text: str) -> str:
    """Return the form in which all spellings of a word are equal, without spaces and accents."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(
        sign for sign in plain if not (unicodedata.combining(sign) or sign.isspace())
    ).translate(FOLDS)


def _page_of(question: Question, offered: Collection[Channel]) -> str:
    return _folded(question.key, frozenset(offered), spoken())


@cache
def _folded(key: str, offered: frozenset[Channel], language: Language) -> str:
    """Return all that is said of a question, in the language spoken and in our own words."""
    question = next(one for one in all_questions() if one.key == key)
    said = []
    for tongue in (language, Language.CHINESE):
        with speaking(tongue):
            said += [_(question.title), answer_of(question, offered)]
    # A line between them, so that no word is found across their edges.
    return "\n".join(fold(one) for one in (*said, *question.words.split()))


def _holds(page: str, words: Sequence[str]) -> bool:
    return all(any(same in page for same in _meaning(word)) for word in words)


@cache
def _groups() -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(fold(word) for word in line.split()) for line in SAME.split("\n") if line
    )


def _meaning(word: str) -> set[str]:
    return {word}.union(*(group for group in _groups() if word in group))


def _nearest(text: str, pages: dict[str, str]) -> tuple[Question, ...]:
    """Return whose pages share most with a sentence: what it holds is rarely held whole.

    What stands in a title counts twice: it is what the question is about.
    """
    plain = ASKING.sub("", text) or text
    pairs = {plain[at : at + 2] for at in range(len(plain) - 1)}
    meant = [group for group in _groups() if any(word in text for word in group)]
    scores = {
        key: sum(pair in page for pair in pairs) / max(len(pairs), 1)
        + sum(any(word in page for word in group) for group in meant)
        for key, page in pages.items()
    }
    likely = [one for one in all_questions() if scores[one.key] >= LIKELY]

    def rank(one: Question) -> float:
        title = fold(_(one.title))
        return scores[one.key] + sum(pair in title for pair in pairs) / max(len(pairs), 1)

    return tuple(sorted(likely, key=lambda one: -rank(one))[:NEAREST])
