"""Chromium without a screen, for whoever looks at pages in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    # A parent in Taipei.
    "--accept-lang=zh-TW",
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running_chromium(*flags: str, patience_seconds: float = 0) -> Iterator[Chrome]:
    """Run it with these further flags; a named skip where it is not installed.

    What is looked for may come so much later: a press is answered before the page it leads to.
    """
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium with its driver here")
    options = Options()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    with Chrome(options=options, service=Service(driver)) as chrome:
        chrome.implicitly_wait(patience_seconds)
        yield chrome
