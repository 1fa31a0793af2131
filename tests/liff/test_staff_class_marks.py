"""已到, 請假 and 未到 on the page of a class: what the chat's buttons do."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from core.answers.tables import NoShowAnswer
from core.attendance.leaves import Filer, file_leave, open_leaves
from core.attendance.tables import AttendanceDay, LeaveReason, NoShowState
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.gate.make_up import make_ups_of
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.staff import roles_of
from core.people.tables import EnrollmentStatus, Student
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


def form_of(phone: Phone, page: str = CLASS) -> dict[str, str]:
    """What the form carries along."""
    return dict(re.findall(r'name="(csrf_token|shown)" value="([^"]+)"', phone.get(page).text))


def mark(phone: Phone, words: dict[object, str], **changed: str) -> TestResponse:
    """Say words of children, as the form does."""
    said = {f"answer-{child}": word for child, word in words.items()}
    return phone.client.post(CLASS, data={**form_of(phone), **said, **changed})


def take_back(phone: Phone, page: str = CLASS) -> TestResponse:
    """Press the first 復原 of the page."""
    found = re.search(r'name="(arrival|leave)" value="([^"]+)"', phone.get(page).text)
    assert found is not None
    fields = {"csrf_token": form_of(phone)["csrf_token"], found[1]: found[2]}
    return phone.client.post(f"{page}/undo", data=fields)


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
    page = said(teacher, mark(teacher, {family.student_id: "present"}))
    assert "已登記 1 位 12 王小明 到校 08:05（補登）。已排入家長通知。" in page
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
    page = said(teacher, mark(teacher, {family.student_id: "leave"}))
    assert "已登記 1 位 12 王小明 今天全天請假。已排入家長通知。" in page
    with snapshot(pages.engine) as session:
        (leave,) = open_leaves(session, UUID(family.student_id), MONDAY, MONDAY)
        assert (leave.first_day, leave.last_day, leave.part) == (MONDAY, MONDAY, "whole")
        assert (leave.reason, leave.filed_by) == (LeaveReason.OTHER, actor(pages))
    assert acts(pages) == [("leave.file", actor(pages))]
    assert told(pages) == [NoticeKind.LEAVE_SCHOOL]


def test_of_a_child_not_seen_the_guardians_hear_at_once(
    teacher: Phone, pages: House, family: Family
) -> None:
    page = said(teacher, mark(teacher, {family.student_id: "absent"}))
    assert "12 王小明 還沒到校。已排入家長通知。 看到還沒到校的學生時，請選「已到」。" in page
    with snapshot(pages.engine) as session:
        assert day_of(session, family).no_show == NoShowState.TOLD
    assert acts(pages) == [("review.absent", actor(pages))]
    assert told(pages) == [NoticeKind.NO_SHOW]


def test_who_has_no_guardian_is_entered_and_nobody_told(teacher: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        alone = classmate(session, pages, 1).id
    page = said(teacher, mark(teacher, {alone: "present"}))
    assert "已登記 1 位 01 李大二 到校 08:05（補登）。沒有需要通知的家長。" in page


def test_only_children_not_heard_of_have_a_form_and_nothing_is_chosen(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        record(session, classmate(session, pages, 1).id, arrived_at=monday(7, 40))
        record(session, classmate(session, pages, 2).id, leave="whole")
    page = teacher.get(CLASS).text
    assert page.count('<div class="answers') == 1
    assert page.count(f'id="answer-{family.student_id}"') == 1
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
def test_a_word_that_is_none_is_said_beside_the_child_and_the_others_stay_chosen(
    teacher: Phone, pages: House, family: Family, word: str
) -> None:
    with transaction(pages.engine) as session:
        other = classmate(session, pages, 1).id
    before = facts(pages)
    answer = mark(teacher, {family.student_id: word, other: "leave"})
    assert answer.status_code == 422
    assert "<title>錯誤：" in answer.text
    assert f'<a href="#answer-{family.student_id}">請選擇已到、請假或未到</a>' in answer.text
    assert f'id="answer-{family.student_id}-fault"' in answer.text
    assert f'name="answer-{other}" value="leave" checked' in answer.text
    assert answer.text.count(" checked") == 1
    assert facts(pages) == before


def test_nothing_chosen_is_said_at_the_top_and_beside_the_button(
    teacher: Phone, pages: House, family: Family
) -> None:
    before = facts(pages)
    answer = mark(teacher, {})
    assert answer.status_code == 422
    assert f'<a href="#answer-{family.student_id}">請先替學生選擇' in answer.text
    assert text_of(answer).count("請先替學生選擇已到、請假或未到") == 2
    assert facts(pages) == before


def test_all_that_was_chosen_is_entered_by_one_press(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        here, away, unsaid = (classmate(session, pages, number).id for number in (1, 2, 3))
    words = {family.student_id: "absent", away: "leave", here: "present"}
    page = said(teacher, mark(teacher, words))
    assert "已登記 3 位 01 李大二 到校 08:05（補登）。" in page
    assert "02 李大三 今天全天請假。" in page
    assert "12 王小明 還沒到校。已排入家長通知。" in page
    assert len(acts(pages)) == 3
    assert "尚無紀錄 2 位" in page
    with snapshot(pages.engine) as session:
        assert session.get(AttendanceDay, (unsaid, MONDAY)) is None


def test_who_was_seen_meanwhile_is_named_and_the_others_are_entered(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        late, away = (classmate(session, pages, number).id for number in (1, 2))
    fields = form_of(teacher)
    with transaction(pages.engine) as session:
        record(session, late, arrived_at=monday(8, 4))
    words = {late: "absent", away: "leave", family.student_id: "absent"}
    page = said(teacher, mark(teacher, words, **fields))
    assert "已登記 2 位 02 李大三 今天全天請假。沒有需要通知的家長。 12 王小明 還沒到校。" in page
    assert "沒有登記 1 位 01 李大二 08:04 已有紀錄，不需要再登記。" in page
    assert {act for act, _ in acts(pages)} == {"leave.file", "review.absent"}


def test_of_a_missing_child_nobody_hears_of_the_teacher_is_told_to_call(
    teacher: Phone, pages: House
) -> None:
    with transaction(pages.engine) as session:
        alone = classmate(session, pages, 1).id
    page = said(teacher, mark(teacher, {alone: "absent"}))
    assert "01 李大二 還沒到校。沒有家長會收到通知，請直接聯絡。" in page
    again = said(teacher, mark(teacher, {alone: "absent"}))
    assert "01 李大二：沒有家長會收到通知，請直接聯絡。" in again
    assert "家長已經收到通知" not in again


@pytest.mark.parametrize(
    ("word", "undone", "kind"),
    [
        ("present", "12 王小明 的到校補登。已排入家長通知。", NoticeKind.MAKE_UP_UNDONE),
        ("leave", "12 王小明 今天的請假。已排入家長通知。", NoticeKind.LEAVE_CANCELLED),
    ],
)
def test_what_was_entered_is_taken_back_where_it_was_entered(
    teacher: Phone, pages: House, family: Family, word: str, undone: str, kind: NoticeKind
) -> None:
    mark(teacher, {family.student_id: word})
    send(pages)
    page = said(teacher, take_back(teacher))
    assert f"已復原 {undone}" in page
    assert "尚無紀錄 1 位" in page
    assert "可以復原" not in page
    assert kind in told(pages)


def test_taken_back_twice_is_taken_back_once(teacher: Phone, pages: House, family: Family) -> None:
    mark(teacher, {family.student_id: "present"})
    shown = teacher.get(CLASS).text
    take_back(teacher)
    before = facts(pages)
    (tap_id,) = re.findall(r'name="arrival" value="([^"]+)"', shown)
    fields = {"csrf_token": form_of(teacher)["csrf_token"], "arrival": tap_id}
    again = said(teacher, teacher.client.post(f"{CLASS}/undo", data=fields))
    assert "12 王小明：這件事已經處理好了，不需要再按。" in again
    assert facts(pages) == before


def test_what_guardians_filed_is_not_taken_back_here(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        leave_by_guardian(session, family, monday(7, 0))
    assert "可以復原" not in teacher.text(CLASS)


def test_entries_of_another_class_are_not_taken_back(
    teacher: Phone, staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        other = classmate(session, pages, 1, homeroom="605").id
    officer, page = staff_phone(OFFICER), "/liff/staff/classes/605"
    fields = {**form_of(officer, page), f"answer-{other}": "present"}
    officer.client.post(page, data=fields)
    (tap_id,) = re.findall(r'name="arrival" value="([^"]+)"', officer.get(page).text)
    before = facts(pages)
    csrf = form_of(teacher)["csrf_token"]
    for path in (CLASS, page):
        for entry in ({"arrival": tap_id}, {"arrival": NOBODY}, {"leave": NOBODY}, {}):
            answer = teacher.client.post(f"{path}/undo", data={"csrf_token": csrf, **entry})
            assert answer.status_code == 404, (path, entry)
    assert facts(pages) == before


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("present", "12 王小明 08:05 已有紀錄，不需要再登記。"),
        ("leave", "12 王小明 今天已經請假了。要更改，請在聊天輸入「取消請假 603 12 今天」。"),
        ("absent", "12 王小明：家長已經收到通知，沒有再發。"),
    ],
)
def test_the_same_form_sent_again_changes_nothing(
    teacher: Phone, pages: House, family: Family, word: str, answer: str
) -> None:
    fields = {**form_of(teacher), f"answer-{family.student_id}": word}
    teacher.client.post(CLASS, data=fields)
    before = facts(pages)
    pages.clock.move_to(monday(8, 6))
    assert answer in said(teacher, teacher.client.post(CLASS, data=fields))
    assert facts(pages) == before


@pytest.mark.parametrize("word", ["present", "leave", "absent"])
def test_two_colleagues_at_once_enter_it_once(
    teacher: Phone, staff_phone: StaffPhone, pages: House, family: Family, word: str
) -> None:
    phones = (teacher, staff_phone(OFFICER))
    forms = [{**form_of(one), f"answer-{family.student_id}": word} for one in phones]
    start = threading.Barrier(len(phones))

    def send(at: int) -> str:
        start.wait()
        return phones[at].client.post(CLASS, data=forms[at]).location

    with ThreadPoolExecutor() as pool:
        notes = [place.count(f"?{word}_heard=") for place in pool.map(send, range(len(phones)))]

    assert sorted(notes) == [0, 1]
    assert len(acts(pages)) == len(told(pages)) == 1


@pytest.mark.parametrize("word", ["present", "leave"])
def test_what_was_taken_back_is_not_entered_by_the_old_form(
    teacher: Phone, pages: House, family: Family, word: str
) -> None:
    fields = {**form_of(teacher), f"answer-{family.student_id}": word}
    teacher.client.post(CLASS, data=fields)
    pages.clock.move_to(monday(8, 6))
    assert "已復原 12 王小明" in said(teacher, take_back(teacher))
    before = facts(pages)
    again = said(teacher, teacher.client.post(CLASS, data=fields))
    assert "12 王小明：這件事已經處理好了，不需要再按。" in again
    assert facts(pages) == before
    done = said(teacher, mark(teacher, {family.student_id: word}))
    assert "12 王小明" in done.partition("08:06")[2].partition("。")[0]


@pytest.mark.parametrize("word", ["present", "absent"])
def test_of_a_child_on_leave_meanwhile_nothing_is_entered(
    teacher: Phone, pages: House, family: Family, word: str
) -> None:
    fields = {**form_of(teacher), f"answer-{family.student_id}": word}
    mark(teacher, {family.student_id: "leave"})
    before = facts(pages)
    answer = teacher.client.post(CLASS, data=fields)
    assert "12 王小明 今天已請假。要改登記，請在聊天輸入「取消請假 603 12 今天」。" in said(
        teacher, answer
    )
    assert facts(pages) == before


def test_the_list_of_yesterday_enters_nothing(teacher: Phone, pages: House, family: Family) -> None:
    before = facts(pages)
    yesterday = (monday(8, 5) - timedelta(days=1)).isoformat()
    answer = mark(teacher, {family.student_id: "absent"}, shown=yesterday)
    assert "這份名單是之前打開的，沒有改變任何紀錄。" in said(teacher, answer)
    assert facts(pages) == before


def test_a_day_without_lessons_has_no_forms_and_enters_nothing(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    sunday = monday(8, 5) - timedelta(days=1)
    pages.clock.move_to(sunday)
    officer = staff_phone(OFFICER)
    assert '<div class="answers' not in officer.get(CLASS).text
    before = facts(pages)
    fields = {"shown": sunday.isoformat(), f"answer-{family.student_id}": "absent"}
    answer = officer.post(CLASS, fields, form_at=FORM)
    assert "今天不上課，沒有改變任何紀錄。" in said(officer, answer)
    assert facts(pages) == before


def test_child_who_left_while_the_page_was_open_is_answered_for_no_more(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        other = classmate(session, pages, 1).id
    form, child = form_of(teacher), UUID(family.student_id)
    with transaction(pages.engine) as session:
        session.get_one(Student, child).status = EnrollmentStatus.TRANSFERRED
    fields = {**form, f"answer-{child}": "absent", f"answer-{other}": "present"}
    page = said(teacher, teacher.client.post(CLASS, data=fields))
    assert "有學生已不在學，沒有登記，也沒有通知家長。" in page
    assert "已登記 1 位" in page
    with snapshot(pages.engine) as session:
        assert not session.exec(select(Notice).where(Notice.student_id == child)).all()


def test_child_who_moved_to_another_class_keeps_nobody_elses_word_back(
    teacher: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        moved = classmate(session, pages, 1).id
    form = form_of(teacher)
    with transaction(pages.engine) as session:
        session.get_one(Student, moved).homeroom = "605"
    fields = {**form, f"answer-{moved}": "absent", f"answer-{family.student_id}": "present"}
    page = said(teacher, teacher.client.post(CLASS, data=fields))
    assert "已登記 1 位 12 王小明 到校 08:05（補登）。已排入家長通知。" in page
    assert "有學生已不在這一班，沒有登記，也沒有通知家長，請轉告新班級的導師。" in page
    with snapshot(pages.engine) as session:
        assert session.get(AttendanceDay, (moved, MONDAY)) is None


def test_what_was_entered_is_said_on_its_own_day_alone(
    staff_phone: StaffPhone, teacher: Phone, pages: House, family: Family
) -> None:
    answer = mark(teacher, {family.student_id: "leave"})
    assert "今天全天請假" in said(teacher, answer)
    pages.clock.move_to(monday(8, 5) + timedelta(days=1))
    assert "今天全天請假" not in said(staff_phone(TEACHER), answer)


def test_what_can_be_taken_back_stands_with_the_moment_that_was_entered(
    teacher: Phone, pages: House, family: Family
) -> None:
    mark(teacher, {family.student_id: "present"})
    with transaction(pages.engine) as session:
        day_of(session, family).arrived_at = monday(7, 40)
    assert "12 王小明 補登到校 08:05 復原" in teacher.text(CLASS)


@pytest.mark.parametrize("shown", ["", "soon", "2026-11-23", "0001-01-01T00:00:00+23:59"])
def test_a_form_that_is_not_ours_is_not_there(teacher: Phone, family: Family, shown: str) -> None:
    answer = mark(teacher, {family.student_id: "present"}, shown=shown)
    assert answer.status_code == 404


def test_children_of_others_are_not_there(
    teacher: Phone, staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        other = classmate(session, pages, 1, homeroom="605").id
    form, elsewhere = form_of(teacher), staff_phone(ELSEWHERE)
    mine = f"answer-{family.student_id}"
    before = facts(pages)
    for child in (other, NOBODY):
        page = said(teacher, teacher.client.post(CLASS, data={**form, f"answer-{child}": "absent"}))
        assert "有學生已不在這一班，沒有登記" in page
        assert "李大二" not in page
    fields = {**form, mine: "absent", f"answer-{other}": "absent"}
    assert teacher.client.post("/liff/staff/classes/605", data=fields).status_code == 404
    fields = {"shown": form["shown"], mine: "absent"}
    # Their school has no such class, and no such child.
    assert elsewhere.get(elsewhere.post(CLASS, fields, form_at=FORM).location).status_code == 404
    path = f"{CLASS}?school=353607"
    assert elsewhere.post(path, fields, form_at=FORM).status_code == 404
    assert facts(pages) == before


def test_who_runs_the_school_answers_for_every_class(
    teacher: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    with transaction(pages.engine) as session:
        child = classmate(session, pages, 1, homeroom="605").id
    officer, page = staff_phone(OFFICER), "/liff/staff/classes/605"
    fields = {**form_of(officer, page), f"answer-{child}": "present"}
    answer = officer.client.post(page, data=fields)
    assert "已登記 1 位 01 李大二 到校 08:05（補登）。" in said(officer, answer)


def facts(house: House) -> dict[tuple[str, str], str]:
    """Every row but what looks leave behind."""
    return {row: text for row, text in rows_of_all(house).items() if row[0] not in LOOKS}


def send(house: House) -> None:
    """Everything that waits is sent."""
    with transaction(house.engine) as session:
        for notice in session.exec(select(Notice)):
            notice.state, notice.outcome = NoticeState.ACCEPTED, "http_200"
            notice.first_tried_at = notice.settled_at = house.clock.now()


def leave_by_guardian(session: Session, family: Family, now: datetime) -> None:
    """The mother excuses Ming for today."""
    mother = UUID(family.guardian_id)
    file_leave(
        session,
        "liff",
        student_id=UUID(family.student_id),
        first_day=MONDAY,
        last_day=MONDAY,
        part=DayPart.WHOLE,
        reason=LeaveReason.SICK,
        filer=Filer(f"guardian:{mother}", mother),
        now=now,
    )
