"""Notices as LINE gets them: sentences, lock screen, limits."""

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import TAIPEI
from core.kinds import NoticeKind
from core.languages.language import Language
from core.notices.bubbles import messages_for
from core.notices.order_words import BOTH, OrderFacts
from core.notices.phrases import LINES
from core.notices.wording import NoticeFacts, alt_text, fill, lines, place_line
from core.people.names import clean_name, given_name
from sandbox.objects.messages import check_send
from tests.bot.line_limits import assert_line_takes, words_of

DAY = date(2026, 11, 20)
TO_GUARDIANS = [kind for kind in NoticeKind if kind.value in LINES or kind.value == "correction"]


ORDER = OrderFacts(
    items=BOTH,
    first_day=date(2026, 11, 24),
    last_day=date(2027, 1, 20),
    effective=date(2026, 11, 26),
    ok=88,
    fee=66,
    prepaid=68,
    refund=2,
)


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 20, hour, minute, 59, tzinfo=TAIPEI)


def facts(**changed: Any) -> NoticeFacts:
    known: dict[str, Any] = {
        "child": "小晴",
        "school": "榕光國小",
        "school_phone": "02-2300-0001",
        "school_day": DAY,
        "link": "https://liff.line.me/1650000000-sandbox1/children/1",
        "gate": "正門",
        "at": at(7, 41),
        "cutoff": time(8, 20),
        "heartbeat": at(8, 19),
        "notice_time": at(8, 20),
        "boxes": ("到校", "離校", "未到校"),
        "member": "王○華",
        "hotline": "02-2758-9171",
        "recorded": at(8, 5),
        "reason": "忘帶卡",
        "now": "還沒有到校紀錄",
        "part": "全天",
        "who": "另一位家長",
        "source": "臺北市政府",
        "source_time": at(20, 5),
        "until": date(2026, 12, 31),
        "buttons": ("keep", "drop"),
        "answers": ("ask", "noted", "home"),
        "answer": "孩子在家",
        "reply": "孩子在學校",
        "masked_email": "m***@example.org",
        "channel": "e-mail",
        "order": ORDER,
    }
    return NoticeFacts(**known | changed)


LOCK_SCREEN = [
    (NoticeKind.ARRIVAL, {}, "小晴 07:41 到校"),
    (NoticeKind.ARRIVAL, {"occurrence": 2}, "小晴 07:41 再次到校"),
    (NoticeKind.DEPARTURE, {}, "小晴 07:41 離校"),
    (NoticeKind.NO_SHOW, {}, "小晴截至 08:20 尚無刷卡紀錄"),
    (NoticeKind.NO_SHOW, {"child": "Anna"}, "Anna 截至 08:20 尚無刷卡紀錄"),
    (NoticeKind.CORRECTION, {}, "小晴已於 07:41 到校"),
    (NoticeKind.CORRECTION, {"is_earlier": True}, "小晴已於 07:41 到校"),
    (NoticeKind.CORRECTION, {"departed_at": at(16, 2)}, "小晴 07:41 離校"),
    (NoticeKind.CORRECTION, {"is_teacher": True}, "小晴已到校（老師確認）"),
    (NoticeKind.CORRECTION, {"is_excused": True, "at": None}, "小晴今天已請假"),
    (NoticeKind.ARRIVAL, {"is_make_up": True}, "小晴 07:41 到校（補登）"),
    (NoticeKind.ARRIVAL, {"is_make_up": True, "occurrence": 2}, "小晴 07:41 再次到校（補登）"),
    (NoticeKind.DEPARTURE, {"is_make_up": True}, "小晴 07:41 離校（補登）"),
    (NoticeKind.MAKE_UP_UNDONE, {}, "小晴的紀錄已更正"),
    (NoticeKind.NO_SHOW, {"is_teacher": True}, "老師回報小晴還沒到校（07:41）"),
    (NoticeKind.LEAVE_OTHER, {}, "小晴 11/20（五）的請假已登記"),
    (NoticeKind.LEAVE_SCHOOL, {}, "小晴 11/20（五）的請假已登記"),
    (NoticeKind.LEAVE_CANCELLED, {}, "小晴 11/20（五）的請假已取消"),
    (NoticeKind.LEAVE_TAP, {}, "小晴今天有請假，也有刷卡"),
    (NoticeKind.NO_TAP_OUT, {}, "小晴尚無離校刷卡紀錄"),
    (NoticeKind.NO_SHOW, {"answers": None}, "小晴截至 08:20 尚無刷卡紀錄"),
    (NoticeKind.ANSWERED, {}, "小晴：另一位家長已回覆"),
    (NoticeKind.SCHOOL_REPLY, {}, "學校已回覆小晴的狀況"),
    (NoticeKind.SCHOOL_SILENT, {}, "學校還沒有回覆小晴的狀況"),
    (NoticeKind.CLOSURE_ON, {"child": "", "link": ""}, "11/20（五）停課"),
    (NoticeKind.CLOSURE_OFF, {"child": "", "link": ""}, "11/20（五）照常上課"),
    (NoticeKind.BOUND, {}, "已完成小晴的綁定"),
    (NoticeKind.BOUND_OTHER, {}, "小晴有新的家長綁定"),
    (NoticeKind.LINK_NEW, {}, "已連結台北通"),
    (NoticeKind.LINK_OLD, {}, "這個 LINE 帳號的連結已變更"),
    (NoticeKind.EMAIL_BOUNCED, {"child": ""}, "您的 e-mail 無法收信"),
    (NoticeKind.APP_GONE, {"child": ""}, "酷課 APP 的連結已中斷"),
    (NoticeKind.FALLBACK, {}, "小晴的通知已改用 e-mail"),
    (NoticeKind.SMS_APPROVED, {}, "小晴的簡訊服務已核准"),
    (NoticeKind.SMS_RETURNED, {}, "小晴的簡訊申請已退回"),
    (NoticeKind.SMS_RETURNED, {"order": replace(ORDER, is_lapsed=True)}, "小晴的簡訊申請沒有生效"),
    (NoticeKind.SMS_CANCELLING, {}, "小晴的簡訊註銷審核中"),
    (NoticeKind.SMS_KEPT, {}, "小晴的簡訊服務維持生效"),
    (NoticeKind.SMS_CANCELLED, {}, "小晴的簡訊服務已註銷"),
    (NoticeKind.SMS_SETTLED, {}, "小晴的簡訊費用已結算"),
]


