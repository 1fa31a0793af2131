"""Every page for people who see, move or hear otherwise: axe, the keyboard, motion, the dark."""

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import AXE, AXE_FILE, CAST, Walk
from tests.browser.engines import Screen
from tests.browser.test_walk import ROLES, pages_of, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
# Source: axe-core, rule tags of WCAG 2.0 to 2.2 at levels A and AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What the Tab key comes to, in the order of the page, and how it looks while it is there. A date
# has parts, of whose coming and going WebKit tells nothing: what is reached is looked up.
WATCH = """
const inTurn = "a[href], button, select, summary, input:not([type=hidden], [type=radio])";
const all = [...document.querySelectorAll(inTurn)]
  .filter((one) => !one.disabled && one.checkVisibility({ contentVisibilityAuto: true }));
window.stops = [];
document.activeElement.blur();
document.addEventListener("keyup", () => {
  const reached = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(reached);
  const isRinged = outlineStyle === "solid" && parseFloat(outlineWidth) >= 3;
  const isSeen = isRinged || reached === document.body;
  window.stops.push([all.indexOf(reached), isSeen ? "" : reached.outerHTML]);
});
return all.map((one) => one.outerHTML);
"""
# Kept by the browser from page to page; to send it through the driver costs more than to run it.
LOAD_AXE = f"""
const done = arguments[arguments.length - 1], script = document.createElement("script");
const [permitted] = document.querySelectorAll("script[nonce]");
script.nonce = permitted?.nonce ?? "";
script.onload = () => done(true);
script.onerror = () => done(false);
script.src = new URL("{AXE}", location).href;
permitted ? document.head.append(script) : done(false);
"""
# Nothing plays by itself here, and the orientation is no rule of these: there is nothing that axe
# would have to fetch before it begins.
RUN_AXE = """
const [rules, done] = arguments;
const options = { runOnly: rules, resultTypes: ["violations"], preload: false };
axe.run(options).then(({ violations }) => done(violations), (error) => done(String(error)));
"""
NAMELESS = "document.querySelector('main').append(document.createElement('input'))"
# Ink on the paper of the day.
FAINT = "document.querySelector('h1').style.color = '#28231c'"
MOVING = """
return [...document.querySelectorAll("*")]
  .filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0)
  .map((one) => one.className);
"""


def violations(screen: Screen, rules: list[str]) -> list[tuple[str, str]]:
    """What axe finds: the rule and the part."""
    if not screen.driver.execute_async_script(LOAD_AXE):
        # A page to print permits no scripts at all.
        screen.driver.execute_script(AXE_FILE.read_text(encoding="utf-8"))
    found = screen.driver.execute_async_script(RUN_AXE, rules)
    return [(one["id"], node["html"]) for one in found for node in one["nodes"]]


def faults(screen: Screen, walk: Walk, role: str, rules: list[str]) -> dict[str, object]:
    """What axe finds on the pages of a role."""
    sign_in(screen, walk, getattr(CAST, role))
    found = {}
    for place in pages_of(walk, role):
        screen.open(f"{walk.world.base_url}{place.path}")
        found[place.path] = violations(screen, rules)
    return {path: parts for path, parts in found.items() if parts}


@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing(screen: Screen, walk: Walk, role: str) -> None:
    assert faults(screen, walk, role, RULES) == {}


@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing_faint_in_the_dark(
    screen_at_night: Screen, walk: Walk, role: str
) -> None:
    assert faults(screen_at_night, walk, role, ["color-contrast"]) == {}


def test_axe_would_notice_what_is_wrong(screen: Screen, walk: Walk) -> None:
    sign_in(screen, walk, CAST.guardian)
    screen.open(f"{walk.world.base_url}/liff/help")
    screen.driver.execute_script(NAMELESS)
    assert [rule for rule, _ in violations(screen, RULES)] == ["label"]


def test_axe_would_notice_what_is_faint_in_the_dark(screen_at_night: Screen, walk: Walk) -> None:
    sign_in(screen_at_night, walk, CAST.guardian)
    screen_at_night.open(f"{walk.world.base_url}/liff/help")
    screen_at_night.driver.execute_script(FAINT)
    assert [rule for rule, _ in violations(screen_at_night, RULES)] == ["color-contrast"]


@pytest.mark.parametrize("role", ROLES)
def test_tab_key_comes_to_everything_in_order_and_is_seen(
    screen: Screen, walk: Walk, role: str
) -> None:
    sign_in(screen, walk, getattr(CAST, role))
    for place in pages_of(walk, role):
        screen.open(f"{walk.world.base_url}{place.path}")
        parts = screen.driver.execute_script(WATCH)
        # Radios and the parts of a date are stops too.
        ActionChains(screen.driver, 0).send_keys(Keys.TAB * (len(parts) + 20)).perform()
        stops = screen.driver.execute_script("return window.stops")
        order = list(dict.fromkeys(number for number, _ in stops if number >= 0))
        assert [parts[number] for number in order] == parts, place
        # Coming back into the page from its end, an engine may take a moment to draw the ring.
        ringed = {number for number, unseen in stops if not unseen}
        assert [unseen for number, unseen in stops if number not in ringed] == [], place


def test_nothing_moves_where_it_is_not_wanted(screen_at_night: Screen, walk: Walk) -> None:
    sign_in(screen_at_night, walk, CAST.guardian)
    screen_at_night.open(f"{walk.world.base_url}/liff/_style")
    assert screen_at_night.driver.find_elements("css selector", ".button")
    assert screen_at_night.driver.execute_script(MOVING) == []


def test_buttons_change_softly_for_everybody_else(screen: Screen, walk: Walk) -> None:
    sign_in(screen, walk, CAST.guardian)
    screen.open(f"{walk.world.base_url}/liff/_style")
    assert len(screen.driver.execute_script(MOVING)) > 5
