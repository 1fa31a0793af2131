"""已到, 請假 and 未到 on the page of a class: what the chat's buttons do."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from core.answers.tables import NoShowAnswer
from core.attendance.leaves import Filer, open_leaves, withdraw_leave
from core.attendance.tables import AttendanceDay, Leave, LeaveReason, NoShowState
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.gate.make_up import make_ups_of, undo_make_up
from core.gate.tables import Tap
from core.house import House
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.people.staff import roles_of
from tests.attendance.test_reports import MONDAY
from tests.factories import make_reader
from tests.liff.conftest import Family
from tests.liff.desk import ELSEWHERE, OFFICER, TEACHER, StaffPhone, monday
from tests.liff.phone import Phone, text_of
from tests.liff.test_staff_today import CLASS, classmate, record
from tests.security.rows import rows_of_all

# Any page of a school with a form.
FORM = "/liff/staff/policy/new"
NOBODY = "00000000-0000-4000-8000-000000000000"
# What a look leaves behind.
LOOKS = {"audit_entry", "web_session"}


@pytest.fixture
def teacher(staff_phone: StaffPhone, pages: House, family: Family) -> Phone:
    """The class's teacher at 08:05, with Ming not heard of."""
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=monday(8, 4))
    pages.clock.move_to(monday(8, 5))
    return staff_phone(TEACHER)


def form_of(phone: Phone, student_id: object, page: str = CLASS) -> dict[str, str]:
    """What the child's form carries along."""
    shown = phone.get(page).text
    form = shown.partition(f"/{student_id}")[2].partition("</form>")[0]
    return dict(re.findall(r'name="(csrf_token|shown)" value="([^"]+)"', form))


def mark(phone: Phone, student_id: object, word: str, **changed: str) -> TestResponse:
    """Say a word of a child, as its form does."""
    fields = {**form_of(phone, student_id), "answer": word, **changed}
    return phone.client.post(f"{CLASS}/{student_id}", data=fields)


def said(phone: Phone, answer: TestResponse) -> str:
    """The page it led to."""
    assert answer.status_code == 303
    return phone.text(answer.location)


def acts(house: House) -> list[tuple[str, str]]:
    """What was done, and by whom, as the records name it."""
    with snapshot(house.engine) as session:
        entries = session.exec(select(AuditEntry)).all()
    done = [(entry.action, entry.actor) for entry in entries if entry.actor.startswith("staff:")]
    return [one for one in done if not one[0].endswith(".look")]


def actor(house: House) -> str:
    """The teacher, as the records name her."""
    with snapshot(house.engine) as session:
        return f"staff:{roles_of(session, TEACHER)[0].id}"


def told(house: House) -> list[str]:
    """What guardians hear."""
    with snapshot(house.engine) as session:
        return [one.kind for one in session.exec(select(Notice)) if one.guardian_id is not None]


def day_of(session: Session, family: Family) -> AttendanceDay:
    return session.get_one(AttendanceDay, (UUID(family.student_id), MONDAY))


def test_a_child_that_came_is_entered_at_the_minute(
    teacher: Phone, pages: House, family: Family
) -> None:
    pages.clock.move_to(monday(8, 5) + timedelta(seconds=42))
    page = said(teacher, mark(teacher, family.student_id, "present"))
    assert "已記錄：12 王小明 到校 08:05（補登）。已排入家長通知。" in page
    assert "12 王小明 補登 08:05" in page
    with snapshot(pages.engine) as session:
        (tap,) = make_ups_of(session, UUID(family.student_id), MONDAY)
        assert (tap.effective_at, tap.reason) == (monday(8, 5), "老師確認")
        assert tap.recorded_by == actor(pages)
    assert acts(pages) == [("make_up.add", actor(pages))]
    assert told(pages) == [NoticeKind.ARRIVAL]


def test_a_child_on_leave_is_excused_for_the_day(
    teacher: Phone, pages: House, family: Family
) -> None:
    page = said(teacher, mark(teacher, family.student_id, "leave"))
    assert "已登記：12 王小明 今天全天請假。已排入家長通知。" in page
    with snapshot(pages.engine) as session:
        (leave,) = open_leaves(session, UUID(family.student_id), MONDAY, MONDAY)
        assert (leave.first_day, leave.last_day, leave.part) == (MONDAY, MONDAY, "whole")
        assert (leave.reason, leave.filed_by) == (LeaveReason.OTHER, actor(pages))
    assert acts(pages) == [("leave.file", actor(pages))]
    assert told(pages) == [NoticeKind.LEAVE_SCHOOL]


