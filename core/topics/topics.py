"""The topics of the list, as data: what they tell, whose they are, and who delivers them.

Only what this service sends itself can be subscribed to here. Of anything else the list says where
it is to be had: a button that sends nothing would be worse than none.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.languages.speech import N_


class Source(StrEnum):
    """How somebody comes to a topic's messages."""

    # By binding a child and ticking boxes.
    BINDING = "binding"
    # With a binding, unless the guardian says no.
    CHOICE = "choice"
    # From somebody else: `where` says how.
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic; `key` is its address and its name in the table, and never changes."""

    key: str
    name: str
    tells: str
    whose: str
    source: Source
    where: str = ""


ARRIVALS = Topic(
    "arrivals",
    N_("到離校訊息通知"),
    N_("孩子刷卡到校、離校，或到了截止時間還沒有刷卡紀錄時通知。"),
    N_("臺北市政府教育局、孩子的學校"),
    Source.BINDING,
)
CLOSURES = Topic(
    "closures",
    N_("停課和照常上課通知"),
    N_("孩子的學校停課，或停課取消、照常上課時通知。"),
    N_("臺北市政府教育局、孩子的學校"),
    Source.CHOICE,
)
TOPICS = (
    ARRIVALS,
    CLOSURES,
    Topic(
        "city-news",
        N_("其他市政訊息"),
        N_("本服務以外的市政主題。"),
        N_("臺北市政府"),
        Source.ELSEWHERE,
        N_("在 LINE 搜尋 @taipei 加入好友，從選單打開「訂閱市政訊息」。"),
    ),
    Topic(
        "typhoon-days",
        N_("颱風等停班停課"),
        N_("全市停止上班、上課的公告，前一天晚上或當天清晨公布。"),
        N_("臺北市政府、行政院人事行政總處"),
        Source.ELSEWHERE,
        N_("請看行政院人事行政總處網站的停班停課公告。"),
    ),
    Topic(
        "cooc-app",
        N_("酷課 APP 推播"),
        N_("用酷課 APP 收到離校推播，不收費。"),
        N_("臺北市政府教育局"),
        Source.ELSEWHERE,
        N_("在酷課 APP 完成親子綁定，再打開 APP 的推播。"),
    ),
)


def find_topic(key: str) -> Topic | None:
    """Return the topic of a key, or None when there is none."""
    return next((one for one in TOPICS if one.key == key), None)
