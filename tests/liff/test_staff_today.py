"""A school and a class today, and what is to be looked at."""

from datetime import date, time, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from core.attendance.tables import AttendanceDay
from core.calendar.policy import NewRule, add_rule
from core.calendar.tables import Closure
from core.db import transaction
from core.house import House
from core.people.friends import record_friendship
from core.people.tables import School, Student
from tests.attendance.test_reports import DAYS, MONDAY, at, watch
from tests.factories import MEI, make_reader, make_staff, make_student
from tests.liff.conftest import Family
from tests.liff.desk import BUREAU, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone

CLASS = "/liff/staff/classes/603"


def record(session: Session, student_id: str | UUID, day: date = MONDAY, **facts: object) -> None:
    """A child's day."""
    session.add(AttendanceDay(student_id=UUID(str(student_id)), school_day=day, **facts))


def classmate(session: Session, house: House, number: int, **changed: object) -> Student:
    """Another child of the school."""
    child = make_student(
        session, house, name=f"李大{'一二三四五六'[number]}", number=f"1152000{number}"
    )
    for name, value in {"seat_number": number, **changed}.items():
        setattr(child, name, value)
    session.flush()
    return child


def test_desk_counts_every_class_for_the_officer_and_one_for_its_teacher(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        record(session, family.student_id, arrived_at=at(7, 10))
        classmate(session, pages, 1)
        classmate(session, pages, 2, homeroom="102", grade=1)
    officer = staff_phone(OFFICER).text("/liff/staff")
    assert "榕光國小・2026/11/23（一）07:20 生教組 林國華 校務" in officer
    assert "1 到校 0 請假 2 尚無紀錄 3 應到" in officer
    assert "102 班 應到 1・到校 0・請假 0 尚無 1 603 班 應到 2・到校 1・請假 0 尚無 1" in officer
    teacher = staff_phone(TEACHER).text("/liff/staff")
    assert "1 到校 0 請假 1 尚無紀錄 2 應到" in teacher
    assert "102 班" not in teacher


def test_desk_of_a_closed_day_counts_who_is_in_school_all_the_same(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        record(session, family.student_id, arrived_at=at(7, 10))
        classmate(session, pages, 2, homeroom="102", grade=1)
        session.add(closed_monday())
    officer = staff_phone(OFFICER).text("/liff/staff")
    assert "應到" not in officer, "nobody is expected"
    assert "102 班 停課 603 班 停課・到校 1" in officer


def closed_monday() -> Closure:
    """A closure of the school that counts."""
    steps = {"proposed_by": "staff:a", "confirmed_by": "staff:b", "confirmed_at": at(7, 15)}
    where = {"school_code": "353607", "day": MONDAY}
    told = {"source": "臺北市政府", "source_at": at(7, 0), "proposed_at": at(7, 5)}
    return Closure(id=uuid4(), **where, **told, **steps)


def test_desk_of_the_bureau_leads_to_every_page_that_is_its_own(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    bureau, officer = staff_phone(BUREAU), staff_phone(OFFICER)
    for page in ("/liff/staff/sms/plans", "/liff/staff/status"):
        assert f'href="{page}"' in bureau.get("/liff/staff").text
        assert bureau.get(page).status_code == 200
        assert f'href="{page}"' not in officer.get("/liff/staff").text


def go_to(house: House, phone: Phone, hour: int, minute: int) -> None:
    """It is that time today, and the person has just signed in."""
    house.clock.move_to(at(hour, minute))  # type: ignore[attr-defined]
    phone.sign_in(OFFICER)


def test_whoever_has_not_come_is_no_alarm_before_the_cutoff(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    officer = staff_phone(OFFICER)
    go_to(pages, officer, 8, 29)
    for page in ("/liff/staff", CLASS):
        shown = officer.get(page).text
        assert "尚無" in shown
        assert "is-not-yet" in shown
        assert "is-no-tap" not in shown
    assert 'class="card sheet waiting early"' in shown
    go_to(pages, officer, 8, 30)
    for page in ("/liff/staff", CLASS):
        shown = officer.get(page).text
        assert "is-no-tap" in shown
        assert "is-not-yet" not in shown
    assert 'class="card sheet waiting"' in shown


def test_each_class_has_the_look_of_its_own_cutoff(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    officer = staff_phone(OFFICER)
    with transaction(pages.engine) as session:
        classmate(session, pages, 2, homeroom="102", grade=1)
        add_rule(session, "353607", NewRule(grade=1, cutoff=time(8, 0)), by="x", now=at(7, 0))
    go_to(pages, officer, 8, 10)
    shown = officer.get("/liff/staff").text
    assert shown.index("pill is-no-tap") < shown.index("pill is-not-yet")
    assert "mark is-no-tap" in shown.partition("各班今日")[0], "some are late already"


def test_those_who_have_not_come_are_striped_in_the_bar(
    staff_phone: StaffPhone, family: Family
) -> None:
    shown = staff_phone(OFFICER).get("/liff/staff").text
    assert '<rect fill="url(#waiting)"' in shown


def test_class_shows_each_child_with_its_cause(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        record(session, family.student_id, arrived_at=at(7, 10), departed_at=at(7, 15))
        made, excused, doubtful = (classmate(session, pages, number) for number in (1, 2, 3))
        record(session, made.id, arrived_at=at(7, 12), arrival_is_make_up=True)
        record(session, excused.id, leave="morning")
        record(session, doubtful.id, no_show="doubt")
        make_reader(session, pages, contact_at=at(7, 19))
    page = staff_phone(TEACHER).text(CLASS)
    assert "03 李大四 刷卡待查・沒有家長綁定 已到 請假 未到 清除選擇 送出選好的" in page
    assert "01 李大二 補登・沒有家長綁定 07:12 02 李大三 上午請假・沒有家長綁定 請假" in page
    assert "12 王小明 07:10 離校 07:15" in page
    assert "校門刷卡機 07:19 有連線。" in page


def test_class_marks_a_child_whose_guardians_line_does_not_reach(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    assert "12 王小明 已到" in staff_phone(TEACHER).text(CLASS)
    with transaction(pages.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=at(7, 0))
    page = staff_phone(TEACHER).text(CLASS)
    assert "12 王小明 家長收不到 LINE 已到" in page
    assert "林" not in page


def test_class_can_be_read_by_time(staff_phone: StaffPhone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        early, excused = classmate(session, pages, 5), classmate(session, pages, 1)
        record(session, early.id, arrived_at=at(7, 1))
        record(session, family.student_id, arrived_at=at(7, 10))
        record(session, excused.id, leave="whole")
        assert excused.seat_number == 1
    page = staff_phone(TEACHER).text(f"{CLASS}?sort=time").partition("全班")[2]
    names = ("李大六", "王小明", "李大二")
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)


def test_lists_are_of_the_school_or_of_the_own_class(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        watch(session, *DAYS)
        classmate(session, pages, 1, homeroom="102", grade=1)
        record(session, family.student_id, leave="whole", arrived_at=at(7, 1))
    officer = staff_phone(OFFICER).text("/liff/staff/lists")
    assert "連續 3 天沒有刷卡也沒有請假：1 人" in officer
    assert "李大二 102 班 1 號" in officer
    assert "不一致：1 筆" in officer
    assert "603 班 12 王小明 今天 07:01・請假，但有刷卡" in officer
    teacher = staff_phone(TEACHER).text("/liff/staff/three-days")
    assert "李大二" not in teacher
    assert "王小明" in teacher


def test_empty_lists_say_so(staff_phone: StaffPhone) -> None:
    page = staff_phone(OFFICER).text("/liff/staff/lists")
    assert "目前沒有。" in page
    assert "這 7 天沒有。" in page


def test_person_of_two_schools_chooses(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    phone = staff_phone(OFFICER)
    with transaction(pages.engine) as session:
        school = session.get_one(School, "353607")
        session.add(School(**{**school.model_dump(), "code": "353608", "short_name": "槐香國小"}))
        session.flush()
        role = make_staff(session, pages, OFFICER, school_code="353608")
        role.enrolled_at += timedelta(days=1)
    assert "榕光國小・" in phone.text("/liff/staff")
    other = phone.get("/liff/staff?school=353608")
    assert "槐香國小・" in other.text
    assert 'href="/liff/staff/export?school=353608"' in other.text
    assert phone.get("/liff/staff?school=353609").status_code == 404
