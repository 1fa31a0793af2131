"""The story once in a real browser: a mother, her phone, and the gate."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.browser import PhonePage, Sheet, chromium, seen
from tests.flow.town import Town, running_town

pytestmark = [
    pytest.mark.browser,
    pytest.mark.flow,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("browser"),
]
MOTHER = "林雅婷"
MISMATCH = "資料和學校登記的不一致，無法綁定。"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with running_town(tmp_path / "town", CLOCK_NOW="2026-11-23T07:20:00+08:00") as town:
        yield town


@pytest.fixture
def page(town: Town) -> Iterator[PhonePage]:
    with chromium(1440, 900) as browser:
        yield PhonePage(browser, f"{town.sandbox}/")


def test_newcomer_sees_the_first_arrival_without_reloading(town: Town, page: PhonePage) -> None:
    page.shoot("stranger")
    _become_a_friend(page)
    _link_taipei_pass(page)
    _add_the_child(page, town.student("林小晴"))
    _change_the_boxes(page)
    _use_the_parents_menu(page)
    _arrive(page)
    _ask_for_today(page)
    _leave(page)
    assert page.complaints() == []


def _become_a_friend(page: PhonePage) -> None:
    page.press(page.phone(MOTHER), "加入好友")
    greeting = page.wait_for(MOTHER, "開始設定")
    words = seen(greeting)
    assert "臺北市到離校通知" in words
    assert "本服務不會在聊天中向您要身分證字號或密碼。" in words
    page.shoot("greeting")
    page.press(greeting, "開始設定")


def _link_taipei_pass(page: PhonePage) -> None:
    with page.sheet() as sheet:
        sheet.wait_for("三個步驟，約 3 分鐘")
    page.shoot("first-steps")
    with page.sheet() as sheet:
        sheet.press("前往台北通")
        sheet.wait_for("選一位示範會員")
    page.shoot("taipei-pass")
    with page.sheet() as sheet:
        sheet.press(MOTHER)
        sheet.wait_for("確認連結這兩個帳號")
        sheet.tick("consent")
    page.shoot("confirm-link")
    with page.sheet() as sheet:
        sheet.press("連結")
        sheet.wait_for("已連結台北通。還差一步：綁定孩子。")


def _add_the_child(page: PhonePage, child: dict[str, Any]) -> None:
    with page.sheet() as sheet:
        sheet.choose("district", child["district"])
        sheet.choose("level", child["level"])
        sheet.choose("school_code", "榕光國小")
        _fill_in(sheet, child, national_id="A2000")
        sheet.press("核對並綁定")
        sheet.wait_for("有 1 個地方要修改")
        assert any("格式不對" in words for words in sheet.texts("[role='alert'] a"))
    page.shoot("wrong-format")
    with page.sheet() as sheet:
        _fill_in(sheet, child, student_number="99999999")
        sheet.press("核對並綁定")
        sheet.wait_for(MISMATCH)
        assert len(sheet.texts(".banner.amber")) == 1
        assert sheet.texts(".wrong") == []
    page.shoot("mismatch")
    with page.sheet() as sheet:
        _fill_in(sheet, child)
        sheet.press("核對並綁定")
        sheet.wait_for("已綁定。")
    page.shoot("child-page")


def _fill_in(sheet: Sheet, child: dict[str, Any], **changed: str) -> None:
    names = ("student_number", "name", "national_id", "birth_date")
    sheet.fill(**{name: str(child[name]) for name in names} | changed)
    sheet.pick("relationship", "mother")


def _change_the_boxes(page: PhonePage) -> None:
    with page.sheet() as sheet:
        assert sheet.tick("line_departure") is False
        sheet.press("確認")
        sheet.wait_for("已儲存。")
        assert sheet.tick("line_departure") is True
        sheet.press("確認")
        sheet.wait_for("已儲存。")
    page.shoot("boxes-saved")
    page.close_sheet()


def _use_the_parents_menu(page: PhonePage) -> None:
    page.wait_for(MOTHER, "已勾選：到校、離校、未到校")
    menu = page.phone(MOTHER).find_element("css selector", ".rich-menu")
    names = [area.get_attribute("aria-label") for area in menu.find_elements("tag name", "button")]
    assert {"今天", "本週", "設定", "說明"} <= set(names)
    page.shoot("parents-menu")


def _arrive(page: PhonePage) -> None:
    page.tap("林小晴")
    bubble = page.wait_for(MOTHER, "到校 07:2")
    assert re.fullmatch(r"小晴 07:2\d 到校", str(bubble.get_attribute("aria-label")))
    assert "榕光國小・正門・11/23（一）" in seen(bubble)
    assert page.phone(MOTHER).find_elements("class name", "pill-rings")
    page.shoot("arrived")


def _ask_for_today(page: PhonePage) -> None:
    page.say(MOTHER, "今天")
    page.wait_for(MOTHER, "今天", sender="person")
    assert "還沒離校" in seen(page.wait_for(MOTHER, "● 在校"))
    page.shoot("today")


def _leave(page: PhonePage) -> None:
    page.jump("跳到 16:00", "16:00")
    page.tap("林小晴")
    bubble = page.wait_for(MOTHER, "離校 16:00")
    assert bubble.get_attribute("aria-label") == "小晴 16:00 離校"
    page.shoot("left")
