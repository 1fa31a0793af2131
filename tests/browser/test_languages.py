"""The pages in every language on narrow phones: long words must not break them."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from sqlalchemy import update
from sqlmodel import select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import LeaveReason
from core.db import transaction
from core.kinds import DayPart
from core.languages.catalogues import catalogue
from core.languages.language import SOURCE, Language
from core.people.tables import Guardian, Student
from core.people.text_size import TextSize
from tests.browser.conftest import MOTHER, World, set_width
from tests.browser.test_liff import SMALL_TARGETS, link_and_bind, wait_for
from tests.conftest import MONDAY_MORNING

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WIDER_THAN_THE_SCREEN = """
const width = document.documentElement.clientWidth;
return [...document.querySelectorAll("main *")]
  .filter((part) => part.getBoundingClientRect().right > width + 1 && part.offsetParent)
  .map((part) => `${part.tagName} ${part.className}: ${part.textContent.trim().slice(0, 40)}`);
"""
SCROLLS = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("language", [one for one in Language if one is not SOURCE])
def test_pages_fit_narrow_phones_in_every_language(
    world: World, phone: Chrome, language: Language
) -> None:
    child = link_and_bind(world, MOTHER)
    with transaction(world.house.engine) as session:
        session.execute(update(Guardian).values(locale=language.value))
    phone.get(world.from_chat("/home", MOTHER))
    wait_for(phone, catalogue(language)["我的孩子"])

    pages = ["/home", child, "/account", "/leaves/new", "/children/new", "/my-data"]
    pages += ["/help", "/survey", "/survey?question=6", "/topics", "/topics/closures"]
    for path in pages:
        phone.get(f"{world.base_url}/liff{path}")
        if path == "/children/new":
            phone.execute_script("document.getElementById('facts').submit()")
            wait_for(phone, catalogue(language)["請選擇行政區"])
        for width in (320, 360):
            set_width(phone, width)
            assert phone.execute_script(WIDER_THAN_THE_SCREEN) == [], (path, width)
            assert not phone.execute_script(SCROLLS), (path, width)
        assert phone.execute_script(SMALL_TARGETS) == [], path
        _keep(phone, f"{language.value}{path.replace('/', '-')[:12]}")
    assert phone.find_element(By.TAG_NAME, "html").get_attribute("lang") == language.tag


@pytest.mark.parametrize("language", [one for one in Language if one is not SOURCE])
def test_way_to_cancel_leave_fits_in_largest_letters(
    world: World, phone: Chrome, language: Language
) -> None:
    link_and_bind(world, MOTHER)
    with transaction(world.house.engine) as session:
        chosen = {"locale": language.value, "text_size": TextSize.LARGEST}
        session.execute(update(Guardian).values(chosen))
    _file_leave(world)
    phone.get(world.from_chat("/leaves", MOTHER))
    wait_for(phone, catalogue(language)["取消請假"])
    assert phone.execute_script(WIDER_THAN_THE_SCREEN) == []


def _file_leave(world: World) -> None:
    tomorrow = MONDAY_MORNING.date() + timedelta(days=1)
    with transaction(world.house.engine) as session:
        file_leave(
            session,
            world.house.settings.liff_id,
            student_id=session.exec(select(Student.id)).one(),
            first_day=tomorrow,
            last_day=tomorrow + timedelta(days=1),
            part=DayPart.WHOLE,
            reason=LeaveReason.SICK,
            filer=Filer(f"guardian:{session.exec(select(Guardian.id)).one()}"),
            now=MONDAY_MORNING,
        )


def _keep(phone: Chrome, name: str) -> None:
    if "SHOTS" in os.environ:
        height = phone.execute_script("return document.documentElement.scrollHeight")
        metrics = {"width": 360, "height": height, "deviceScaleFactor": 1, "mobile": True}
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        phone.save_screenshot(str(Path(os.environ["SHOTS"]) / f"{name}.png"))
        set_width(phone, 360)
