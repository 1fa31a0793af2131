"""The SDK stand-in in a real browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.support.ui import WebDriverWait

from tests.chromium import running_chromium
from tests.sandbox.client import LIFF_ID, SandboxClient
from tests.sandbox.conftest import running_sandbox
from tests.sandbox.login.liff_app import LiffApp

FRAME = """
window.heard = [];
window.addEventListener("message", (event) => window.heard.push(event.data));
const frame = document.createElement("iframe");
frame.src = arguments[0];
document.body.append(frame);
"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def liff_app() -> Iterator[LiffApp]:
    app = LiffApp()
    yield app
    app.stop()


@pytest.fixture(scope="module")
def platform(liff_app: LiffApp) -> Iterator[SandboxClient]:
    with running_sandbox("--app-url", liff_app.url, "--sample", "/nowhere") as (client, _):
        liff_app.point_at(client.origin, LIFF_ID)
        yield client


@pytest.fixture
def browser() -> Iterator[Any]:
    with running_chromium("--window-size=390,844", patience_seconds=20) as chrome:
        yield chrome


def test_opening_from_the_chat_signs_in_and_goes_to_the_page(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    mother = platform.friend()
    browser.get(f"{platform.origin}/liff/{LIFF_ID}/children/new?from=chat&phone={mother}")
    shown = _shown(browser)
    assert shown["path"] == "/liff/children/new?from=chat"
    assert (shown["loggedIn"], shown["inClient"], shown["friend"]) == (True, True, True)
    assert (shown["name"], shown["decoded"]["sub"]) == ("林雅婷", mother)
    assert shown["decoded"]["name"] == "林雅婷"
    assert shown["context"]["endpointUrl"] == f"{liff_app.url}/liff/"


def test_tokens_stay_for_the_next_page_and_an_expired_one_is_handed_out(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{platform.origin}/liff/{LIFF_ID}?phone={platform.friend()}")
    first = _shown(browser)
    platform.set_clock("2026-11-23T09:00:00+08:00")
    browser.get(f"{liff_app.url}/liff/account")
    second = _shown(browser)
    assert (first["path"], second["path"]) == ("/liff/", "/liff/account")
    assert second["loggedIn"] is True
    assert second["idToken"] == first["idToken"]


def test_browser_outside_line_signs_in_by_choice_and_comes_back(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{liff_app.url}/liff/help?topic=1")
    before = _shown(browser)
    browser.execute_script("liff.login({redirectUri: location.href})")
    _wait(browser, lambda: "/liff/v1/authorize" in browser.current_url)
    browser.find_element("xpath", "//button[contains(., '林志遠')]").click()
    _wait(browser, lambda: browser.current_url == f"{liff_app.url}/liff/help?topic=1")
    after = _shown(browser)
    assert (before["loggedIn"], after["loggedIn"]) == (False, True)
    assert (after["name"], after["inClient"]) == ("林志遠", False)
    assert (after["context"]["type"], after["context"]["liffId"]) == ("external", LIFF_ID)


def test_refused_consent_fails_init_in_the_words_of_the_refusal(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{liff_app.url}/liff/help")
    _shown(browser)
    browser.execute_script("liff.login()")
    _wait(browser, lambda: "/liff/v1/authorize" in browser.current_url)
    browser.find_element("name", "refuse").click()
    _wait(browser, lambda: "error=access_denied" in browser.current_url)
    shown = _shown(browser)
    assert shown["error"] == "INIT_FAILED"
    assert shown["message"] == "access_denied: The resource owner denied the request."


def test_page_offers_the_friend_and_reads_how_it_ended(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    father = platform.user_id("林志遠")
    browser.get(f"{platform.origin}/liff/{LIFF_ID}?phone={father}")
    before = _shown(browser)["friend"]
    browser.execute_script("window.asked = liff.requestFriendship()")
    browser.find_element("xpath", "//dialog/button[. = '加入好友']").click()
    read = "const done = arguments[0]; asked.then(() => liff.getFriendship()).then(done)"
    assert (before, browser.execute_async_script(read)) == (False, {"friendFlag": True})


def test_permissions_are_those_of_the_token(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{platform.origin}/liff/{LIFF_ID}?phone={platform.user_id()}")
    _shown(browser)
    ask = """
    const done = arguments[0];
    Promise.all([
      liff.permission.getGrantedAll(),
      liff.permission.query("profile"),
      liff.permission.query("email"),
      liff.permission.requestAll().catch((error) => error.code),
      liff.permission.query("all").catch((error) => error.code),
    ]).then(done);
    """
    assert browser.execute_async_script(ask) == [
        ["openid", "profile", "chat_message.write"],
        {"state": "granted"},
        {"state": "unavailable"},
        "FORBIDDEN",
        "INVALID_ARGUMENT",
    ]


def test_another_channels_liff_id_is_refused(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    liff_app.point_at(platform.origin, "1999999999-abcdefgh")
    browser.get(f"{platform.origin}/liff/{LIFF_ID}?phone={platform.user_id()}")
    shown = _shown(browser)
    liff_app.point_at(platform.origin, LIFF_ID)
    assert shown["error"] == "INVALID_ARGUMENT"


def test_page_in_the_phone_frame_speaks_to_the_phone(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{platform.origin}/faults")
    browser.execute_script(FRAME, f"/liff/{LIFF_ID}/help?phone={platform.user_id()}")
    _wait(browser, lambda: browser.execute_script("return window.heard.length") == 1)
    browser.switch_to.frame(0)
    browser.execute_script("liff.openWindow({url: 'https://www.gov.taipei/', external: true})")
    browser.execute_script("liff.closeWindow()")
    browser.switch_to.default_content()
    _wait(browser, lambda: browser.execute_script("return window.heard.length") == 3)
    assert browser.execute_script("return window.heard") == [
        {"liff": "title", "title": "我的孩子"},
        {"liff": "openWindow", "url": "https://www.gov.taipei/", "external": True},
        {"liff": "close"},
    ]


def _shown(browser: Any) -> dict[str, Any]:
    _wait(browser, lambda: browser.find_element("css selector", "output").text)
    return dict(json.loads(browser.find_element("css selector", "output").text))


def _wait(browser: Any, condition: Any) -> None:
    ignored = (NoSuchElementException, StaleElementReferenceException)
    WebDriverWait(browser, 40, 0.05, ignored).until(lambda _: condition())
