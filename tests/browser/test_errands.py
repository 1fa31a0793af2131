"""Errands in both engines: saving, mistakes, going back, pressing twice, a session that ended."""

from collections.abc import Callable

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select
from sqlmodel import func, select

from core.attendance.tables import Leave
from core.db import snapshot, transaction
from core.languages.language import Language
from core.people.languages import choose_language
from core.people.sessions import end_all_sessions
from tests.browser.conftest import MOTHER, World
from tests.browser.engines import Screen
from tests.browser.test_liff import link_and_bind, patiently

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SHOWN = "(document.body?.innerText ?? '')"


def until(screen: Screen, holds: Callable[[WebDriver], object]) -> None:
    """Wait until something holds."""
    patiently(screen.driver).until(holds)


def says(screen: Screen, words: str) -> None:
    """Wait until the page says so."""
    try:
        until(screen, lambda driver: words in driver.execute_script(f"return {SHOWN}"))
    except TimeoutException:
        told = screen.driver.execute_script(f"return `${{location.href}} ${{{SHOWN}}}`")
        raise AssertionError(f"never said {words}: {told}") from None


def press(screen: Screen, words: str) -> None:
    """Press a button or link."""
    named(screen, words).click()


def press_twice(screen: Screen, words: str) -> None:
    """Press a button again before anything can have happened."""
    screen.driver.execute_script("arguments[0].click(); arguments[0].click()", named(screen, words))


def named(screen: Screen, words: str) -> WebElement:
    """Return the first button or link of that name."""
    path = f"//*[self::a or self::button][contains(normalize-space(.), '{words}')]"
    return screen.driver.find_element(By.XPATH, path)


def tick(screen: Screen, selector: str) -> None:
    """Press a box or one of a few."""
    screen.driver.find_element(By.CSS_SELECTOR, selector).click()


def come_in(screen: Screen, world: World, path: str = "/home", user_id: str = MOTHER) -> None:
    """Open a page from this person's chat."""
    screen.driver.switch_to.default_content()
    screen.driver.get(world.from_chat(path, user_id))
    until(screen, lambda one: one.execute_script("return !document.querySelector('[data-start]')"))
    says(screen, "")


def is_ticked(screen: Screen, name: str) -> bool:
    return screen.driver.find_element(By.NAME, name).is_selected()


def test_boxes_are_ticked_saved_and_seen_again(screen: Screen, world: World) -> None:
    come_in(screen, world, link_and_bind(world, MOTHER))
    says(screen, "最近七天")
    assert is_ticked(screen, "line_departure")
    tick(screen, "[name=line_departure]")
    press(screen, "確認")
    says(screen, "已儲存。")
    assert not is_ticked(screen, "line_departure")
    screen.driver.refresh()
    assert not is_ticked(screen, "line_departure")
    assert is_ticked(screen, "line_arrival")


