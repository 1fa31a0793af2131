"""Secrets go through a long day of the running product; afterwards they stand nowhere in clear.

Every story told of a running town ends with the same search (tests/flow/leaks.py). This one meets
what the others don't: wrong ids, forged calls, a fault of our own while somebody looks.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.flow.leaks import SETTINGS, names_in
from tests.flow.town import Person, Town, running_town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400)]

PHONE_IN_A_MESSAGE = "0987650321"
WRONG_ID = "A199999994"


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with running_town(
        tmp_path / "town", DATABASE_URL=database_url, CLOCK_NOW="2026-11-23T07:20+08:00"
    ) as town:
        yield town


def test_no_secret_of_a_day_stands_anywhere_in_clear(town: Town) -> None:
    town.secrets |= {"typed id": WRONG_ID, "typed phone": PHONE_IN_A_MESSAGE}
    mother = _live_a_day(town)
    _provoke(town, mother)
    _break(town, mother)
    assert town.find_leaks() == set()
    assert len(town.error_pages) >= 7, "refusals and the fault were searched, too"


def _live_a_day(town: Town) -> Person:
    mother, officer = town.person("林雅婷"), town.person("王淑芬")
    child = town.student("林小晴")
    mother.follow()
    mother.sign_in()
    mother.link("yating.lin")
    mother.bind(child, national_id=WRONG_ID)
    mother.bind(child)
    mother.wait_for("已完成小晴的綁定")
    town.tap("林小晴")
    mother.wait_for("到校")
    mother.write(f"我的電話是 {PHONE_IN_A_MESSAGE}")
    mother.write("今天")
    wait_for(lambda: "還沒離校" in str(mother.phone()["messages"][-1]), "the answer to 今天")
    day = {"first_day": "2026-11-24", "last_day": "2026-11-24"}
    binding = mother.child_path("小晴").rpartition("/")[2]
    wish = {"binding_id": binding, "part": "whole", "reason": "sick", "sure": "1", **day}
    sent = mother.submit("/liff/leaves/new", **wish)
    assert "11/24" in sent.text
    _staff_look(town, officer)
    return mother


def _staff_look(town: Town, officer: Person) -> None:
    invited: dict[str, str] = next(one for one in town.sample["staff"] if one["role"] == "生教組")
    officer.follow()
    officer.write(invited["code"])
    wait_for(lambda: "生教組" in str(officer.phone()["messages"]), "the officer's welcome")
    officer.sign_in("/staff")
    officer.get("/liff/staff")
    assert "林小晴" in officer.get(f"/liff/staff/classes/{town.student('林小晴')['homeroom']}")


def _provoke(town: Town, person: Person) -> None:
    """Have the product refuse what it must; the town keeps the pages of it."""
    browser, token = person.browser, person.browser.cookies.get("gate") or ""
    for path in (
        f"/liff/children/{WRONG_ID}",
        f"/liff/taipei-pass/callback?state={token[:40]}&code=canary-code",
        "/liff/children/00000000-0000-0000-0000-000000000000",
        "/liff/staff/classes/603",
    ):
        browser.get(f"{town.app}{path}", timeout=30)
    forged = {"x-line-signature": SETTINGS["LINE_CHANNEL_SECRET"]}
    browser.post(f"{town.app}/line/webhook", b"{}", headers=forged, timeout=30)
    wrong = {"id_token": f"eyJhbGciOiJIUzI1NiJ9.{WRONG_ID}.c2ln", "csrf_token": "x"}
    browser.post(f"{town.app}/liff/session", wrong, timeout=30)


def _break(town: Town, person: Person) -> None:
    """Meet a fault of our own: a table is gone while somebody looks."""
    engine = create_engine(town.database_url)
    for change in ("leave RENAME TO leave_gone", "leave_gone RENAME TO leave"):
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {change}"))
        if change.startswith("leave R"):
            broken = person.browser.get(f"{town.app}/liff/leaves", timeout=30)
    engine.dispose()
    assert broken.status_code == 500


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_run_that_leaves_a_secret_behind_is_found_out(town: Town) -> None:
    town.person("林雅婷").write("你好")
    with (town.folder / "demo.log").open("a") as log:
        log.write(f"somebody typed {town.student('林小晴')['national_id']}\n")
    assert {where for _, where in town.find_leaks()} == {"logs"}
    (town.folder / "demo.log").write_bytes(b"nothing")


def test_the_search_finds_each_form_of_a_secret() -> None:
    secrets = {"phone": "0912345678", "name": "林小晴"}
    for content in (b"x 0912345678 y", b"30393132333435363738", b"\0MDkxMjM0NTY3OA\n"):
        assert names_in(content, secrets) == {"phone"}
    for content in (rb"\u6797\u5c0f\u6674", "\0林小晴".encode()):
        assert names_in(content, secrets) == {"name"}
    assert names_in("0912 林小".encode(), secrets) == set()
