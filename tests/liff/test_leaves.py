"""Filing, reading and withdrawing a leave."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import AttendanceDay, Leave, LeaveReason
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import DayPart
from core.people.tables import Binding, Guardian
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of

NEW = "/liff/leaves/new"
LIST = "/liff/leaves"
TODAY, TUESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)


def wish(family: Family, **changed: str) -> dict[str, str]:
    """A whole Tuesday, ill."""
    fields = {
        "binding_id": family.binding_id,
        "first_day": str(TUESDAY),
        "last_day": str(TUESDAY),
        "part": "whole",
        "reason": "sick",
        "sure": "1",
    }
    return {**fields, **changed}


def leaves(house: House) -> list[Leave]:
    """What is filed and not withdrawn."""
    with snapshot(house.engine) as session:
        return list(session.exec(select(Leave).where(col(Leave.withdrawn_at).is_(None))))


def file(house: House, family: Family, day: date, actor: str = "", **other: object) -> UUID:
    """A leave of Ming, Mei's unless told otherwise."""
    mei = Filer(f"guardian:{family.guardian_id}", UUID(family.guardian_id))
    facts: dict[str, object] = {"part": DayPart.WHOLE, "reason": LeaveReason.SICK, "last_day": day}
    with transaction(house.engine) as session:
        return file_leave(
            session,
            "liff",
            student_id=UUID(family.student_id),
            first_day=day,
            filer=Filer(actor) if actor else mei,
            now=house.clock.now(),
            **{**facts, **other},  # type: ignore[arg-type]
        )


def move_to(house: House, hour: int, minute: int, phone: Phone | None = None) -> None:
    """It is that time on Monday; whoever is named has just signed in."""
    house.clock.move_to(datetime(2026, 11, 23, hour, minute, tzinfo=TAIPEI))
    if phone is not None:
        phone.sign_in(MEI)


def test_leave_is_filed_said_and_listed(mei: Phone, family: Family, pages: House) -> None:
    answer = mei.post(NEW, wish(family))
    assert answer.status_code == 303
    page = mei.text(answer.location)
    assert "已送出。當天不會發「尚無刷卡紀錄」" in page
    assert "小明 2026/11/24（二）全天 取消請假" in page
    (leave,) = leaves(pages)
    assert (leave.first_day, leave.part, leave.reason) == (TUESDAY, "whole", "sick")
    assert leave.filed_by == f"guardian:{family.guardian_id}"


def unsure(family: Family, **changed: str) -> dict[str, str]:
    """The same as the form itself sends it, before it was looked at again."""
    return {name: value for name, value in wish(family, **changed).items() if name != "sure"}


def test_what_will_be_filed_is_shown_first_and_nothing_is_done(
    mei: Phone, family: Family, pages: House
) -> None:
    assert "下一步：確認內容" in mei.text(NEW)
    answer = mei.post(NEW, unsure(family, last_day="2026-11-25"))
    assert answer.status_code == 200
    text = text_of(answer)
    assert "孩子 小明 日期和時段 2026/11/24（二）–11/25（三）全天" in text
    assert "事由（只有學校看得到） 病假" in text
    assert "請假期間不會發「尚無刷卡紀錄」。" in text
    assert "送出後，其他已綁定的家長會收到通知，導師的名單上也會註明。" in text
    assert leaves(pages) == []


def test_what_was_checked_is_what_is_filed(mei: Phone, family: Family, pages: House) -> None:
    kept = dict(mei.hidden_in(mei.post(NEW, unsure(family, part="morning", last_day=""))))
    answer = mei.client.post(NEW, data={**kept, "sure": "1"})
    assert answer.status_code == 303
    (leave,) = leaves(pages)
    assert (leave.first_day, leave.last_day, leave.part) == (TUESDAY, TUESDAY, "morning")


