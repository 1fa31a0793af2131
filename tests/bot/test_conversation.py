"""Events in, answers out: what a guardian reads, and what a stranger never does."""

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot.commands import Command
from bot.events import parse_event
from bot.handlers.incoming import handle
from bot.inbox import store_events
from bot.secret_words import holds_identity
from bot.tables import LineEvent
from core.announcements.audiences import Audience
from core.announcements.tables import AnnouncementType, Importance
from core.announcements.writing import Text, write_announcement
from core.attendance.tables import AttendanceDay, NoShowState
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.subscriptions import save_boxes
from core.people.tables import Student
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import alt_of, hear, say
from tests.bot.happenings import make_event, make_postback, make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import rows_of
from tests.conftest import MONDAY_MORNING
from tests.factories import (
    HUA,
    MEI,
    make_binding,
    make_guardian,
    make_student,
)
from tests.liff.sms_desk import open_service

TODAY = date(2026, 11, 23)


def offered(message: dict[str, Any]) -> list[str]:
    """The words on the quick replies."""
    return [item["action"]["text"] for item in message["quickReply"]["items"]]


def clock(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=TAIPEI)


def record_day(house: House, student: Student, day: date = TODAY, **facts: Any) -> None:
    with transaction(house.engine) as session:
        session.add(AttendanceDay(student_id=student.id, school_day=day, **facts))


@pytest.mark.parametrize(
    ("at", "facts", "expected"),
    [
        (clock(7, 20), {}, "小明：還沒刷卡（截止 08:30）"),
        (clock(8, 30), {}, "小明：尚無刷卡紀錄（截至 08:30）"),
        (clock(9, 0), {"arrived_at": clock(7, 41)}, "小明：到校 07:41・還沒離校"),
        (
            clock(17, 0),
            {"arrived_at": clock(7, 41), "departed_at": clock(16, 5)},
            "小明：到校 07:41・離校 16:05",
        ),
        (clock(17, 0), {"departed_at": clock(16, 5)}, "小明：到校未刷卡・離校 16:05"),
        (
            clock(8, 0),
            {"no_show": NoShowState.TOLD, "no_show_at": clock(8, 0)},
            "小明：尚無刷卡紀錄（截至 08:30）",
        ),
        (datetime(2026, 11, 22, 9, 0, tzinfo=TAIPEI), {}, "小明：今天不上課"),
    ],
)
def test_today_in_one_line(
    house: House, ming: Student, at: datetime, facts: dict[str, Any], expected: str
) -> None:
    house.clock.move_to(at)
    record_day(house, ming, **facts)

    assert alt_of(house, "今天") == expected


def test_today_says_when_the_reader_is_silent(house: House, ming: Student) -> None:
    house.clock.move_to(clock(7, 40))

    assert "刷卡機 07:19 起沒有連線，紀錄可能較晚出現。" in say(house, "今天")


def test_a_very_late_upload_says_it_was_not_pushed(house: House, ming: Student) -> None:
    house.clock.move_to(clock(9, 30))
    record_day(house, ming, arrived_at=clock(7, 41), arrival_received_at=clock(9, 10), arrivals=1)

    assert "到校 07:41（資料 09:10 才收到，沒有另外通知）" in say(house, "今天")


