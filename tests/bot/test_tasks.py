"""補登申請 and 請假 step by step, with pushes, other questions and half an hour in between."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot.answer import Answer
from bot.commands import Command
from bot.make_up_words import MakeUpWords, read_make_up
from bot.tables import Conversation
from core.attendance.tables import AttendanceDay, Leave, LeaveReason
from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.gate.tables import MakeUpRequest
from core.house import House
from core.kinds import Direction, MakeUpReason
from core.notices.links import end_link
from core.people.bindings import unbind_child
from core.people.guardians import find_guardian
from core.people.tables import Binding, Student
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback, make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import labels, press, tell
from tests.conftest import MONDAY_MORNING
from tests.factories import MEI, make_binding, make_student

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=TAIPEI)
LINES = [
    ("補登 小明 07:50 忘帶卡", "07:50", None, MakeUpReason.FORGOTTEN),
    ("補登申請 到校 7點50分 卡片不見", "07:50", Direction.IN, MakeUpReason.LOST),
    ("補登 離校 16點半 刷卡機沒反應", "16:30", Direction.OUT, MakeUpReason.READER),
    ("補登 0750 卡壞了", "07:50", None, MakeUpReason.FAULTY),
    ("補登 下午4點半離校 忘帶卡", "16:30", Direction.OUT, MakeUpReason.FORGOTTEN),
    ("補登 離校 下午 4:30 忘帶卡", "16:30", Direction.OUT, MakeUpReason.FORGOTTEN),
    ("補登 離校 晚上6點 忘帶卡", "18:00", Direction.OUT, MakeUpReason.FORGOTTEN),
    ("補登 離校 下午16:30 忘帶卡", "16:30", Direction.OUT, MakeUpReason.FORGOTTEN),
    ("補登 離校 下午12點半 忘帶卡", "12:30", Direction.OUT, MakeUpReason.FORGOTTEN),
    ("補登 離校 中午1點 忘帶卡", "13:00", Direction.OUT, MakeUpReason.FORGOTTEN),
    ("補登 早上7點50 忘帶卡", "07:50", None, MakeUpReason.FORGOTTEN),
    ("忘記刷卡", None, None, MakeUpReason.FORGOTTEN),
    ("補登", None, None, None),
]


@pytest.mark.parametrize(("text", "clock", "direction", "reason"), LINES)
def test_what_a_line_says_of_a_make_up(
    text: str, clock: str | None, direction: Direction | None, reason: MakeUpReason | None
) -> None:
    found = read_make_up(text, [("小明", "王小明")], school_day_of(NOON))

    assert found == MakeUpWords(
        child=0,
        day=None,
        clock=time.fromisoformat(clock) if clock else None,
        direction=direction,
        reason=reason,
        is_unclear=False,
    )


@pytest.fixture
def noon(house: House, ming: Student) -> Student:
    house.clock.move_to(NOON)
    return ming


def typed(answer: Answer, label: str) -> str:
    """Return what a quick reply types."""
    items = answer.messages[-1]["quickReply"]["items"]
    return str(next(one["action"]["text"] for one in items if one["action"]["label"] == label))


def chat(house: House, *texts: str) -> Answer:
    """Type these one after the other; return the last answer."""
    answer = Answer()
    for text in texts:
        answer = tell(house, text, MEI)
    return answer


def typed_acts(answer: Answer) -> list[str]:
    items = answer.messages[-1].get("quickReply", {}).get("items", [])
    return [one["action"].get("text", "") for one in items]


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def leaves(house: House) -> list[Leave]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(Leave)))


def requests(house: House) -> list[MakeUpRequest]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(MakeUpRequest)))


def begun(house: House) -> list[Conversation]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(Conversation)))


def test_a_make_up_is_asked_for_by_buttons(house: House, noon: Student) -> None:
    way = chat(house, "補登申請")
    assert said(way) == ["替小明申請補登，到校還是離校？"]
    when = chat(house, typed(way, "到校"))
    assert said(when)[0] == "小明幾點通過校門？"
    picker = when.messages[0]["quickReply"]["items"][0]["action"]
    assert (picker["mode"], picker["max"]) == ("datetime", "2026-11-23T12:00")
    event = make_postback(picker["data"], at=NOON)
    event["postback"]["params"] = {"datetime": "2026-11-23T07:50"}
    why = hear(house, event)
    assert said(why) == ["為什麼沒有刷卡紀錄？"]
    asked = chat(house, typed(why, "忘帶卡"))
    assert said(asked)[0] == "替小明申請補登：11/23（一）到校 07:50，忘帶卡。要送出嗎？"

    done = press(house, asked, "送出", MEI)

    assert said(done)[0] == "已送給導師。老師確認後會出現在紀錄上，並註明「補登」。"
    [row] = requests(house)
    assert (row.direction, row.reason) == ("in", "forgotten")
    assert begun(house) == []


def test_a_make_up_in_one_line(house: House, noon: Student) -> None:
    asked = chat(house, "補登 小明 到校 07:50 忘帶卡")

    assert labels(asked) == ["返回", "送出"]


def test_every_question_takes_plain_words(house: House, noon: Student) -> None:
    asked = chat(house, "補登", "到校", "7:50", "忘了帶")

    assert said(asked)[0] == "替小明申請補登：11/23（一）到校 07:50，忘帶卡。要送出嗎？"
    chat(house, "送出")
    assert len(requests(house)) == 1


REFUSED = [
    ("補登 到校 13:00 忘帶卡", "還沒到這個時間。"),
    ("補登 到校 11/1 07:50 忘帶卡", "只能申請最近"),
    ("補登 到校 11/22 07:50 忘帶卡", "這一天不上課，不用補登。"),
]


@pytest.mark.parametrize(("line", "expected"), REFUSED)
def test_what_cannot_be_asked_for_says_why(
    house: House, noon: Student, line: str, expected: str
) -> None:
    assert said(chat(house, line))[0].startswith(expected)
    assert requests(house) == []


def test_a_record_that_is_there_is_shown(house: House, noon: Student) -> None:
    with transaction(house.engine) as session:
        at = NOON.replace(hour=7, minute=41)
        session.add(AttendanceDay(student_id=noon.id, school_day=NOON.date(), arrived_at=at))

    assert said(chat(house, "補登 到校 07:50 忘帶卡")) == ["這個時間已有紀錄：到校 07:41・還沒離校"]


def test_a_second_request_for_the_same_is_named(house: House, noon: Student) -> None:
    first = chat(house, "補登 到校 07:50 忘帶卡")
    press(house, first, "送出", MEI)

    assert "這一天已經有一筆在等老師確認。" in said(press(house, first, "送出", MEI))
    assert len(requests(house)) == 1


def test_a_leave_takes_its_day_and_reason_as_plain_words(house: House, ming: Student) -> None:
    asked = chat(house, "請假", "後天", "發燒")

    assert said(asked)[0] == "替小明請假：11/25（三）全天，病假。要送出嗎？"
    chat(house, "好")
    [leave] = leaves(house)
    assert leave.reason == LeaveReason.SICK
    assert begun(house) == []


@pytest.mark.parametrize("texts", [("請假",), ("請假 小明 明天",), ("補登申請",), ("請假", "公告")])
@pytest.mark.parametrize("tile", ["今天", "今日", "今天到了嗎", "today"])
def test_the_tile_of_today_shows_today_whatever_is_open(
    house: House, ming: Student, texts: tuple[str, ...], tile: str
) -> None:
    answer = chat(house, *texts, tile)

    assert "小明：還沒刷卡（截止 08:30）" in [one.get("altText") for one in answer.messages]
    assert begun(house), "繼續 goes on"


def test_the_chip_of_today_names_the_leave_it_answers(house: House, ming: Student) -> None:
    asked = chat(house, "請假")

    assert typed(asked, "今天") == "請假 小明 今天"
    right = chat(house, typed(asked, "今天"))
    assert said(right)[0] == "替小明請假：11/23（一）全天。要送出嗎？"


def test_today_with_more_than_the_day_still_answers(house: House, ming: Student) -> None:
    right = chat(house, "請假", "今天下午")

    assert said(right)[0] == "替小明請假：11/23（一）下午。要送出嗎？"


def test_unlinking_ends_what_was_begun(house: House, ming: Student) -> None:
    asked = chat(house, "請假 明天", "解除連結")

    press(house, asked, "解除連結", MEI)

    assert begun(house) == []
    assert "還沒送出" not in str(said(chat(house, "今天")))


def test_who_has_no_child_left_is_offered_no_leave(house: House, ming: Student) -> None:
    chat(house, "請假 明天")
    with transaction(house.engine) as session:
        end_link(session, MEI, house.clock.now())

    assert "還沒送出" not in str(said(chat(house, "今天")))


@pytest.mark.parametrize("text", ["確定嗎", "可以嗎？", "好嗎", "是嗎", "送出嗎"])
def test_a_question_sends_nothing(house: House, ming: Student, text: str) -> None:
    chat(house, "請假 小明 明天", text)

    assert leaves(house) == []


def test_a_later_word_changes_the_day(house: House, ming: Student) -> None:
    assert said(chat(house, "請假 明天", "11/26"))[0].startswith("替小明請假：11/26（四）全天")


def test_another_question_in_between_brings_the_leave_back(house: House, ming: Student) -> None:
    answer = chat(house, "請假", "本週")

    assert said(answer)[-1] == "剛才的請假還沒送出，要繼續嗎？"
    again = chat(house, typed(answer, "繼續"))
    assert said(again)[0] == "替小明請假，哪一天？"
    assert leaves(house) == []


def test_words_not_understood_offer_the_leave_again(house: House, ming: Student) -> None:
    answer = chat(house, "請假", "嘿")

    assert said(answer)[-1] == "剛才的請假還沒送出，要繼續嗎？"


def test_an_unfinished_leave_is_offered_once_each_time_it_is_left(
    house: House, ming: Student
) -> None:
    offer = "剛才的請假還沒送出，要繼續嗎？"

    assert said(chat(house, "請假", "本週"))[-1] == offer
    for text in ("設定", "客服", "公告", "嘿", "卡片不見了？忘了帶卡？"):
        assert offer not in said(chat(house, text)), text
    assert said(chat(house, "繼續"))[0] == "替小明請假，哪一天？"
    assert said(chat(house, "公告"))[-1] == offer


def test_thanks_for_what_was_not_sent_hears_so(house: House, ming: Student) -> None:
    answer = chat(house, "請假 小明 明天", "謝謝老師")

    assert said(answer) == ["不客氣。", "剛才的請假還沒送出，要繼續嗎？"]
    assert leaves(house) == []


@pytest.mark.parametrize("text", ["好的謝謝", "好，謝謝老師", "確定，謝謝！", "ok 謝謝"])
def test_a_yes_with_thanks_is_a_yes(house: House, ming: Student, text: str) -> None:
    chat(house, "請假 小明 明天", text)

    assert len(leaves(house)) == 1


def test_much_obliged_is_no_yes(house: House, ming: Student) -> None:
    chat(house, "請假 小明 明天", "好感謝老師")

    assert leaves(house) == []


@pytest.mark.parametrize("text", ["好的謝謝", "好"])
def test_a_yes_to_going_on_sends_nothing_yet(house: House, ming: Student, text: str) -> None:
    asked = chat(house, "請假 小明 明天", "公告", text)

    assert said(asked)[0] == "替小明請假：11/24（二）全天。要送出嗎？"
    assert leaves(house) == []
    chat(house, text)
    assert len(leaves(house)) == 1


@pytest.mark.parametrize("text", ["解除連結", "訂閱 未到校", "退訂 未到校", "請協助確認"])
def test_questions_are_not_followed_by_another(house: House, ming: Student, text: str) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))

    assert "還沒送出" not in str(said(chat(house, "請假 小明 明天", text)))


def test_the_offer_keeps_the_quick_replies_of_the_answer(house: House, ming: Student) -> None:
    own = [one["action"] for one in chat(house, "語言").messages[-1]["quickReply"]["items"]]

    answer = chat(house, "請假 明天", "語言")

    items = [one["action"] for one in answer.messages[-1]["quickReply"]["items"]]
    assert [one["label"] for one in items[:2]] == ["繼續", "不用了"]
    assert items[2:] == own
    assert len(items) <= 13


@pytest.mark.parametrize("text", ["明天要上課嗎", "明天要上課？", "到校了嗎？", "怎麼註銷簡訊"])
def test_a_question_of_its_own_leaves_the_make_up(house: House, noon: Student, text: str) -> None:
    answer = chat(house, "補登申請", text)

    assert "幾點通過校門" not in str(said(answer))
    assert typed_acts(answer)[:2] == ["繼續", "不用了"] or "嗎？" in said(answer)[-1]


@pytest.mark.parametrize("text", ["明天？", "小明明天可以嗎", "07:50嗎"])
def test_an_answer_with_a_question_mark_stays_an_answer(
    house: House, noon: Student, text: str
) -> None:
    answer = chat(house, "請假" if "明天" in text else "補登 到校", text)

    assert said(answer)[0].startswith(("替小明請假：11/24", "為什麼沒有刷卡紀錄"))


def test_weekday_of_a_make_up_is_the_last_one(house: House, ming: Student) -> None:
    asked = chat(house, "補登 小明 星期五 到校 07:50 忘帶卡")
    assert said(asked)[0] == "替小明申請補登：11/20（五）到校 07:50，忘帶卡。要送出嗎？"


@pytest.mark.parametrize("texts", [("補登 明天",), ("補登 到校", "明天 07:50"), ("補登", "後天")])
def test_a_make_up_of_a_day_to_come_is_refused_at_once(
    house: House, noon: Student, texts: tuple[str, ...]
) -> None:
    told = "還沒到這個時間。補登只用在已經過的時間；之後不到校，請輸入「請假」。"
    assert said(chat(house, *texts)) == [told]
    assert begun(house) == []


def test_放棄_ends_it_and_sends_nothing(house: House, ming: Student) -> None:
    assert said(chat(house, "請假 明天", "放棄")) == ["請假已放棄，沒有送出任何內容。"]
    assert begun(house) == []
    assert said(chat(house, "繼續")) == ["目前沒有填到一半的內容。"]


def test_返回_ends_it_too(house: House, ming: Student) -> None:
    press(house, chat(house, "請假 明天"), "返回", MEI)

    assert said(chat(house, "本週"))[-1] != "剛才的請假還沒送出，要繼續嗎？"


def test_after_half_an_hour_it_is_over_and_said_so_once(house: House, ming: Student) -> None:
    chat(house, "請假 明天")
    house.clock.move_to(MONDAY_MORNING + timedelta(minutes=31))

    assert said(chat(house, "今天"))[0] == "請假已放棄，沒有送出任何內容。"
    assert said(chat(house, "今天"))[0] != "請假已放棄，沒有送出任何內容。"


def test_a_day_later_nobody_is_reminded(house: House, ming: Student) -> None:
    chat(house, "請假 明天")
    house.clock.move_to(MONDAY_MORNING + timedelta(days=2))

    assert "已放棄" not in str(said(chat(house, "今天")))


def test_of_several_children_the_name_alone_is_enough(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))

    asked = chat(house, "請假 明天 病假", "小華")

    assert said(asked)[0] == "替小華請假：11/24（二）全天，病假。要送出嗎？"


TYPED = [
    "請假",
    "取消請假",
    "補登",
    "退訂",
    "訂閱",
    "今天",
    "明天",
    "昨天",
    "到校",
    "離校",
    "未到校",
    "07:50",
    "25:99",
    "11/24",
    "2/30",
    "小明",
    "小華",
    "病假",
    "忘帶卡",
    "送出",
    "繼續",
    "放棄",
    "全部",
    "簡訊",
    "/",
    "？",
    "99999999",
    "–",
]
WORDS = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(TYPED), max_size=5).map(" ".join))


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(texts=st.lists(WORDS, min_size=1, max_size=4))
def test_whatever_is_typed_in_a_dialogue_gets_an_answer(
    house: House, noon: Student, texts: list[str]
) -> None:
    for text in texts:
        if text.strip():
            assert chat(house, text).messages


DETAILS = st.one_of(
    st.just(""),
    st.text(max_size=12),
    st.sampled_from(["/", "//", "a/b", f"{'0' * 32}/2026-11-23", f"{'0' * 32}/in/", "2026-13-45"]),
)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    action=st.sampled_from(list(Action)),
    detail=DETAILS,
    picked=st.one_of(st.text(max_size=20), st.just("2026-02-30"), st.just("2026-11-23T99:99")),
)
def test_whatever_a_genuine_button_says_gets_an_answer(
    house: House, ming: Student, action: Action, detail: str, picked: str
) -> None:
    data = PostbackCodec(house.settings).seal(Press(action, detail), MEI, MONDAY_MORNING)
    event: dict[str, Any] = make_postback(data)
    event["postback"]["params"] = {"datetime": picked}

    assert hear(house, event).messages


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.text(max_size=300))
def test_whatever_a_forged_button_says_is_refused(house: House, ming: Student, data: str) -> None:
    assert said(hear(house, make_postback(data))) == ["這個按鈕不能在這裡使用。"]


@pytest.mark.parametrize("command", Command)
def test_every_command_is_answered_in_every_standing(
    house: House, ming: Student, command: Command
) -> None:
    for user in (MEI, "U" + "b" * 32):
        for text in (command.value, f"/{command.value}　"):
            answer = hear(house, make_text(text, user=user), longest_alt=60)
            assert answer.messages or answer.asks_link_token


@pytest.mark.parametrize("word", ["送出", "好"])
def test_a_word_handed_out_twice_says_again_what_it_sent(
    house: House, ming: Student, word: str
) -> None:
    chat(house, "請假 小明 明天")
    event = make_text(word)

    first, second = hear(house, event), hear(house, event, is_retry=True)

    assert said(second)[0] == said(first)[0] == "已登記小明請假：11/24（二）全天。"
    assert len(leaves(house)) == 1
    assert said(chat(house, word))[0] != said(first)[0]


def test_a_make_up_sent_by_a_word_handed_out_twice_is_said_to_be_sent(
    house: House, noon: Student
) -> None:
    chat(house, "補登申請 小明 到校 07:50 忘帶卡")
    event = make_text("送出", at=NOON)

    first, second = hear(house, event), hear(house, event, is_retry=True)

    assert said(second)[0] == said(first)[0]
    assert len(requests(house)) == 1


@pytest.mark.parametrize("word", ["送出", "繼續", "好", "下午"])
@pytest.mark.parametrize("line", ["請假 小明 明天 病假", "補登申請 小明 到校 07:50 忘帶卡"])
def test_what_was_begun_for_one_child_never_becomes_anothers(
    house: House, noon: Student, line: str, word: str
) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))
    chat(house, line)
    with transaction(house.engine) as session:
        [binding] = session.exec(select(Binding).where(Binding.student_id == noon.id))
        unbind_child(
            session, guardian_id=binding.guardian_id, binding_id=binding.id, now=house.clock.now()
        )

    answer = chat(house, word)

    assert (leaves(house), requests(house)) == ([], [])
    assert "替小華" not in "".join(said(answer))


@pytest.mark.parametrize("text", ["王小明請假", "小明請假", "女兒請假"])
def test_the_task_said_again_is_asked_again(house: House, ming: Student, text: str) -> None:
    tell(house, "請假 明天", MEI)

    assert said(tell(house, text, MEI))[0] == "替小明請假：11/24（二）全天。要送出嗎？"


@pytest.mark.parametrize("text", ["不要再傳給我", "註銷帳號", "現在幾點", "嗯嗯", "收到"])
def test_no_other_words_are_a_strangers_name(house: House, ming: Student, text: str) -> None:
    tell(house, "請假", MEI)

    answer = said(tell(house, text, MEI))

    assert not any("還沒有綁定" in one for one in answer)
    assert said(tell(house, "繼續", MEI))[0] == "替小明請假，哪一天？"


def test_a_day_that_is_over_answers_a_make_up(house: House, ming: Student) -> None:
    house.clock.move_to(datetime(2026, 11, 24, 12, 0, tzinfo=TAIPEI))
    tell(house, "補登 小明 到校 07:50", MEI)
    tell(house, "昨天", MEI)

    assert "11/23" in str(tell(house, "忘帶卡", MEI).messages)
    assert "最近七天" in str(tell(house, "昨天的紀錄", MEI).messages)
