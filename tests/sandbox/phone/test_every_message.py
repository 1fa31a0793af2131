"""Every message the bot can send is taken by LINE's rules and legible on the phone, dark too.

`make shots` keeps the pictures, in var/shots/messages, to be looked at.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from core.house import House
from sandbox.objects.messages import check_send
from tests.flow.browser import chromium, resize
from tests.sandbox.client import SandboxClient
from tests.sandbox.phone.every_message import FAMILIES, Messages, every_message
from tests.sandbox.phone.phone_screen import Screen
from tests.sandbox.phone.test_phone_page import CHECKS

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
every_family = pytest.mark.parametrize("family", FAMILIES)
# One screen of them; LINE would show as many.
AT_ONCE = 6
WIDTH, HEIGHT = 390, 844
FOLDER = "SHOTS"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium(WIDTH, HEIGHT) as browser:
        calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": calm})
        yield browser


@on_sqlite
@every_family
def test_line_takes_every_message_of_the_bot(house: House, family: str) -> None:
    gallery = every_message(house, family)
    assert len(gallery) > 20
    for messages in gallery:
        assert check_send({"to": "U" + "0" * 32, "messages": messages}, "push") == []


@on_sqlite
@every_family
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_every_message_is_legible_in_the_light_and_in_the_dark(
    house: House, family: str, sandbox: SandboxClient, browser: Chrome
) -> None:
    gallery = every_message(house, family)
    for first in range(0, len(gallery), AT_ONCE):
        screen = _shown(sandbox, browser, gallery[first : first + AT_ONCE])
        name = f"{family}-{first:03}"
        assert screen.run(CHECKS) == []
        _keep(screen, f"{name}-light")
        with screen.dark():
            assert screen.run(CHECKS) == []
            _keep(screen, f"{name}-dark")


def _shown(sandbox: SandboxClient, browser: Chrome, gallery: list[Messages]) -> Screen:
    """Return the phone of somebody who got these, and nothing before."""
    assert sandbox.post("/inspect/reset").status_code == 204
    mother = sandbox.friend()
    for messages in gallery:
        assert sandbox.push(mother, *messages).status_code == 200
    screen = Screen(browser, sandbox.origin).open(WIDTH, HEIGHT)
    chat = f"[data-phone='{mother}'] .chat"
    sent = sum(map(len, gallery))
    screen.wait(lambda: len(screen.all(f"{chat} .entry")) >= sent, "the messages")
    # As tall as they are, so that all can be seen at once.
    more = screen.run(
        "const c = arguments[0]; return c.scrollHeight - c.clientHeight", screen.one(chat)
    )
    resize(browser, WIDTH, HEIGHT + more + 40)
    return screen


def _keep(screen: Screen, name: str) -> None:
    folder = os.environ.get(FOLDER)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        screen.browser.save_screenshot(str(Path(folder) / f"{name}.png"))
