"""Pages whose scripts never run, in both engines: after signing in everything still works."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select

from core.db import transaction
from tests.browser.conftest import MOTHER, World
from tests.browser.engines import running_webkit
from tests.browser.test_liff import patiently
from tests.factories import make_guardian, make_staff, national_id_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(params=["chromium", "webkit"])
def scriptless(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebDriver]:
    """An engine that runs no script of a page."""
    if request.param == "chromium":
        chrome: Chrome = request.getfixturevalue("phone")
        chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        yield chrome
        return
    with running_webkit(tmp_path_factory.mktemp("plain"), runs_scripts=False) as screen:
        yield screen.driver


def sign_in(driver: WebDriver, world: World) -> None:
    """Bring the mother's session along, which takes LINE's script to begin."""
    opened = requests.get(world.from_chat("/home", MOTHER), allow_redirects=False)
    id_token = parse_qs(urlsplit(opened.headers["Location"]).fragment)["id_token"][0]
    browser = requests.Session()
    form = TOKEN.search(browser.get(f"{world.base_url}/liff/").text)
    assert form is not None
    fields = {"csrf_token": form.group(1), "id_token": id_token, "language": "zh-TW"}
    assert browser.post(f"{world.base_url}/liff/session", fields).status_code == 204
    driver.get(f"{world.base_url}/liff/static/app.css")
    for name, value in browser.cookies.items():
        driver.add_cookie({"name": name, "value": value, "path": "/"})


def says(driver: WebDriver, words: str) -> None:
    """Wait until the page says so."""
    patiently(driver).until(lambda one: words in one.page_source)


def press(driver: WebDriver, words: str) -> None:
    """Press a button."""
    driver.find_element(By.XPATH, f"//button[contains(normalize-space(.), '{words}')]").click()


def step(driver: WebDriver, name: str, choice: str) -> None:
    """Choose, and press the button beside it, which a script would have taken away."""
    Select(driver.find_element(By.ID, name)).select_by_visible_text(choice)
    driver.find_element(By.CSS_SELECTOR, f".field:has(#{name}) [data-step]").click()
    sent = f"{name}="
    patiently(driver).until(lambda one: sent in one.current_url)


def test_child_is_bound_and_its_boxes_are_changed(scriptless: WebDriver, world: World) -> None:
    with transaction(world.house.engine) as session:
        make_guardian(session, world.house, MOTHER)
    sign_in(scriptless, world)
    scriptless.get(f"{world.base_url}/liff/children/new")
    step(scriptless, "district", "中正區")
    step(scriptless, "level", "國小")
    step(scriptless, "school_code", "榕光國小")
    for name, value in {
        "student_number": "11510001",
        "name": "王小明",
        "national_id": national_id_of("11510001"),
        "birth_date": "1040305",
    }.items():
        scriptless.find_element(By.ID, name).send_keys(value)
    scriptless.find_element(By.CSS_SELECTOR, "#facts [value=mother]").click()
    press(scriptless, "核對並綁定")
    says(scriptless, "已綁定。")
    scriptless.find_element(By.NAME, "line_departure").click()
    press(scriptless, "確認")
    says(scriptless, "已儲存。")
    assert not scriptless.find_element(By.NAME, "line_departure").is_selected()
    assert scriptless.find_element(By.NAME, "line_arrival").is_selected()


def test_teacher_says_that_a_child_is_here(scriptless: WebDriver, world: World) -> None:
    with transaction(world.house.engine) as session:
        make_staff(session, world.house, MOTHER)
    sign_in(scriptless, world)
    scriptless.get(f"{world.base_url}/liff/staff/classes/603")
    press(scriptless, "送出")
    says(scriptless, "請先替學生選擇已到、請假或未到")
    scriptless.find_element(By.XPATH, "//label[contains(., '已到')]").click()
    press(scriptless, "送出")
    says(scriptless, "12 王小明 到校 07:20（補登）。")
