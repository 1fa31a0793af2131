"""An account of the bureau lets look and changes nothing, however it is asked."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlmodel import col, select

from core.db import snapshot, transaction
from core.house import House
from core.identity.identities import Provider, find_identity
from core.people.guardians import PassMember, find_guardian, link_account, note_level
from core.people.tables import AccountLink, Binding, Guardian, Subscription
from tests.factories import HUA, MEI
from tests.liff.conftest import Family, MenuChanges, make_app
from tests.liff.outside import Outside
from tests.liff.phone import Phone

CONFIRM = "/liff/bureau/confirm"
OTHER_LINE = "U" + "9" * 32


@pytest.fixture
def pages(pages: House, outside: Outside) -> Iterator[House]:
    """The house with the bureau's sign-in on."""
    changed = {
        "bureau_login_client_id": "bureau",
        "bureau_login_authorize_url": f"{outside.url}/bureau/authorize",
        "bureau_login_token_url": f"{outside.url}/tpcd/oauth/token",
        "bureau_login_profile_url": f"{outside.url}/bureau/my",
    }
    yield replace(pages, settings=pages.settings.model_copy(update=changed))


def come_by_bureau(phone: Phone, account: str, code: str) -> str:
    """Sign in with the bureau; return where it led."""
    phone.outside.be_member(account, name="林雅婷")
    del phone.outside.profile["data"]["verifyLevel"]
    answer = phone.get("/liff/bureau/start")
    state = parse_qs(urlsplit(answer.location).query)["state"][0]
    phone.outside.challenge = ""
    answer = phone.get(f"/liff/bureau/callback?state={state}&code={code}")
    return str(answer.location) if answer.status_code == 303 else answer.text


def say_yes(phone: Phone) -> str:
    return str(phone.post(CONFIRM, {"answer": "go_on"}).location)


@pytest.fixture
def viewer(app: Flask, mei: Phone, outside: Outside) -> Phone:
    """Mei with her bureau account, on a LINE account that is linked to nobody."""
    assert come_by_bureau(mei, "edu-mei", "one") == CONFIRM
    assert say_yes(mei) == "/liff/account?note=bureau_added"
    other = Phone(app, outside).sign_in(OTHER_LINE)
    assert come_by_bureau(other, "edu-mei", "two") == CONFIRM
    assert say_yes(other) == "/liff/home"
    return other


def everything(house: House) -> list[str]:
    with snapshot(house.engine) as database:
        tables = (AccountLink, Binding, Subscription)
        return [str(row) for table in tables for row in database.exec(select(table)).all()]


def test_viewer_sees_the_child_and_is_told_how_to_change(viewer: Phone, family: Family) -> None:
    for path in ("/liff/home", family.page, "/liff/leaves", "/liff/account"):
        answer = viewer.get(path)
        assert answer.status_code == 200, path
        if path != "/liff/leaves":
            assert "請以台北通登入後再修改" in answer.text, path
    assert "小明" in viewer.text("/liff/home")


def test_viewer_is_not_asked_to_agree_in_the_guardians_stead(
    pages: House, viewer: Phone, mei: Phone
) -> None:
    with transaction(pages.engine) as session:
        session.exec(select(Guardian)).one().consent_version = "0"
    assert viewer.get("/liff/home").status_code == 200
    assert mei.get("/liff/home").location.startswith("/liff/consent")


def test_no_form_of_a_viewer_changes_anything(
    pages: House, viewer: Phone, family: Family, app: Flask
) -> None:
    before = everything(pages)
    token = viewer.token_at("/liff/account")
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    ways_in = ("/liff/session", "/liff/account-link", "/liff/bureau/confirm", "/liff/taipei-pass")
    for rule in rules:
        path = str(rule.rule).replace("<uuid:binding_id>", family.binding_id)
        path = path.replace("<uuid:leave_id>", family.binding_id)
        if path.startswith(ways_in) or "<" in path:
            continue
        fields = {"csrf_token": token, "action": "unlink", "line_arrival": "", "tap_out_by": ""}
        status = viewer.client.post(path, data=fields).status_code
        assert status in (303, 403, 404, 405, 422), (path, status)
    assert everything(pages) == before
    answer = viewer.client.post(family.page, data={"csrf_token": token})
    assert answer.status_code == 403
    assert "請以台北通登入後再修改" in answer.text


@pytest.mark.parametrize("path", ["/liff/children/new", "/liff/leaves/new"])
def test_form_a_viewer_may_not_send_is_not_offered(viewer: Phone, path: str) -> None:
    assert viewer.get(path).status_code == 403
    assert path not in viewer.get("/liff/home").text


