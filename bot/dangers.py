"""小明被車撞, 校門口有怪人, 不想活了: words of a danger in which only others can help. Pure."""

import re
import unicodedata

from bot.sentences import fold

# What is only spoken of: a drill, a lesson, a word of this service's own.
SPOKEN_OF = re.compile("補登|訂閱|退訂|綁定|演[習練]|宣導|講座|防治|課程|專線|活動")
# What lies behind, or is why a child stays at home.
BEHIND = re.compile(
    "請.{0,2}假|[病公事]假|在家休息|(?:不|不能|沒辦法|無法)[去到上](?:學校|上?學|上?課)|住院|出院|回診"
    "|昨天|前天|上週|之前|以前|休み|欠席|nghỉ|izin|leave|absent|by accident"
)
# Not 手機摔壞, 被打擾, 打孩子電話, 奇怪人在學校, 怪我忘了.
DANGERS = re.compile(
    "車禍|被.{0,3}車撞|[昏暈]倒|昏迷|沒有?呼吸|喘不過|氣喘發作|休克|受傷|流血"
    "|(?<!機)(?<!卡)摔[下倒傷]|跌倒|[拿持]刀|失火|火災|報警|救護車|性侵|性騷擾|家暴|保護令"
    "|(?:有人|被).{0,4}跟蹤|怪叔叔|被.{0,4}(?:打(?=$|[了傷得到成頭臉巴,。!])|霸凌|欺負|摸)"
    "|打(?:小孩|孩子)(?!的|電話|手機)|(?:先生|太太|爸爸|媽媽|老公|老婆|有人)打我$"
    "|(?:可疑|(?<!奇)怪|陌生)的?(?:人|男|女).{0,4}(?:在|跟|進|來)"
    "|(?:門口|學校|校門).{0,6}(?:可疑|(?<!奇)怪人|陌生)"
    "|(?:不要|不能|不准|別)讓.{0,6}[接帶]走|地震.*(?:還好|安全|沒事|平安|都好)"
    "|事故|救急車|怪我[をし]"
)
OTHERS = re.compile(
    r"\baccident\b|\bambulance\b|\bcall (?:the )?police\b|\b(?:is|got|was) (?:hurt|injured|hit)\b"
    r"|\btai nạn\b|\bcấp cứu\b|\bbị thương\b|\bkecelakaan\b|\bterluka\b|\bambulans\b"
)
DESPAIR = re.compile(
    "自殺|自殘|自傷|輕生|不想活(?!動)|想死(?![你妳我])|活不下去|割腕|跳樓(?![價拍大])|結束(?:自己的?)?生命|遺書"
    "|想不開|死にたい"
)
DESPAIR_ELSEWHERE = re.compile(
    r"\bsuicid|\bkill (?:my|him|her)self\b|\bwants? to die\b|\bend my life\b"
    r"|\bmuốn chết\b|\btự (?:tử|sát)\b|\bbunuh diri\b|\b(?:ingin|mau) mati\b"
)


def is_in_danger(text: str) -> bool:
    """Tell whether a text speaks of an accident, violence or somebody to be afraid of."""
    return _has(text, DANGERS, OTHERS) and not _has(text, SPOKEN_OF, BEHIND)


def is_desperate(text: str) -> bool:
    """Tell whether a text speaks of somebody who does not want to live, today or before."""
    return _has(text, DESPAIR, DESPAIR_ELSEWHERE) and not _has(text, SPOKEN_OF)


def _has(text: str, *patterns: "re.Pattern[str]") -> bool:
    said = fold(text), unicodedata.normalize("NFKC", text).casefold()
    return any(one.search(word) for one in patterns for word in said)
