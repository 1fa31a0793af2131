"""Names written as attacks, shown on every page in a real browser: nothing runs."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from sqlmodel import Session, select

from core.db import transaction
from core.house import House
from core.people.guardians import NAME, find_guardian
from core.people.staff import NAME as STAFF_NAME
from core.people.tables import Guardian, School, Staff, Student
from tests.browser.conftest import MOTHER, World
from tests.browser.test_liff import complaints, wait_for
from tests.factories import make_binding, make_guardian, make_staff, make_student

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
NAMES = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror='alert(1)'",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1)>小明</a>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<object data=javascript:alert(1)></object>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<form action=javascript:alert(1)><button autofocus>小明</button></form>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover=alert(1) autofocus onfocus=alert(1) x="',
    "' autofocus onfocus=alert(1) x='",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "{{ 7*7 }}{% raw %}<script>alert(1)</script>{% endraw %}",
    "${alert(1)}`+alert(1)+`",
    "javascript:alert(1)",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
)
HOOK = """
window.fired = [];
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = () => sessionStorage.setItem("fired", name + " " + location.pathname);
}
"""
FIRED = "return sessionStorage.getItem('fired')"


@pytest.fixture
def hooked(phone: Chrome) -> Iterator[Chrome]:
    """A phone that notes whatever script of a stranger runs."""
    source = {"source": HOOK}
    hook = phone.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
    yield phone
    phone.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", hook)


def attack(session: Session, house: House) -> list[str]:
    """Give every name in reach of the mother and of her school an attack; return child pages."""
    mother: Guardian = find_guardian(session, MOTHER) or make_guardian(session, house, MOTHER)
    staff: Staff = make_staff(session, house, MOTHER)
    pages = []
    for number, name in enumerate(NAMES):
        child: Student = make_student(session, house, name=name, number=str(20_000 + number))
        twin = make_student(session, house, name=name, number=str(30_000 + number))
        twin.homeroom = name
        # Two children of one given name are called by their full names.
        make_binding(session, mother, twin)
        pages.append(f"/children/{make_binding(session, mother, child).id}")
    school = session.get_one(School, "353607")
    school.short_name, school.name, school.phone = NAMES[2], NAMES[20], NAMES[21]
    mother.name_sealed = house.vault.seal(NAMES[0], NAME)
    staff.name_sealed = house.vault.seal(NAMES[19], STAFF_NAME)
    session.add_all([school, mother, staff])
    return pages


def test_no_name_runs_as_a_script_on_any_page(hooked: Chrome, world: World) -> None:
    with transaction(world.house.engine) as session:
        children = attack(session, world.house)
        homerooms = set(session.exec(select(Student.homeroom)))
    assert len(NAMES) >= 30
    hooked.get(world.from_chat("/home", MOTHER))
    wait_for(hooked, "加入學生")
    hooked.get(f"{world.base_url}/liff/staff/classes/603")
    shown = hooked.find_element(By.TAG_NAME, "body").get_attribute("textContent")
    assert [name for name in NAMES if name not in shown] == []
    own = ("/home", "/account", "/account/unlink", "/leaves", "/leaves/new", "/children/new")
    school = ("/staff", "/staff/classes/603", "/staff/lists", "/staff/export", "/staff/policy")
    for path in (*own, *school, "/staff/closures/new", *children, f"{children[0]}/unbind"):
        hooked.get(f"{world.base_url}/liff{path}")
        assert hooked.execute_script(FIRED) is None, path
        assert "evil.example" not in hooked.execute_script("return document.baseURI")
    assert len(homerooms) > 10
    assert complaints(hooked, world) == []


def test_hook_would_notice_a_script_that_runs(hooked: Chrome, world: World) -> None:
    hooked.get(f"{world.base_url}/liff/help")
    hooked.execute_script("alert(1)")
    assert hooked.execute_script(FIRED) == "alert /liff/help"
    hooked.execute_script("sessionStorage.clear()")


def test_inline_script_would_be_refused_by_the_policy(hooked: Chrome, world: World) -> None:
    hooked.get(f"{world.base_url}/liff/help")
    hooked.execute_script(
        "const one = document.createElement('div');"
        "one.innerHTML = '<img src=x onerror=alert(1)>'; document.body.append(one);"
        "const two = document.createElement('script'); two.textContent = 'alert(2)';"
        "document.body.append(two);"
    )
    hooked.execute_async_script("setTimeout(arguments[0], 200)")
    assert hooked.execute_script(FIRED) is None
    refused = [row["message"] for row in hooked.get_log("browser")]
    assert sum("Content Security Policy" in one for one in refused) == 2, refused
