"""Every page there is: opened by whom it is for and by a stranger; what it weighs, whom it asks."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask

from core.db import transaction
from core.guards import Guard
from core.house import House
from liff.assets import STATIC
from tests.factories import HUA, MEI
from tests.liff.desk import ADMIN, BUREAU
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.places import LAST, LEFT_OUT, Place, places_of
from tests.town import Cast, settle

A_PAGE, ITS_FILES = 30 * 1024, 40 * 1024
CAST = Cast(guardian=MEI, staff=ADMIN, bureau=BUREAU, stranger=HUA)
# What the browser fetches by itself, unlike a link.
FETCHED = re.compile(r'(?:\ssrc|<link[^>]*\shref)="((?:https?:)?//[^"]+)"')
LINK = re.compile(r'<a\s[^>]*href="(/liff/[^"]*)"')
OWN_FILE = re.compile(r'(?:src|href)="(/liff/static/[^"#]+)')


@pytest.fixture
def places(app: Flask, pages: House) -> list[Place]:
    """Every page of the town."""
    with transaction(pages.engine) as session:
        return places_of(app, settle(session, pages, CAST))


def opened(phone: Phone, places: list[Place]) -> Iterator[tuple[Place, int, str]]:
    for place in places:
        answer = phone.get(place.path)
        yield place, answer.status_code, answer.text
        answer.close()


@pytest.mark.parametrize(("user", "pages_at_least"), [(MEI, 15), (ADMIN, 15), (BUREAU, 15)])
def test_every_page_opens_for_whom_it_is_for(
    app: Flask, outside: Outside, places: list[Place], user: str, pages_at_least: int
) -> None:
    mine = [place for place in places if place.is_for(user, CAST)]
    assert len(mine) >= pages_at_least
    phone = Phone(app, outside).sign_in(user)
    found = {place.path: status for place, status, _ in opened(phone, mine)}
    assert {path: status for path, status in found.items() if status != 200} == {}


def test_stranger_gets_the_refusal_of_each_page(
    app: Flask, outside: Outside, places: list[Place]
) -> None:
    phone = Phone(app, outside).sign_in(HUA)
    for place, status, text in opened(phone, places):
        refused = 403 if place.is_for_staff else 404 if place.is_of_somebody else 200
        # What waits for an answer of theirs has none: it leads back.
        assert status == refused or (refused, status) == (200, 303), place
        assert "小美" not in text, place


def test_every_page_leads_on_and_no_link_to_nowhere(
    app: Flask, outside: Outside, places: list[Place]
) -> None:
    for user in (MEI, ADMIN, BUREAU):
        phone = Phone(app, outside).sign_in(user)
        mine = [place for place in places if place.is_for(user, CAST) and place.rule != LAST]
        links: dict[str, Place] = {}
        for place, _, text in opened(phone, mine):
            found = {unescape(one).partition("#")[0] for one in LINK.findall(text)}
            assert found or "<button" in text, place
            links |= dict.fromkeys(found, place)
        for link in links.keys() - {LAST, *(place.path for place in mine)}:
            with phone.get(link) as answer:
                assert answer.status_code < 400, (links[link], link)


def test_left_out_are_only_routes_there_are(app: Flask) -> None:
    assert LEFT_OUT.keys() <= {rule.rule for rule in app.url_map.iter_rules()}


def test_pages_are_light_and_fetch_from_nobody_but_line(
    app: Flask, outside: Outside, places: list[Place], pages: House
) -> None:
    weights: dict[str, int] = {}
    for user in (MEI, ADMIN, BUREAU):
        phone = Phone(app, outside).sign_in(user)
        mine = [place for place in places if place.is_for(user, CAST)]
        for place, _, text in opened(phone, mine):
            if place.guard is Guard.DEVELOPMENT:
                continue
            assert len(text.encode()) <= A_PAGE, place
            assert set(FETCHED.findall(text)) == {pages.settings.liff_sdk}, place
            names = set(OWN_FILE.findall(text))
            for name in names - weights.keys():
                with phone.get(name) as answer:
                    weights[name] = len(answer.data)
            assert 0 < sum(weights[name] for name in names) <= ITS_FILES, place


def test_styles_bring_no_font_and_no_picture_of_others() -> None:
    sheets = [path.read_text(encoding="utf-8") for path in STATIC.glob("*.css")]
    assert len(sheets) > 2
    assert not [sheet for sheet in sheets if "@font-face" in sheet or "url(" in sheet]
