"""請轉告老師, 今天改由阿姨來接: what is written for the school, where nobody sees it. Pure."""

import re

from bot.sentences import fold

RELAYS = re.compile(
    "老師|導師|教官|警衛|轉告|轉達|告訴|傳話|提醒(?:他|她|孩子|小孩|小朋友|.{1,4}(?:吃|帶|穿))"
    "|跟.{1,6}說|[叫請](?:他|她|孩子|小孩|小朋友).{1,}|吃藥|便當|[來去給由換]?接(?:他|她|孩子|小孩|送)"
    "|(?:阿嬤|阿公|阿姨|爸爸|媽媽|安親班|奶奶|爺爺|外婆|外公).{0,3}接|[來去]接"
)


def is_for_school(text: str) -> bool:
    """Tell whether a text is written as if somebody at the school read it."""
    return RELAYS.search(fold(text)) is not None
