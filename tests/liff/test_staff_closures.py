"""停課 on the page: proposed with a preview, confirmed by a second person, undone the same way."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.calendar.tables import Closure
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.notices.tables import Notice
from core.people.tables import School, StaffRole, Student
from tests.factories import make_staff
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, StaffPhone, monday
from tests.liff.phone import Phone, text_of

RULE = "/liff/staff/policy/new"
LIST, NEW = "/liff/staff/closures", "/liff/staff/closures/new"
WISH = {
    "grade": "",
    "day": "2026-11-24",
    "part": "whole",
    "source": "臺北市政府",
    "source_at": "2026-11-23T07:00",
}


def closures(house: House) -> list[Closure]:
    """Everything written."""
    with snapshot(house.engine) as session:
        return list(session.exec(select(Closure)))


def propose(phone: Phone, **changed: str) -> str:
    """Send the form from its preview; return the closure's page."""
    answer = phone.post(NEW, {**WISH, **changed, "sure": "1"})
    assert answer.status_code == 303, text_of(answer)
    return str(answer.location).partition("?")[0]


def press(phone: Phone, page: str, answer: str) -> str:
    """Press a button of the closure's page; return what is read next."""
    sent = phone.post(page, {"answer": answer}, form_at=NEW)
    return text_of(sent) if sent.status_code == 422 else phone.text(sent.location)


def find(house: House, **facts: object) -> UUID:
    """A machine's find."""
    closure = Closure(
        school_code="353607",
        day=date(2026, 11, 24),
        source="臺北市政府",
        source_at=monday(7, 0),
        found_in="臺北市:明天停止上班、停止上課。",
        proposed_at=monday(7, 5),
        **facts,
    )
    with transaction(house.engine) as session:
        session.add(closure)
        session.flush()
        return closure.id


def test_only_grades_of_the_school_are_offered(
    officer: Phone, staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    assert offered(officer, NEW) == offered(officer, RULE) == [1, 2, 3, 4, 5, 6]
    assert offered(staff_phone(BUREAU), NEW) == list(range(1, 13))
    with transaction(pages.engine) as session:
        session.get_one(Student, UUID(family.student_id)).grade = 7
    assert offered(officer, NEW) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("level", "grades"), [("國中", range(6, 10)), ("高職", [6, 10, 11, 12]), ("特教", range(1, 13))]
)
def test_grades_offered_are_of_the_level_and_of_whoever_is_enrolled(
    officer: Phone, pages: House, family: Family, level: str, grades: list[int]
) -> None:
    with transaction(pages.engine) as session:
        session.get_one(School, "353607").level = level
    assert offered(officer, NEW) == list(grades)


def offered(phone: Phone, page: str) -> list[int]:
    """The grades of the form."""
    return [
        int(grade) for grade in re.findall(r'<option value="(\d+)">\d+ 年級', phone.get(page).text)
    ]


def test_preview_counts_and_writes_nothing(officer: Phone, pages: House) -> None:
    answer = officer.post(NEW, WISH)
    assert answer.status_code == 200
    page = text_of(answer)
    assert "榕光國小，11/24（二）全天" in page
    assert "1 校、1 人" in page
    assert "臺北市政府 11/23 07:00 公布" in page
    assert "已到校的孩子離校時仍會通知" in page
    assert closures(pages) == []


