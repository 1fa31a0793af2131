"""Every page in both engines, as whom it is for and as a stranger."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium.webdriver import Chrome
from sqlalchemy import delete, update

from core.db import transaction
from core.languages.language import SOURCE, Language
from core.people.tables import Guardian, UsedIdToken
from core.people.text_size import TextSize
from tests.browser.conftest import CAST, Walk
from tests.browser.engines import ChromiumScreen, Screen, WebKitScreen
from tests.browser.test_liff import SMALL_TARGETS, patiently
from tests.places import LAST, Place

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ROLES = ("guardian", "staff", "bureau")
WIDTHS = (320, 360, 430, 768)
IS_IN = "return !document.querySelector('[data-start]') && !!document.querySelector('h1')"
# A table may scroll inside its card.
SIDEWAYS = """
const root = document.documentElement, width = root.clientWidth;
const wide = [...document.querySelectorAll("main *")]
  .filter((part) => part.getBoundingClientRect().right > width + 1)
  .filter((part) => part.offsetParent && !part.closest(".scroll, .unseen"))
  .map((part) => `${part.tagName}.${part.className}: ${part.textContent.trim().slice(0, 30)}`);
return root.scrollWidth > width ? ["the page", ...wide] : wide;
"""
# What of a table lies over its neighbour, or under the edge of what cuts it off.
CROWDED = """
return [...document.querySelectorAll("main :is(td, th), main .list, main .sizes")]
  .filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1)
  .map((part) => `${part.tagName}.${part.className}: ${part.textContent.trim().slice(0, 30)}`);
"""
# What the engines say of a page that answers 403 or 404, as a stranger's must, or 422.
REFUSED = "Failed to load resource: the server responded with a status of 4"
SET_TEXT_SIZE = "document.documentElement.style.fontSize = arguments[0]"


def sign_in(screen: Screen, walk: Walk, user_id: str) -> None:
    """Open the pages from this person's chat."""
    if isinstance(screen, WebKitScreen):
        screen.shell = walk.world.sandbox_url
    # A person's tokens of one second are alike: the test before may have used it elsewhere.
    with transaction(walk.world.house.engine) as session:
        session.execute(delete(UsedIdToken))
    screen.driver.switch_to.default_content()
    screen.driver.get(walk.world.from_chat("/home", user_id))
    patiently(screen.driver).until(lambda one: one.execute_script(IS_IN))


def pages_of(walk: Walk, role: str) -> list[Place]:
    """The pages of a role; a stranger asks for all. The last one signs out and is left."""
    user = getattr(CAST, role)
    return [
        place
        for place in walk.places
        if place.rule != LAST and (user == CAST.stranger or place.is_for(user, CAST))
    ]


def misfits(screen: Screen) -> dict[str, list[str]]:
    """What sticks out at some width, and with letters twice as large."""
    found = {}
    for text_size in ("", "200%"):
        screen.driver.execute_script(SET_TEXT_SIZE, text_size)
        for width in WIDTHS:
            screen.set_width(width)
            found[f"{width} {text_size}"] = screen.driver.execute_script(SIDEWAYS)
    return {where: parts for where, parts in found.items() if parts}


@contextmanager
def reading(walk: Walk, language: Language, size: TextSize) -> Iterator[None]:
    """Let the guardians read so, and as before afterwards."""
    _wish(walk, language, size)
    try:
        yield
    finally:
        _wish(walk, SOURCE, TextSize.STANDARD)


def _wish(walk: Walk, language: Language, size: TextSize) -> None:
    with transaction(walk.world.house.engine) as session:
        session.execute(update(Guardian).values(locale=language.value, text_size=size))


def oddities(screen: Screen, walk: Walk, place: Place) -> list[str]:
    """Open a page: what is too small for a finger on it, and what the console says of it."""
    screen.open(f"{walk.world.base_url}{place.path}")
    small = screen.driver.execute_script(SMALL_TARGETS)
    told = screen.complaints(walk.world.base_url)
    return [*small, *(one for one in told if REFUSED not in one)]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_fits_and_the_console_stays_silent(
    screen: Screen, walk: Walk, role: str
) -> None:
    sign_in(screen, walk, getattr(CAST, role))
    screen.complaints(walk.world.base_url)
    odd = {}
    for place in pages_of(walk, role):
        found = [*oddities(screen, walk, place), *misfits(screen).items()]
        if found:
            odd[place.path] = found
    assert odd == {}


@pytest.mark.parametrize(
    ("language", "size"),
    [*((one, TextSize.LARGEST) for one in Language), (Language.ENGLISH, TextSize.STANDARD)],
)
def test_guardians_pages_fit_in_every_language_and_in_largest_letters(
    phone: Chrome, walk: Walk, language: Language, size: TextSize
) -> None:
    screen, odd = ChromiumScreen(phone), {}
    with reading(walk, language, size):
        sign_in(screen, walk, CAST.guardian)
        for place in pages_of(walk, "guardian"):
            screen.open(f"{walk.world.base_url}{place.path}")
            found = [*phone.execute_script(SIDEWAYS), *phone.execute_script(CROWDED)]
            if found:
                odd[place.path] = found
    assert odd == {}


def test_stranger_meets_calm_pages_everywhere(screen: Screen, walk: Walk) -> None:
    sign_in(screen, walk, CAST.stranger)
    screen.complaints(walk.world.base_url)
    for place in pages_of(walk, "stranger"):
        assert oddities(screen, walk, place) == [], place
        assert screen.driver.execute_script(SIDEWAYS) == [], place
        assert "小美" not in screen.driver.page_source, place
