"""Staff pages in Chromium, opened from the chat."""

from datetime import date, time
from uuid import uuid4

import pytest
import requests
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from sqlmodel import Session, select

from core.attendance.tables import AttendanceDay, NoShowRun
from core.calendar.tables import Closure, DayPolicy
from core.db import transaction
from core.people.tables import StaffRole, Student
from tests.browser.conftest import FATHER, MOTHER, World, set_width
from tests.browser.test_liff import complaints, press, require_fit, wait_for
from tests.factories import LONG_AGO, make_staff, make_student

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MONDAY = date(2026, 11, 23)


def enrol(world: World) -> None:
    """Two people who run the school, and a class to look at."""
    with transaction(world.house.engine) as session:
        make_staff(session, world.house, MOTHER)
        make_staff(session, world.house, FATHER, role=StaffRole.SCHOOL_ADMIN)
        for seat, name in enumerate(("歐陽明珠", "李大華", "A" * 20), start=1):
            child = make_student(session, world.house, name=name, number=f"1152000{seat}")
            child.seat_number = seat


def hold(session: Session) -> None:
    """Today's no-shows are held, a rule differs, a closure waits."""
    run = {"school_code": "353607", "school_day": MONDAY, "cutoff": time(8, 30), "state": "held"}
    session.add(NoShowRun(**run, hold_reason="few_taps", held=4, ran_at=LONG_AGO, held_at=LONG_AGO))
    rule = {"school_code": "353607", "recorded_by": "staff:x", "recorded_at": LONG_AGO}
    session.add(DayPolicy(**rule, day=date(2027, 1, 20), dismissal=time(12), reason="休業式" * 4))
    child = session.exec(select(Student).where(Student.seat_number == 2)).one()
    session.add(AttendanceDay(student_id=child.id, school_day=MONDAY, leave="whole"))


@pytest.mark.parametrize("width", [320, 360, 430])
def test_no_staff_page_is_wider_than_the_phone(phone: Chrome, world: World, width: int) -> None:
    enrol(world)
    closure = Closure(
        id=uuid4(),
        school_code="353607",
        day=date(2026, 11, 24),
        source="臺北市政府人事行政局長官公告",
        source_at=LONG_AGO,
        found_in="臺北市:明天停止上班、停止上課。" * 6,
        proposed_at=LONG_AGO,
    )
    with transaction(world.house.engine) as session:
        hold(session)
        session.add(closure)
        rule = session.exec(select(DayPolicy)).one().id
    phone.get(world.from_chat("/staff", MOTHER))
    wait_for(phone, "各班今日")
    set_width(phone, width)
    answer = "/staff/held/answer?day=2026-11-23&cutoff=08:30&answer=release"
    of_school = ("/staff/held", answer, "/staff/export?kind=week&format=csv")
    of_rules = ("/staff/policy", "/staff/policy/new", f"/staff/policy/{rule}/end")
    of_closing = ("/staff/closures", "/staff/closures/new", f"/staff/closures/{closure.id}")
    of_admin = ("/staff/report", "/staff/channels")
    of_class = ("/staff", "/staff/classes/603", "/staff/three-days")
    require_fit(phone, world, width, (*of_class, *of_school, *of_rules, *of_closing, *of_admin))
    assert complaints(phone, world) == []


def test_two_people_close_a_day_from_their_chats(phone: Chrome, world: World) -> None:
    enrol(world)
    phone.get(world.from_chat("/staff/closures/new", MOTHER))
    wait_for(phone, "發起停課")
    phone.find_element(By.ID, "source").send_keys("臺北市政府")
    press(phone, "下一步：預覽")
    wait_for(phone, "1 校、4 人")
    press(phone, "送出，請第二人確認")
    wait_for(phone, "等第二人確認")
    page = phone.current_url.removeprefix(f"{world.base_url}/liff").partition("?")[0]
    phone.get(world.from_chat(page, FATHER))
    wait_for(phone, "我是第二位，確認")
    press(phone, "我是第二位，確認")
    wait_for(phone, "停課已生效")


def test_words_not_sent_outlive_what_is_taken_back(phone: Chrome, world: World) -> None:
    enrol(world)
    phone.get(world.from_chat("/staff/classes/603", MOTHER))
    wait_for(phone, "尚無紀錄 4 位")
    choose(phone, "已到", "歐陽明珠")
    press(phone, "送出選好的")
    wait_for(phone, "已登記 1 位")
    choose(phone, "請假", "李大華")
    press(phone, "復原")
    wait_for(phone, "已復原")
    chosen = phone.find_elements(By.CSS_SELECTOR, ".answers input:checked")
    assert [one.get_attribute("value") for one in chosen] == ["leave"]
    assert "李大華" in phone.find_element(By.CSS_SELECTOR, "li.asked:has(input:checked)").text


def choose(phone: Chrome, word: str, name: str) -> None:
    """Choose a word for a child of the list."""
    way = f"//li[contains(., '{name}')]//label[contains(., '{word}')]"
    label = phone.find_element(By.XPATH, way)
    # Away from the bar that stays at the bottom.
    phone.execute_script("arguments[0].scrollIntoView({block: 'center'})", label)
    label.click()


def test_sheet_opens_outside_line(phone: Chrome, world: World) -> None:
    enrol(world)
    phone.get(world.from_chat("/staff/export", MOTHER))
    wait_for(phone, "取得連結")
    press(phone, "取得連結")
    wait_for(phone, "在瀏覽器開啟")
    link = phone.find_element(By.PARTIAL_LINK_TEXT, "在瀏覽器開啟").get_attribute("href")
    assert link is not None
    answer = requests.get(link, timeout=60)
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")
