"""The pages in Chromium, as a guardian meets them."""

from collections.abc import Callable, Sequence

import pytest
from selenium.common.exceptions import NoSuchFrameException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select, WebDriverWait
from sqlmodel import select

from core.db import transaction
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.browser.conftest import FATHER, LIFF_ID, MOTHER, World, set_width
from tests.factories import make_binding, make_guardian, national_id_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PATIENCE_SECONDS = 40
IS_GONE = "return !document.querySelector('main')"
SMALL_TARGETS = """
const pressed = [
  ".button, .row[href], .chip, .card-foot a, .go-on, .sorts a",
  "button, select, summary, .tick, td label",
].join();
return [...document.querySelectorAll(pressed)]
  .filter((part) => part.offsetParent && part.getBoundingClientRect().height < 44)
  .map((part) => part.textContent.trim());
"""


def patiently(driver: WebDriver) -> WebDriverWait:
    """A wait that looks often."""
    # WebKit's driver says so of a page that goes while it is asked.
    gone = [NoSuchFrameException]
    return WebDriverWait(driver, PATIENCE_SECONDS, 0.05, ignored_exceptions=gone)


def wait_for(phone: Chrome, words: str) -> None:
    """Wait until the page says so."""

    def says(browser: WebDriver) -> bool:
        return words in browser.execute_script("return document.body?.innerText ?? ''")

    patiently(phone).until(says, f"the page never said {words}")


def until(phone: Chrome, holds: Callable[[WebDriver], bool]) -> None:
    """Wait until something holds, also where pages may run no scripts."""
    patiently(phone).until(holds)


def press(phone: Chrome, words: str) -> None:
    """Press the button or link of that name."""
    path = f"//*[self::a or self::button][contains(normalize-space(.), '{words}')]"
    phone.find_element(By.XPATH, path).click()


def set_network(phone: Chrome, *, is_there: bool) -> None:
    """Take the network away, or give it back."""
    speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    phone.execute_cdp_cmd("Network.enable", {})
    phone.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": not is_there, **speed})


def choose(phone: Chrome, name: str, text: str) -> None:
    """Choose in a select by what it shows."""
    Select(phone.find_element(By.ID, name)).select_by_visible_text(text)


def link_and_bind(world: World, user_id: str) -> str:
    """Make this person a guardian of Ming and return the path of Ming's page."""
    with transaction(world.house.engine) as session:
        guardian = find_guardian(session, user_id) or make_guardian(session, world.house, user_id)
        student = session.exec(select(Student)).one()
        return f"/children/{make_binding(session, guardian, student).id}"


def require_fit(phone: Chrome, world: World, width: int, paths: Sequence[str]) -> None:
    """Refuse a page that scrolls sideways or has a target too small for a finger."""
    for path in paths:
        phone.get(f"{world.base_url}/liff{path}")
        assert phone.execute_script("return document.documentElement.scrollWidth") <= width, path
        assert phone.execute_script(SMALL_TARGETS) == [], path


def complaints(phone: Chrome, world: World) -> list[str]:
    """What the browser refused on our pages: policy violations and script errors."""
    rows = [row["message"] for row in phone.get_log("browser") if row["level"] == "SEVERE"]
    return [row for row in rows if row.startswith(world.base_url)]


def test_guardian_gets_from_the_chat_to_a_bound_child(phone: Chrome, world: World) -> None:
    phone.get(world.from_chat("/home", MOTHER))
    wait_for(phone, "三個步驟")
    press(phone, "前往台北通")
    press(phone, "林雅婷")
    wait_for(phone, "林○婷（金質會員）")
    phone.find_element(By.ID, "consent").click()
    press(phone, "連結")
    wait_for(phone, "還差一步：綁定孩子")
    choose(phone, "district", "中正區")
    for name, value in {
        "student_number": "11510001",
        "name": "王小明",
        "national_id": national_id_of("11510001"),
        "birth_date": "1040305",
    }.items():
        phone.find_element(By.ID, name).send_keys(value)
    phone.find_element(By.CSS_SELECTOR, "[value=mother]").click()
    press(phone, "核對並綁定")
    wait_for(phone, "已綁定")
    phone.find_element(By.NAME, "line_departure").click()
    press(phone, "確認")
    wait_for(phone, "已儲存")
    assert not phone.find_element(By.NAME, "line_departure").is_selected()
    assert phone.find_element(By.NAME, "line_arrival").is_selected()
    assert complaints(phone, world) == []


def test_link_in_a_notice_opens_the_childs_page(phone: Chrome, world: World) -> None:
    page = link_and_bind(world, MOTHER)
    phone.get(world.from_chat(page, MOTHER))
    wait_for(phone, "最近七天")
    assert phone.current_url == f"{world.base_url}/liff{page}"
    assert phone.title == "小明"


def test_another_person_opening_the_pages_is_never_taken_for_the_first(
    phone: Chrome, world: World
) -> None:
    page = link_and_bind(world, MOTHER)
    phone.get(world.from_chat("/home", MOTHER))
    wait_for(phone, "小明")
    phone.get(world.from_chat("/home", FATHER))
    wait_for(phone, "三個步驟")
    phone.get(f"{world.base_url}/liff{page}")
    wait_for(phone, "三個步驟")
    assert "小明" not in phone.page_source


def test_forged_token_stops_with_a_way_on_instead_of_going_round(
    phone: Chrome, world: World
) -> None:
    tokens = f"access_token=a&context_token=a.e30.a&id_token=forged&client_id={LIFF_ID[:10]}"
    phone.get(f"{world.base_url}/liff/home#{tokens}")
    wait_for(phone, "請關閉這一頁，從聊天重新開啟。")
    assert phone.title == "需要重新開啟"


