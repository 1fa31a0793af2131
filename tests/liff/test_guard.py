"""Who may see what."""

from datetime import timedelta

import pytest
from flask import Flask

from core.house import House
from liff.guard import HOME, own_path
from tests.factories import HUA, MEI
from tests.liff.conftest import Family
from tests.liff.phone import Phone

GUARDS = {"open_to_all", "signed_in", "linked", "staff", "development", "letter_link"}
PRIVATE = (
    "/liff/home",
    "/liff/account",
    "/liff/account/unlink",
    "/liff/children/new",
    "/liff/leaves",
    "/liff/leaves/new",
)
OF_MING = ("", "/unbind")
TRICKS = (
    "https://evil.example/liff/home",
    "//evil.example/liff/home",
    "/\\evil.example",
    "\\/evil.example",
    "/liff/@evil.example",
    "/liff//evil.example/..",
    "/liff/home\r\nLocation: https://evil.example",
    "/liff/home\n",
    "/liff/../bot",
    "/liff/home?next=https://evil.example",
    "/liff/home#frag",
    "javascript:alert(1)",
    "/liff/<script>",
    "/liff/ho me",
    "/liff",
    "",
    "/liff/家",
)


def test_every_view_declares_its_guard(app: Flask) -> None:
    views = {
        rule.endpoint: app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "liff.static"
    }
    bare = [name for name, view in views.items() if vars(view).get("guard") not in GUARDS]
    assert views
    assert bare == []


@pytest.mark.parametrize("path", PRIVATE)
def test_signed_out_page_view_starts_sign_in_and_remembers_the_page(
    phone: Phone, path: str
) -> None:
    answer = phone.get(path)
    assert answer.status_code == 200
    assert f'data-next="{path}"' in answer.text
    assert "我的" not in answer.text


def test_signed_out_form_is_told_that_the_sign_in_ran_out(phone: Phone, family: Family) -> None:
    token = phone.token_at("/liff/")
    answer = phone.client.post(family.page, data={"csrf_token": token})
    assert answer.status_code == 303
    page = phone.get(answer.location)
    assert "登入已逾時" in page.text
    assert f'href="{family.page}"' in page.text


@pytest.mark.parametrize("path", PRIVATE[1:])
def test_person_without_link_is_led_to_the_first_steps(phone: Phone, path: str) -> None:
    answer = phone.sign_in(HUA).get(path)
    assert answer.location == HOME
    assert "前往台北通" in phone.text(HOME)


@pytest.mark.parametrize("part", OF_MING)
def test_stranger_finds_nothing_where_anothers_child_is(
    hua: Phone, family: Family, part: str
) -> None:
    answer = hua.get(f"{family.page}{part}")
    assert answer.status_code == 404
    assert "小明" not in answer.text


@pytest.mark.parametrize("part", OF_MING)
def test_stranger_changes_nothing_of_anothers_child(
    hua: Phone, family: Family, part: str, app: Flask
) -> None:
    answer = hua.post(f"{family.page}{part}", {"line_arrival": "on"}, form_at="/liff/account")
    assert answer.status_code == 404
    boxes = Phone(app, hua.outside).sign_in(MEI).get(family.page).text.count(" checked")
    assert boxes == 3


@pytest.mark.parametrize("path", ["/liff/home", "/liff/account", "/liff/children/new"])
def test_strangers_own_pages_hold_nothing_of_mei(hua: Phone, path: str) -> None:
    text = hua.text(path)
    assert "小明" not in text
    assert "林" not in text


@pytest.mark.parametrize("path", ["/liff/help", "/liff/privacy"])
def test_guide_and_notice_are_open_and_name_nobody(phone: Phone, family: Family, path: str) -> None:
    answer = phone.get(path)
    assert answer.status_code == 200
    assert "王" not in answer.text


@pytest.mark.parametrize("trick", TRICKS)
def test_wanted_address_never_leaves_our_pages(trick: str) -> None:
    assert own_path(trick) == HOME or own_path(trick).startswith("/liff/")
    assert own_path(trick) in (HOME, trick)
    assert not any(char in own_path(trick) for char in "\\@\r\n:#")


def test_own_page_with_a_query_is_kept() -> None:
    path = "/liff/children/new?district=%E5%A4%A7%E5%AE%89&level=a"
    assert own_path(path) == path


@pytest.mark.parametrize(
    ("sent_to", "page"),
    [
        ("/liff/account/test", "/liff/account"),
        ("/liff/account/contact/phone/resend", "/liff/account/contact/phone"),
        ("/liff/make-ups/00000000-0000-4000-8000-000000000001/withdraw", HOME),
        ("/liff/staff/requests/rules", "/liff/staff/requests"),
        ("/liff/session/end-everywhere", HOME),
    ],
)
def test_after_a_late_form_the_way_back_leads_to_a_page(
    phone: Phone, family: Family, sent_to: str, page: str
) -> None:
    token = phone.token_at("/liff/")
    answer = phone.client.post(sent_to, data={"csrf_token": token})
    assert f'href="{page}"' in phone.get(answer.location).text


@pytest.mark.parametrize("query", ["", "?school=353607"])
def test_a_form_whose_page_is_too_old_leads_back_to_a_page(mei: Phone, query: str) -> None:
    answer = mei.client.post(f"/liff/account/test{query}", data={"csrf_token": "old"})
    assert answer.status_code == 400
    assert f'href="/liff/account{query}"' in answer.text


def test_a_proof_leads_back_to_the_school_it_was_asked_for(
    mei: Phone, family: Family, pages: House
) -> None:
    asked = "/liff/account/contact/phone/remove?school=353607"
    token = mei.token_at("/liff/account")
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=11))
    answer = mei.client.post(asked, data={"csrf_token": token})
    assert f'data-next="{asked}"' in mei.get(answer.location).text
