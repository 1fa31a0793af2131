"""Pages no address leads to: a sign-in elsewhere, what is shown once, who has nothing yet."""

import re

import pytest
from selenium.webdriver.common.by import By
from sqlmodel import select

from core.attendance.tables import AttendanceDay
from core.clock import school_day_of
from core.db import transaction
from core.languages.language import Language
from core.people.languages import choose_language
from core.people.tables import Binding, StaffRole, Student
from tests.browser.conftest import FATHER, MOTHER, World
from tests.browser.engines import Screen, WebKitScreen
from tests.browser.test_access import RULES, violations
from tests.browser.test_errands import come_in, named, press, says, tick
from tests.browser.test_liff import SMALL_TARGETS, link_and_bind
from tests.browser.test_walk import REFUSED, SET_TEXT_SIZE, misfits
from tests.factories import make_guardian, make_staff
from tests.liff.sms_desk import open_service, place, verify_phone
from tests.passing import sheet_token, shown_text

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def faults(screen: Screen, world: World) -> dict[str, object]:
    """What is wrong with the page that is there: its size, its parts, for axe, to the console."""
    told = [one for one in screen.complaints(world.base_url) if REFUSED not in one]
    found = {
        "small": screen.driver.execute_script(SMALL_TARGETS),
        "axe": violations(screen, RULES),
        "console": told,
        "wide": misfits(screen),
    }
    screen.driver.execute_script(SET_TEXT_SIZE, "")
    screen.set_width(360)
    return {name: parts for name, parts in found.items() if parts}


def look_at(screen: Screen, world: World, path: str = "") -> None:
    """Open a page, or the one that is there, as narrow as a phone."""
    screen.complaints(world.base_url)
    screen.open(f"{world.base_url}/liff{path}" if path else address(screen))


def press_framed(screen: Screen, words: str) -> None:
    """Press what may lie below the edge of the window the frame is in."""
    screen.driver.execute_script("arguments[0].click()", named(screen, words))


def arrive(screen: Screen, world: World, user_id: str = MOTHER, path: str = "/home") -> None:
    """Come from the chat; WebKit frames what follows."""
    if isinstance(screen, WebKitScreen):
        screen.shell = world.sandbox_url
    come_in(screen, world, path, user_id)


def speak_chinese(world: World) -> None:
    """Before there is a guardian the engine's own language would be spoken."""
    with transaction(world.house.engine) as session:
        choose_language(session, MOTHER, Language.CHINESE, world.house.clock.now())


def test_both_accounts_are_named_before_they_are_linked(screen: Screen, world: World) -> None:
    speak_chinese(world)
    arrive(screen, world)
    says(screen, "三個步驟")
    look_at(screen, world)
    assert faults(screen, world) == {}
    arrive(screen, world)
    says(screen, "三個步驟")
    press(screen, "前往台北通")
    says(screen, "林雅婷")
    press(screen, "林雅婷")
    says(screen, "林○婷（金質會員）")
    look_at(screen, world)
    says(screen, "林○婷（金質會員）")
    assert faults(screen, world) == {}
    press_framed(screen, "連結")
    says(screen, "請閱讀並勾選同意")
    assert faults(screen, world) == {}


