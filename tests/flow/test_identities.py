"""Linking by browser, looking by the bureau's account, ending a link: over real sockets."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.flow.town import Person, Town, csrf_token, running_town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400)]
LINKED = "已連結台北通"


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with running_town(
        tmp_path / "town",
        DATABASE_URL=database_url,
        CLOCK_NOW="2026-11-23T07:20:00+08:00",
        BUREAU_LOGIN_CLIENT_ID="sandbox-bureau",
        TAIPEI_PASS_PKCE="true",
    ) as town:
        yield town


def test_family_links_by_browser_looks_by_the_bureau_and_ends_the_link(town: Town) -> None:
    mother, father = town.person("林雅婷"), town.person("林志遠")
    for person in (mother, father):
        person.follow()
        person.wait_for("到離校通知")
    _links_passed_on_to_another_link_nobody(town, mother, father)
    _mother_links_by_an_ordinary_browser(town, mother)
    mother.sign_in()
    assert "綁定" in mother.bind(town.student("林小晴")).text
    _bureau_account_is_added_and_looks_only(town, mother, father)
    _mother_ends_the_link_in_the_chat(town, mother)


def _ask_for_link(person: Person) -> str:
    person.write("用瀏覽器連結")

    def newest() -> str | None:
        links = re.findall(
            r"http[^\"]+/liff/account-link\?[^\"]+", str(person.phone()).replace("'", '"')
        )
        return links[-1] if links else None

    return wait_for(newest, "the way to link by browser")


def _go_to_line(town: Town, link: str, account: str) -> str:
    """Sign in at Taipei Pass in a browser of its own; return LINE's dialog."""
    browser = requests.Session()
    page = browser.get(link, timeout=30)
    form = {"csrf_token": csrf_token(page.text), "linkToken": _field(page.text, "linkToken")}
    start = f"{town.app}/liff/account-link"
    to_pass = browser.post(start, data=form, allow_redirects=False, timeout=30)
    there = f"{to_pass.headers['Location']}&sandbox_member={account}"
    page = browser.get(there, timeout=30)
    assert "確認連結" in page.text
    answer = browser.post(
        page.url,
        data={
            "csrf_token": csrf_token(page.text),
            "ticket": _field(page.text, "ticket"),
            "consent": _field(page.text, "consent"),
            "answer": "link",
        },
        allow_redirects=False,
        timeout=30,
    )
    return answer.headers["Location"]


def _field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, name
    return found[1]


def _links_passed_on_to_another_link_nobody(town: Town, mother: Person, father: Person) -> None:
    dialog = _go_to_line(town, _ask_for_link(father), "yating.lin")
    told = requests.get(f"{dialog}&phone={mother.user_id}", timeout=30)
    assert told.status_code == 400, "LINE knows whose browser it is"
    for person in (mother, father):
        assert not any(LINKED in text for text in person.received())


def _mother_links_by_an_ordinary_browser(town: Town, mother: Person) -> None:
    dialog = _go_to_line(town, _ask_for_link(mother), "yating.lin")
    assert requests.get(f"{dialog}&phone={mother.user_id}", timeout=30).status_code == 200
    mother.wait_for(LINKED)


def come_by_bureau(person: Person) -> None:
    """Sign in at the bureau and go on with what it says."""
    town = person.town
    start = f"{town.app}/liff/bureau/start"
    there = person.browser.get(start, allow_redirects=False, timeout=30).headers["Location"]
    page = person.browser.get(f"{there}&sandbox_member=edu.yating", timeout=30)
    answer = person.submit(urlsplit(page.url).path, answer="go_on")
    assert answer.status_code == 200, answer.text


def _bureau_account_is_added_and_looks_only(town: Town, mother: Person, father: Person) -> None:
    come_by_bureau(mother)
    father.sign_in()
    come_by_bureau(father)
    home = father.get("/liff/home")
    assert "小晴" in home
    assert "請以台北通登入後再修改" in home
    path = father.child_path("小晴")
    token = csrf_token(father.get(path))
    refused = father.browser.post(f"{town.app}{path}", data={"csrf_token": token}, timeout=30)
    assert refused.status_code == 403
    town.jump("2026-11-23T07:41:00+08:00")
    town.tap("林小晴")
    mother.wait_for("小晴 07:41 到校")
    assert not any("到校" in text and "07:41" in text for text in father.received())


def _mother_ends_the_link_in_the_chat(town: Town, mother: Person) -> None:
    mother.write("解除連結")
    mother.wait_for("解除連結")
    data = re.findall(r"'data': '([^']+)'", str(mother.phone()["messages"][-1]))
    mother._do("postback", data=data[-1])
    mother.wait_for("已解除台北通連結")
    town.jump("2026-11-23T16:05:00+08:00")
    town.tap("林小晴")
    assert "到離校選單" in str(mother.phone()["rich_menu"])
    assert not any("離校" in text and "16:05" in text for text in mother.received())
    assert "小晴" not in mother.browser.get(f"{town.app}/liff/home", timeout=30).text
