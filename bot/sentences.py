"""What a typed sentence does beside naming a command: ask, call off, ask for a leave. Pure."""

import re
import unicodedata

FOLDS = str.maketrans(
    "臺周裏们订阅请离校设说语谢简讯页补复课机报状态"
    "吗见还没学儿个么为时间几点进门车开关单号码话电录纪记带证丢换绑宝贝妈爷孙发烧医诊认确协帮给问"
    "师导联络费钱缴销资删谁过护权让现样从来对错办数据坏难这节级组体伤杀残楼抢担着连线网试两达迟别"
    "总弃继归务肠头吓会听",
    "台週裡們訂閱請離校設說語謝簡訊頁補復課機報狀態"
    "嗎見還沒學兒個麼為時間幾點進門車開關單號碼話電錄紀記帶證丟換綁寶貝媽爺孫發燒醫診認確協幫給問"
    "師導聯絡費錢繳銷資刪誰過護權讓現樣從來對錯辦數據壞難這節級組體傷殺殘樓搶擔著連線網試兩達遲別"
    "總棄繼歸務腸頭嚇會聽",
)
# ㄇ and ㄌ are typed for 嗎 and 了.
CLOSING = "。!?~嗎呢了ㄇㄌ"
ASKS = re.compile(
    "[嗎呢ㄇ][。!?~]*$|怎麼|如何|為什麼|(?<!沒)什麼|多久|多少|哪|幾點|幾天|能不能|可不可以|要不要"
)
CALLING_OFF = "(?:取消|撤回|撤銷|收回)"
# 不用請假, 別再訂閱; not 能不能請假, 特別請假, 不舒服請假.
NOT_TO = "(?<![能可要是特告個分])[不別勿](?:用|要|想|必|需|會|能|打算)?(?:再|要|用|去)?"
# 小明明天請假 says as much as 請假 小明 明天; 不用請假 does not.
LEAVE_WORD = "請(?:病|事|喪|公)?假"
NO_LEAVE = re.compile(NOT_TO + LEAVE_WORD)
# 我想取消明天的請假, 明天的請假不用了: as much as 取消請假 明天. 請假 明天 午餐取消 is none of it.
DROPS_LEAVE = re.compile(
    f"(?:^|[,;。])(?:請|麻煩|幫|我|想|要|是|先|把|可以|能)*{CALLING_OFF}"
    "(?:(?!訂閱|通知|[,;。]).){0,8}[請病事喪公]假(?!通知)"
    f"|{LEAVE_WORD}[了要想的]?,?(?:取消|撤回|撤銷|不用|不要)(?:了|掉|吧)*$"
    # 請假請錯天了; not 申請錯了.
    "|假,?(?:我|好像|剛剛|剛才)*請錯|(?<!申)請錯[了天]?假"
)
# 請假 小明 明天 取消: what the last word of a line says of all of it.
OFF_WORDS = frozenset(["取消", "取消了", "撤回", "撤銷", "收回", "不用", "不用了", "不要了"])
# Asked at the end, but for what is asked politely.
ENDS_ASKING = re.compile("(?<!可以)(?<!好)(?<!行)(?<!ok)[嗎呢][。!?~]*$")
# What stands so close behind 請假 is about it: 請假怎麼請; further behind it is the reason.
CLOSE = 3


def is_question(text: str) -> bool:
    """Tell whether a sentence asks something; a question mark alone may end a command too."""
    return bool(ASKS.search("".join(_plain(text).split())))


def asks_for_leave(text: str) -> bool:
    """Tell whether a sentence that names a day asks for a leave on it."""
    word = "".join(_plain(text).split())
    found = re.search(LEAVE_WORD, word)
    if found is None or NO_LEAVE.search(word):
        return False
    return not (is_question(word[: found.end() + CLOSE]) or ENDS_ASKING.search(word))


def drops_leave(word: str) -> bool:
    """Tell whether a folded sentence takes a leave back."""
    return DROPS_LEAVE.search(word) is not None


def calls_off(text: str, command: str) -> bool:
    """Tell whether a text that holds a command's folded word calls it off."""
    own = re.escape(command)
    off = f"{NOT_TO}{own}|{CALLING_OFF}.{{0,2}}{own}|{own}.?{CALLING_OFF}"
    # In a line of several words another thing may be called off: 請假 小晴 明天 活動取消.
    off = off if len(text.split()) > 1 else f"{off}|{CALLING_OFF}"
    return ends_off(text) or re.search(off, fold(text)) is not None


def ends_off(text: str) -> bool:
    """Tell whether the last word of a line calls off what stands before it."""
    _, *details = text.split() or [""]
    return bool(details) and fold(details[-1]) in OFF_WORDS


def fold(text: str) -> str:
    """Return the form in which all spellings of one command are equal."""
    joined = "".join(_plain(text).split()).removeprefix("/")
    for week in ("禮拜", "星期"):
        joined = joined.replace(week, "週")
    # A text of nothing but closing marks stays: ? asks for help.
    return joined.rstrip(CLOSING) or joined[:1]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(FOLDS)
