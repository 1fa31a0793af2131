"""One school day, and the morning after, as a family lives it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlmodel import select

from core.db import snapshot
from core.house import build_house
from core.notices.tables import Notice
from core.settings import load_settings
from tests.flow.town import Person, Town, running_town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400)]


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with running_town(
        tmp_path / "town", DATABASE_URL=database_url, CLOCK_NOW="2026-11-23T07:20:00+08:00"
    ) as town:
        yield town


def _set_up(person: Person, account: str, child: str) -> None:
    person.follow()
    person.wait_for("到離校通知")
    person.sign_in()
    person.link(account)
    person.wait_for("已連結台北通")
    assert child[1:] in person.bind(person.town.student(child)).text


def _arrivals(person: Person, words: str) -> int:
    return sum(words in text for text in person.received())


def test_a_family_from_adding_a_friend_to_unsubscribing(town: Town, database_url: str) -> None:
    mother, father = town.person("林雅婷"), town.person("林志遠")

    _set_up(mother, "yating.lin", "林小晴")
    mother.wait_for("已完成小晴的綁定")
    assert "今天" in str(mother.phone()["rich_menu"]), "the parents' menu is shown after linking"

    _mother_ticks_and_is_told_of_the_arrival(town, mother, database_url)
    _reader_repeats_itself_and_nobody_is_told_twice(town, mother)

    town.jump("2026-11-23T16:02:00+08:00")
    assert town.tap("林小晴").json()["results"][0]["status"] == "recorded"
    mother.wait_for("小晴 16:02 離校")

    _set_up(father, "chihyuan.lin", "林小晴")
    mother.wait_for("小晴有新的家長綁定")
    # Hours have passed: the page's session is over, the chat opens a new one.
    mother.sign_in()
    assert "小禾" in mother.bind(town.student("林小禾")).text
    mother.wait_for("已完成小禾的綁定")

    _next_morning_one_child_comes_and_one_does_not(town, mother, father)
    _father_unsubscribes_and_hears_no_more(town, mother, father)
    assert set(town.accepted_pushes().values()) == {1}, "each message went out exactly once"


def _mother_ticks_and_is_told_of_the_arrival(town: Town, mother: Person, database_url: str) -> None:
    page = mother.child_path("小晴")
    ticked = {"line_arrival": "on", "line_departure": "on", "line_no_show": "on"}
    assert "已訂閱" in mother.submit(page, **ticked).text
    assert town.tap("林小晴").json()["results"][0]["status"] == "recorded"
    text = mother.wait_for("到校")
    assert text.startswith("小晴 07:2")
    assert text.endswith(" 到校")
    key = _retry_key_on_file(database_url, "arrival")
    assert town.accepted_pushes()[key] == 1, "the push carried the key derived from the news"


def _retry_key_on_file(database_url: str, kind: str) -> str:
    house = build_house(load_settings(_env_file=None, database_url=database_url))
    with snapshot(house.engine) as session:
        notice = session.exec(select(Notice).where(Notice.kind == kind)).one()
    house.engine.dispose()
    assert notice.retry_key.version == 5
    return str(notice.retry_key)


def _reader_repeats_itself_and_nobody_is_told_twice(town: Town, mother: Person) -> None:
    for _ in range(3):
        assert town.tap("林小晴").json()["results"][0]["status"] == "duplicate"
    mother.write("今天")
    wait_for(lambda: "還沒離校" in str(mother.phone()["messages"][-1]), "the answer to 今天")
    assert _arrivals(mother, " 到校") == 1


def _next_morning_one_child_comes_and_one_does_not(
    town: Town, mother: Person, father: Person
) -> None:
    town.jump("2026-11-24T07:41:00+08:00")
    town.tap("林小晴")
    mother.wait_for("小晴 07:41 到校")
    town.jump("2026-11-24T08:30:01+08:00")
    mother.wait_for("小禾截至 08:30 尚無刷卡紀錄")
    assert _arrivals(mother, "尚無刷卡紀錄") == 1, "none for the child who came"
    assert _arrivals(father, "尚無刷卡紀錄") == 0, "none for who is not bound to the other"
    assert _arrivals(father, " 到校") == 0, "a new guardian beside another waits a day"
    town.tap("林小禾")
    mother.wait_for("小禾已於 08:30 到校")


def _father_unsubscribes_and_hears_no_more(town: Town, mother: Person, father: Person) -> None:
    town.jump("2026-11-24T16:05:00+08:00")
    town.tap("林小晴")
    for person in (mother, father):
        person.wait_for("小晴 16:05 離校")
    father.sign_in()
    father.submit(father.child_path("小晴"))
    town.jump("2026-11-25T07:40:00+08:00")
    town.tap("林小晴")
    mother.wait_for("小晴 07:40 到校")
    assert _arrivals(father, " 到校") == 0


def test_strangers_and_forgers_change_nothing(town: Town) -> None:
    assert town.tap("林小晴", card_uid="0411223344AABB").json()["results"][0]["status"] == (
        "unknown_card"
    )
    forged = requests.post(
        f"{town.app}/line/webhook",
        data=b'{"destination":"U","events":[]}',
        headers={"x-line-signature": "AAAA"},
        timeout=30,
    )
    assert forged.status_code == 401
    late = town.now().replace(year=2025)
    payload = {"boot_id": "x", "taps": [{"seq": 1, "card_uid": "04A224B1C25E80"}]}
    assert town.send("353607", payload, late).status_code == 401
    assert town.accepted_pushes() == {}
