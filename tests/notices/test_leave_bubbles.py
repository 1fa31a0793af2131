"""Leaves, make-ups and closures as guardians read them."""

from typing import Any

import pytest

from core.kinds import NoticeKind
from core.notices.bubbles import messages_for
from core.notices.wording import lines
from tests.bot.line_limits import words_of
from tests.notices.test_bubbles import at, facts

CHILD_PAGE = "https://liff.line.me/1650000000-sandbox1/children/1"
LEAVE_PAGE = "https://liff.line.me/1650000000-sandbox1/leaves?child=1"
DIALS = "tel:0223000001"
BUTTONS = [
    (NoticeKind.MAKE_UP_UNDONE, {}, [("撥電話給學校", DIALS)]),
    (NoticeKind.NO_SHOW, {"answers": None}, [("看今天", CHILD_PAGE), ("撥電話給學校", DIALS)]),
    (NoticeKind.NO_SHOW, {"is_teacher": True, "answers": None}, [("撥電話給學校", DIALS)]),
    (NoticeKind.CORRECTION, {}, [("看今天", CHILD_PAGE)]),
    (NoticeKind.CORRECTION, {"is_teacher": True}, [("看今天", CHILD_PAGE)]),
    (NoticeKind.CORRECTION, {"is_excused": True}, [("看請假", LEAVE_PAGE)]),
    (NoticeKind.LEAVE_OTHER, {}, [("看請假", LEAVE_PAGE), ("撥電話給學校", DIALS)]),
    (NoticeKind.LEAVE_SCHOOL, {}, [("看請假", LEAVE_PAGE)]),
    (NoticeKind.LEAVE_CANCELLED, {}, [("看請假", LEAVE_PAGE)]),
    (NoticeKind.LEAVE_TAP, {}, [("取消請假", LEAVE_PAGE), ("請協助確認", "請協助確認 小晴")]),
    (NoticeKind.NO_TAP_OUT, {}, [("看今天", CHILD_PAGE)]),
    (NoticeKind.CLOSURE_ON, {}, []),
    (NoticeKind.CLOSURE_OFF, {}, []),
]
SENTENCES = [
    (
        NoticeKind.ARRIVAL,
        {"is_make_up": True},
        ["小晴", "到校 07:41（補登）", "學校於 08:05 補登：忘帶卡"],
    ),
    (
        NoticeKind.MAKE_UP_UNDONE,
        {},
        [
            "學校更正了 07:41 的補登，目前紀錄：還沒有到校紀錄。",
            "有疑問請聯絡學校：02‑2300‑0001",
        ],
    ),
    (
        NoticeKind.NO_SHOW,
        {"is_teacher": True},
        ["老師 07:41 回報：小晴還沒到校。", "請和學校聯絡：02‑2300‑0001"],
    ),
    (
        NoticeKind.CORRECTION,
        {"is_teacher": True},
        ["老師 08:05 確認小晴在學校，請放心。", "08:20 的「尚無刷卡紀錄」請不用理會。"],
    ),
    (
        NoticeKind.CORRECTION,
        {"is_excused": True, "at": None},
        ["小晴今天已登記請假。", "08:20 的「尚無刷卡紀錄」請不用理會。"],
    ),
    (
        NoticeKind.LEAVE_OTHER,
        {},
        [
            "另一位家長替小晴請假：11/20（五）全天。",
            "若您不知情，請聯絡學校：02‑2300‑0001",
        ],
    ),
    (
        NoticeKind.LEAVE_SCHOOL,
        {"part": "–11/24（二）"},
        [
            "學校替小晴登記請假：11/20（五）–11/24（二）。",
            "有疑問請聯絡學校：02‑2300‑0001",
        ],
    ),
    (
        NoticeKind.LEAVE_CANCELLED,
        {"who": "學校"},
        ["學校取消了小晴 11/20（五）的請假，當天照常通知。"],
    ),
    (
        NoticeKind.LEAVE_TAP,
        {},
        [
            "小晴今天已請假，但 07:41 有到校刷卡，兩筆紀錄都保留。",
            "如果孩子有到校，請按「取消請假」。",
        ],
    ),
    (
        NoticeKind.NO_TAP_OUT,
        {"at": at(17, 0), "child": "Anna"},
        [
            "截至 17:00，還沒有 Anna 的離校刷卡紀錄。",
            "可能還在學校，也可能忘了刷卡。請和孩子或安親班確認。",
        ],
    ),
    (
        NoticeKind.CLOSURE_ON,
        {"part": "下午"},
        [
            "11/20（五）下午停課，停課期間不發到校和尚無刷卡紀錄通知；孩子如果已到校，離校仍會通知。",
            "依據：臺北市政府（11/20 20:05 公布）",
        ],
    ),
    (
        NoticeKind.CLOSURE_OFF,
        {},
        [
            "先前的停課通知已撤回，11/20（五）照常上課，通知照常發送。",
            "依據：臺北市政府（11/20 20:05 公布）",
        ],
    ),
]


def buttons_of(part: Any) -> list[tuple[str, str]]:
    """Return label and address, or what it types, of every button, in the order of reading."""
    if isinstance(part, list):
        return [found for one in part for found in buttons_of(one)]
    if not isinstance(part, dict):
        return []
    act = part.get("action")
    own = [(act["label"], act.get("uri") or act["text"])] if act else []
    return own + [found for value in part.values() for found in buttons_of(value)]


@pytest.mark.parametrize(("kind", "changed", "expected"), BUTTONS)
def test_buttons_open_the_page_they_name(
    kind: NoticeKind, changed: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    bubble = messages_for(kind, facts(**changed))[0]["contents"]

    assert buttons_of(bubble["body"]) == expected


@pytest.mark.parametrize(("kind", "changed", "expected"), SENTENCES)
def test_sentences_are_those_of_the_wording_book(
    kind: NoticeKind, changed: dict[str, Any], expected: list[str]
) -> None:
    assert lines(kind, facts(**changed)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (NoticeKind.ARRIVAL, {"● 到校（補登）", "07:41", "到校 07:41", "還沒離校"}),
        (NoticeKind.DEPARTURE, {"■ 離校（補登）", "07:41", "離校 07:41", "未刷卡"}),
    ],
)
def test_make_up_looks_like_the_gates_own_news_and_says_who_entered_it(
    kind: NoticeKind, expected: set[str]
) -> None:
    words = set(words_of(messages_for(kind, facts(is_make_up=True))))

    assert words >= expected | {"學校於 08:05 補登：忘帶卡"}


@pytest.mark.parametrize("kind", [NoticeKind.REVIEW, NoticeKind.THREE_DAYS])
def test_what_is_for_staff_is_never_said_to_guardians(kind: NoticeKind) -> None:
    with pytest.raises(KeyError):
        messages_for(kind, facts())