def test_mistakes_are_named_first_and_tied_to_their_fields(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    come_in(screen, world, "/children/new")
    says(screen, "填寫的資料會和學校登記的核對。")
    screen.driver.find_element(By.ID, "name").send_keys("王小明")
    press(screen, "核對並綁定")
    says(screen, "個地方要修改")
    assert screen.driver.title.startswith("錯誤：")
    assert screen.driver.switch_to.active_element.get_attribute("role") == "alert"
    assert screen.driver.find_element(By.ID, "name").get_attribute("value") == "王小明"
    for link in screen.driver.find_elements(By.CSS_SELECTOR, ".errors a"):
        name = (link.get_attribute("href") or "").rpartition("#")[2]
        part = screen.driver.find_element(By.ID, name)
        if part.get_attribute("type") == "radio":
            continue
        assert part.get_attribute("aria-invalid") == "true"
        described = (part.get_attribute("aria-describedby") or "").split()
        told = [screen.driver.find_element(By.ID, one).text for one in described]
        assert any(link.text in one for one in told), name


def test_leave_pressed_twice_is_filed_once(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    come_in(screen, world, "/leaves/new")
    says(screen, "事由")
    tick(screen, "[name=reason][value=sick]")
    press(screen, "下一步：確認內容")
    says(screen, "確認請假內容")
    press_twice(screen, "送出")
    says(screen, "已送出。")
    with snapshot(world.house.engine) as session:
        assert session.exec(select(func.count()).select_from(Leave)).one() == 1


def test_going_back_and_forth_through_taipei_pass_ends_well(screen: Screen, world: World) -> None:
    with transaction(world.house.engine) as session:
        # Before there is a guardian the engine's own language would be spoken.
        choose_language(session, MOTHER, Language.CHINESE, world.house.clock.now())
    come_in(screen, world)
    says(screen, "三個步驟")
    press(screen, "前往台北通")
    until(screen, lambda one: one.current_url.startswith(world.sandbox_url))
    screen.driver.back()

    says(screen, "三個步驟")
    press(screen, "前往台北通")
    says(screen, "林雅婷")
    press(screen, "林雅婷")
    says(screen, "林○婷（金質會員）")
    screen.driver.back()
    screen.driver.forward()
    says(screen, "林○婷（金質會員）")
    tick(screen, "#consent")
    press_twice(screen, "連結")
    says(screen, "還差一步：綁定孩子")
    screen.driver.back()
    screen.driver.get(f"{world.base_url}/liff/home")
    says(screen, "還沒綁定孩子")


def test_going_back_to_a_refused_form_sends_nothing_again(screen: Screen, world: World) -> None:
    with transaction(world.house.engine) as session:
        choose_language(session, MOTHER, Language.CHINESE, world.house.clock.now())
    come_in(screen, world)
    says(screen, "三個步驟")
    press(screen, "前往台北通")
    says(screen, "林雅婷")
    press(screen, "林雅婷")
    says(screen, "林○婷（金質會員）")
    asked = screen.driver.current_url
    press(screen, "連結")
    says(screen, "請閱讀並勾選同意")
    assert screen.driver.current_url == asked
    tick(screen, "#consent")
    press(screen, "連結")
    says(screen, "還差一步：綁定孩子")
    screen.driver.back()
    # WebKit shows the page as it was left, Chromium fetches it anew.
    seen = ("還沒綁定孩子", "確認連結這兩個帳號")
    until(screen, lambda one: any(words in one.page_source for words in seen))


def end_session(world: World) -> None:
    """Let the mother's sessions end while a page is open."""
    with transaction(world.house.engine) as session:
        end_all_sessions(session, MOTHER, world.house.clock.now())


def test_box_ticked_too_late_is_ticked_again_after_signing_in(screen: Screen, world: World) -> None:
    page = link_and_bind(world, MOTHER)
    come_in(screen, world, page)
    says(screen, "最近七天")
    end_session(world)
    tick(screen, "[name=line_departure]")
    press(screen, "確認")
    says(screen, "登入已逾時")
    says(screen, "填好的內容已保留。")
    come_in(screen, world, page)
    says(screen, "最近七天")
    assert not is_ticked(screen, "line_departure")
    press(screen, "確認")
    says(screen, "已儲存。")
    assert not is_ticked(screen, "line_departure")


def test_answers_typed_too_late_come_back_but_for_the_number(screen: Screen, world: World) -> None:
    link_and_bind(world, MOTHER)
    come_in(screen, world, "/children/new")
    says(screen, "填寫的資料會和學校登記的核對。")
    Select(screen.driver.find_element(By.ID, "district")).select_by_visible_text("大安區")
    typed = {"student_number": "11510001", "name": "王小明", "birth_date": "1040305"}
    for name, value in (*typed.items(), ("national_id", "A123456789")):
        screen.driver.find_element(By.ID, name).send_keys(value)
    end_session(world)
    press(screen, "核對並綁定")
    says(screen, "填好的內容已保留，身分證字號要再填一次。")
    stored = screen.driver.execute_script("return sessionStorage.getItem('gate-typed')")
    assert "A123456789" not in stored
    come_in(screen, world, "/children/new")
    says(screen, "填寫的資料會和學校登記的核對。")
    shown = {name: value_of(screen, name) for name in (*typed, "district", "school_code")}
    assert shown == {**typed, "district": "大安區", "school_code": "353608"}
    assert value_of(screen, "national_id") == ""
    assert screen.driver.execute_script("return sessionStorage.getItem('gate-typed')") is None


def value_of(screen: Screen, name: str) -> str | None:
    return screen.driver.find_element(By.ID, name).get_attribute("value")
