"""The engines, the pages on a real socket, and the sandbox as LINE and Taipei Pass."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask import Flask, send_file
from selenium.webdriver import Chrome
from selenium_axe_python import axe
from werkzeug.serving import make_server

from bench.programs import free_pair
from core.clock import Clock
from core.db import transaction
from core.house import House, build_house
from core.settings import Settings, load_settings
from sandbox.people import make_user_id
from tests.browser.engines import (
    PATIENCE_SECONDS,
    ChromiumScreen,
    Screen,
    WebKitScreen,
    running_webkit,
)
from tests.chromium import running_chromium
from tests.conftest import MONDAY_MORNING
from tests.factories import make_school, make_student
from tests.liff.conftest import make_app
from tests.places import Place, places_of
from tests.town import Cast, settle

ROOT = Path(__file__).parents[2]
LIFF_ID = "1660000001-sandbox1"
# Beside the pages, so that they may load it.
AXE, AXE_FILE = "/axe.js", Path(axe.__file__).parent / "axe-core/axe.min.js"
MOTHER, FATHER = make_user_id("林雅婷"), make_user_id("林志遠")
# The sandbox knows three people; whoever gets one more phone is the fourth.
BUREAU_NAME = "高明哲"
CAST = Cast(
    guardian=MOTHER,
    staff=make_user_id("王淑芬"),
    bureau=make_user_id(f"{BUREAU_NAME} 3"),
    stranger=FATHER,
)


@dataclass(frozen=True, slots=True)
class World:
    """Where pages and sandbox are, and the house behind them."""

    house: House
    base_url: str
    sandbox_url: str

    def from_chat(self, path: str, user_id: str) -> str:
        """Return the address a tap in this person's chat opens."""
        return f"{self.sandbox_url}/liff/{LIFF_ID}{path}?phone={user_id}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chrome]:
    """One browser for all; each test gets an empty cookie jar."""
    with running_chromium("--window-size=500,900", patience_seconds=PATIENCE_SECONDS) as chrome:
        yield chrome


@pytest.fixture
def phone(chromium: Chrome) -> Iterator[Chrome]:
    """A phone 360 px wide on which nobody is signed in."""
    # A tab of its own: LIFF remembers in the tab's storage whether it is inside LINE.
    before = chromium.current_window_handle
    chromium.switch_to.new_window("tab")
    fresh = chromium.current_window_handle
    chromium.switch_to.window(before)
    chromium.close()
    chromium.switch_to.window(fresh)
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    every = {"origin": "*", "storageTypes": "local_storage"}
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", every)
    set_width(chromium, 360)
    # Reading the log empties it.
    chromium.get_log("browser")
    yield chromium
    chromium.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.get("about:blank")


def set_media(browser: Chrome, **features: str) -> None:
    """Let the device want something, such as prefers_color_scheme="dark"."""
    wanted = [{"name": name.replace("_", "-"), "value": is_so} for name, is_so in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})


def set_width(browser: Chrome, width: int) -> None:
    """Make the page this wide."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.fixture(scope="session")
def webkit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebKitScreen]:
    """One WebKit for all who ask for it."""
    with running_webkit(tmp_path_factory.mktemp("webkit")) as screen:
        yield screen


@pytest.fixture(scope="session")
def webkit_at_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebKitScreen]:
    """Another whose device wants the dark and nothing that moves."""
    with running_webkit(tmp_path_factory.mktemp("night"), at_night=True) as screen:
        yield screen


@pytest.fixture(params=["chromium", "webkit"])
def screen_at_night(request: pytest.FixtureRequest) -> Iterator[Screen]:
    """Each engine in turn on a device that wants the dark and nothing that moves."""
    if request.param == "webkit":
        yield from _anew(request.getfixturevalue("webkit_at_night"))
        return
    phone: Chrome = request.getfixturevalue("phone")
    set_media(phone, prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    yield ChromiumScreen(phone)
    set_media(phone)


@pytest.fixture(params=["chromium", "webkit"])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    """Each engine in turn; nobody is signed in."""
    if request.param == "chromium":
        yield ChromiumScreen(request.getfixturevalue("phone"))
        return
    yield from _anew(request.getfixturevalue("webkit"))


def _anew(screen: WebKitScreen) -> Iterator[WebKitScreen]:
    screen.driver.delete_all_cookies()
    yield screen
    screen.driver.switch_to.default_content()


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where the pages will be, and a sandbox that knows it."""
    port = free_pair()
    base_url = f"http://127.0.0.1:{port}"
    sample = tmp_path_factory.mktemp("sandbox") / "sample.json"
    with _running_sandbox(base_url, sample, port + 1) as sandbox_url:
        yield base_url, sandbox_url


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path, addresses: tuple[str, str]) -> Iterator[World]:
    """The pages over an empty database with Ming on the roster of one of two schools."""
    base_url, sandbox_url = addresses
    house = _open_house(base_url, sandbox_url, sqlite_template, tmp_path)
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608", district="大安區", short_name="槐香國小")
        make_student(session, house)
    with _serving(make_app(house, lambda *_: None), base_url):
        yield World(house, base_url, sandbox_url)
    house.engine.dispose()


