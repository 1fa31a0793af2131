"""The phone page in Chromium, as a person sits before it: eyes, hands and keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.flow.browser import resize

PATIENCE_SECONDS = 40
MOST_TABS = 120
# What the focus is on, by the name a screen reader would say.
FOCUSED = """
const node = document.activeElement;
const name = node.getAttribute("aria-label") ?? node.labels?.[0]?.innerText ?? node.innerText;
return [node.tagName, name ?? ""];
"""


class Screen:
    """One open phone page."""

    def __init__(self, browser: Chrome, origin: str) -> None:
        self.browser = browser
        self._origin = origin

    def open(self, width: int = 1440, height: int = 900, path: str = "/") -> "Screen":
        """Load the page anew, in this size, and wait for the phones."""
        resize(self.browser, width, height)
        self.browser.get(f"{self._origin}{path}")
        self.wait(lambda: self.all("[data-phone]"), "the phones")
        return self

    def wait(self, look: Callable[[], Any], what: str) -> Any:
        """Return what `look` finds as soon as it finds something."""
        waiting = WebDriverWait(self.browser, PATIENCE_SECONDS, 0.03)
        return waiting.until(lambda _: look(), f"waited in vain for {what}")

    def all(self, selector: str) -> list[WebElement]:
        """Return all elements."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Return the element once it is there."""
        found: WebElement = self.wait(lambda: (self.all(selector) or [None])[0], selector)
        return found

    def phone(self, user_id: str, inside: str = "") -> WebElement:
        """Return a person's phone, or what is inside it, once it is there."""
        return self.one(f"[data-phone='{user_id}'] {inside}".strip())

    def words(self, selector: str) -> str:
        """Return what an element says."""
        return str(self.one(selector).get_attribute("innerText"))

    def wait_for_words(self, selector: str, words: str) -> None:
        """Wait until an element says so."""
        self.wait(lambda: words in self.words(selector), f"「{words}」 in {selector}")

    def press(self, *keys: str) -> None:
        """Press keys one after another, wherever the focus is."""
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def focused(self) -> tuple[str, str]:
        """Return the tag and the name of what has the focus."""
        tag, name = self.run(FOCUSED)
        return str(tag), str(name).strip()

    def tab_to(self, name: str) -> list[tuple[str, str]]:
        """Press Tab until the named thing has the focus; return what was passed on the way."""
        passed: list[tuple[str, str]] = []
        for _ in range(MOST_TABS):
            self.press(Keys.TAB)
            passed.append(self.focused())
            if passed[-1][1] == name:
                return passed
        raise AssertionError(f"no Tab leads to 「{name}」: {passed}")

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page."""
        return self.browser.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """Return what the browser itself found wrong since the last call."""
        rows = self.browser.get_log("browser")
        return [row["message"] for row in rows if row["level"] == "SEVERE"]

    @contextmanager
    def dark(self) -> Iterator[None]:
        """Look at the page in the dark."""
        self.run("document.documentElement.dataset.theme = 'dark'")
        yield
        self.run("delete document.documentElement.dataset.theme")
