"""The design system: its page, and the contrast of every pair of colours."""

import re
from dataclasses import replace

import pytest

from core.house import House
from core.settings import AppEnv
from liff.assets import STATIC
from liff.style.tokens import DECORATION, PAIRS, Pair, colours, contrast
from tests.liff.conftest import make_app
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.liff.test_pages import TEMPLATES

# Drawn from what one page has read: an announcement, a report, a list of changes, the night.
OF_ONE_PAGE = {"article", "as_read", "as_table", "block", "changes_list", "contact_row"}
OF_ONE_PAGE |= {"contact_rows", "draw", "line", "maintenance_banner", "patterns", "urgent_news"}
OF_ONE_PAGE |= {"whom"}
# The SMS service's own.
OF_ONE_PAGE |= {"age", "money", "order_card", "pages", "tabs"}
LOOKS = {"light": colours(is_dark=False), "dark": colours(is_dark=True)}
USED_AS_TEXT = re.compile(r"(?<![\w-])color: var\(--([\w-]+)\)")
USED_AS_GROUND = re.compile(r"background(?:-color)?: var\(--([\w-]+)\)")


def used(pattern: re.Pattern[str]) -> set[str]:
    sheets = [path.read_text(encoding="utf-8") for path in STATIC.glob("*.css")]
    return {name for sheet in sheets for name in pattern.findall(sheet)}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.fore}-on-{pair.ground}")
def test_colour_can_be_told_from_its_ground(pair: Pair, look: str) -> None:
    assert pair.ratio(LOOKS[look]) >= pair.least


def test_every_colour_in_use_is_measured() -> None:
    fores, grounds = {pair.fore for pair in PAIRS}, {pair.ground for pair in PAIRS}
    assert used(USED_AS_TEXT) <= fores
    # A filled shape is itself what must be told from its ground.
    assert used(USED_AS_GROUND) <= grounds | fores | DECORATION
    assert set(LOOKS["light"]) == fores | grounds | DECORATION


def test_dark_has_a_colour_of_its_own_for_each_light_one() -> None:
    same = {name for name, value in LOOKS["light"].items() if LOOKS["dark"][name] == value}
    assert same == set()


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#1e4d5c", "#1e4d5c", 1)],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_style_page_shows_every_part_and_every_colour(phone: Phone) -> None:
    page = phone.get("/liff/_style")
    assert page.status_code == 200
    shown = "".join(path.read_text(encoding="utf-8") for path in (TEMPLATES / "style").iterdir())
    parts = [*TEMPLATES.glob("_*.html"), *(TEMPLATES / "staff").glob("_*.html")]
    macros = {
        name
        for path in parts
        for name in re.findall(r"{%-? macro (\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(macros) > 15
    assert {name for name in macros - OF_ONE_PAGE if not re.search(rf"\b{name}\(", shown)} == set()
    assert [name for name in LOOKS["light"] if f">{name}<" not in page.text] == []
    assert "不足" not in page.text


@pytest.mark.parametrize("look", LOOKS)
def test_style_page_can_be_held_in_one_look(phone: Phone, look: str) -> None:
    assert f"/liff/_style/{look}.css" in phone.get(f"/liff/_style?look={look}").text
    sheet = phone.get(f"/liff/_style/{look}.css")
    assert sheet.content_type == "text/css; charset=utf-8"
    assert f"--ink: {LOOKS[look]['ink']};" in sheet.text


def test_production_has_no_style_page(pages: House, outside: Outside) -> None:
    real = pages.settings.model_copy(update={"app_env": AppEnv.PRODUCTION})
    house = replace(pages, settings=real)
    phone = Phone(make_app(house, lambda *_: None), outside)
    assert phone.get("/liff/_style").status_code == 404
    assert phone.get("/liff/_style/dark.css").status_code == 404
