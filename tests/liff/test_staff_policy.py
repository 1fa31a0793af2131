"""學校設定: rules by grade, weekday and date."""

import re
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.calendar.policy import NewRule, add_rule, list_rules
from core.calendar.tables import DayPolicy
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import roles_of
from tests.factories import LONG_AGO
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, ELSEWHERE, OFFICER, StaffPhone, monday
from tests.liff.phone import Phone, text_of

PAGE, NEW = "/liff/staff/policy", "/liff/staff/policy/new"


def send(phone: Phone, fields: dict[str, str]) -> TestResponse:
    """Send the form from its preview."""
    return phone.post(NEW, {**fields, "sure": "1"})


def rules(house: House) -> list[DayPolicy]:
    """What counts now."""
    with snapshot(house.engine) as session:
        return list_rules(session, "353607", house.clock.now())


def add(house: House, **facts: object) -> UUID:
    """A rule of the school."""
    with transaction(house.engine) as session:
        rule = NewRule(**facts)  # type: ignore[arg-type]
        return add_rule(session, "353607", rule, by="staff:x", now=LONG_AGO)


def test_usual_day_and_rules_are_read(officer: Phone, pages: House) -> None:
    add(pages, grade=1, weekday=2, departure_from=time(12), dismissal=time(12, 40), reason="半天課")
    add(pages, day=date(2027, 1, 20), cutoff=time(8, 0), review_minutes=15)
    add(pages, day=date(2026, 11, 20), cutoff=time(8, 1))
    page = officer.text(PAGE)
    assert "截止時間 08:30 放學起算 11:30 寬限 5 分鐘 導師覆核 不覆核" in page
    assert "每週三・1 年級 半天課 放學起算 12:00・放學 12:40 結束" in page
    assert "2027/01/20（三）・全校 截止 08:00・導師覆核 15 分鐘 結束" in page
    rules_now = page.partition("變更紀錄")[0]
    assert "08:01" not in rules_now, "a date that has passed"


def test_rule_is_added_and_counts_on_the_childs_page(
    officer: Phone, mei: Phone, family: Family, pages: House
) -> None:
    fields = {"grade": "6", "weekday": "0", "cutoff": "08:10", "reason": "升旗"}
    answer = send(officer, fields)
    assert "已新增。" in officer.text(answer.location)
    (rule,) = rules(pages)
    assert (rule.grade, rule.weekday, rule.cutoff, rule.day) == (6, 0, time(8, 10), None)
    assert "截止時間（今天 08:10）" in mei.text(family.page)
    with snapshot(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "policy.add")).one()
    assert entry.actor == f"staff:{role.id}"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "cutoff", "請至少填一項和平常不同的設定"),
        ({"cutoff": "08:1x"}, "cutoff", "時間請寫 24 小時制"),
        ({"cutoff": "12:00"}, "cutoff", "截止時間要早於放學起算的時間"),
        ({"dismissal": "04:00"}, "dismissal", "下午 4 點請寫 16:00"),
        ({"weekday": "1", "day": "2026-11-24", "cutoff": "08:00"}, "day", "星期和日期只能選一個"),
        ({"grace_minutes": "61"}, "grace_minutes", "超出範圍"),
        ({"bounce_seconds": "many"}, "bounce_seconds", "請填整數"),
        ({"review_minutes": "-5"}, "review_minutes", "請填整數"),
        ({"grade": "13", "cutoff": "08:00"}, "grade", "超出範圍"),
        ({"weekday": "7", "cutoff": "08:00"}, "weekday", "超出範圍"),
        ({"day": "2026-11-20", "cutoff": "08:00"}, "day", "日期已經過了"),
        ({"from_day": "2026-11-22", "cutoff": "08:00"}, "from_day", "日期已經過了"),
        ({"day": "soon", "cutoff": "08:00"}, "day", "請選擇日期"),
        ({"cutoff": "08:00", "reason": "長" * 41}, "reason", "最多 40 個字"),
    ],
)
def test_wrong_field_is_named_and_changes_nothing(
    officer: Phone, pages: House, fields: dict[str, str], field: str, words: str
) -> None:
    answer = officer.post(NEW, fields)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'href="#{field}"' in answer.text
    assert rules(pages) == []


def test_ending_asks_first(officer: Phone, pages: House) -> None:
    page = f"{PAGE}/{add(pages, grade=6, cutoff=time(8, 0))}/end"
    assert "結束「每天・6 年級」的設定？" in officer.text(page)
    assert len(rules(pages)) == 1
    preview = text_of(officer.post(page, {"from_day": "2026-11-24"}))
    assert "截止 08:00 → 照平常" in preview
    assert (
        "6 年級 ，1 位學生 原來 上課，08:00 做未到校檢查 改為 上課，08:30 做未到校檢查" in preview
    )
    assert len(rules(pages)) == 1
    answer = officer.post(page, {"from_day": "2026-11-23", "sure": "1"})
    assert "已登記結束" in officer.text(answer.location)
    assert rules(pages) == []


