"""行事曆: a month in marks and words, days and terms with a preview, the office calendar's file."""

import io
import re
from datetime import date, time, timedelta

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.calendar.policy import NewRule, add_rule
from core.calendar.tables import CalendarDay, DayPolicy, OfficeDay, Term
from core.calendar.terms import OwnDay, set_day
from core.db import snapshot, transaction
from core.house import House
from core.notices.wording import WEEKDAYS
from core.people.staff import roles_of
from tests.calendar.rows import put_closure, put_term, status_of
from tests.factories import LONG_AGO, make_student
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, OFFICER, StaffPhone
from tests.liff.phone import Phone, text_of

PAGE, DAY = "/liff/staff/calendar", "/liff/staff/calendar/day"
TERM, IMPORT = "/liff/staff/calendar/term", "/liff/staff/calendar/import"
OFF = {"kind": "off", "day": "2026-12-04", "grade": "", "reason": "運動會補假"}
HALF = {"kind": "half", "departure_from": "11:30", "dismissal": "12:00"}
LONG_TERM = {
    "term": "115/1",
    "first_day": "2026-08-31",
    "last_day": "2027-01-20",
    "source": "115 學年度行事曆",
}


@pytest.fixture
def admin(staff_phone: StaffPhone, family: Family, pages: House) -> Phone:
    """The admin of Ming's school, where a second grade has a child."""
    with transaction(pages.engine) as session:
        make_student(session, pages, number="11510002", grade=5)
    return staff_phone(ADMIN)


@pytest.fixture
def bureau(staff_phone: StaffPhone, family: Family) -> Phone:
    """Somebody of the education bureau."""
    return staff_phone(BUREAU)


def own_days(house: House) -> list[tuple[str, date, bool]]:
    """The days written."""
    with snapshot(house.engine) as session:
        return [(row.scope, row.day, row.is_open) for row in session.exec(select(CalendarDay))]


def send(phone: Phone, path: str, fields: dict[str, str]) -> TestResponse:
    """Send a form from its preview."""
    return phone.post(path, {**fields, "sure": "1"}, form_at=path)


def test_month_tells_each_kind_of_day_in_a_word(admin: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        by = {"by": "operator", "now": LONG_AGO}
        half = NewRule(day=date(2026, 11, 25), departure_from=time(11), dismissal=time(12))
        add_rule(session, "353607", half, **by)  # type: ignore[arg-type]
        for scope, day, is_open, reason in (
            ("353607", 28, True, "校慶"),
            ("353607", 30, False, "校慶補假"),
            ("353607/6", 26, False, "畢業旅行"),
        ):
            when = date(2026, 11, day)
            own = OwnDay(scope=scope, day=when, is_open=is_open, reason=reason, source="x")
            set_day(session, own, **by)  # type: ignore[arg-type]
        put_closure(session, date(2026, 11, 12))
    page = admin.text(PAGE)
    for said in (
        "12 停課",
        "25 半天",
        "26 部分",
        "28 補課",
        "30 放假",
        "2026/11/25（三） 半天（12:00 放學）",
        "2026/11/26（四） 5 年級：上課 6 年級：放假（畢業旅行）",
        "2026/11/28（六） 補課（校慶）",
        "2026/11/30（一） 放假（校慶補假）",
        "2026/11/12（四） 停課",
    ):
        assert said in page, said
    assert "2026/11/21" not in page, "a plain weekend"
    assert 'aria-current="date"' in admin.get(PAGE).text


def test_months_lead_to_their_neighbours_and_far_ones_to_this(admin: Phone) -> None:
    assert "2026 年 11 月" in admin.text(PAGE)
    assert f'{PAGE}?month=2026-12"' in admin.get(PAGE).text
    assert "2027 年 1 月" in admin.text(f"{PAGE}?month=2027-01")
    assert "2026 年 11 月" in admin.text(f"{PAGE}?month=9999-01")


def test_preview_of_a_day_off_tells_whom_and_which_check(admin: Phone, pages: House) -> None:
    preview = text_of(admin.post(DAY, OFF))
    assert "預覽：尚未送出 2026/12/04（五）・全校 放假（運動會補假）" in preview
    assert (
        "5–6 年級 ，2 位學生 原來 上課，08:30 做未到校檢查 "
        "改為 不上課（運動會補假），不做未到校檢查" in preview
    )
    assert own_days(pages) == []


def test_day_off_is_written_attributed_and_taken_back(admin: Phone, pages: House) -> None:
    answer = send(admin, DAY, OFF)
    page = admin.text(answer.location)
    assert "已登記。" in page
    assert "2026/12/04（五） 放假（運動會補假）" in page
    assert "照行事曆 → 放假（運動會補假） 2026/12/04（五）起・林國華（學校管理者）" in page
    assert own_days(pages) == [("353607", date(2026, 12, 4), False)]
    with snapshot(pages.engine) as session:
        (role,) = roles_of(session, ADMIN)
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "calendar_day.set"))
        assert entry.one().actor == f"staff:{role.id}"
    (undo,) = re.findall(r'href="(/liff/staff/changes/[^"]+/undo)"', admin.get(PAGE).text)
    assert "已收回" in admin.text(admin.post(undo, {}).location)
    assert own_days(pages) == []


