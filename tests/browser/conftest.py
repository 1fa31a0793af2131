"""Chromium, the pages on a real socket, and the sandbox as LINE and Taipei Pass."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from werkzeug.serving import make_server

from core.db import transaction
from core.house import House, build_house
from core.settings import Settings, load_settings
from sandbox.people import make_user_id
from tests.conftest import MONDAY_MORNING, FixedClock
from tests.factories import make_school, make_student
from tests.liff.conftest import make_app

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--window-size=500,900",
]
LIFF_ID = "1660000001-sandbox1"
MOTHER, FATHER = make_user_id("林雅婷"), make_user_id("林志遠")


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
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium with its driver here")
    options = Options()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in FLAGS:
        options.add_argument(flag)
    with Chrome(options=options, service=Service(driver)) as chrome:
        yield chrome


@pytest.fixture
def phone(chromium: Chrome) -> Iterator[Chrome]:
    """A phone 360 px wide on which nobody is signed in."""
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    set_width(chromium, 360)
    # Reading the log empties it.
    chromium.get_log("browser")
    yield chromium
    chromium.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.get("about:blank")


def set_width(browser: Chrome, width: int) -> None:
    """Make the page this wide."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where the pages will be, and a sandbox that knows it."""
    base_url = f"http://127.0.0.1:{_free_port()}"
    sample = tmp_path_factory.mktemp("sandbox") / "sample.json"
    with _running_sandbox(base_url, sample) as sandbox_url:
        yield base_url, sandbox_url


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path, addresses: tuple[str, str]) -> Iterator[World]:
    """The pages over an empty database with Ming on the roster of one of two schools."""
    base_url, sandbox_url = addresses
    database = tmp_path / "gate.db"
    database.write_bytes(sqlite_template.read_bytes())
    plain = build_house(_settings(base_url, sandbox_url, database))
    house = House(plain.settings, plain.engine, FixedClock(MONDAY_MORNING), plain.vault)
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608", district="大安區", short_name="槐香國小")
        make_student(session, house)
    with _serving(make_app(house, lambda *_: None), base_url):
        yield World(house, base_url, sandbox_url)
    house.engine.dispose()


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
    )


@contextmanager
def _running_sandbox(app_url: str, sample: Path) -> Iterator[str]:
    sample.write_text('{"readers": [], "students": []}', encoding="utf-8")
    names = {"LIFF_ID": LIFF_ID, "LINE_LOGIN_CHANNEL_ID": "1660000001", "CLOCK_NOW": ""}
    options = ["--app-url", app_url, "--sample", str(sample)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *options],
        cwd=ROOT,
        env=os.environ | names,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.communicate(timeout=20)


@contextmanager
def _serving(app: Flask, base_url: str) -> Iterator[None]:
    server = make_server("127.0.0.1", int(base_url.rpartition(":")[2]), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
