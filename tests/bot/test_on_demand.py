"""What the chat says while arrivals or departures wait to be asked for."""

from datetime import timedelta

import pytest

from core.delivery.quota import Step
from core.house import House
from core.people.tables import Student
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_text
from tests.delivery.shortage import run_short
from tests.factories import HUA

DEPARTURES = "離校時間改為查詢：輸入「今天」，立即回覆。"
ARRIVALS = "輸入「今天」，立即回覆到校和離校時間。「尚無刷卡紀錄」仍會主動通知。"


@pytest.mark.parametrize(
    ("step", "words"),
    [(Step.DEPARTURES_ON_DEMAND, DEPARTURES), (Step.ARRIVALS_ON_DEMAND, ARRIVALS)],
)
def test_today_says_so_below_the_record(
    house: House, ming: Student, step: Step, words: str
) -> None:
    run_short(house, step)

    record, note = hear(house, make_text("今天")).messages

    assert record["type"] == "flex"
    assert "quickReply" not in record
    assert words in note["text"]
    assert "到 11/30（一）為止" in note["text"]
    assert note["quickReply"]


@pytest.mark.parametrize("step", [Step.NORMAL, Step.NO_TESTS])
def test_today_says_nothing_while_both_are_sent(house: House, ming: Student, step: Step) -> None:
    run_short(house, step)

    (record,) = hear(house, make_text("今天")).messages

    assert record["quickReply"]


def test_next_reply_says_so_once(house: House, ming: Student) -> None:
    run_short(house, Step.DEPARTURES_ON_DEMAND)

    answer, note = hear(house, make_text("說明")).messages
    assert DEPARTURES in note["text"]
    assert "quickReply" in note
    assert "quickReply" not in answer
    assert all(DEPARTURES not in words for words in say(house, "說明"))


def test_each_step_is_told_anew(house: House, ming: Student) -> None:
    run_short(house, Step.DEPARTURES_ON_DEMAND)
    say(house, "說明")
    house.clock.move_to(house.clock.now() + timedelta(days=1))
    run_short(house, Step.ARRIVALS_ON_DEMAND)

    assert ARRIVALS in say(house, "說明")[-1]


def test_who_asked_for_today_was_told(house: House, ming: Student) -> None:
    run_short(house, Step.ARRIVALS_ON_DEMAND)

    _, note = hear(house, make_text("今天")).messages

    assert note["text"].count(ARRIVALS) == 1
    assert all(ARRIVALS not in words for words in say(house, "說明"))


@pytest.mark.parametrize("step", [Step.NORMAL, Step.NO_TESTS])
def test_nothing_is_told_while_both_are_sent(house: House, ming: Student, step: Step) -> None:
    run_short(house, step)
    assert len(hear(house, make_text("說明")).messages) == 1


def test_what_matters_stands_alone(house: House, ming: Student) -> None:
    run_short(house, Step.ARRIVALS_ON_DEMAND)

    assert all(ARRIVALS not in words for words in say(house, "孩子不見了"))
    assert ARRIVALS in say(house, "說明")[-1]


def test_stranger_is_told_nothing_of_it(house: House, ming: Student) -> None:
    run_short(house, Step.ARRIVALS_ON_DEMAND)
    assert all(ARRIVALS not in words for words in say(house, "說明", user=HUA))


def test_why_nothing_came_names_the_quota(house: House, ming: Student) -> None:
    assert "本月離校改為查詢才回覆" not in say(house, "為什麼沒收到")
    run_short(house, Step.DEPARTURES_ON_DEMAND)

    said = say(house, "為什麼沒收到")

    assert "本月離校改為查詢才回覆" in said
    assert "本月離校改為輸入「今天」查詢，到 11/30（一）。" in said