def test_rule_ends_from_a_day_still_to_come(officer: Phone, pages: House) -> None:
    page = f"{PAGE}/{add(pages, grade=6, cutoff=time(8, 0))}/end"
    assert officer.post(page, {"from_day": "soon", "sure": "1"}).status_code == 422
    assert officer.post(page, {"from_day": "2026-11-20", "sure": "1"}).status_code == 422
    officer.post(page, {"from_day": "2026-11-25", "sure": "1"})
    listed = officer.text(PAGE)
    assert "到 2026/11/24（二）為止" in listed
    who = "2026/11/25（三）起・林國華（生教組） 2026/11/23 07:20"
    assert f"每天・6 年級 截止 08:00 → 照平常 {who}" in listed
    again = officer.post(page, {"from_day": "2026-11-24", "sure": "1"})
    assert "請先到「變更紀錄」收回" in text_of(again)


def test_preview_tells_who_is_concerned_and_writes_nothing(officer: Phone, pages: House) -> None:
    fields = {"weekday": "2", "departure_from": "12:00", "dismissal": "12:40"}
    preview = text_of(officer.post(NEW, {**fields, "from_day": "2026-11-24"}))
    assert "預覽：尚未送出 每週三・全校 放學起算 12:00・放學 12:40" in preview
    assert "2026/11/25（三）會改變的" in preview
    before = "上課，11:30 起刷卡算離校，沒有設放學時間，08:30 做未到校檢查"
    after = "上課，12:00 起刷卡算離校，12:40 放學，08:30 做未到校檢查"
    assert f"6 年級 ，1 位學生 原來 {before} 改為 {after}" in preview
    assert "開始前可以在「變更紀錄」收回。" in preview
    assert rules(pages) == []


def test_preview_says_when_nothing_can_be_taken_back(officer: Phone) -> None:
    preview = text_of(officer.post(NEW, {"cutoff": "08:00", "from_day": "2026-11-23"}))
    assert "今天就生效，不能收回" in preview


def test_change_to_come_is_listed_and_taken_back(
    officer: Phone, staff_phone: StaffPhone, mei: Phone, family: Family, pages: House
) -> None:
    send(officer, {"cutoff": "08:10", "from_day": "2026-11-24"})
    listed = officer.text(PAGE)
    assert "每天・全校 照平常 → 截止 08:10 2026/11/24（二）起・林國華（生教組）" in listed
    assert "還沒開始" in listed
    assert "截止時間（今天 08:30）" in mei.text(family.page)
    (undo,) = re.findall(r'href="(/liff/staff/changes/[^"]+/undo)"', officer.get(PAGE).text)
    admin = staff_phone(ADMIN)
    assert "收回這項變更？" in admin.text(undo)
    answer = admin.post(undo, {})
    assert "已收回，照原來的設定。" in admin.text(answer.location)
    assert rules(pages) == []
    assert "林國華（學校管理者） 2026/11/23 07:20 收回" in admin.text(PAGE)
    again = admin.post(undo, {}, form_at=NEW)
    assert "已收回，照原來的設定。" in admin.text(again.location)
    late = officer.post(undo, {}, form_at=NEW)
    assert (late.status_code, "已有人收回。" in text_of(late)) == (422, True)


def test_change_that_began_cannot_be_taken_back(officer: Phone, pages: House) -> None:
    send(officer, {"cutoff": "08:10", "from_day": "2026-11-24"})
    (undo,) = re.findall(r'href="(/liff/staff/changes/[^"]+/undo)"', officer.get(PAGE).text)
    pages.clock.move_to(monday(7, 20) + timedelta(days=1))
    officer.sign_in(OFFICER)
    assert "已開始" in officer.text(PAGE)
    assert "不能收回" in text_of(officer.post(undo, {}, form_at=NEW))
    assert len(rules(pages)) == 1


def test_next_week_stands_by_grade_and_weekday(officer: Phone, pages: House) -> None:
    add(pages, grade=6, weekday=2, departure_from=time(12), dismissal=time(12, 40))
    page = officer.text(PAGE)
    assert "下週各年級（11/30（一）–12/4（五））" in page
    assert "6 年級 08:30 08:30 08:30 12:40 放學 08:30 08:30" in page


def test_another_schools_rule_is_not_there(staff_phone: StaffPhone, pages: House) -> None:
    page = f"{PAGE}/{add(pages, grade=6, cutoff=time(8, 0))}/end"
    other = staff_phone(ELSEWHERE)
    assert other.get(page).status_code == 404
    assert other.post(page, {}, form_at=NEW).status_code == 404
    assert "6 年級" not in other.text(PAGE)
    assert len(rules(pages)) == 1