def test_going_back_to_change_it_keeps_every_answer(
    mei: Phone, family: Family, pages: House
) -> None:
    fields = unsure(family, part="afternoon", reason="personal", last_day="2026-11-25")
    kept = dict(mei.hidden_in(mei.post(NEW, fields)))
    answer = mei.client.post(NEW, data={**kept, "edit": "1"})
    assert answer.status_code == 200
    for shown in ('"2026-11-24"', '"2026-11-25"', '"afternoon" checked', '"personal" checked'):
        assert f"value={shown}" in answer.text
    assert "<title>請假" in answer.text
    assert leaves(pages) == []


def test_wrong_days_never_come_to_be_checked(mei: Phone, family: Family) -> None:
    answer = mei.post(NEW, unsure(family, first_day="2026-11-20"))
    assert answer.status_code == 422
    assert "日期已經過了" in answer.text


def test_what_is_sent_after_the_check_is_checked_again(
    mei: Phone, family: Family, pages: House
) -> None:
    kept = dict(mei.hidden_in(mei.post(NEW, unsure(family))))
    file(pages, family, TUESDAY)
    answer = mei.client.post(NEW, data={**kept, "sure": "1"})
    assert (answer.status_code, len(leaves(pages))) == (422, 1)
    assert "這段日期已經請假了" in answer.text
    forged = mei.client.post(NEW, data={**kept, "sure": "1", "reason": "fun"})
    assert (forged.status_code, len(leaves(pages))) == (422, 1)


def test_a_half_day_promises_no_more_than_it_does(mei: Phone, family: Family) -> None:
    text = text_of(mei.post(NEW, unsure(family, part="afternoon")))
    assert "下午" in text
    assert "不會發「尚無刷卡紀錄」" not in text


def see_today(house: House, family: Family, **row: object) -> None:
    """The gate has seen Ming today."""
    with transaction(house.engine) as session:
        session.add(AttendanceDay(student_id=UUID(family.student_id), school_day=TODAY, **row))


@pytest.mark.parametrize(
    ("seen", "words"), [("arrived_at", "07:31 有到校刷卡"), ("departed_at", "07:31 有離校刷卡")]
)
def test_child_already_seen_today_is_said_before_a_leave_is_filed(
    mei: Phone, family: Family, pages: House, seen: str, words: str
) -> None:
    see_today(pages, family, **{seen: datetime(2026, 11, 23, 7, 31, tzinfo=TAIPEI)})
    today = unsure(family, first_day=str(TODAY), last_day="")
    said = f"小明今天 {words}；如果還是要請假，兩筆紀錄都會保留。"
    assert said in text_of(mei.post(NEW, today))
    assert said not in text_of(mei.post(NEW, {**today, "part": "afternoon"}))
    assert said not in text_of(mei.post(NEW, unsure(family)))


def test_check_shows_no_tap_of_the_quiet_day(mei: Phone, family: Family, pages: House) -> None:
    see_today(pages, family, arrived_at=datetime(2026, 11, 23, 7, 31, tzinfo=TAIPEI))
    with transaction(pages.engine) as session:
        binding = session.get_one(Binding, UUID(family.binding_id))
        binding.quiet_until = pages.clock.now() + timedelta(hours=20)
    text = text_of(mei.post(NEW, unsure(family, first_day=str(TODAY), last_day="")))
    assert "07:31" not in text
    assert "確認請假內容" in text


def test_stranger_is_shown_nothing_to_check(hua: Phone, family: Family) -> None:
    answer = hua.post(NEW, unsure(family), form_at="/liff/account")
    assert answer.status_code == 404
    assert "小明" not in answer.text


def test_form_is_ready_for_today_until_the_cut_off(
    mei: Phone, family: Family, pages: House
) -> None:
    page = mei.get(NEW)
    assert 'value="2026-11-23"' in page.text
    assert "今天受理到 08:30" in text_of(page)
    move_to(pages, 8, 30, mei)
    page = mei.get(NEW)
    assert 'value="2026-11-24"' in page.text
    assert "今天 08:30 已截止" in text_of(page)
    assert "今天臨時請假請直接聯絡學校： 02-2300-0001" in text_of(page)


