"""Pictures of every page, light and dark, in two languages: make shots.

They stand in var/shots, with contact-sheet.html beside them. Nothing is asserted: they are to be
looked at.
"""

import itertools
from html import escape
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from core.db import transaction
from core.languages.language import Language
from core.people.guardians import find_guardian
from tests.browser.conftest import CAST, ROOT, Walk, set_media
from tests.browser.engines import ChromiumScreen
from tests.browser.test_walk import pages_of, sign_in
from tests.places import Place

pytestmark = pytest.mark.browser
SHOTS = ROOT / "var" / "shots"
WIDTH = 390
CHINESE = (Language.CHINESE,)
LANGUAGES = {"guardian": (*CHINESE, Language.VIETNAMESE), "staff": CHINESE, "bureau": CHINESE}
LOOKS = ("light", "dark")


@pytest.mark.timeout(600)
def test_every_page_has_its_picture_taken(phone: Chrome, walk: Walk) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    for old in SHOTS.glob("*.png"):
        old.unlink()
    for role, languages in LANGUAGES.items():
        for language in languages:
            _speak(walk, language)
            sign_in(ChromiumScreen(phone), walk, getattr(CAST, role))
            for place, look in itertools.product(pages_of(walk, role), LOOKS):
                name = f"{_name(place)}-{language.value}-{look}.png"
                _take(phone, f"{walk.world.base_url}{place.path}", look, SHOTS / name)
    _lay_out(SHOTS)


def _speak(walk: Walk, language: Language) -> None:
    with transaction(walk.world.house.engine) as session:
        guardian = find_guardian(session, CAST.guardian)
        assert guardian is not None
        guardian.locale = language.value
        session.add(guardian)


def _name(place: Place) -> str:
    plain = place.rule.removeprefix("/liff/").replace("<uuid:", "").replace("<", "")
    return plain.replace(">", "").replace("/", ".") or "start"


def _take(phone: Chrome, url: str, look: str, path: Path) -> None:
    set_media(phone, prefers_color_scheme=look, prefers_reduced_motion="reduce")
    ChromiumScreen(phone).open(url, WIDTH)
    height = phone.execute_script("return document.documentElement.scrollHeight")
    metrics = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": True}
    phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    phone.save_screenshot(str(path))


def _page_of(picture: Path) -> str:
    return picture.stem.rsplit("-", 2)[0]


def _lay_out(folder: Path) -> None:
    """Write a page with all the pictures, those of one page beside each other."""
    by_page = itertools.groupby(sorted(folder.glob("*.png"), key=_page_of), _page_of)
    rows = (
        f"<h2>{escape(name)}</h2><p>"
        + "".join(
            f'<a href="{escape(one.name)}"><img src="{escape(one.name)}" width="260" '
            f'alt="{escape(one.stem)}" title="{escape(one.stem)}" loading="lazy"></a>'
            for one in pictures
        )
        for name, pictures in by_page
    )
    head = "<!doctype html><meta charset=utf-8><title>Pages</title><style>img{margin:4px}</style>"
    (folder / "contact-sheet.html").write_text(head + "".join(rows), encoding="utf-8")