def test_who_is_alone_reads_what_to_do_until_there_is_a_second(
    officer: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    page = propose(officer)
    alone = officer.text(f"{page}?note=proposed")
    assert "已送出，但目前沒有其他人可以確認，還沒生效。請學校管理者輸入「邀請」" in alone
    assert "來不及時請撥 02\u20112758\u20119171。60 分鐘內有效" in alone
    assert "等第二人確認，" not in alone
    staff_phone(ADMIN)
    assert "已送出，等第二人確認，60 分鐘內有效。" in officer.text(f"{page}?note=proposed")


def test_second_person_makes_it_count(officer: Phone, admin: Phone, pages: House) -> None:
    page = propose(officer)
    assert "等第二人確認" in officer.text(f"{page}?note=proposed")
    assert "60 分鐘內有效" in officer.text(f"{page}?note=proposed")
    assert "我是第二位，確認" not in officer.text(page)
    assert "我是第二位，確認" in admin.text(page)
    assert "停課已生效" in press(admin, page, "confirm")
    (closure,) = closures(pages)
    assert closure.confirmed_at == pages.clock.now()
    assert closure.confirmed_by != closure.proposed_by


def test_desk_counts_what_waits_for_this_second_person(
    officer: Phone, admin: Phone, pages: House
) -> None:
    nothing, one = "停課 兩人確認，可以復原", "停課 等您確認 1 件"
    assert nothing in admin.text("/liff/staff")
    page = propose(officer)
    assert one in admin.text("/liff/staff")
    assert nothing in officer.text("/liff/staff")
    press(admin, page, "confirm")
    assert nothing in admin.text("/liff/staff")
    press(admin, page, "undo")
    assert one in officer.text("/liff/staff")
    assert nothing in admin.text("/liff/staff")


def test_proposer_cannot_confirm_even_in_another_role(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = propose(officer)
    with transaction(pages.engine) as session:
        make_staff(session, pages, OFFICER, role=StaffRole.SCHOOL_ADMIN)
    assert "發起人不能自己確認，請另一位有權限的人確認。" in press(officer, page, "confirm")
    assert closures(pages)[0].confirmed_at is None


def test_second_person_can_turn_it_down(officer: Phone, admin: Phone, pages: House) -> None:
    page = propose(officer)
    assert "已退回，沒有執行。" in press(admin, page, "decline")
    assert "已有人處理。" in press(admin, page, "confirm")
    assert closures(pages)[0].confirmed_at is None


def test_step_sent_again_after_a_lost_reply_reads_as_done(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = propose(officer)
    once, again = press(admin, page, "confirm"), press(admin, page, "confirm")
    assert "已有人處理" not in again
    assert again == once
    assert "已有人處理。" in press(officer, page, "decline")


def test_proposal_lapses(officer: Phone, admin: Phone, pages: House) -> None:
    page = propose(officer)
    pages.clock.move_to(monday(7, 20) + timedelta(minutes=61))
    admin.sign_in(ADMIN)
    assert "逾時未確認" in admin.text(page)
    assert "逾時未確認，沒有執行。" in press(admin, page, "confirm")


def test_undoing_takes_two_as_well(officer: Phone, admin: Phone, pages: House) -> None:
    page = propose(officer)
    press(admin, page, "confirm")
    assert "已送出，等第二人確認" in press(admin, page, "undo")
    assert "發起人不能自己確認" in press(admin, page, "confirm_undo")
    assert closures(pages)[0].undone_at is None
    assert "已復原。" in press(officer, page, "confirm_undo")
    assert closures(pages)[0].undone_at == pages.clock.now()


def test_who_confirms_an_undoing_reads_who_asks_for_it(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = propose(officer)
    press(admin, page, "confirm")
    assert "提出復原" not in officer.text(page)
    press(admin, page, "undo")
    assert "提出復原 林國華" in officer.text(page)
    press(officer, page, "keep")
    assert "提出復原" not in officer.text(page)


def test_asked_undoing_can_be_turned_down(officer: Phone, admin: Phone, pages: House) -> None:
    page = propose(officer)
    press(admin, page, "confirm")
    press(officer, page, "undo")
    assert "停課維持生效" in press(admin, page, "keep")
    assert closures(pages)[0].undo_proposed_at is None


def test_others_are_asked_and_told(
    officer: Phone, admin: Phone, pages: House, family: Family
) -> None:
    press(admin, propose(officer), "confirm")
    with snapshot(pages.engine) as session:
        rows = session.exec(select(Notice).where(Notice.kind != "closure_on")).all()
    assert {(row.kind, row.line_user_id) for row in rows} == {
        ("closure_asked", ADMIN),
        ("closure_answered", OFFICER),
    }


def test_find_is_only_a_proposal_to_propose(officer: Phone, admin: Phone, pages: House) -> None:
    page = f"{LIST}/{find(pages)}"
    assert "還沒採用" in officer.text(page)
    assert "明天停止上班、停止上課。" in officer.text(page)
    assert "請先建立停課" in press(admin, page, "confirm")
    assert "等第二人確認" in press(officer, page, "adopt")
    assert "停課已生效" in press(admin, page, "confirm")


def test_find_can_be_left_aside(officer: Phone, pages: House) -> None:
    assert "已退回" in press(officer, f"{LIST}/{find(pages)}", "decline")
    assert closures(pages)[0].declined_at is not None


def test_school_closes_only_itself_whatever_it_sends(officer: Phone, pages: House) -> None:
    propose(officer, school_code="353608", district="大安區", level="國小", grade="6")
    (closure,) = closures(pages)
    assert (closure.school_code, closure.district, closure.level, closure.grade) == (
        "353607",
        None,
        None,
        6,
    )


def test_bureau_closes_any_scope(staff_phone: StaffPhone, pages: House) -> None:
    bureau = staff_phone(BUREAU)
    answer = bureau.post(NEW, {**WISH, "district": "中正區", "level": "國小"})
    assert "中正區・國小，11/24（二）全天" in text_of(answer)
    propose(bureau, district="中正區", level="國小")
    (closure,) = closures(pages)
    assert (closure.district, closure.level, closure.school_code) == ("中正區", "國小", None)


def test_school_reads_a_wider_closure_and_answers_nothing(
    staff_phone: StaffPhone, officer: Phone, pages: House
) -> None:
    page = propose(staff_phone(BUREAU))
    assert "全市，11/24（二）全天" in officer.text(LIST)
    assert "<button" not in officer.get(page).text
    assert officer.post(page, {"answer": "confirm"}, form_at=NEW).status_code == 403
    assert closures(pages)[0].confirmed_at is None


def test_another_schools_closure_is_not_there(
    staff_phone: StaffPhone, officer: Phone, pages: House
) -> None:
    page = propose(staff_phone(ELSEWHERE))
    assert officer.get(page).status_code == 404
    assert "槐香" not in officer.text(LIST)
    assert officer.post(page, {"answer": "confirm"}, form_at=NEW).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"day": ""}, "day", "請選擇日期"),
        ({"day": "2026-11-22"}, "day", "日期已經過了"),
        ({"part": "night"}, "part", "請選擇時段"),
        ({"source": ""}, "source", "請填依據，最多 40 個字"),
        ({"source": "長" * 41}, "source", "請填依據，最多 40 個字"),
        ({"source": "www.evil.example"}, "source", "依據不能有網址或特殊符號"),
        ({"source_at": ""}, "source_at", "請填公布的日期和時間"),
        ({"source_at": "2026-11-23T09:00"}, "source_at", "公布的時間還沒到"),
        ({"grade": "13"}, "grade", "年級應是 1–12"),
        ({"grade": "六"}, "grade", "年級應是 1–12"),
    ],
)
def test_wrong_field_is_named_and_changes_nothing(
    officer: Phone, pages: House, changed: dict[str, str], field: str, words: str
) -> None:
    answer = officer.post(NEW, {**WISH, **changed, "sure": "1"})
    assert answer.status_code == 422
    assert f'<a href="#{field}">{words}</a>' in answer.text
    assert closures(pages) == []


def test_same_closure_twice_is_refused(officer: Phone, admin: Phone, pages: House) -> None:
    page = propose(officer)
    again = admin.post(NEW, {**WISH, "sure": "1"})
    assert "已經有人發起" in text_of(again)
    press(admin, page, "confirm")
    assert "這個範圍當天已經停課" in text_of(officer.post(NEW, {**WISH, "sure": "1"}))
    assert len(closures(pages)) == 1


def test_unknown_answer_and_closure_are_not_there(officer: Phone, pages: House) -> None:
    page = propose(officer)
    assert officer.post(page, {"answer": "burn"}, form_at=NEW).status_code == 404
    nowhere = f"{LIST}/00000000-0000-4000-8000-000000000000"
    assert officer.get(nowhere).status_code == 404


def test_list_leaves_past_days_out(officer: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        session.add(
            Closure(
                school_code="353607",
                day=date(2026, 11, 20),
                source="榕光國小",
                source_at=datetime(2026, 11, 19, 20, 0, tzinfo=TAIPEI),
                proposed_at=datetime(2026, 11, 19, 20, 0, tzinfo=TAIPEI),
            )
        )
    assert "今天以後沒有停課" in officer.text(LIST)
