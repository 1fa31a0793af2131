"""The five questions and the five answers."""

from enum import StrEnum

from core.languages.speech import N_


class Aspect(StrEnum):
    """What is asked about; the value names the column."""

    SPEED = "speed"
    CLARITY = "clarity"
    SETUP = "setup"
    GUIDANCE = "guidance"
    OVERALL = "overall"


QUESTIONS = {
    Aspect.SPEED: N_("您滿意通知的速度嗎？"),
    Aspect.CLARITY: N_("您滿意通知的內容嗎？"),
    Aspect.SETUP: N_("您滿意綁定孩子和勾選通知的方式嗎？"),
    Aspect.GUIDANCE: N_("遇到問題時，您滿意得到的說明嗎？"),
    Aspect.OVERALL: N_("整體來說，您滿意到離校通知嗎？"),
}
# Best first, as they are shown.
ANSWERS = {
    5: N_("非常滿意"),
    4: N_("滿意"),
    3: N_("普通"),
    2: N_("不滿意"),
    1: N_("非常不滿意"),
}