def test_looking_makes_no_link_and_no_menu(
    pages: House, viewer: Phone, menu_changes: MenuChanges
) -> None:
    with snapshot(pages.engine) as database:
        is_open = col(AccountLink.unlinked_at).is_(None)
        assert database.exec(select(AccountLink.line_user_id).where(is_open)).all() == [MEI]
    assert menu_changes == []


def test_looking_ends_with_the_session_and_with_the_identity(
    app: Flask, mei: Phone, viewer: Phone, outside: Outside
) -> None:
    assert "小明" not in Phone(app, outside).sign_in(OTHER_LINE).text("/liff/home")
    mei.post("/liff/bureau/drop", {})
    assert "小明" not in viewer.text("/liff/home")


def test_unknown_account_is_told_to_begin_with_taipei_pass(pages: House, phone: Phone) -> None:
    phone.sign_in(OTHER_LINE)
    assert "請先以台北通登入" in come_by_bureau(phone, "edu-nobody", "one")
    assert phone.get(CONFIRM).location == "/liff/home"


def test_account_of_one_guardian_cannot_be_added_to_another(
    pages: House, viewer: Phone, hua: Phone
) -> None:
    assert come_by_bureau(hua, "edu-mei", "three") == CONFIRM
    answer = hua.post(CONFIRM, {"answer": "go_on"})
    assert answer.status_code == 409
    assert "已屬於另一位家長" in answer.text
    with snapshot(pages.engine) as database:
        guardian = find_guardian(database, HUA)
        assert guardian is not None
        assert find_identity(database, Provider.BUREAU, guardian.id) is None


def test_return_of_one_jar_counts_in_no_other(viewer: Phone, hua: Phone) -> None:
    answer = viewer.get("/liff/bureau/start")
    state = parse_qs(urlsplit(answer.location).query)["state"][0]
    hua.get("/liff/bureau/start")
    assert hua.get(f"/liff/bureau/callback?state={state}&code=x").status_code == 400


def test_member_who_is_real_name_no_more_looks_and_may_still_end_the_link(
    pages: House, mei: Phone, family: Family
) -> None:
    with transaction(pages.engine) as session:
        note_level(session, PassMember(f"pass-{MEI[-6:]}", "林雅婷", "0"), pages.clock.now())
    token = mei.token_at("/liff/account")
    refused = mei.client.post(family.page, data={"csrf_token": token})
    assert refused.status_code == 403
    assert "小明" in mei.text("/liff/home")
    ended = mei.post("/liff/account", {"action": "unlink"}, form_at="/liff/account/unlink")
    assert ended.location == "/liff/account/unlinked"


def test_level_is_looked_at_again_at_each_sign_in(
    pages: House, mei: Phone, family: Family, outside: Outside
) -> None:
    outside.be_member(f"pass-{MEI[-6:]}", level="0")
    assert mei.come_back(mei.go_to_pass()).status_code == 403
    assert "一般會員，只能查看" in mei.text("/liff/home")
    outside.be_member(f"pass-{MEI[-6:]}", level="2")
    mei.come_back(mei.go_to_pass(), code="again")
    assert "只能查看" not in mei.text("/liff/home")


def test_button_is_there_only_where_the_settings_have_it(
    app: Flask, pages: House, outside: Outside
) -> None:
    without = pages.settings.model_copy(update={"bureau_login_client_id": ""})
    plain = make_app(replace(pages, settings=without), lambda *_: None)
    shown = {name: Phone(one, outside).sign_in(HUA) for name, one in (("on", app), ("off", plain))}
    assert "以教育局帳號查看" in shown["on"].text("/liff/home")
    assert "以教育局帳號查看" not in shown["off"].text("/liff/home")
    assert shown["off"].get("/liff/bureau/start").status_code == 404


def test_link_wins_over_looking(pages: House, viewer: Phone, family: Family) -> None:
    with transaction(pages.engine) as session:
        link_account(
            session,
            pages.vault,
            line_user_id=OTHER_LINE,
            member=PassMember("pass-of-another", "陳怡君", "3"),
            consent_version="1",
            now=pages.clock.now(),
        )
    assert "小明" not in viewer.text("/liff/home")


def test_copy_the_guardian_ordered_is_not_shown_to_a_viewer(mei: Phone, viewer: Phone) -> None:
    mei.post("/liff/my-data/copy", {})
    assert "/my-data/file/" in mei.get("/liff/my-data").text
    page = viewer.get("/liff/my-data").text
    assert "/my-data/file/" not in page
    assert "副本已備妥" not in page
