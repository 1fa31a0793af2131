"""What staff and guardians read of the month's quota."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlmodel import Session

from core.house import House
from core.kinds import NoticeKind
from core.notices.staff_notices import tell_quota_cut, tell_quota_warning
from core.notices.wording import on_demand_line
from tests.bot.line_limits import assert_line_takes, words_of
from tests.notices.staff_cast import NOW, tell, told

UNTIL = date(2026, 11, 30)
ASK = "請轉告家長輸入「今天」查詢。提高額度後，會自動恢復通知。"

pytestmark = pytest.mark.usefixtures("staff_people")


def warn(session: Session, days: int | None) -> int:
    return tell_quota_warning(session, percent=80, days=days, about="11/80", now=NOW)


def cut(session: Session, with_arrivals: bool) -> int:
    facts = {"percent": 42, "until": UNTIL, "about": "11", "now": NOW}
    return tell_quota_cut(session, with_arrivals=with_arrivals, **facts)  # type: ignore[arg-type]


SAID: list[tuple[Callable[[Session], int], list[str]]] = [
    (
        lambda s: warn(s, 6),
        [
            "LINE 發送額度",
            "本月 LINE 已用 80%，約剩 6 天。",
            "到保留量後，到校、離校改為查詢才回覆。",
        ],
    ),
    (
        lambda s: warn(s, None),
        ["LINE 發送額度", "本月 LINE 已用 80%。", "到保留量後，到校、離校改為查詢才回覆。"],
    ),
    (
        lambda s: cut(s, False),
        [
            "離校改為查詢才回覆",
            "本月 LINE 已用 42%，照目前用量不夠到月底。",
            "到 11/30（一）為止，離校改為查詢才回覆，到校照常通知。",
            ASK,
        ],
    ),
    (
        lambda s: cut(s, True),
        [
            "到校、離校改為查詢才回覆",
            "本月 LINE 已用 42%，剩下的保留給「尚無刷卡紀錄」和更正。",
            "到 11/30（一）為止，到校、離校改為查詢才回覆。",
            ASK,
        ],
    ),
]


@pytest.mark.parametrize(("telling", "expected"), SAID)
def test_words_to_staff(
    house: House, telling: Callable[[Session], int], expected: list[str]
) -> None:
    tell(house, lambda session, _: telling(session))
    messages = told(house)[0][1]
    assert_line_takes(messages)
    assert words_of(messages)[: len(expected)] == expected
    assert len(messages[0]["altText"]) <= 30


def test_told_again_is_not_told(house: House) -> None:
    assert tell(house, lambda session, _: cut(session, True)) > 0
    assert tell(house, lambda session, _: cut(session, True)) == 0
    assert tell(house, lambda session, _: cut(session, False)) > 0


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (set(), ""),
        (
            {NoticeKind.DEPARTURE},
            "本月 LINE 發送額度不夠用到月底。到 11/30（一）為止，離校時間改為查詢："
            "輸入「今天」，立即回覆。到校和「尚無刷卡紀錄」仍會主動通知。",
        ),
        (
            {NoticeKind.DEPARTURE, NoticeKind.ARRIVAL},
            "本月 LINE 發送額度快用完了。到 11/30（一）為止，輸入「今天」，"
            "立即回覆到校和離校時間。「尚無刷卡紀錄」仍會主動通知。",
        ),
    ],
)
def test_words_to_guardians(kinds: set[NoticeKind], expected: str) -> None:
    assert on_demand_line(kinds, UNTIL) == expected