@pytest.mark.parametrize(
    ("language", "changed", "layout"),
    [
        (Language.CHINESE, {}, "horizontal"),
        (Language.CHINESE, {"is_make_up": True}, "horizontal"),
        (Language.VIETNAMESE, {}, "horizontal"),
        (Language.VIETNAMESE, {"is_make_up": True}, "vertical"),
        (Language.VIETNAMESE, {"occurrence": 2}, "vertical"),
        (Language.ENGLISH, {"is_make_up": True}, "vertical"),
        (Language.CHINESE, {"child": "Kacaw Kolas Fotol"}, "vertical"),
    ],
)
def test_name_keeps_its_room_where_the_status_is_long(
    language: Language, changed: dict[str, Any], layout: str
) -> None:
    known = facts(**changed, language=language)
    (message,) = messages_for(NoticeKind.ARRIVAL, known)
    head = message["contents"]["body"]["contents"][0]
    assert head["layout"] == layout
    assert head["contents"][0]["text"] == known.child


@pytest.mark.parametrize(("kind", "changed", "expected"), LOCK_SCREEN)
def test_lock_screen_says_who_and_when(
    kind: NoticeKind, changed: dict[str, Any], expected: str
) -> None:
    assert alt_text(kind, facts(**changed)) == expected


@pytest.mark.parametrize(("kind", "changed"), [case[:2] for case in LOCK_SCREEN])
def test_line_takes_every_notice_unchanged(kind: NoticeKind, changed: dict[str, Any]) -> None:
    messages = messages_for(kind, facts(**changed))

    assert_line_takes(messages)
    assert check_send({"to": "U" + "0" * 32, "messages": messages}, "push") == []


@pytest.mark.parametrize("kind", TO_GUARDIANS)
def test_lock_screen_never_holds_school_or_reason(kind: NoticeKind) -> None:
    message = messages_for(kind, facts(school="榕光國小", gate="正門"))[0]

    for secret in ("榕光", "國小", "正門", "02-", "王○華", "忘帶卡"):
        assert secret not in message["altText"]


@given(text=st.text(max_size=60), kind=st.sampled_from(TO_GUARDIANS))
def test_any_name_that_can_be_kept_fits(text: str, kind: NoticeKind) -> None:
    name = clean_name(text)
    if name is None:
        return
    for child in (name, given_name(name)):
        assert_line_takes(messages_for(kind, facts(child=child, occurrence=2)))


def test_braces_in_a_name_stay_what_they_are() -> None:
    assert fill("還沒有{child}的", {"child": "{time}", "time": "07:41"}) == "還沒有{time}的"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("小明", "還沒有小明的到校"),
        ("Anna", "還沒有 Anna 的到校"),
        ("Út", "還沒有 Út 的到校"),
        ("王○", "還沒有王○的到校"),
    ],
)
def test_half_space_only_where_latin_meets_han(name: str, expected: str) -> None:
    assert fill("還沒有{child}的到校", {"child": name}) == expected