def test_siblings_lie_side_by_side(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian = make_guardian(session, house)
        younger = make_student(session, house, name="王小華", number="11510002", grade=5)
        make_binding(session, guardian, younger)

    answer = hear(house, make_text("今天"))

    assert answer.messages[0]["contents"]["type"] == "carousel"
    assert len(answer.messages[0]["contents"]["contents"]) == 2
    assert answer.messages[0]["altText"] == "小明、小華今天的紀錄"


def test_week_shows_seven_days_with_today_last(house: House, ming: Student) -> None:
    friday = date(2026, 11, 20)
    record_day(house, ming, friday, arrived_at=clock(7, 41) - timedelta(days=3))
    record_day(house, ming, date(2026, 11, 19), no_show=NoShowState.TOLD)

    said = say(house, "本週")

    days = [word for word in said if word.startswith("11/") and "・" not in word]
    assert (days[0], days[-1], len(days)) == ("11/17（二）", "11/23（一）", 7)
    assert {"● 07:41", "? 未刷離校", "? 未刷卡"} <= set(said)
    unwatched = said[said.index("11/18（三）") : said.index("11/19（四）")]
    assert unwatched == ["11/18（三）", "–"], "nobody watched the gate that day"


def test_the_week_before_is_one_press_away(house: House, ming: Student) -> None:
    bubble = hear(house, make_text("本週")).messages[0]["contents"]
    data = bubble["body"]["contents"][-1]["contents"][-1]["action"]["data"]

    assert alt_of(house, "本週") == "小明最近七天的紀錄"
    assert "前七天" in say(house, "本週")
    before = hear(house, make_postback(data)).messages
    assert "11/10（二）" in words_of(before)
    assert before[0]["altText"] == "小明前七天的紀錄"
    stranger = hear(house, make_postback(data, user=HUA))
    assert words_of(stranger.messages) == ["這個按鈕不能在這裡使用。"]


def test_an_old_button_points_to_today(house: House, ming: Student) -> None:
    codec = PostbackCodec(house.settings)
    made_at = MONDAY_MORNING - timedelta(days=2)
    press = Press(Action.WEEK_BEFORE, "2026-11-16")

    said = words_of(hear(house, make_postback(codec.seal(press, MEI, made_at))).messages)

    assert said == ["這個按鈕已過期，請輸入「今天」看最新紀錄。"]


def test_a_stranger_learns_nothing_of_a_child(house: House, ming: Student) -> None:
    for command in Command:
        said = " ".join(say(house, command.value, HUA))

        # The way to link by browser is written when LINE has given its token.
        assert said or command is Command.BROWSER_LINK
        assert "小明" not in said
        assert "榕光" not in said


def test_who_is_not_linked_is_led_to_sign_in(house: House) -> None:
    for text in ("今天", "本週", "設定", "請假", "退訂", "補登", "開始設定"):
        assert "請先登入台北通並綁定孩子，約 3 分鐘。" in say(house, text, HUA)


def test_who_says_hello_and_is_not_linked_is_shown_the_way(house: House) -> None:
    for text in ("早安", "Hello", "好的"):
        message = hear(house, make_text(text, user=HUA)).messages[0]
        assert "開始設定" in str(message["quickReply"]), text


def test_who_has_no_child_yet_is_led_to_the_form(house: House) -> None:
    with transaction(house.engine) as session:
        make_guardian(session, house)

    assert "還差一步：綁定孩子。" in say(house, "今天")


KIND_NOES = {
    "今日 603": "這個指令要學校人員才能用。您可以使用：今天、本週、請假、設定、說明。",
    "明天": "不太確定您的意思。您是要「今天」嗎？",
    "嘿": "這裡可以查詢到校和離校時間、請假、設定通知。輸入「說明」看全部功能。",
    "謝謝": "不客氣。",
    "早安": "您好。",
    "收到": "好的。",
    "好的": "好的。上面如果有問題，請按按鈕回答。",
    "今天改由阿姨來接": "這裡是自動回覆，老師看不到您的訊息。要告訴老師的事，請直接聯絡學校。",
    "請提醒小明吃藥": "這裡是自動回覆，老師看不到您的訊息。要告訴老師的事，請直接聯絡學校。",
}


def test_what_cannot_be_done_says_how_to_go_on(house: House, ming: Student) -> None:
    for text, expected in KIND_NOES.items():
        assert say(house, text) == [expected]


def test_announcements_say_when_there_are_none_and_lead_to_all(house: House, ming: Student) -> None:
    message = hear(house, make_text("公告")).messages[0]
    assert words_of([message])[1:] == ["目前沒有公告。", "看全部公告"]
    assert f"https://liff.line.me/{house.settings.liff_id}/notices" in str(message)


def test_newest_announcements_are_one_press_away(house: House, ming: Student) -> None:
    words = Text(
        type=AnnouncementType.EVENT,
        importance=Importance.NORMAL,
        title="校慶園遊會",
        body="週六 09:00 開始。",
        publish_from=MONDAY_MORNING,
    )
    with transaction(house.engine) as session:
        audience = Audience(school_code="353607", homeroom="603")
        news = write_announcement(session, audience, words, "staff:x", MONDAY_MORNING)

    message = hear(house, make_text("最新消息")).messages[0]

    assert words_of([message])[1:3] == ["校慶園遊會", "11/23・榕光國小"]
    assert f"/notices/{news.announcement_id}" in str(message)


def test_sms_says_honestly_that_there_is_none_this_term(house: House, ming: Student) -> None:
    said = say(house, "訂購簡訊")

    assert "本學期未提供簡訊服務。到校、離校用 LINE 通知，不收費。" in said


def test_sms_leads_to_its_page_once_it_is_offered(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        open_service(session, house)

    message = hear(house, make_text("簡訊")).messages[0]

    assert "訂購前請先驗證手機" in str(message)
    assert f"https://liff.line.me/{house.settings.liff_id}/sms" in str(message)


def test_hotlines_name_what_each_is_for_and_dial_the_school(house: House, ming: Student) -> None:
    message = hear(house, make_text("真人")).messages[0]

    said = words_of([message])
    assert said[said.index("紀錄、請假、補登：榕光國小") + 1] == "02‑2300‑0001"
    assert {"tel:0227589171", "tel:1999", "tel:0227208889", "tel:0223000001"} <= set(
        re.findall(r"tel:[0-9]+", str(message))
    )


def test_questions_are_answered_from_the_guide(house: House, ming: Student) -> None:
    message = hear(house, make_text("忘了帶卡怎麼辦")).messages[0]

    assert message["type"] == "flex"
    assert f"https://liff.line.me/{house.settings.liff_id}/help#" in str(message)
    assert offered(message)[-2:] == ["說明", "客服"]


GUIDED = {
    "明天放假嗎": "什麼時候通知？放假、停課呢？",
    "卡片壞了": "卡片不見了？忘了帶卡？",
    "綁錯孩子": "綁錯孩子，或有不該綁定的人？",
    "綁定錯了": "綁錯孩子，或有不該綁定的人？",
    "取消綁定": "綁錯孩子，或有不該綁定的人？",
    "取消掛失": "卡片不見了？忘了帶卡？",
    "退訂要多久": "只退訂一個孩子或一種通知？",
    "停課嗎": "什麼時候通知？放假、停課呢？",
    "費用": "收訊息要錢嗎？",
}


@pytest.mark.parametrize(("text", "title"), GUIDED.items())
def test_what_only_looks_like_a_command_is_answered_from_the_guide(
    house: House, ming: Student, text: str, title: str
) -> None:
    before = rows_of(house)

    assert words_of([hear(house, make_text(text)).messages[0]])[0] == title
    assert rows_of(house) == before


def calls(message: dict[str, Any]) -> list[str]:
    return re.findall(r"tel:[0-9]+", str(message))


def test_an_answer_closes_with_the_schools_number(house: House, ming: Student) -> None:
    message = hear(house, make_text("孩子在學校，為什麼收到「尚無刷卡紀錄」？")).messages[0]

    said = words_of([message])
    assert said[said.index("榕光國小") + 1] == "02‑2300‑0001"
    assert calls(message) == ["tel:0223000001"]


def test_an_answer_closes_with_the_line_of_its_matter(house: House, ming: Student) -> None:
    message = hear(house, make_text("認證時綁到家人的身分證？")).messages[0]

    said = words_of([message])
    assert said[said.index("台北通客服") + 1].startswith("1999")
    assert calls(message) == ["tel:1999"]
    assert "週一至週五 08:30–17:30" in said


def test_an_answer_with_two_lines_names_both(house: House, ming: Student) -> None:
    message = hear(house, make_text("個資怎麼保護？這會不會是詐騙？")).messages[0]

    assert calls(message) == ["tel:0227589171", "tel:0227208889"]


def test_who_has_no_child_is_sent_to_the_school_without_a_number(house: House) -> None:
    message = hear(house, make_text("刷卡算出缺席嗎？多刷幾次？", user=HUA)).messages[0]

    assert "請聯絡孩子的學校。" in words_of([message])
    assert calls(message) == []


@pytest.mark.parametrize("text", ["學校電話", "學校的電話", "老師電話", "打電話給學校"])
def test_the_schools_number_is_one_word_away(house: House, ming: Student, text: str) -> None:
    assert "tel:0223000001" in calls(hear(house, make_text(text)).messages[0])


def test_nothing_is_offered_twice(house: House, ming: Student) -> None:
    words = offered(hear(house, make_text("how to bind")).messages[0])

    assert sorted(set(words)) == sorted(words)


def test_a_strangers_hello_is_offered_other_languages(house: House, ming: Student) -> None:
    assert offered(hear(house, make_text("hello", user=HUA)).messages[0]) == [
        "開始設定",
        "說明",
        "語言 Language",
    ]
    assert offered(hear(house, make_text("hello")).messages[0]) == ["今天", "說明"]


def test_help_offers_a_newcomer_what_works(house: House, ming: Student) -> None:
    assert offered(hear(house, make_text("說明", user=HUA)).messages[0]) == [
        "開始設定",
        "語言",
        "客服",
    ]
    assert "今天・本週" not in say(house, "說明", HUA)
    assert "今天" in offered(hear(house, make_text("說明")).messages[0])


@pytest.mark.parametrize("user", [MEI, HUA])
def test_topics_lead_to_their_list(house: House, ming: Student, user: str) -> None:
    answer = hear(house, make_text("訂閱市政訊息", user=user))
    assert f"https://liff.line.me/{house.settings.liff_id}/topics" in str(answer.messages[0])


@pytest.mark.parametrize("user", [MEI, HUA])
def test_help_leads_to_the_guide(house: House, ming: Student, user: str) -> None:
    answer = hear(house, make_text("說明", user=user))
    guide = f"https://liff.line.me/{house.settings.liff_id}/help"
    assert guide in str(answer.messages[0])


def test_unlinking_says_what_it_means(house: House, ming: Student) -> None:
    assert say(house, "解除連結") == [
        "解除後這個 LINE 不會再收到通知。確定要解除嗎？",
        "先不要",
        "解除連結",
    ]


@pytest.mark.parametrize("text", ["我的資料", "誰看過"])
def test_my_data_and_who_looked_are_one_press_away(house: House, ming: Student, text: str) -> None:
    shown = str(hear(house, make_text(text)).messages[0])

    assert f"https://liff.line.me/{house.settings.liff_id}/my-data" in shown
    assert re.search(r"/children/[0-9a-f-]{36}/looks", shown)
    assert "/account" not in shown


IDENTITIES = [
    "A200000012",
    "a200000012",
    "Ａ２００００００１２",
    "我的是A200000012，請綁定",
    "A2 0000 0012",
]


@pytest.mark.parametrize("text", IDENTITIES)
@pytest.mark.parametrize("begun", ["", "補登申請", "請假 明天"])
def test_an_identity_number_is_refused_and_leaves_no_trace(
    house: House, ming: Student, text: str, begun: str, caplog: pytest.LogCaptureFixture
) -> None:
    if begun:
        say(house, begun)
    before = rows_of(house)
    answered = say(house, text)

    assert "請不要在聊天裡傳身分證字號。綁定請按「加入學生」，在網頁填寫。" in answered
    assert rows_of(house) == before
    assert "00000" not in " ".join((*answered, caplog.text))


def test_an_identity_number_is_not_even_stored(house: House, ming: Student) -> None:
    for text in IDENTITIES:
        with transaction(house.engine) as session:
            assert store_events(session, [make_text(text)], MONDAY_MORNING) == 1
            bodies = [one.body.decode() for one in session.exec(select(LineEvent))]
        assert "0000" not in " ".join(json.loads(one)["message"]["text"] for one in bodies)
        incoming = parse_event(bodies[-1].encode())
        assert incoming is not None
        assert "請不要在聊天裡傳身分證字號。" in str(handle(house, incoming).messages)


@pytest.mark.parametrize("text", ["A200000013", "11510001", "10723456 07:50", "AB12-3456"])
def test_other_numbers_are_no_identity_numbers(text: str) -> None:
    assert not holds_identity(text)


@pytest.mark.parametrize("text", ["換手機", "換新手機", "換 LINE"])
def test_a_new_phone_needs_nothing_and_offers_no_unlinking(
    house: House, ming: Student, text: str
) -> None:
    message = hear(house, make_text(text)).messages[0]

    assert words_of([message])[1:] == [
        "換手機而 LINE 帳號不變，不用重設。換 LINE 帳號時，請在新帳號重新登入台北通。",
        "說明與客服",
    ]
    assert "/help#new-phone" in str(message)
    assert "解除" not in str(message)
    assert "開始設定" in say(house, text, HUA), "in the new account one signs in again"


def test_numbers_shown_never_break_and_numbers_dialled_stay_plain(
    house: House, ming: Student
) -> None:
    for typed in ("客服", "救命"):
        messages = hear(house, make_text(typed)).messages

        assert not [word for word in words_of(messages) if re.search(r"\d-\d", word)]
        assert "tel:02" in str(messages)


def test_worried_words_get_110_the_record_and_the_school(house: House, ming: Student) -> None:
    record_day(house, ming, arrived_at=clock(7, 12))

    said = say(house, "找不到孩子！")

    assert said[0] == "本服務不是緊急服務。有立即危險請撥 110。"
    assert "小明目前的紀錄：到校 07:12・還沒離校。學校：02‑2300‑0001" in said
    assert "撥電話給學校" in said


def test_worried_words_of_a_stranger_get_110_at_once(house: House) -> None:
    assert say(house, "救命", HUA)[0] == "本服務不是緊急服務。有立即危險請撥 110。"


def test_why_nothing_came_names_the_first_thing_that_is_wrong(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian = make_guardian(session, house)
        child = children_of(session, guardian.id)[0]
        wanted = frozenset({(Channel.LINE, EventKind.ARRIVAL)})
        save_boxes(session, binding_id=child.binding_id, wanted=wanted, now=MONDAY_MORNING)

    said = say(house, "為什麼沒收到")

    assert "LINE 沒有訂閱小明的「離校、未到校」，所以這裡不會通知。" in said
    assert "修改訂閱" in said


def test_a_month_without_a_notice_is_one_of_the_checks(house: House, ming: Student) -> None:
    finding = "最近 30 天沒有通知送到 LINE"
    assert finding not in say(house, "為什麼沒收到")
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        missed = NewNotice(
            kind=NoticeKind.ARRIVAL,
            student_id=ming.id,
            guardian_id=guardian.id,
            line_user_id=MEI,
            school_day=TODAY,
            at=clock(7, 10),
            content=b"[]",
            ended=(NoticeState.REFUSED, "unfollowed"),
        )
        enqueue(session, [missed], clock(7, 10))

    assert finding in say(house, "為什麼沒收到")


OTHER_MESSAGES = {
    "sticker": {"packageId": "1", "stickerId": "2", "stickerResourceType": "STATIC"},
    "image": {"contentProvider": {"type": "line"}},
    "location": {"latitude": 25.0, "longitude": 121.5},
    "file": {"fileName": "a.csv", "fileSize": 3},
}


def test_other_messages_get_a_kind_no(house: House) -> None:
    for kind, more in OTHER_MESSAGES.items():
        message = {"id": "1", "type": kind, "quoteToken": "q", "markAsReadToken": "m", **more}

        assert hear(house, make_event("message", message=message)).messages


@pytest.mark.parametrize(
    "source", [{"type": "group", "groupId": "C1", "userId": MEI}, {"type": "room", "roomId": "R1"}]
)
def test_a_group_hears_why_we_leave_and_nothing_else(
    house: House, ming: Student, source: dict[str, str]
) -> None:
    for event in (make_event("join", source=source), make_text("今天", source=source)):
        answer = hear(house, event)

        assert answer.leaves_room
        assert words_of(answer.messages)[0].startswith("為了保護孩子的資料")


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(text=st.text(max_size=60), user=st.sampled_from([MEI, HUA]))
def test_any_text_gets_an_answer_line_takes(
    house: House, ming_at_school: Student, text: str, user: str
) -> None:
    assert hear(house, make_text(text, user=user)).messages


@pytest.fixture
def ming_at_school(house: House, ming: Student) -> Student:
    """Ming, arrived."""
    record_day(house, ming, arrived_at=clock(7, 12))
    return ming


def test_delegates_are_one_word_away_for_guardians_and_who_receives(
    house: House, ming: Student
) -> None:
    answer = hear(house, make_text("請人代收"))
    assert "delegates" in str(answer.messages)
    assert "選孩子，請阿公阿嬤或安親班代收。" in words_of(answer.messages)
    stranger = hear(house, make_text("代收", user=HUA))
    assert "選孩子，請阿公阿嬤或安親班代收。" not in words_of(stranger.messages)
    assert "/delegations" in str(stranger.messages)


def test_lost_card_leads_to_the_page_that_says_what_it_costs(house: House, ming: Student) -> None:
    answer = hear(house, make_text("卡片不見"))
    assert "掛失立即生效，不能復原；找回來也不能再用。" in words_of(answer.messages)
    assert "/lost-card" in str(answer.messages)