def test_form_skips_days_without_lessons(mei: Phone, family: Family, pages: House) -> None:
    pages.clock.move_to(datetime(2026, 11, 20, 12, 0, tzinfo=TAIPEI))
    mei.sign_in(MEI)
    assert f'value="{TODAY}"' in mei.get(NEW).text


def test_empty_last_day_is_the_first(mei: Phone, family: Family, pages: House) -> None:
    assert mei.post(NEW, wish(family, last_day="")).status_code == 303
    assert [leave.last_day for leave in leaves(pages)] == [TUESDAY]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"first_day": ""}, "first_day", "請選擇日期"),
        ({"first_day": "明天"}, "first_day", "請選擇日期"),
        ({"last_day": "明天"}, "last_day", "請選擇日期"),
        ({"first_day": "2026-11-20"}, "first_day", "日期已經過了"),
        ({"first_day": "2026-11-28", "last_day": "2026-11-29"}, "first_day", "這一天不上課"),
        ({"last_day": "2026-12-31"}, "last_day", "一次最多 14 天"),
        ({"last_day": "2026-11-23"}, "last_day", "結束的日期早於開始的日期"),
        ({"first_day": "2027-06-01", "last_day": ""}, "first_day", "最多提前 120 天"),
        ({"reason": ""}, "reason", "請選擇事由"),
        ({"reason": "fun"}, "reason", "請選擇事由"),
        ({"part": ""}, "part", "請選擇時段"),
    ],
)
def test_wrong_field_is_named_twice_and_changes_nothing(
    mei: Phone, family: Family, pages: House, changed: dict[str, str], field: str, words: str
) -> None:
    answer = mei.post(NEW, wish(family, **changed))
    assert answer.status_code == 422
    assert "<title>錯誤：請假" in answer.text
    label = {"first_day": "開始日：", "last_day": "結束日："}.get(field, "")
    assert f'<a href="#{field}">{label}{words}</a>' in answer.text
    assert text_of(answer).count(words) == 2
    assert leaves(pages) == []


def test_today_after_the_cut_off_is_refused_with_the_time(
    mei: Phone, family: Family, pages: House
) -> None:
    move_to(pages, 8, 31, mei)
    answer = mei.post(NEW, wish(family, first_day=str(TODAY), last_day=""))
    assert answer.status_code == 422
    assert "今天的請假受理到 08:30" in answer.text
    assert leaves(pages) == []


def test_second_leave_on_a_day_is_refused(mei: Phone, family: Family, pages: House) -> None:
    file(pages, family, TUESDAY)
    answer = mei.post(NEW, wish(family, part="morning"))
    assert answer.status_code == 422
    assert "開始日：這段日期已經請假了" in answer.text
    (taken,) = leaves(pages)
    place = f"{LIST}#leave-{taken.id}"
    assert f'<a href="{place}">看已經請好的假</a>' in answer.text
    assert f'id="leave-{taken.id}"' in mei.get(LIST).text


def test_wrong_days_are_named_along_with_what_was_not_chosen(
    mei: Phone, family: Family, pages: House
) -> None:
    for day, words in ((date(2026, 11, 20), "日期已經過了"), (TUESDAY, "這段日期已經請假了")):
        if day == TUESDAY:
            file(pages, family, TUESDAY)
        answer = mei.post(NEW, wish(family, first_day=str(day), last_day="", reason=""))
        assert f"有 2 個地方要修改 開始日：{words} 請選擇事由" in text_of(answer)


def test_what_was_chosen_stays_after_a_fault(mei: Phone, family: Family) -> None:
    answer = mei.post(NEW, wish(family, part="afternoon", reason=""))
    assert 'value="afternoon" checked' in answer.text
    assert 'value="2026-11-24"' in answer.text


