"""小明不見了: whether somebody may be looking for a child right now. Pure."""

import re
import unicodedata
from collections.abc import Sequence

from bot.of_child import KIN, SHORTEST_NAME
from bot.sentences import fold

# Whatever else is said.
CRIES = re.compile(
    "救命|失[蹤踪]|走失|走丟|[綁绑]架|誘拐|拐走|離家出走|翹家|行方不明|迷子"
    "|kidnap|mất tích|bị lạc|bắt cóc|diculik"
)
# A card may be lost as well, so these are said of a child: by its name, or by what it is.
CHILDREN = ("學生", "子ども", "子供", "娘", "息子")
LOST = (
    "(?:真的|還是|好像|又|也|都|人|突然|現在|今天)*"
    "(?:不見|找不到|[聯連][絡繫]不[到上]|被[^,。]{0,8}[帶抓]走|がいない|がいません|がいなくな|が見つか"
    "|が帰ってこ|が帰ってきませ)"
)
# Of what the child looks for: 小明找不到學生證.
MISLAID = "(?!(?:[他她]的|自己的)?(?:學生|悠遊|數位)*[卡證書手])"
SEARCHED = "(?:找不到|[聯連][絡繫]不[到上])(?:我們家|我家|我)?的?"
# 安親班說沒接到小明, 在校門口等不到人; not 沒看到小明的通知, 頁面沒看到小明.
MISSED = (
    "^(?!.*(?:頁|選單|設定|畫面|網|名單)).*(?:沒有?接到|等不到|沒有?看到)"
    "(?:我們家|我家|我)?的?(?:{child}|人)(?![的接回來刷到離])(?!.{0,6}(?:通知|紀錄|訊息|資料))"
    "|人不見"
)
TAKEN = (
    "[帶抓搶]走(?:我們家|我家|我)?的?{child}(?!的|[卡證書手])|搶(?:小孩|孩子)(?!的)"
    "|把(?:我們家|我家|我)?的?{child}.{0,3}[帶抓搶]走"
)
# Not home yet is asked every day; with one of these it is a worry.
NOT_HOME = "(?:還沒有?|都沒有?|沒有?|未)(?:回到?家|回來|到家)"
ALARM = "擔心|著急|好急|害怕|怎麼辦|不接|沒接|沒有接|打不通|關機|[聯連][絡繫]不"
# 老師說小明沒到，可是我有送他到校門口. Not to a doctor: 送急診 says why a child is not there;
# nor 補登 小明 07:50 我有送他到校, which tells of a make-up.
SENT = (
    "^(?!補登|請假).*(?<![傳發寄會要再])(?<!晚點)送(?:我們家|我家|我)?的?(?:[他她去到進]|{child})"
    "(?!去?(?:看?醫|急診))"
)
NOT_THERE = "(?:沒有?到|沒有?進|不在學校)(?!校?的?(?:通知|訊息))"
LEFT_HOME = "^(?!補登|請假).*出門(?!忘)"
NOT_AFTER_SCHOOL = "安親班.{0,3}說.{0,6}沒有?(?:去|到|來|接到|看到)(?!.{0,3}(?:通知|紀錄))"
TOGETHER = ((NOT_HOME, ALARM), (SENT, NOT_THERE), (LEFT_HOME, NOT_THERE))
# Of a thing of the child's: 找不到小明的卡片.
OWNED = "(?!的|[卡證書手])"
OTHERS = re.compile(
    r"\b(?:child|son|daughter|kid)(?: is|'s) (?:missing|lost)\b"
    r"|\b(?:child|son|daughter|kid)(?: has)? (?:gone|went) missing\b"
    r"|\b(?:can't|cannot) find (?:my|our) (?:child|son|daughter|kid)\b(?!')"
    r"|\bkhông (?:tìm )?thấy (?:con|cháu)\b"
    r"|(?<!kartu )\banak (?:saya |kami )?hilang\b"
    r"|\b(?:child|son|daughter|kid) (?:has not|hasn't|didn't|did not) come (?:back )?home\b"
    r"|\bbelum pulang\b.*\b(?:khawatir|cemas|takut)\b"
)


def is_worried(text: str, names: Sequence[Sequence[str]]) -> bool:
    """Tell whether a text cries for help; `names` are what the own children are called."""
    word = fold(text)
    own = [fold(name) for one in names for name in one if len(name) >= SHORTEST_NAME]
    child = f"(?:{'|'.join(re.escape(one) for one in (*own, *KIN, *CHILDREN))})"
    missed = f"{MISSED}|{TAKEN}|{NOT_AFTER_SCHOOL}".replace("{child}", child)
    if re.search(f"{child}{LOST}{MISLAID}|{SEARCHED}{child}{OWNED}|{missed}", word):
        return True
    together = [[one.replace("{child}", child) for one in both] for both in TOGETHER]
    if any(all(re.search(one, word) for one in both) for both in together):
        return True
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return bool(CRIES.search(plain) or CRIES.search(word) or OTHERS.search(plain))