@dataclass(frozen=True, slots=True)
class Walk:
    """A settled town, its pages, and the world they are in."""

    world: World
    places: list[Place]


@pytest.fixture(scope="session")
def walk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The town all pages are walked through; nobody changes anything in it."""
    port, folder = free_pair(), tmp_path_factory.mktemp("town")
    base_url = f"http://127.0.0.1:{port}"
    with _running_sandbox(base_url, folder / "sample.json", port + 1) as sandbox_url:
        _give_phone(sandbox_url, BUREAU_NAME, "教育局", CAST.bureau)
        house = _open_house(base_url, sandbox_url, sqlite_template, folder)
        with transaction(house.engine) as session:
            town = settle(session, house, CAST)
        app = make_app(house, lambda *_: None)
        with _serving(app, base_url):
            yield Walk(World(house, base_url, sandbox_url), places_of(app, town))
        house.engine.dispose()


def _give_phone(sandbox_url: str, name: str, role: str, user_id: str) -> None:
    phone = {"name": name, "role": role, "device": "phone"}
    assert requests.post(f"{sandbox_url}/phone", json=phone).json()["user_id"] == user_id


def _open_house(base_url: str, sandbox_url: str, template: Path, folder: Path) -> House:
    # LINE's tokens must be of the same morning as the house.
    answer = requests.post(f"{sandbox_url}/clock", json={"now": MONDAY_MORNING.isoformat()})
    assert answer.ok
    database = folder / "gate.db"
    database.write_bytes(template.read_bytes())
    plain = build_house(_settings(base_url, sandbox_url, database))
    return House(plain.settings, plain.engine, Clock(MONDAY_MORNING), plain.vault)


def _settings(base_url: str, sandbox_url: str, database: Path) -> Settings:
    return load_settings(
        _env_file=None,
        database_url=f"sqlite:///{database}",
        base_url=base_url,
        liff_id=LIFF_ID,
        line_login_channel_id="1660000001",
        line_api_base=sandbox_url,
        liff_sdk_url=f"{sandbox_url}/liff-sdk.js",
        taipei_pass_authorize_url=f"{sandbox_url}/tpcd/oauth/authorize",
        taipei_pass_token_url=f"{sandbox_url}/tpcd/oauth/token",
        taipei_pass_profile_url=f"{sandbox_url}/tpcd/api/v1.0.9/user/my",
        taipei_pass_client_id="sandbox-taipei-pass",
        taipei_pass_client_secret="sandbox-taipei-pass-secret",
        bureau_login_client_id="sandbox-bureau",
        bureau_login_client_secret="sandbox-bureau-secret",
    )


@contextmanager
def _running_sandbox(app_url: str, sample: Path, port: int) -> Iterator[str]:
    sample.write_text('{"readers": [], "students": []}', encoding="utf-8")
    names = {"LIFF_ID": LIFF_ID, "LINE_LOGIN_CHANNEL_ID": "1660000001", "CLOCK_NOW": ""}
    options = ["--app-url", app_url, "--sample", str(sample)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", str(port), *options],
        cwd=ROOT,
        env=os.environ | names,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.communicate(timeout=60)


@contextmanager
def _serving(app: Flask, base_url: str) -> Iterator[None]:
    app.add_url_rule(AXE, view_func=lambda: send_file(AXE_FILE, max_age=3600))
    server = make_server("127.0.0.1", int(base_url.rpartition(":")[2]), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()
