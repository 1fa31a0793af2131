"""Paid text messages from the order to the refund: the page, the school, the firm, the money."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.flow.town import Person, Town, csrf_token, running_town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400)]
NUMBER = "0912000123"


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with running_town(
        tmp_path / "town", DATABASE_URL=database_url, CLOCK_NOW="2026-11-23T07:20:00+08:00"
    ) as town:
        town.secrets["the mother's number"] = NUMBER
        yield town


def test_texts_are_ordered_sent_counted_and_paid_back(town: Town) -> None:
    mother = town.person("林雅婷")
    officer, cashier = town.person("王淑芬"), town.person("林志遠")
    _bind(mother)
    _prove_number(mother)
    _join(officer, "簡淑芬")
    _join(cashier, "蘇雅琪")

    page = _sms_page(mother)
    assert "申請審核中" in mother.submit(page, binding_id=_child_in(page), **_WISH).text
    order = _order_in(officer.get("/liff/staff/sms"))
    assert "已儲存繳費" in cashier.submit(order, answer="pay", amount="136", receipt="A-0123").text
    assert "生效" in officer.submit(order, answer="approve").text
    mother.wait_for("簡訊服務已核准")

    town.tap("林小晴")
    mother.wait_for(" 到校")
    assert _texts(town) == [], "an approval counts from the next day on"

    town.jump("2026-11-24T07:41:00+08:00")
    town.tap("林小晴")
    (text,) = wait_for(lambda: _texts(town), "a text of the arrival")
    assert "小晴" in text["text"]
    assert "07:41" in text["text"]
    # A day has passed: the page's session is over, the chat opens a new one.
    mother.sign_in()
    _wait_for_money(mother, "成功 1 則", "已收 收據 A-0123 136 元", "135 元")

    _ends_takes_back_and_ends(town, mother, officer, order)
    town.jump("2026-11-25T07:40:00+08:00")
    town.tap("林小晴")
    mother.wait_for("小晴 07:40 到校")
    assert len(_texts(town)) == 1
    mother.sign_in()
    assert "已註銷" in mother.get(_sms_page(mother))


def _ends_takes_back_and_ends(town: Town, mother: Person, officer: Person, order: str) -> None:
    page = mother.get(_sms_page(mother))
    cancel = re.search(r'href="(/liff/sms/[0-9a-f-]{36}/cancel)"', page)
    assert cancel
    assert "註銷審核中" in mother.submit(cancel[1]).text
    mother.wait_for("簡訊註銷審核中")
    _press(mother, _sms_page(mother), cancel[1].replace("/cancel", "/keep"))
    mother.wait_for("簡訊服務維持生效")
    mother.submit(cancel[1])
    officer.sign_in("/staff")
    officer.submit(order, answer="approve_cancel")
    mother.wait_for("簡訊服務已註銷")


_WISH = {"items": "both", "consent": "on"}


def _bind(mother: Person) -> None:
    mother.follow()
    mother.wait_for("到離校通知")
    mother.sign_in()
    mother.link("yating.lin")
    mother.wait_for("已連結台北通")
    assert "小晴" in mother.bind(mother.town.student("林小晴")).text


def _prove_number(mother: Person) -> None:
    field = "/liff/account/contact/phone"
    assert mother.submit(field, address=NUMBER).status_code == 200
    sent = wait_for(lambda: _at_the_firm(mother.town), "a code")
    code = re.search(r"\d{4}", sent[0]["text"])
    assert code
    assert mother.submit(f"{field}/code", code=code[0]).status_code == 200


def _join(person: Person, name: str) -> None:
    """Become one of the school's people by their code."""
    person.follow()
    person.wait_for("到離校通知")
    staff = person.town.sample["staff"]
    person.write(next(one["code"] for one in staff if one["name"] == name))
    person.wait_for("已登錄為學校人員")
    person.sign_in("/staff")


def _press(person: Person, page: str, to: str) -> None:
    """Press a button of a page that leads elsewhere."""
    form = {"csrf_token": csrf_token(person.get(page))}
    assert person.browser.post(f"{person.town.app}{to}", data=form, timeout=30).status_code == 200


def _at_the_firm(town: Town) -> list[dict[str, Any]]:
    """What was sent to the number, oldest first."""
    address = f"{town.sandbox}/sms/messages"
    found: list[dict[str, Any]] = requests.get(address, params={"to": NUMBER}, timeout=30).json()
    return found


def _texts(town: Town) -> list[dict[str, Any]]:
    """The news that went to the number; the code that proved it is none."""
    return _at_the_firm(town)[1:]


def _sms_page(mother: Person) -> str:
    child = mother.get(mother.child_path("小晴"))
    found = re.search(r'href="(/liff/sms\?child=[0-9a-f-]{36})"', child)
    assert found
    return found[1]


def _child_in(page: str) -> str:
    return page.partition("child=")[2]


def _order_in(html: str) -> str:
    found = re.search(r'href="(/liff/staff/sms/orders/[0-9a-f-]{36})', html)
    assert found, html
    return found[1]


def _wait_for_money(mother: Person, *words: str) -> None:
    def look() -> bool:
        order = re.search(r'href="(/liff/sms/[0-9a-f-]{36})"', mother.get(_sms_page(mother)))
        plain = re.sub(r"<[^>]+>|\s+", " ", mother.get(order[1])) if order else ""
        said = re.sub(r"\s+", " ", plain)
        return all(word in said for word in words)

    wait_for(look, f"the sheet to say {words}")
