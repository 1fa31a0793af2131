"""Rights are one's own: no stranger copies, stops, deletes, or sees who looked."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlmodel import select

from core.db import snapshot
from core.house import House
from core.people.tables import Guardian
from core.privacy.tables import CopyOrder
from liff.copy_link import SALT
from liff.privacy import CONSENT
from tests.factories import HUA
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone

OWN = (
    "/liff/my-data",
    "/liff/my-data/copy",
    "/liff/my-data/stop",
    "/liff/my-data/delete",
    "/liff/account/contact/email1",
    "/liff/consent",
    "/liff/consents",
)
POSTS = [path for path in OWN if path not in ("/liff/my-data", "/liff/consents")]


def rows(house: House) -> list[tuple[object, ...]]:
    """Every guardian as they are, and every copy asked for."""
    with snapshot(house.engine) as session:
        guardians = [tuple(one.model_dump().values()) for one in session.exec(select(Guardian))]
        orders = [tuple(one.model_dump().values()) for one in session.exec(select(CopyOrder))]
    return sorted(guardians, key=str) + orders


def file_of(house: House, order_id: UUID) -> str:
    """The address that an order's link opens."""
    key = house.settings.secret_key.get_secret_value()
    return f"/liff/my-data/file/{URLSafeSerializer([key], salt=SALT).dumps(str(order_id))}"


@pytest.mark.parametrize("path", OWN)
def test_nobody_signed_in_sees_nothing(phone: Phone, family: Family, path: str) -> None:
    answer = phone.get(path)
    assert "data-next" in answer.text
    assert "小明" not in answer.text


@pytest.mark.parametrize("path", POSTS)
def test_nobody_signed_in_changes_nothing(
    phone: Phone,
    pages: House,
    family: Family,
    path: str,
) -> None:
    before = rows(pages)
    fields = {
        "word": "刪除",
        "action": "stop",
        "consent": CONSENT.version,
        "address": "x@example.org",
    }
    assert phone.post(path, fields, form_at="/liff/").status_code == 303
    assert rows(pages) == before


@pytest.mark.parametrize("path", POSTS)
def test_form_without_its_token_changes_nothing(
    mei: Phone,
    pages: House,
    path: str,
) -> None:
    before = rows(pages)
    fields = {
        "word": "刪除",
        "action": "stop",
        "consent": CONSENT.version,
        "address": "x@example.org",
    }
    assert mei.client.post(path, data=fields).status_code == 400
    assert rows(pages) == before


def test_person_without_link_has_no_rights_page(phone: Phone, family: Family) -> None:
    phone.sign_in(HUA)
    for path in OWN:
        assert phone.get(path).location == "/liff/home"


def test_stranger_sees_nobody_who_looked_at_anothers_child(
    hua: Phone,
    family: Family,
) -> None:
    assert hua.get(f"{family.page}/looks").status_code == 404
    assert hua.get(f"/liff/children/{uuid4()}/looks").status_code == 404


def test_strangers_copy_holds_nothing_of_mei(hua: Phone, pages: House) -> None:
    hua.post("/liff/my-data/copy", {})
    with snapshot(pages.engine) as session:
        order = session.exec(select(CopyOrder)).one()
    path = file_of(pages, order.id)
    sent = hua.post(path, {}).data
    assert sent.startswith(b"PK")
    assert "王小明".encode() not in sent


@pytest.mark.parametrize("salt", ["liff.sheet", "bot.postback", "liff.copy"])
def test_link_signed_by_others_or_for_other_things_fetches_nothing(
    phone: Phone,
    pages: House,
    salt: str,
) -> None:
    key = pages.settings.secret_key.get_secret_value() if salt != SALT else "another key"
    for whole in (str(uuid4()), ["x"], None, 7):
        token = URLSafeSerializer([key], salt=salt).dumps(whole)
        assert phone.get(f"/liff/my-data/file/{token}").status_code == 404


def test_link_to_an_order_that_never_was_is_over(phone: Phone, pages: House) -> None:
    assert phone.get(file_of(pages, uuid4())).status_code == 410


def test_link_dies_with_its_guardian(
    mei: Phone,
    app: Flask,
    outside: Outside,
    pages: House,
) -> None:
    mei.post("/liff/my-data/copy", {})
    with snapshot(pages.engine) as session:
        order = session.exec(select(CopyOrder)).one()
    path = file_of(pages, order.id)
    mei.post("/liff/my-data/delete", {"word": "刪除"})
    assert Phone(app, outside).get(path).status_code == 410
