"""The sign-in pages in a real browser: narrow screens, labels, what the small script adds."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import running_chromium
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp
from tests.sandbox.login.test_liff_sdk import _wait
from tests.sandbox.taipei_pass.pass_walk import Walk

PAGES = (
    "",
    "password",
    "qr",
    "fido",
    "carrier",
    "forgot",
    "join",
    "join/notice",
    "join/contact",
    "join/code",
)
# Controls that neither a label nor words of their own name.
NAMELESS = """
return [...document.querySelectorAll("input:not([type=hidden]), button, a, summary")]
  .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
  .map((one) => one.outerHTML);
"""
SMALL = """
return [...document.querySelectorAll("button, .row, .choice, summary, input:not([type=hidden])")]
  .filter((one) => one.getClientRects().length && !one.closest(".choice:not(:scope)"))
  .filter((one) => one.getBoundingClientRect().height < 44)
  .map((one) => one.outerHTML);
"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with running_chromium("--window-size=390,844", patience_seconds=20) as chrome:
        yield chrome


@pytest.fixture
def walk(sandbox: SandboxClient, app: FakeApp) -> Walk:
    walk = Walk(sandbox, app)
    walk.send("join", kind="general")
    walk.send("join/notice", agreed="yes")
    walk.send("join/contact", contact="0912345678", human="yes")
    return walk


def address(walk: Walk, page: str) -> str:
    """Return where a page of the visit is."""
    return f"{walk.sandbox.origin}/pass/{walk.visit}/{page}"


@pytest.mark.parametrize("width", [320, 360, 430])
def test_pages_fit_narrow_screens_and_name_their_controls(
    chromium: Any, walk: Walk, width: int
) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    for page in PAGES:
        chromium.get(address(walk, page))
        assert chromium.execute_script("return document.documentElement.scrollWidth") <= width, page
        assert chromium.execute_script(NAMELESS) == [], page
        assert chromium.execute_script(SMALL) == [], page


def test_password_rules_are_ticked_off_while_typing(chromium: Any, walk: Walk) -> None:
    walk.send("join/code", code=walk.code_sent_to("0912345678"))
    chromium.get(address(walk, "join/profile"))
    password = chromium.find_element("id", "password")
    kept = "return [...document.querySelectorAll('.rules .kept')].map((one) => one.innerText)"
    before = chromium.execute_script(kept)
    password.send_keys("abcdefg1")
    partly = chromium.execute_script(kept)
    password.send_keys("A!")
    assert (before, len(partly), len(chromium.execute_script(kept))) == ([], 3, 5)


def test_password_can_be_looked_at(chromium: Any, walk: Walk) -> None:
    chromium.get(address(walk, "password"))
    chromium.find_element("css selector", "[data-eye]").click()
    assert chromium.find_element("id", "password").get_attribute("type") == "text"


def test_faults_are_read_first_and_stand_beside_the_field(chromium: Any, walk: Walk) -> None:
    chromium.get(address(walk, "password"))
    chromium.find_element("css selector", "button.primary").click()
    _wait(chromium, lambda: chromium.title.startswith("錯誤："))
    focused = chromium.switch_to.active_element
    field = chromium.find_element("id", "account")
    named = field.get_attribute("aria-describedby").split()
    assert focused.get_attribute("role") == "alert"
    assert "account-fault" in named
    assert all(chromium.find_elements("id", name) for name in named)


def test_page_with_the_qr_code_goes_on_by_itself(chromium: Any, walk: Walk) -> None:
    chromium.get(address(walk, "qr"))
    found = re.search(r"/pass/app/[\w-]+", chromium.page_source)
    assert found
    walk.sandbox.call("POST", found[0], data={"account": "yating.lin"})
    _wait(chromium, lambda: chromium.current_url.startswith(f"{walk.callback}?code="))


def test_whole_registration_works_without_scripts(chromium: Any, walk: Walk) -> None:
    walk.send("join/code", code=walk.code_sent_to("0912345678"))
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        chromium.get(address(walk, "join/profile"))
        typed = {
            "surname": "歐陽",
            "given_name": "小花",
            "password": "Abcdef1!",
            "password_again": "Abcdef1!",
        }
        for name, words in typed.items():
            chromium.find_element("id", name).send_keys(words)
        chromium.find_element("css selector", "button.primary").click()
        chromium.find_element("css selector", "form .secondary").click()
        _wait(chromium, lambda: chromium.current_url.startswith(f"{walk.callback}?code="))
    finally:
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
