"""學校設定: rules by grade, weekday and date."""

from datetime import date, time
from uuid import UUID

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.calendar.policy import NewRule, add_rule, list_rules
from core.calendar.tables import DayPolicy
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import roles_of
from tests.factories import LONG_AGO
from tests.liff.conftest import Family
from tests.liff.desk import ELSEWHERE, OFFICER, StaffPhone
from tests.liff.phone import Phone, text_of

PAGE, NEW = "/liff/staff/policy", "/liff/staff/policy/new"


@pytest.fixture
def officer(staff_phone: StaffPhone, family: Family) -> Phone:
    """The officer of Ming's school."""
    return staff_phone(OFFICER)


def rules(house: House) -> list[DayPolicy]:
    """What counts now."""
    with snapshot(house.engine) as session:
        return list_rules(session, "353607")


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
    assert "08:01" not in page, "a date that has passed"


def test_rule_is_added_and_counts_on_the_childs_page(
    officer: Phone, mei: Phone, family: Family, pages: House
) -> None:
    fields = {"grade": "6", "weekday": "0", "cutoff": "08:10", "reason": "升旗"}
    answer = officer.post(NEW, fields)
    assert "已新增，立即生效。" in officer.text(answer.location)
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
        ({"weekday": "1", "day": "2026-11-24", "cutoff": "08:00"}, "day", "星期和日期只能選一個"),
        ({"grace_minutes": "61"}, "grace_minutes", "超出範圍"),
        ({"bounce_seconds": "many"}, "bounce_seconds", "請填整數"),
        ({"review_minutes": "-5"}, "review_minutes", "請填整數"),
        ({"grade": "13", "cutoff": "08:00"}, "grade", "超出範圍"),
        ({"weekday": "7", "cutoff": "08:00"}, "weekday", "超出範圍"),
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
    answer = officer.post(page, {})
    assert "已結束，恢復平常的設定。" in officer.text(answer.location)
    assert rules(pages) == []


def test_another_schools_rule_is_not_there(staff_phone: StaffPhone, pages: House) -> None:
    page = f"{PAGE}/{add(pages, grade=6, cutoff=time(8, 0))}/end"
    other = staff_phone(ELSEWHERE)
    assert other.get(page).status_code == 404
    assert other.post(page, {}, form_at=NEW).status_code == 404
    assert "6 年級" not in other.text(PAGE)
    assert len(rules(pages)) == 1