def test_half_day_of_a_grade_is_a_rule_of_that_date(admin: Phone, pages: House) -> None:
    preview = text_of(admin.post(DAY, {**OFF, **HALF, "grade": "6"}))
    assert "6 年級 ，1 位學生" in preview
    assert "改為 上課，12:00 放學，08:30 做未到校檢查" in preview
    send(admin, DAY, {**OFF, **HALF, "grade": "6"})
    with snapshot(pages.engine) as session:
        rule = session.exec(select(DayPolicy)).one()
    assert (rule.grade, rule.day, rule.dismissal) == (6, date(2026, 12, 4), time(12))
    assert "部分" in admin.text(f"{PAGE}?month=2026-12")


def test_own_day_can_be_taken_out_again(admin: Phone, pages: House) -> None:
    send(admin, DAY, OFF)
    usual = {**OFF, "kind": "usual", "reason": ""}
    assert "改為 上課" in text_of(admin.post(DAY, usual))
    send(admin, DAY, usual)
    assert own_days(pages) == []
    assert "沒有自己登記的" in text_of(send(admin, DAY, usual))


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"day": "2026-11-23"}, "day", "只能登記明天以後的日子"),
        ({"day": "2028-01-03"}, "day", "最多提前 400 天"),
        ({"day": ""}, "day", "請選擇日期"),
        ({"kind": "party"}, "kind", "請選擇這一天怎麼上課"),
        ({"reason": ""}, "reason", "請填原因"),
        ({"reason": "長" * 41}, "reason", "請填原因"),
        ({"grade": "3"}, "grade", "超出範圍"),
        ({**HALF, "dismissal": ""}, "dismissal", "時間請寫 24 小時制"),
        ({**HALF, "departure_from": "08:00"}, "day", "截止時間要早於放學起算的時間"),
    ],
)
def test_wrong_field_is_named_and_changes_nothing(
    admin: Phone, pages: House, changed: dict[str, str], field: str, words: str
) -> None:
    answer = send(admin, DAY, {**OFF, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'href="#{field}"' in answer.text
    assert own_days(pages) == []


def test_bureau_writes_for_the_whole_city(bureau: Phone, pages: House) -> None:
    preview = text_of(bureau.post(DAY, OFF))
    assert "2026/12/04（五）・全市 放假（運動會補假）" in preview
    assert "全市 ，1 位學生 原來 上課 改為 不上課，不做未到校檢查" in preview
    send(bureau, DAY, OFF)
    assert own_days(pages) == [("city", date(2026, 12, 4), False)]
    assert "半天課才要填" not in bureau.text(DAY)


def test_bureau_writes_for_a_school_it_chose(bureau: Phone, pages: House) -> None:
    send(bureau, f"{DAY}?school=353607", OFF)
    assert own_days(pages) == [("353607", date(2026, 12, 4), False)]
    found = bureau.get("/liff/staff/schools?page=calendar&q=中正").text
    assert f'href="{PAGE}?school=353607"' in found
    assert "沒有符合的學校" in bureau.text("/liff/staff/schools?page=calendar&q=沒有")
    assert bureau.get("/liff/staff/schools?page=burn").status_code == 404


def test_officer_reads_and_writes_nothing(
    staff_phone: StaffPhone, admin: Phone, pages: House
) -> None:
    officer = staff_phone(OFFICER)
    send(admin, DAY, OFF)
    assert "運動會補假" in officer.text(f"{PAGE}?month=2026-12")
    sent = officer.post(DAY, {**OFF, "sure": "1"}, form_at="/liff/staff/policy/new")
    assert sent.status_code == 403
    assert re.findall("changes/[^/]+/undo", officer.get(PAGE).text) == []
    (undo,) = re.findall(r'href="(/liff/staff/changes/[^"]+/undo)"', admin.get(PAGE).text)
    assert officer.post(undo, {}, form_at="/liff/staff/policy/new").status_code == 403
    assert len(own_days(pages)) == 1


def test_city_change_is_not_a_schools_to_take_back(bureau: Phone, admin: Phone) -> None:
    send(bureau, DAY, OFF)
    (undo,) = re.findall(r'href="(/liff/staff/changes/[^"]+/undo)"', bureau.get(PAGE).text)
    assert admin.get(undo).status_code == 404
    assert admin.post(undo, {}, form_at=DAY).status_code == 404


def test_term_is_previewed_written_and_taken_back(admin: Phone, pages: House) -> None:
    send(admin, TERM, LONG_TERM)
    shorter = {**LONG_TERM, "last_day": "2027-01-15"}
    preview = text_of(admin.post(TERM, shorter))
    assert "1/18（一）–1/20（三） 3 天 上課 → 放假（寒假）" in preview
    assert "1 校、2 位學生" in preview
    page = admin.text(send(admin, TERM, shorter).location)
    assert "115 學年度第 1 學期（全校） 2026/08/31–2027/01/15" in page
    (undo,) = re.findall(r'href="(/liff/staff/changes/[^"]+/undo)"', admin.get(PAGE).text)
    admin.post(undo, {})
    assert "2026/08/31–2027/01/20" in admin.text(PAGE)


def test_schools_term_stands_before_the_citys(admin: Phone, bureau: Phone) -> None:
    send(bureau, TERM, LONG_TERM)
    assert "115 學年度第 1 學期（全市） 2026/08/31–2027/01/20" in admin.text(PAGE)
    send(admin, TERM, {**LONG_TERM, "last_day": "2027-01-19"})
    assert "115 學年度第 1 學期（全校） 2026/08/31–2027/01/19" in admin.text(PAGE)
    assert "（全市） 2026/08/31–2027/01/20" in bureau.text(PAGE)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"first_day": "2026-09-01"}, "first_day", "已經開始或過了，不能更改"),
        ({"last_day": "2026-11-20"}, "last_day", "已經開始或過了，不能更改"),
        ({"last_day": "2027-08-20"}, "last_day", "不在這個學年度"),
        ({"term": "99/1"}, "term", "請選擇學期"),
        ({"source": ""}, "source", "請填依據"),
        ({"last_day": "soon"}, "last_day", "請選擇日期"),
    ],
)
def test_term_that_cannot_be_is_refused(
    admin: Phone, pages: House, changed: dict[str, str], field: str, words: str
) -> None:
    with transaction(pages.engine) as session:
        put_term(session, 1, date(2026, 8, 31), date(2027, 1, 20), scope="353607")
    answer = send(admin, TERM, {**LONG_TERM, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'href="#{field}"' in answer.text
    with snapshot(pages.engine) as session:
        assert session.exec(select(Term.last_day)).all() == [date(2027, 1, 20)]


def office_file(*off: str, encoding: str = "utf-8-sig", year: int = 2027) -> bytes:
    """A year's file in which the weekends and these days (0301) are off."""
    lines, day = ["西元日期,星期,是否放假,備註"], date(year, 1, 1)
    while day.year == year:
        is_off = day.weekday() >= 5 or f"{day:%m%d}" in off
        remark = "補假" if is_off and day.weekday() < 5 else ""
        lines.append(f"{day:%Y%m%d},{WEEKDAYS[day.weekday()]},{2 if is_off else 0},{remark}")
        day += timedelta(days=1)
    return "\r\n".join(lines).encode(encoding)


def upload(phone: Phone, data: bytes) -> TestResponse:
    """Choose a file and send it."""
    token = phone.token_at(IMPORT)
    file = (io.BytesIO(data), "116.csv")
    return phone.client.post(IMPORT, data={"csrf_token": token, "file": file})


def hidden(answer: TestResponse) -> dict[str, str]:
    """What the preview carries along."""
    return dict(re.findall(r'name="(kept|seen)" value="([^"]+)"', answer.text))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp950"])
def test_office_file_is_previewed_then_written(bureau: Phone, pages: House, encoding: str) -> None:
    preview = upload(bureau, office_file("0302", encoding=encoding))
    assert preview.status_code == 200
    assert "新增 365 天、更改 0 天、不變 0 天" in text_of(preview)
    assert "2027/03/02（二） 上課 → 放假（補假）" in text_of(preview)
    assert len(preview.text) < 30_000
    with snapshot(pages.engine) as session:
        assert session.exec(select(OfficeDay)).all() == []
    page = bureau.text(bureau.post(IMPORT, hidden(preview)).location)
    assert "已匯入辦公日曆。" in page
    assert "匯入：新增 365 天、更改 0 天" in page
    with snapshot(pages.engine) as session:
        assert not status_of(session, date(2027, 3, 2)).is_open
    assert "內容和目前相同，不用匯入。" in text_of(upload(bureau, office_file("0302")))


def test_office_file_with_faults_is_refused_with_its_rows(bureau: Phone, pages: House) -> None:
    data = office_file().replace(b"20270105,\xe4\xba\x8c", b"20270105,\xe4\xb8\x89")
    answer = upload(bureau, data.replace(b",0,", b",7,", 1))
    assert answer.status_code == 422
    assert "檔案有 2 個問題，沒有寫入任何資料" in text_of(answer)
    assert "第 6 列：星期和日期不合（三）" in text_of(answer)
    assert "第 2 列：是否放假應是 0 或 2（7）" in text_of(answer)
    assert "這是網頁" in text_of(upload(bureau, b"<html></html>"))
    assert "請選擇檔案" in text_of(upload(bureau, b""))
    with snapshot(pages.engine) as session:
        assert session.exec(select(OfficeDay)).all() == []


def test_office_preview_overtaken_by_another_import_is_shown_again(bureau: Phone) -> None:
    mine = hidden(upload(bureau, office_file("0302")))
    other = hidden(upload(bureau, office_file("0303")))
    bureau.post(IMPORT, other)
    again = bureau.post(IMPORT, mine)
    assert "預覽之後有人更改了辦公日曆，請再核對一次。" in text_of(again)
    assert "更改 2 天" in text_of(again)
    assert bureau.post(IMPORT, hidden(again)).status_code == 303


def test_forged_office_file_is_not_taken(bureau: Phone, pages: House) -> None:
    mine = hidden(upload(bureau, office_file("0302")))
    forged = {**mine, "kept": f"x{mine['kept']}"}
    assert bureau.post(IMPORT, forged).status_code == 404
    with snapshot(pages.engine) as session:
        assert session.exec(select(OfficeDay)).all() == []