def test_sdk_that_does_not_come_is_said_plainly(phone: Chrome, world: World) -> None:
    tokens = f"access_token=a&context_token=a.e30.a&id_token=a&client_id={LIFF_ID[:10]}"
    phone.get("about:blank")
    phone.execute_cdp_cmd("Network.enable", {})
    phone.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/liff-sdk.js"]})
    phone.get(f"{world.base_url}/liff/home#{tokens}")
    wait_for(phone, "請確認網路後重新開啟。")
    assert phone.find_element(By.LINK_TEXT, "重新開啟").is_displayed()


def test_error_summary_has_the_focus_and_leads_to_the_field(phone: Chrome, world: World) -> None:
    link_and_bind(world, MOTHER)
    phone.get(world.from_chat("/children/new", MOTHER))
    wait_for(phone, "加入學生")
    press(phone, "核對並綁定")
    wait_for(phone, "個地方要修改")
    focused = phone.switch_to.active_element
    assert focused.get_attribute("role") == "alert"
    press(phone, "請填學號")
    assert phone.switch_to.active_element.get_attribute("id") == "student_number"


def test_answers_that_met_no_network_are_there_when_one_comes_again(
    phone: Chrome, world: World
) -> None:
    link_and_bind(world, MOTHER)
    phone.get(world.from_chat("/children/new", MOTHER))
    wait_for(phone, "加入學生")
    typed = {"student_number": "11510001", "name": "王小明", "national_id": "A123456789"}
    for name, value in typed.items():
        phone.find_element(By.ID, name).send_keys(value)
    set_network(phone, is_there=False)
    press(phone, "核對並綁定")
    until(phone, lambda browser: browser.execute_script(IS_GONE))
    set_network(phone, is_there=True)

    phone.get(f"{world.base_url}/liff/home")
    press(phone, "加入學生")
    wait_for(phone, "填寫的資料會和學校登記的核對。")
    shown = {name: phone.find_element(By.ID, name).get_property("value") for name in typed}
    assert shown == {**typed, "national_id": ""}

    phone.get(f"{world.base_url}/liff/children/new")
    assert phone.find_element(By.ID, "name").get_property("value") == ""


def test_school_is_chosen_and_boxes_are_saved_without_scripts(phone: Chrome, world: World) -> None:
    page = link_and_bind(world, MOTHER)
    phone.get(world.from_chat("/home", MOTHER))
    wait_for(phone, "小明")
    phone.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    phone.get(f"{world.base_url}/liff/children/new")
    for name, text in (("district", "大安區"), ("level", "國小"), ("school_code", "槐香國小")):
        choose(phone, name, text)
        phone.find_element(By.CSS_SELECTOR, f".field:has(#{name}) [data-step]").click()
        until(phone, lambda browser, sent=f"{name}=": sent in browser.current_url)
    mirror = phone.find_element(By.CSS_SELECTOR, "[data-mirror][name=school_code]")
    assert mirror.get_attribute("value") == "353608"
    phone.get(f"{world.base_url}/liff{page}")
    phone.find_element(By.NAME, "line_no_show").click()
    press(phone, "確認")
    until(phone, lambda browser: "已儲存" in browser.page_source)
    assert not phone.find_element(By.NAME, "line_no_show").is_selected()


@pytest.mark.parametrize("width", [320, 360, 430])
def test_no_page_is_wider_than_the_phone_and_every_target_is_large_enough(
    phone: Chrome, world: World, width: int
) -> None:
    page = link_and_bind(world, MOTHER)
    phone.get(world.from_chat("/home", MOTHER))
    wait_for(phone, "小明")
    set_width(phone, width)
    leaves = ("/leaves", "/leaves/new")
    others = ("/children/new", "/account", "/help", "/privacy")
    require_fit(phone, world, width, ("/home", page, f"{page}/unbind", *leaves, *others))


def test_leave_is_filed_and_withdrawn_without_scripts(phone: Chrome, world: World) -> None:
    page = link_and_bind(world, MOTHER)
    phone.get(world.from_chat(page, MOTHER))
    wait_for(phone, "最近七天")
    phone.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    phone.get(f"{world.base_url}/liff/leaves/new")
    press(phone, "下一步：確認內容")
    until(phone, lambda browser: "請選擇事由" in browser.page_source)
    phone.find_element(By.CSS_SELECTOR, "[name=reason][value=sick]").click()
    press(phone, "下一步：確認內容")
    until(phone, lambda browser: "確認請假內容" in browser.page_source)
    press(phone, "返回修改")
    until(phone, lambda browser: "幫孩子請假" in browser.page_source)
    press(phone, "下一步：確認內容")
    until(phone, lambda browser: "確認請假內容" in browser.page_source)
    press(phone, "送出")
    until(phone, lambda browser: "已送出。" in browser.page_source)
    press(phone, "取消請假")
    until(phone, lambda browser: "要取消小明" in browser.page_source)
    press(phone, "取消請假")
    until(phone, lambda browser: "已取消，當天照常通知。" in browser.page_source)
    assert "沒有請假紀錄。" in phone.page_source


def test_reminder_to_tap_out_is_kept(phone: Chrome, world: World) -> None:
    phone.get(world.from_chat(link_and_bind(world, MOTHER), MOTHER))
    wait_for(phone, "離校提醒")
    choose(phone, "tap_out_by", "17:30")
    press(phone, "確認")
    wait_for(phone, "已儲存")
    chosen = Select(phone.find_element(By.ID, "tap_out_by")).first_selected_option
    assert chosen.text == "17:30"
