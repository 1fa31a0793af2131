"""LINE's own LIFF SDK against the sandbox, inside LINE and outside.

Not ours to ship: LINE_LIFF_SDK names a script that sets window.liff, such as a bundle of the npm
package @line/liff made in a folder of one's own.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import running_chromium
from tests.sandbox.client import LIFF_ID, SandboxClient
from tests.sandbox.conftest import running_sandbox
from tests.sandbox.login.liff_app import LiffApp
from tests.sandbox.login.line_front import LineFront
from tests.sandbox.login.test_liff_sdk import _shown, _wait

SDK = os.environ.get("LINE_LIFF_SDK", "")
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Line/15.12.0 LIFF"
# What LINE's app tells its pages before any script of theirs runs.
NATIVE = "window._liff = { features: [] };"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not SDK, reason="LINE_LIFF_SDK names no script of LINE's SDK"),
]


@pytest.fixture(scope="module")
def liff_app() -> Iterator[LiffApp]:
    app = LiffApp()
    yield app
    app.stop()


@pytest.fixture(scope="module")
def platform(liff_app: LiffApp) -> Iterator[SandboxClient]:
    # LINE's SDK looks at the real clock when it checks an ID token.
    options = ("--app-url", liff_app.url, "--sample", "/nowhere", "--clock-now", "")
    with running_sandbox(*options) as (client, _):
        liff_app.serve_sdk(Path(SDK).read_bytes(), LIFF_ID)
        yield client


@pytest.fixture
def browser(platform: SandboxClient, tmp_path: Path) -> Iterator[Any]:
    front = LineFront(platform.origin, tmp_path)
    rule = f"--host-resolver-rules={front.browser_rule}"
    flags = ("--window-size=390,844", "--ignore-certificate-errors", rule)
    with running_chromium(*flags, patience_seconds=20) as chrome:
        yield chrome
    front.stop()


def test_opening_from_the_chat_signs_in_and_goes_to_the_page(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    mother = platform.friend()
    browser.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": AGENT})
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NATIVE})
    browser.get(f"https://liff.line.me/{LIFF_ID}/children/new?from=chat&phone={mother}")
    shown = _shown(browser)
    assert shown["path"] == "/liff/children/new?from=chat", shown
    assert (shown["loggedIn"], shown["inClient"], shown["friend"]) == (True, True, True)
    assert (shown["name"], shown["decoded"]["sub"]) == ("林雅婷", mother)
    send = "const done = arguments[0]; liff.sendMessages([{type: 'text', text: '早'}]).then(done)"
    browser.execute_async_script(send.replace("then(done)", "then(() => done('sent'), done)"))
    assert platform.person()["messages"][-1]["message"]["text"] == "早"


def test_browser_outside_line_signs_in_by_choice_and_comes_back(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{liff_app.url}/liff/help?topic=1")
    assert _shown(browser)["loggedIn"] is False
    browser.execute_script("liff.login({redirectUri: location.href})")
    _wait(browser, lambda: "access.line.me/liff/v1/authorize" in browser.current_url)
    browser.find_element("xpath", "//button[contains(., '林志遠')]").click()
    _wait(browser, lambda: browser.current_url.startswith(f"{liff_app.url}/liff/help?topic=1"))
    shown = _shown(browser)
    assert (shown["loggedIn"], shown["inClient"]) == (True, False), shown
    assert (shown["name"], shown["context"]["type"]) == ("林志遠", "external")
    assert shown["decoded"]["name"] == "林志遠"


def test_refused_consent_fails_init(
    platform: SandboxClient, liff_app: LiffApp, browser: Any
) -> None:
    browser.get(f"{liff_app.url}/liff/")
    _shown(browser)
    browser.execute_script("liff.login()")
    _wait(browser, lambda: "access.line.me/liff/v1/authorize" in browser.current_url)
    browser.find_element("name", "refuse").click()
    _wait(browser, lambda: "error=access_denied" in browser.current_url)
    assert _shown(browser)["error"] == "INIT_FAILED"