def test_right_child_is_filed_for(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        guardian = session.get_one(Guardian, UUID(family.guardian_id))
        sister = make_student(session, pages, name="王小華", number="11510002")
        other = make_binding(session, guardian, sister).id
        sister_id = sister.id
    assert f'value="{other}" checked' in mei.get(f"{NEW}?binding_id={other}").text
    mei.post(NEW, wish(family, binding_id=str(other)))
    assert [leave.student_id for leave in leaves(pages)] == [sister_id]


def test_no_leave_yet_is_said(mei: Phone, family: Family) -> None:
    assert "沒有請假紀錄。" in mei.text(LIST)


def test_guardian_without_children_is_led_to_binding(hua: Phone) -> None:
    assert "加入學生" in hua.text(NEW)
    assert "沒有請假紀錄。" in hua.text(LIST)


def test_withdrawing_asks_first_and_opens_the_day_again(
    mei: Phone, family: Family, pages: House
) -> None:
    page = f"{LIST}/{file(pages, family, TUESDAY)}/withdraw"
    assert "要取消小明 11/24（二）全天的請假嗎？" in mei.text(page)
    answer = mei.post(page, {})
    assert "已取消，當天照常通知。" in mei.text(answer.location)
    assert leaves(pages) == []
    with snapshot(pages.engine) as session:
        assert session.get_one(AttendanceDay, (UUID(family.student_id), TUESDAY)).leave is None


def test_withdrawing_too_late_is_refused(mei: Phone, family: Family, pages: House) -> None:
    page = f"{LIST}/{file(pages, family, TODAY)}/withdraw"
    move_to(pages, 8, 29, mei)
    token = mei.token_at(page)
    move_to(pages, 8, 31)
    answer = mei.client.post(page, data={"csrf_token": token})
    assert answer.status_code == 422
    assert "已經過了受理的時間，沒有取消。" in answer.text
    assert "取消請假</a>" not in answer.text
    assert len(leaves(pages)) == 1


def test_withdrawing_twice_says_so(mei: Phone, family: Family, pages: House) -> None:
    page = f"{LIST}/{file(pages, family, TUESDAY)}/withdraw"
    mei.post(page, {})
    answer = mei.post(page, {}, form_at="/liff/account")
    assert answer.status_code == 422
    assert "先前已經取消了" in answer.text


def test_list_says_who_else_filed_and_never_why(mei: Phone, family: Family, pages: House) -> None:
    file(pages, family, TUESDAY, f"staff:{uuid4()}")
    with transaction(pages.engine) as session:
        father = make_guardian(session, pages, HUA, name="王大華").id
    file(pages, family, FRIDAY, f"guardian:{father}", part=DayPart.MORNING)
    page = mei.text(LIST)
    assert "2026/11/24（二）全天・學校登記" in page
    assert "2026/11/27（五）上午・另一位家長請的假 取消請假" in page
    assert "病" not in page
    assert "王大華" not in page


def test_leave_the_school_filed_is_the_schools_to_withdraw(
    mei: Phone, family: Family, pages: House
) -> None:
    leave_id = file(pages, family, TUESDAY, f"staff:{uuid4()}")
    answer = mei.post(f"{LIST}/{leave_id}/withdraw", {}, form_at="/liff/account")
    assert answer.status_code == 404
    assert len(leaves(pages)) == 1


def test_stranger_files_and_withdraws_nothing(hua: Phone, family: Family, pages: House) -> None:
    leave_id = file(pages, family, TUESDAY)
    withdraw = f"{LIST}/{leave_id}/withdraw"
    assert hua.get(withdraw).status_code == 404
    assert hua.post(withdraw, {}, form_at="/liff/account").status_code == 404
    wanted = wish(family, first_day=str(FRIDAY), last_day="")
    assert hua.post(NEW, wanted, form_at="/liff/account").status_code == 404
    assert "小明" not in hua.text(LIST)
    assert "小明" not in hua.text(f"{NEW}?binding_id={family.binding_id}")
    assert len(leaves(pages)) == 1


@pytest.mark.parametrize("binding_id", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_child_that_is_not_there_is_not_filed_for(
    mei: Phone, family: Family, pages: House, binding_id: str
) -> None:
    assert mei.post(NEW, wish(family, binding_id=binding_id)).status_code == 404
    assert leaves(pages) == []