def test_leave_is_shown_once_more_before_it_is_filed(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    with transaction(world.house.engine) as session:
        child, now = session.exec(select(Binding)).one().student_id, world.house.clock.now()
        today = AttendanceDay(student_id=child, school_day=school_day_of(now), arrived_at=now)
        session.add(today)
    arrive(screen, world, path="/leaves/new")
    says(screen, "事由")
    look_at(screen, world)
    tick(screen, "[name=reason][value=sick]")
    press_framed(screen, "下一步：確認內容")
    says(screen, "有到校刷卡；如果還是要請假，兩筆紀錄都會保留。")
    assert faults(screen, world) == {}


def test_account_of_the_bureau_is_named_before_it_is_added(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    arrive(screen, world, path="/account")
    says(screen, "加入教育局帳號")
    press(screen, "加入教育局帳號")
    says(screen, "林雅婷")
    press(screen, "林雅婷")
    says(screen, "教育局帳號")
    look_at(screen, world)
    assert address(screen).endswith("/liff/bureau/confirm")
    assert faults(screen, world) == {}


def test_link_of_the_chat_leads_to_the_same_question(screen: Screen, world: World) -> None:
    if isinstance(screen, WebKitScreen):
        screen.shell = world.sandbox_url
    screen.driver.get(f"{world.base_url}/liff/account-link?linkToken=as-the-chat-hands-out")
    button = screen.driver.find_element(By.CSS_SELECTOR, "main form button")
    button.click()
    says(screen, "林雅婷")
    press(screen, "林雅婷")
    says(screen, "林○婷")
    look_at(screen, world)
    assert address(screen).endswith("/liff/account-link/confirm")
    assert faults(screen, world) == {}


def test_who_has_no_child_yet_finds_something_everywhere(screen: Screen, world: World) -> None:
    with transaction(world.house.engine) as session:
        make_guardian(session, world.house, MOTHER)
    arrive(screen, world)
    says(screen, "還沒綁定孩子")
    for path in ("/home", "/leaves", "/leaves/new", "/notices", "/topics", "/delegations"):
        look_at(screen, world, path)
        assert faults(screen, world) == {}, path
    look_at(screen, world, "/children/new")
    press_framed(screen, "核對並綁定")
    says(screen, "個地方要修改")
    assert faults(screen, world) == {}


def test_code_of_the_school_is_shown_once(screen: Screen, world: World) -> None:
    with transaction(world.house.engine) as session:
        head = make_staff(session, world.house, FATHER, role=StaffRole.SCHOOL_ADMIN)
        text_id = shown_text(session, world.house, head)
    arrive(screen, world, FATHER, "/staff")
    says(screen, "校務")
    look_at(screen, world, f"/staff/shown/{text_id}")
    press_framed(screen, "顯示")
    says(screen, "K7Q4-M2XP")
    assert faults(screen, world) == {}
    look_at(screen, world, f"/staff/shown/{text_id}")
    says(screen, "已經顯示過")
    assert faults(screen, world) == {}


def test_slips_are_shown_once_to_whoever_prints_them(screen: Screen, world: World) -> None:
    with transaction(world.house.engine) as session:
        head = make_staff(session, world.house, FATHER, role=StaffRole.SCHOOL_ADMIN)
        student = session.exec(select(Student)).one()
        token = sheet_token(session, world.house, head, student)
    arrive(screen, world, FATHER, "/staff")
    says(screen, "校務")
    look_at(screen, world, f"/staff/codes/{token}")
    press_framed(screen, "顯示綁定單")
    says(screen, "王小明")
    assert faults(screen, world) == {}
    look_at(screen, world, f"/staff/codes/{token}")
    assert faults(screen, world) == {}


def test_child_not_heard_of_is_answered_for(screen: Screen, world: World) -> None:
    with transaction(world.house.engine) as session:
        make_staff(session, world.house, FATHER)
    arrive(screen, world, FATHER, "/staff")
    says(screen, "校務")
    look_at(screen, world, "/staff/classes/603")
    press_framed(screen, "送出")
    says(screen, "請先替學生選擇已到、請假或未到")
    assert faults(screen, world) == {}
    screen.driver.execute_script("document.querySelector('[value=present]').click()")
    press_framed(screen, "送出")
    says(screen, "12 王小明 到校 0")
    assert faults(screen, world) == {}


def test_order_nobody_paid_for_is_asked_about(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    with transaction(world.house.engine) as session:
        make_staff(session, world.house, FATHER)
        open_service(session, world.house)
        binding = session.exec(select(Binding)).one()
        verify_phone(session, world.house, binding.guardian_id)
        order = place(session, world.house, binding)
    arrive(screen, world, FATHER, "/staff")
    says(screen, "校務")
    look_at(screen, world, f"/staff/sms/orders/{order}/approve")
    says(screen, "還沒繳費，仍要核准？")
    assert faults(screen, world) == {}


def test_deleting_ends_at_a_number_to_ask_by(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    arrive(screen, world)
    says(screen, "小明")
    look_at(screen, world, "/my-data/delete")
    screen.driver.execute_script("document.querySelector('[name=word]').value = '刪除'")
    press_framed(screen, "刪除")

    says(screen, "完成編號")
    assert faults(screen, world) == {}
    assert re.search(r"/liff/deleted/\w{8}$", address(screen))


def address(screen: Screen) -> str:
    """The address of the page itself, also in a frame."""
    found: str = screen.driver.execute_script("return location.href")
    return found
