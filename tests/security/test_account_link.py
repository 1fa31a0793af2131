"""Linking by browser: only LINE's word with our own nonce links, once, and in time."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from bot.answer import MenuKind
from bot.handlers.account_link import finish_link
from core.db import snapshot
from core.house import House
from core.people.guardians import find_guardian
from liff.privacy import CONSENT
from tests.bot.line_limits import words_of
from tests.factories import HUA, MEI
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone

PAGE = "/liff/account-link"
TOKEN = "link-token-of-line"
CONFIRM = "/liff/account-link/confirm"
NEW = "U" + "c" * 32


def go_to_pass(phone: Phone) -> str:
    """Press the chat's link and go on to Taipei Pass; return the state."""
    form = f"{PAGE}?linkToken={TOKEN}"
    answer = phone.post(PAGE, {"linkToken": TOKEN}, form_at=form)
    query = parse_qs(urlsplit(answer.location).query)
    phone.outside.challenge = query.get("code_challenge", [""])[0]
    return query["state"][0]


def nonce_of(phone: Phone) -> str:
    """Say yes; return the nonce that LINE's dialog is given."""
    answer = phone.post(CONFIRM, {"answer": "link", "consent": CONSENT.version})
    target = urlsplit(answer.location)
    query = parse_qs(target.query)
    assert target.path == "/dialog/bot/accountLink"
    assert query["linkToken"] == [TOKEN]
    return query["nonce"][0]


@pytest.fixture
def nonce(phone: Phone, outside: Outside) -> str:
    outside.be_member("pass-1")
    phone.come_back(go_to_pass(phone))
    return nonce_of(phone)


def is_linked(house: House, line_user_id: str) -> bool:
    with snapshot(house.engine) as database:
        return find_guardian(database, line_user_id) is not None


def test_lines_word_with_the_nonce_links_its_user(pages: House, nonce: str) -> None:
    answer = finish_link(pages, NEW, nonce, pages.clock.now())
    assert "已連結台北通" in "".join(words_of(answer.messages))
    assert answer.menu is MenuKind.UNBOUND
    assert is_linked(pages, NEW)


def test_nonce_is_long_enough_and_only_its_fingerprint_is_kept(pages: House, nonce: str) -> None:
    assert 22 <= len(nonce) <= 255
    with pages.engine.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM link_ticket").all())
    assert nonce not in kept
    assert TOKEN not in kept


@pytest.mark.parametrize("forged", ["", "x" * 32, "A" * 255])
def test_forged_nonce_links_nobody_and_is_answered_politely(
    pages: House, nonce: str, forged: str
) -> None:
    answer = finish_link(pages, HUA, forged, pages.clock.now())
    assert "什麼都沒有改變" in "".join(words_of(answer.messages))
    assert not is_linked(pages, HUA)


def test_nonce_counts_once(pages: House, nonce: str) -> None:
    finish_link(pages, NEW, nonce, pages.clock.now())
    finish_link(pages, HUA, nonce, pages.clock.now())
    assert (is_linked(pages, NEW), is_linked(pages, HUA)) == (True, False)


def test_event_repeated_by_line_is_told_that_it_is_done(pages: House, nonce: str) -> None:
    finish_link(pages, NEW, nonce, pages.clock.now())
    again = finish_link(pages, NEW, nonce, pages.clock.now())
    assert "已連結台北通。還差一步：綁定孩子。" in "".join(words_of(again.messages))
    assert again.menu is MenuKind.UNBOUND


def test_link_repeated_by_line_shows_the_parents_menu_again(
    pages: House, phone: Phone, outside: Outside, family: Family
) -> None:
    outside.be_member(f"pass-{MEI[-6:]}")
    phone.come_back(go_to_pass(phone))
    nonce = nonce_of(phone)
    finish_link(pages, NEW, nonce, pages.clock.now())
    again = finish_link(pages, NEW, nonce, pages.clock.now())
    assert "這個 LINE 帳號已連結台北通" in "".join(words_of(again.messages))
    assert again.menu is MenuKind.PARENT


def test_nonce_grows_old(pages: House, nonce: str) -> None:
    finish_link(pages, NEW, nonce, pages.clock.now() + timedelta(minutes=10, seconds=1))
    assert not is_linked(pages, NEW)


def test_link_moves_from_another_line_account_and_its_menu_goes(
    pages: House, phone: Phone, outside: Outside, family: Family
) -> None:
    outside.be_member(f"pass-{MEI[-6:]}")
    phone.come_back(go_to_pass(phone))
    answer = finish_link(pages, NEW, nonce_of(phone), pages.clock.now())
    assert (is_linked(pages, MEI), is_linked(pages, NEW)) == (False, True)
    assert (answer.menu, answer.menus_of_others) == (MenuKind.PARENT, {MEI: MenuKind.UNBOUND})


def test_return_of_one_browser_counts_in_no_other(
    app: Flask, pages: House, phone: Phone, outside: Outside
) -> None:
    outside.be_member("pass-1")
    state = go_to_pass(phone)
    for other in (Phone(app, outside), Phone(app, outside).sign_in(HUA)):
        assert other.come_back(state).status_code == 400
        assert other.get(CONFIRM).status_code == 400
    begun_too = Phone(app, outside)
    go_to_pass(begun_too)
    assert begun_too.come_back(state).status_code == 400


def test_member_brought_by_browser_is_not_linked_inside_line(
    pages: House, phone: Phone, outside: Outside
) -> None:
    outside.be_member("pass-1")
    phone.sign_in(HUA)
    phone.come_back(go_to_pass(phone))
    fields = {"answer": "link", "consent": CONSENT.version}
    phone.post("/liff/taipei-pass/confirm", fields, form_at="/liff/home")
    assert not is_linked(pages, HUA)


def test_yes_is_asked_once_and_needs_the_consent(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.come_back(go_to_pass(phone))
    page = phone.text(CONFIRM)
    assert "林○婷（金質會員）" in page
    assert "不是您自己在聊天裡要的連結" in page
    assert phone.post(CONFIRM, {"answer": "link"}).status_code == 422
    nonce_of(phone)
    assert phone.get(CONFIRM).status_code == 400


def test_general_member_learns_the_three_ways(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1", level="0")
    answer = phone.come_back(go_to_pass(phone))
    assert answer.status_code == 403
    assert "回到 LINE 重新輸入「用瀏覽器連結」" in answer.text


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 300, "<script>alert(1)</script>", "a b c d e f"]
)
def test_link_that_is_none_of_lines_says_so(phone: Phone, token: str) -> None:
    answer = phone.client.get(PAGE, query_string={"linkToken": token})
    assert answer.status_code == 400
    assert "這個連結不能用了" in answer.text
    assert "<script>alert" not in answer.text