def test_no_show_says_what_is_known_and_what_else_explains_it() -> None:
    assert lines(NoticeKind.NO_SHOW, facts()) == [
        "截至 08:20，還沒有小晴的到校刷卡紀錄，也沒有請假。",
        "校門刷卡機正常（08:19 有連線）；忘了帶卡或沒感應到，也會這樣。",
        "不確定孩子在哪裡，請按「請協助確認」，有回覆就告訴您。",
    ]
    assert lines(NoticeKind.NO_SHOW, facts(answers=None))[2] == (
        "不確定孩子在哪裡，請聯絡學校：02‑2300‑0001"
    )


def test_no_show_does_not_claim_a_reader_it_has_not_heard() -> None:
    said = lines(NoticeKind.NO_SHOW, facts(heartbeat=None, school_phone="", answers=None))

    assert said[1:] == ["忘了帶卡或沒感應到，也會這樣。", "不確定孩子在哪裡，請聯絡學校。"]


@pytest.mark.parametrize(
    ("day", "clock"), [(DAY, "07:39"), (DAY + timedelta(days=1), f"{DAY:%-m/%-d} 07:39")]
)
def test_no_show_names_since_when_the_reader_is_silent(day: date, clock: str) -> None:
    silent = facts(heartbeat=None, silent_since=at(7, 39), school_day=day)

    said = lines(NoticeKind.NO_SHOW, silent)[1]

    assert said == (
        f"校門刷卡機 {clock} 起沒有連線，紀錄可能較晚出現；忘了帶卡或沒感應到，也會這樣。"
    )


def test_correction_quotes_the_message_it_replaces() -> None:
    earlier = words_of(messages_for(NoticeKind.CORRECTION, facts(is_earlier=True)))
    later = words_of(messages_for(NoticeKind.CORRECTION, facts(at=at(8, 31))))

    assert "更正 08:20 的通知" in earlier
    assert "刷卡資料較晚傳到，08:20 的「尚無刷卡紀錄」請不用理會。" in earlier
    assert "小晴已於 08:31 到校。" in later
    assert "08:20 的「尚無刷卡紀錄」已更新。" in later


def test_departure_shows_both_moments() -> None:
    message = messages_for(NoticeKind.DEPARTURE, facts(at=at(16, 2), arrived_at=at(7, 41)))

    assert {"到校 07:41", "離校 16:02", "16:02"} <= set(words_of(message))


def test_departure_without_arrival_says_so() -> None:
    assert "未刷卡" in words_of(messages_for(NoticeKind.DEPARTURE, facts(at=at(16, 2))))


def test_arrival_opens_the_childs_page_and_has_no_button() -> None:
    bubble = messages_for(NoticeKind.ARRIVAL, facts())[0]["contents"]

    assert bubble["size"] == "kilo"
    assert bubble["action"]["uri"] == facts().link
    assert "action" not in str(bubble["body"])


@pytest.mark.parametrize("kind", [NoticeKind.ARRIVAL, NoticeKind.DEPARTURE])
def test_rail_keeps_its_distance_from_the_time(kind: NoticeKind) -> None:
    _, clock, rail, _ = messages_for(kind, facts())[0]["contents"]["body"]["contents"]

    assert clock["text"] == "07:41"
    assert rail["margin"] == "md"
    assert "margin" not in rail["contents"][0], "LINE ignores a first child's margin"


@pytest.mark.parametrize("kind", TO_GUARDIANS)
def test_numbers_shown_never_break_inside(kind: NoticeKind) -> None:
    message = messages_for(kind, facts())

    assert not any("02-" in word for word in words_of(message))
    assert "‑" not in "".join(re.findall(r"tel:[^'\"]*", str(message)))


def test_an_extension_is_not_dialled() -> None:
    told = facts(school_phone="02-2300-0001 轉 12", answers=None)
    message = messages_for(NoticeKind.NO_SHOW, told)

    assert "'tel:0223000001'" in str(message)


def test_place_is_school_gate_and_date() -> None:
    assert place_line(facts()) == "榕光國小・正門・11/20（五）"
    assert place_line(facts(gate="")) == "榕光國小・11/20（五）"


def test_school_without_a_number_has_no_call_button() -> None:
    kinds = (NoticeKind.NO_SHOW, NoticeKind.BOUND_OTHER, NoticeKind.LEAVE_OTHER)
    for kind in (*kinds, NoticeKind.MAKE_UP_UNDONE):
        message = messages_for(kind, facts(school_phone="", is_teacher=True))

        assert "tel:" not in str(message)
        assert_line_takes(message)


def test_bound_says_what_is_ticked() -> None:
    assert lines(NoticeKind.BOUND, facts()) == [
        "已完成與小晴的綁定，現在開始通知。",
        "已勾選：到校、離校、未到校",
    ]
    assert lines(NoticeKind.BOUND, facts(boxes=()))[1] == "還沒勾選任何通知。"


def test_a_missing_fact_is_an_error_not_a_gap() -> None:
    with pytest.raises(KeyError):
        messages_for(NoticeKind.ARRIVAL, facts(at=None))
