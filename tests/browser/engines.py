"""Two engines behind one screen: Chromium, and WebKit, the nearest thing to an iPhone's."""

import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Protocol

import pytest
from selenium.webdriver import Chrome, WebKitGTK, WebKitGTKOptions
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.service import Service

# A press is answered before the page it leads to is there.
PATIENCE_SECONDS = 20
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
CONSOLE_ERROR = re.compile(r"^(?P<where>\S*): CONSOLE .*\bERROR\b.*$", re.M)
# What a person at night wants of a device, who also is made dizzy by what moves.
NIGHT = """[Settings]
gtk-theme-name=Adwaita-dark
gtk-application-prefer-dark-theme=1
gtk-enable-animations=0
"""
# Its window is never as narrow as a phone, so a page is looked at in a frame of that width.
FRAME = """
const done = arguments[arguments.length - 1], frame = document.createElement("iframe");
frame.width = arguments[1];
frame.height = 800;
frame.onload = () => done();
frame.src = arguments[0];
document.body.replaceChildren(frame);
"""


class Screen(Protocol):
    """What pages are looked at on. `width` is in CSS pixels."""

    driver: WebDriver

    def open(self, url: str, width: int = 360) -> None:
        """Open a page and wait until it is there."""

    def set_width(self, width: int) -> None:
        """Make the page this wide."""

    def complaints(self, origin: str) -> list[str]:
        """Return what the console told of pages there since it was last asked."""


@dataclass(slots=True)
class ChromiumScreen:
    """Chromium, whose pages are as wide as they are told."""

    driver: Chrome

    def open(self, url: str, width: int = 360) -> None:
        self.set_width(width)
        self.driver.get(url)

    def set_width(self, width: int) -> None:
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def complaints(self, origin: str) -> list[str]:
        rows = [row["message"] for row in self.driver.get_log("browser")]
        return [row for row in rows if row.startswith(origin)]


@dataclass(slots=True)
class WebKitScreen:
    """WebKit, with each page in a frame on a page of `shell`, an origin that may frame ours."""

    driver: WebKitGTK
    log: Path
    shell: str = ""
    read: int = 0

    def open(self, url: str, width: int = 360) -> None:
        assert self.shell, "a page that stands alone shows nothing here"
        self.driver.switch_to.default_content()
        if not self.driver.current_url.startswith(self.shell):
            self.driver.get(f"{self.shell}/nothing-here")
        self.driver.execute_async_script(FRAME, url, width)
        self.driver.switch_to.frame(0)

    def set_width(self, width: int) -> None:
        self.driver.switch_to.default_content()
        script = "document.querySelector('iframe').width = arguments[0]"
        self.driver.execute_script(script, width)
        self.driver.switch_to.frame(0)

    def complaints(self, origin: str) -> list[str]:
        text = self.log.read_text(errors="replace")
        fresh, self.read = text[self.read :], len(text)
        found = CONSOLE_ERROR.finditer(fresh)
        return [one.group() for one in found if one["where"].startswith(origin)]


@contextmanager
def running_webkit(
    folder: Path, *, runs_scripts: bool = True, at_night: bool = False
) -> Iterator[WebKitScreen]:
    """Run it on a screen of its own; a named skip where it is not installed.

    Without `runs_scripts` the pages' own scripts are dropped as the page is read; those of the
    driver still run. `at_night` its device wants dark pages on which nothing moves: unlike
    Chromium it can't be told so later.
    """
    driver, browser = shutil.which("WebKitWebDriver"), sorted(glob(MINI_BROWSERS))
    if driver is None or not browser or shutil.which("Xvfb") is None:
        pytest.skip("no WebKit with its driver and Xvfb here")
    options = WebKitGTKOptions()
    options.binary_location = browser[-1]
    for argument in (
        "--automation",
        "--enable-write-console-messages-to-stdout=true",
        f"--enable-javascript-markup={str(runs_scripts).lower()}",
    ):
        options.add_argument(argument)
    log = folder / "webkit.log"
    with _display() as display:
        # As root it can't close itself off; all it ever opens is ours.
        own = {"DISPLAY": display, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        own |= {"LANG": "zh_TW.UTF-8", "LANGUAGE": "zh_TW"}
        own |= _wishes(folder, NIGHT if at_night else "")
        service = Service(driver, log_output=str(log), env=os.environ | own)
        with _started(options, service) as webkit:
            webkit.set_script_timeout(PATIENCE_SECONDS)
            webkit.implicitly_wait(PATIENCE_SECONDS)
            yield WebKitScreen(webkit, log)


def _wishes(folder: Path, settings: str) -> dict[str, str]:
    """Write what its device wants where GTK looks for it; return the environment for that."""
    place = folder / "config" / "gtk-3.0"
    place.mkdir(parents=True)
    (place / "settings.ini").write_text(settings)
    return {"XDG_CONFIG_HOME": str(place.parent)}


def _started(options: WebKitGTKOptions, service: Service) -> WebKitGTK:
    with warnings.catch_warnings():
        # Selenium's own call of what it gave up itself.
        warnings.simplefilter("ignore", DeprecationWarning)
        return WebKitGTK(options=options, service=service)


@contextmanager
def _display() -> Iterator[str]:
    reading, writing = os.pipe()
    options = ["-displayfd", str(writing), "-screen", "0", "1024x900x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(["Xvfb", *options], pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    try:
        yield f":{number}"
    finally:
        screen.terminate()
        screen.wait(20)