def test_of_a_child_not_seen_the_guardians_hear_at_once(
    teacher: Phone, pages: House, family: Family
) -> None:
    page = said(teacher, mark(teacher, family.student_id, "absent"))
    assert "已記錄：12 王小明 還沒到校。已排入家長通知。看到學生時，請選「已到」。" in page
    with snapshot(pages.engine) as session:
        assert day_of(session, family).no_show == NoShowState.TOLD
    assert acts(pages) == [("review.absent", actor(pages))]
    assert told(pages) == [NoticeKind.NO_SHOW]


def test_who_has_no_guardian_is_entered_and_nobody_told(teacher: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        alone = classmate(session, pages, 1).id
    page = said(teacher, mark(teacher, alone, "present"))
    assert "已記錄：01 李大二 到校 08:05（補登）。沒有需要通知的家長。" in page


def test_only_children_not_heard_of_have_a_form_and_nothing_is_chosen(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        record(session, classmate(session, pages, 1).id, arrived_at=monday(7, 40))
        record(session, classmate(session, pages, 2).id, leave="whole")
    page = teacher.get(CLASS).text
    assert page.count('<form class="answers') == 1
    assert page.count(f"/603/{family.student_id}") == 1
    assert " checked" not in page
    assert [page.count(name) for name in ("王小明", "李大二", "李大三")] == [1, 1, 1]
    words = re.findall(r'value="\w+"><span>(\w+)</span>', page)
    assert words == ["已到", "請假", "未到"]


def test_what_a_guardian_answered_stands_beside_the_form(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        session.add(
            NoShowAnswer(
                student_id=UUID(family.student_id),
                school_day=MONDAY,
                guardian_id=UUID(family.guardian_id),
                answer="at_home",
                answered_at=monday(8, 0),
            )
        )
    assert "12 王小明 家長回覆：孩子在家 已到 請假 未到" in teacher.text(CLASS)


@pytest.mark.parametrize("word", ["", "gone"])
def test_a_form_without_a_word_is_shown_again(
    teacher: Phone, pages: House, family: Family, word: str
) -> None:
    before = facts(pages)
    answer = mark(teacher, family.student_id, word)
    assert answer.status_code == 422
    assert "<title>錯誤：" in answer.text
    assert f'<a href="#answer-{family.student_id}">請選擇已到、請假或未到</a>' in answer.text
    assert text_of(answer).count("請選擇已到、請假或未到") == 2
    assert facts(pages) == before


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("present", "12 王小明 08:05 已有紀錄，不需要再登記。"),
        ("leave", "12 王小明 今天已經請假了，要更改請先取消請假。"),
        ("absent", "12 王小明：家長已經收到通知，沒有再發。"),
    ],
)
def test_the_same_form_sent_again_changes_nothing(
    teacher: Phone, pages: House, family: Family, word: str, answer: str
) -> None:
    fields = {**form_of(teacher, family.student_id), "answer": word}
    path = f"{CLASS}/{family.student_id}"
    teacher.client.post(path, data=fields)
    before = facts(pages)
    pages.clock.move_to(monday(8, 6))
    assert answer in said(teacher, teacher.client.post(path, data=fields))
    assert facts(pages) == before


@pytest.mark.parametrize("word", ["present", "leave", "absent"])
def test_two_colleagues_at_once_enter_it_once(
    teacher: Phone, staff_phone: StaffPhone, pages: House, family: Family, word: str
) -> None:
    phones = (teacher, staff_phone(OFFICER))
    forms = [{**form_of(one, family.student_id), "answer": word} for one in phones]
    start = threading.Barrier(len(phones))

    def send(at: int) -> str:
        start.wait()
        path = f"{CLASS}/{family.student_id}"
        return phones[at].client.post(path, data=forms[at]).location

    with ThreadPoolExecutor() as pool:
        notes = [place.count(f"note={word}") for place in pool.map(send, range(len(phones)))]

    assert sorted(notes) == [0, 1]
    assert len(acts(pages)) == len(told(pages)) == 1


@pytest.mark.parametrize("word", ["present", "leave"])
def test_what_was_taken_back_is_not_entered_by_the_old_form(
    teacher: Phone, pages: House, family: Family, word: str
) -> None:
    fields = {**form_of(teacher, family.student_id), "answer": word}
    path = f"{CLASS}/{family.student_id}"
    teacher.client.post(path, data=fields)
    pages.clock.move_to(monday(8, 6))
    take_back(pages, family)
    before = facts(pages)
    again = said(teacher, teacher.client.post(path, data=fields))
    assert "12 王小明：這件事已經處理好了，不需要再按。" in again
    assert facts(pages) == before
    done = said(teacher, mark(teacher, family.student_id, word))
    assert "12 王小明" in done.partition("08:06")[2].partition("。")[0]


@pytest.mark.parametrize("word", ["present", "absent"])
def test_of_a_child_on_leave_meanwhile_nothing_is_entered(
    teacher: Phone, pages: House, family: Family, word: str
) -> None:
    fields = {**form_of(teacher, family.student_id), "answer": word}
    mark(teacher, family.student_id, "leave")
    before = facts(pages)
    answer = teacher.client.post(f"{CLASS}/{family.student_id}", data=fields)
    assert "12 王小明 今天已請假，沒有改變任何紀錄。" in said(teacher, answer)
    assert facts(pages) == before


def test_the_list_of_yesterday_enters_nothing(teacher: Phone, pages: House, family: Family) -> None:
    before = facts(pages)
    yesterday = (monday(8, 5) - timedelta(days=1)).isoformat()
    answer = mark(teacher, family.student_id, "absent", shown=yesterday)
    assert "這份名單是之前打開的，沒有改變任何紀錄。" in said(teacher, answer)
    assert facts(pages) == before


def test_a_day_without_lessons_has_no_forms_and_enters_nothing(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    sunday = monday(8, 5) - timedelta(days=1)
    pages.clock.move_to(sunday)
    officer = staff_phone(OFFICER)
    assert '<form class="answers' not in officer.get(CLASS).text
    before = facts(pages)
    fields = {"shown": sunday.isoformat(), "answer": "absent"}
    answer = officer.post(f"{CLASS}/{family.student_id}", fields, form_at=FORM)
    assert "今天不上課，沒有改變任何紀錄。" in said(officer, answer)
    assert facts(pages) == before


@pytest.mark.parametrize("shown", ["", "soon", "2026-11-23", "0001-01-01T00:00:00+23:59"])
def test_a_form_that_is_not_ours_is_not_there(teacher: Phone, family: Family, shown: str) -> None:
    answer = mark(teacher, family.student_id, "present", shown=shown)
    assert answer.status_code == 404


def test_children_of_others_are_not_there(
    teacher: Phone, staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        other = classmate(session, pages, 1, homeroom="605").id
    fields = {**form_of(teacher, family.student_id), "answer": "absent"}
    elsewhere = staff_phone(ELSEWHERE)
    before = facts(pages)
    for path in (f"{CLASS}/{other}", f"/liff/staff/classes/605/{other}", f"{CLASS}/{NOBODY}"):
        assert teacher.client.post(path, data=fields).status_code == 404, path
    fields = {"shown": fields["shown"], "answer": "absent"}
    mine = f"{CLASS}/{family.student_id}"
    for path in (mine, f"{mine}?school=353607"):
        assert elsewhere.post(path, fields, form_at=FORM).status_code == 404, path
    assert facts(pages) == before


def test_who_runs_the_school_answers_for_every_class(
    teacher: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    with transaction(pages.engine) as session:
        child = classmate(session, pages, 1, homeroom="605").id
    officer, page = staff_phone(OFFICER), "/liff/staff/classes/605"
    fields = {**form_of(officer, child, page), "answer": "present"}
    answer = officer.client.post(f"{page}/{child}", data=fields)
    assert "已記錄：01 李大二 到校 08:05（補登）。" in said(officer, answer)


def facts(house: House) -> dict[tuple[str, str], str]:
    """Every row but what looks leave behind."""
    return {row: text for row, text in rows_of_all(house).items() if row[0] not in LOOKS}


def take_back(house: House, family: Family) -> None:
    """Somebody takes back what was entered of Ming."""
    by, liff_id, now = actor(house), house.settings.liff_id, house.clock.now()
    with transaction(house.engine) as session:
        for leave in session.exec(select(Leave)):
            withdraw_leave(session, liff_id, leave_id=leave.id, filer=Filer(by), now=now)
        for tap in session.exec(select(Tap)).all():
            undo_make_up(session, liff_id, tap_id=tap.id, recorded_by=by, reason="", now=now)
