"""小晴到校了嗎, 女兒請假: what a text asks once the child it is about is taken out. Pure."""

import re
from collections.abc import Sequence

from bot.child_words import ABOUT_CHILD
from bot.commands import Command, Match, match
from bot.leave_words import folded
from bot.sentences import fold

KIN = (
    *("孩子", "小孩", "小朋友", "女兒", "兒子", "弟弟", "妹妹", "哥哥", "姊姊", "姐姐"),
    *("寶貝", "寶寶", "大寶", "二寶", "小寶", "老大", "老二"),
    *("孫子", "孫女", "阿孫", "囡仔", "囝仔"),
)
# Somebody of whom we know nothing is asked back about; the short names are the plain ones.
PLAIN_NAME = "^[小阿][\u4e00-\u9fff]"
# What stands before or behind the child, and what closes a polite sentence.
AROUND = re.compile(
    r"^(?:老師早?|[您你]?好|[早午晚]安|哈囉|hello|hi|不好意思|想?請問|想問|想知道|一下|麻煩"
    r"|幫忙?|替|(?:查詢?|看)(?!.*(?:假|訂|掛失|補登|確認))|我們家|我家|我的|我|他|她|那|的|[\s,.!~])+",
    re.IGNORECASE,
)
COURTESY = re.compile(r"(?:謝謝|感謝|拜託|老師|[您你呀啊阿喔]|[\s,.。!?~])+$")
# 哥哥跟妹妹: several are asked about like one.
AND = r"[\s,、和跟與及]*"
# What may be asked of a child; 小晴取消 is none of it.
OF_CHILD = frozenset({*ABOUT_CHILD, Command.WEEK, Command.WHY, Command.LOST_CARD})
# Of one sign a name is part of other words: 明 of 明天.
SHORTEST_NAME = 2
WHERE = re.compile(
    "(?:今天|今早|早上|現在|目前|到現在|剛剛|剛才|已經|怎麼|有沒有|有|都?還沒|還|幾點|什麼時候"
    "|都|[兩三]個|安全|平安|準時|的)*"
    "(?:(?:到|去|進|在|離開|出)(?:學校|校門?|教室)|去?上[學課]|刷?離校|放學|下課|遲到"
    "|(?:放學後?(?:還沒|沒有?))?回家|回來|到家|刷卡|走|到|在哪裡?)"
    "(?:了|沒有?|未|無|過|的|時間)*"
)
# Of another day the week tells.
BEFORE_TODAY = re.compile(
    "^(?:昨天|昨日|前天|上+個?週[一二三四五六日天]?|(?:這|上)個?月|這個?週|最近|過去|以前)"
)
RECORD = re.compile("的?(?:刷卡|到校|離校|到離校)?紀錄|")


def of_child(text: str, names: Sequence[Sequence[str]]) -> Match:
    """Return what a text that is no command of its own asks of a child; `names` are the bound.

    A child's name and nothing more may ask for its day.
    """
    # The child first: Hilda is no greeting.
    said = folded(text)
    own = [folded(name) for one in names for name in one if len(name) >= SHORTEST_NAME]
    known = "|".join(re.escape(name) for name in sorted((*own, *KIN), key=len, reverse=True))
    rest = re.sub(f"(?:{known})(?:{AND}(?:{known}))*", "", said, count=1, flags=re.IGNORECASE)
    if rest != said and not _without_around(rest).strip("呢"):
        return Match(nearest=Command.TODAY)
    rest = _without_around(rest if rest != said else re.sub(PLAIN_NAME, "", _without_around(said)))
    past, is_today = _without_past_day(fold(rest))
    if WHERE.fullmatch(past) or (not is_today and RECORD.fullmatch(past)):
        return Match(Command.TODAY if is_today else Command.WEEK)
    found = match(rest)
    return found if found.command in OF_CHILD else Match()


def _without_past_day(word: str) -> tuple[str, bool]:
    """Return a folded text without the day that is over it names, and whether it names none."""
    rest = BEFORE_TODAY.sub("", word)
    return rest, rest == word


def _without_around(text: str) -> str:
    return COURTESY.sub("", AROUND.sub("", text))
