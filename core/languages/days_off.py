"""Why there are no lessons, in the language spoken."""

from core.languages.language import SOURCE
from core.languages.speech import N_, spoken, translate

# Source: the office calendar, as the library `holidays` names its days; breaks and closures are
# the calendar room's own words.
DAYS_OFF = (
    N_("中華民國開國紀念日"),
    N_("農曆除夕"),
    N_("春節"),
    N_("和平紀念日"),
    N_("兒童節"),
    N_("民族掃墓節"),
    N_("勞動節"),
    N_("端午節"),
    N_("孔子誕辰紀念日"),
    N_("中秋節"),
    N_("國慶日"),
    N_("臺灣光復暨金門古寧頭大捷紀念日"),
    N_("行憲紀念日"),
    N_("寒假"),
    N_("暑假"),
    N_("停課"),
    N_("上午停課"),
    N_("下午停課"),
)
OBSERVED = "（補假）"


def reason_words(reason: str) -> str:
    """Return a calendar's reason. "" for what a school wrote itself, where it can't be read."""
    if spoken() is SOURCE:
        return reason
    known = reason.removesuffix(OBSERVED)
    return translate(known) if known in DAYS_OFF else ""
