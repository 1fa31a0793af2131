"""Two cookie jars, every step of linking swapped: only the owner of all steps is ever linked."""

from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlmodel import col, select

from core.db import snapshot
from core.house import House
from core.identity.tables import LinkTicket
from core.notices.tables import Notice
from core.people.tables import AccountLink
from liff.privacy import CONSENT
from tests.liff.outside import Outside
from tests.liff.phone import Phone

EVIL = "U" + "e" * 32
MOTHER = "U" + "d" * 32
CONFIRM = "/liff/taipei-pass/confirm"
JARS = ("mother", "evil")
SWAPS = [way for way in product(JARS, repeat=3) if len(set(way)) > 1]


@pytest.fixture
def jars(app: Flask, outside: Outside) -> dict[str, Phone]:
    """The mother's browser and the attacker's; at Taipei Pass it is always the mother."""
    outside.be_member("pass-of-mother")
    return {
        "mother": Phone(app, outside).sign_in(MOTHER, name="雅婷"),
        "evil": Phone(app, outside).sign_in(EVIL, name="惡意"),
    }


def open_links(house: House) -> list[str]:
    with snapshot(house.engine) as database:
        is_open = col(AccountLink.unlinked_at).is_(None)
        return list(database.exec(select(AccountLink.line_user_id).where(is_open)))


def told(house: House) -> set[str | None]:
    with snapshot(house.engine) as database:
        return set(database.exec(select(Notice.line_user_id)))


def send_confirm(phone: Phone) -> int:
    """Post the yes with this jar's own CSRF token, whether or not the page was shown."""
    fields = {"answer": "link", "consent": CONSENT.version}
    return phone.post(CONFIRM, fields, form_at="/liff/").status_code


@pytest.mark.parametrize("others_began_too", [False, True])
@pytest.mark.parametrize("way", SWAPS, ids="-".join)
def test_steps_of_two_jars_link_nobody(
    pages: House, jars: dict[str, Phone], way: tuple[str, str, str], others_began_too: bool
) -> None:
    starter, returner, confirmer = way
    state = jars[starter].go_to_pass()
    if others_began_too:
        for name in {*JARS} - {starter}:
            jars[name].go_to_pass()
    jars[returner].come_back(state)
    send_confirm(jars[confirmer])
    assert open_links(pages) == []
    assert told(pages) == set()


@pytest.mark.parametrize("name", JARS)
def test_all_steps_of_one_jar_link_its_own_line_user_only(
    pages: House, jars: dict[str, Phone], name: str
) -> None:
    jars[name].come_back(jars[name].go_to_pass())
    jars[name].confirm()
    own = {"mother": MOTHER, "evil": EVIL}[name]
    assert (open_links(pages), told(pages)) == ([own], {own})


@pytest.mark.parametrize("step", ["return", "confirm"])
def test_another_line_user_in_the_same_browser_starts_anew(
    pages: House, jars: dict[str, Phone], step: str
) -> None:
    phone = jars["mother"]
    state = phone.go_to_pass()
    if step == "return":
        phone.sign_in(EVIL)
        assert phone.come_back(state).status_code == 400
    else:
        phone.come_back(state)
        phone.sign_in(EVIL)
    send_confirm(phone)
    assert open_links(pages) == []
    assert told(pages) == set()


def test_cookie_of_the_start_without_the_ticket_is_worth_nothing(
    pages: House, jars: dict[str, Phone]
) -> None:
    phone = jars["mother"]
    first = phone.go_to_pass()
    with phone.client.session_transaction() as cookie:
        kept = dict(cookie)
    phone.go_to_pass()
    with phone.client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(kept)
    assert phone.come_back(first).status_code == 400
    assert open_links(pages) == []


def test_return_without_any_jar_is_told_where_to_begin_again(
    app: Flask, outside: Outside, jars: dict[str, Phone]
) -> None:
    answer = Phone(app, outside).come_back(jars["mother"].go_to_pass())
    assert answer.status_code == 400
    assert "請回 LINE 重新開始" in answer.text
    assert outside.token_forms == []


def test_return_after_ten_minutes_links_nothing(
    pages: House, outside: Outside, jars: dict[str, Phone]
) -> None:
    state = jars["mother"].go_to_pass()
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=10, seconds=1))
    answer = jars["mother"].come_back(state)
    assert answer.status_code == 400
    assert "已經過期" in answer.text
    assert outside.token_forms == []


def test_yes_after_ten_minutes_links_nothing(pages: House, jars: dict[str, Phone]) -> None:
    jars["mother"].come_back(jars["mother"].go_to_pass())
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=10, seconds=1))
    assert send_confirm(jars["mother"]) == 303
    assert open_links(pages) == []


def test_replayed_return_after_the_link_changes_nothing(
    pages: House, outside: Outside, jars: dict[str, Phone]
) -> None:
    phone = jars["mother"]
    state = phone.go_to_pass()
    phone.come_back(state)
    phone.confirm()
    outside.be_member("pass-of-evil", name="惡意人")
    assert phone.come_back(state, code="another").status_code == 303
    send_confirm(phone)
    assert jars["evil"].come_back(state).status_code == 400
    assert open_links(pages) == [MOTHER]
    assert len(outside.token_forms) == 1


def test_yes_to_a_page_that_named_somebody_else_links_nobody(
    pages: House, outside: Outside, jars: dict[str, Phone]
) -> None:
    phone = jars["mother"]
    phone.come_back(phone.go_to_pass())
    shown = phone.get(CONFIRM).text.split('name="ticket" value="')[1].split('"')[0]
    outside.be_member("pass-of-evil", name="惡意人")
    phone.come_back(phone.go_to_pass(), code="second")
    answer = phone.post(CONFIRM, {"answer": "link", "consent": CONSENT.version, "ticket": shown})
    assert answer.location == CONFIRM
    assert open_links(pages) == []


def test_yes_without_the_token_of_the_form_is_refused(pages: House, jars: dict[str, Phone]) -> None:
    phone = jars["mother"]
    phone.come_back(phone.go_to_pass())
    answer = phone.client.post(CONFIRM, data={"answer": "link", "consent": CONSENT.version})
    assert answer.status_code == 400
    assert open_links(pages) == []


def test_database_names_neither_state_nor_member(pages: House, jars: dict[str, Phone]) -> None:
    state = jars["mother"].go_to_pass()
    jars["mother"].come_back(state)
    with snapshot(pages.engine) as database:
        row = str(database.exec(select(LinkTicket)).one().model_dump())
    assert not any(fact in row for fact in (state, "pass-of-mother", "林雅婷"))
