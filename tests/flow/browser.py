"""Chromium in front of the phone page, and the hands and eyes of whoever sits there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.chromium import running_chromium

PATIENCE_SECONDS = 40
SHOTS = Path(os.environ.get("SHOTS_DIR", Path(__file__).resolve().parents[2] / "var" / "shots"))
PRESSED = "[self::a or self::button or @role='button']"
# Waits for fonts and two frames, so that a picture shows what was just drawn.
SETTLED = """
const done = arguments[0];
document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(done)));
"""


@contextmanager
def chromium(width: int, height: int) -> Iterator[Chrome]:
    """Start a browser whose page is exactly this large; skips where there is none."""
    with running_chromium("--hide-scrollbars") as browser:
        resize(browser, width, height)
        yield browser


def resize(browser: Chrome, width: int, height: int) -> None:
    """Make the page this large; a headless window has borders of its own."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


class PhonePage:
    """The phone page, used as a newcomer would: by what can be seen and pressed."""

    def __init__(self, browser: Chrome, address: str, shots: Path = SHOTS) -> None:
        self.browser = browser
        self._shots = shots
        self._stations = 0
        browser.get(address)
        self.wait(lambda: self._all(By.CSS_SELECTOR, "[data-phone]"), "the phones")

    def wait(self, look: Callable[[], Any], what: str) -> Any:
        """Return what `look` finds as soon as it finds something."""
        ignored = (NoSuchElementException, StaleElementReferenceException)
        waiting = WebDriverWait(self.browser, PATIENCE_SECONDS, 0.05, ignored)
        return waiting.until(lambda _: look(), f"waited in vain for {what}")

    def phone(self, owner: str) -> WebElement:
        """Return somebody's phone."""
        return self.find(By.CSS_SELECTOR, f"[aria-label^='{owner}的']")

    def find(self, by: str, selector: str) -> WebElement:
        """Return an element as soon as it is there."""
        found: WebElement = self.wait(lambda: self.browser.find_element(by, selector), selector)
        return found

    def press(self, where: WebElement, words: str) -> None:
        """Press what is named so inside an element."""
        path = f".//*{PRESSED}[normalize-space(.)='{words}' or @aria-label='{words}']"
        self.wait(lambda: _shown(where.find_elements(By.XPATH, path)), f"「{words}」").click()

    def say(self, owner: str, words: str) -> None:
        """Type a message on somebody's phone and send it."""
        phone = self.phone(owner)
        keyboard = phone.find_element(By.CSS_SELECTOR, "[aria-label='用鍵盤輸入']")
        if keyboard.is_displayed():
            keyboard.click()
        phone.find_element(By.CSS_SELECTOR, ".typing-input").send_keys(words)
        phone.find_element(By.CSS_SELECTOR, "[aria-label='送出']").click()

    def wait_for(self, owner: str, words: str, sender: str = "account") -> WebElement:
        """Wait until somebody's chat shows the words and return the newest message that does."""
        selector = f"[aria-label^='{owner}的'] .from-{sender}"

        def newest() -> WebElement | None:
            shown = [one for one in self._all(By.CSS_SELECTOR, selector) if words in seen(one)]
            return shown[-1] if shown else None

        found: WebElement = self.wait(newest, f"「{words}」 in {owner}'s chat")
        return found

    def tap(self, child: str) -> None:
        """Hold a child's card to the reader."""
        self.find(By.CSS_SELECTOR, f"[aria-label='替{child}刷卡']").click()

    def chip(self, words: str) -> None:
        """Press a chip of the gate panel."""
        path = f"//*[@class='chips']//button[contains(., '{words}')]"
        self.find(By.XPATH, path).click()

    def jump(self, chip: str, time: str) -> None:
        """Press a chip that moves the clock and wait until the page shows that time."""
        self.chip(chip)
        clock = self.browser.find_element(By.CLASS_NAME, "clock-chip")
        self.wait(lambda: clock.text.startswith(time), f"the clock to show {time}")

    @contextmanager
    def sheet(self) -> Iterator["Sheet"]:
        """Look into the page that lies over a chat."""
        frame = self.wait(lambda: self._all(By.CSS_SELECTOR, ".sheet-frame"), "the page")[0]
        self.browser.switch_to.frame(frame)
        try:
            yield Sheet(self)
        finally:
            self.browser.switch_to.default_content()

    def close_sheet(self) -> None:
        """Put the page away."""
        self.find(By.CSS_SELECTOR, "[aria-label='關閉網頁']").click()

    def shoot(self, station: str) -> Path:
        """Keep a picture of this moment."""
        # Typing into the page over the chat scrolls what is around it, too.
        self.browser.execute_script("scrollTo(0, 0)")
        self.browser.execute_async_script(SETTLED)
        self._stations += 1
        self._shots.mkdir(parents=True, exist_ok=True)
        path = self._shots / f"{self._stations:02d}-{station}.png"
        self.browser.save_screenshot(str(path))
        return path

    def complaints(self) -> list[str]:
        """Return what the browser itself found wrong since the last call."""
        rows = self.browser.get_log("browser")
        return [row["message"] for row in rows if row["level"] == "SEVERE" and not _is_422(row)]

    def _all(self, by: str, selector: str) -> list[WebElement]:
        return self.browser.find_elements(by, selector)


class Sheet:
    """A page of the service inside the phone; clicks go by script since it may be scaled."""

    def __init__(self, page: PhonePage) -> None:
        self._page = page
        self._browser = page.browser

    def wait_for(self, words: str) -> None:
        """Wait until the page says so."""
        script = "return document.body?.innerText ?? ''"
        self._page.wait(lambda: words in self._browser.execute_script(script), f"「{words}」")

    def press(self, words: str) -> None:
        """Press the button or link that says so."""
        path = f"//*{PRESSED}[contains(normalize-space(.), '{words}')]"
        self._click(self._page.wait(lambda: self._find(By.XPATH, path), f"「{words}」"))

    def tick(self, name: str) -> bool:
        """Press a box and return whether it is ticked now."""
        box = self._find(By.NAME, name)
        self._click(box)
        return box.is_selected()

    def pick(self, name: str, value: str) -> None:
        """Press one of several options."""
        self._click(self._find(By.CSS_SELECTOR, f"[name='{name}'][value='{value}']"))

    def choose(self, field: str, words: str) -> None:
        """Choose in a select by what it shows."""
        selects = Select(self._find(By.ID, field))
        self._page.wait(
            lambda: words in [one.text for one in selects.options], f"「{words}」 to choose"
        )
        selects.select_by_visible_text(words)

    def fill(self, **fields: str) -> None:
        """Type into fields, in place of what stands there."""
        for name, words in fields.items():
            field = self._find(By.ID, name)
            field.clear()
            field.send_keys(words)

    def texts(self, selector: str) -> list[str]:
        """Return what the elements say."""
        return [one.text for one in self._browser.find_elements(By.CSS_SELECTOR, selector)]

    def _find(self, by: str, selector: str) -> WebElement:
        return self._page.find(by, selector)

    def _click(self, element: WebElement) -> None:
        self._browser.execute_script("arguments[0].click()", element)


def seen(element: WebElement) -> str:
    """Return all words of an element, on one line."""
    return " ".join((element.get_attribute("innerText") or "").split())


def _shown(elements: list[WebElement]) -> WebElement | None:
    return next((element for element in elements if element.is_displayed()), None)


def _is_422(row: dict[str, Any]) -> bool:
    # Refused forms are answered with 422, which the browser logs like a failure.
    return "status of 422" in row["message"]
