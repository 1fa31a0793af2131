"""Linking a LINE user and a Taipei Pass member."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlmodel import col, select

from core.db import snapshot
from core.house import House
from core.notices.tables import Notice
from core.people.guardians import find_link
from core.people.tables import AccountLink
from liff.privacy import CONSENT
from tests.factories import HUA, MEI
from tests.liff.conftest import Family, MenuChanges
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of

NEW = "U" + "c" * 32
CONFIRM = "/liff/taipei-pass/confirm"


def links(house: House) -> set[tuple[str, bool]]:
    """Every link: whose, and whether it is open."""
    with snapshot(house.engine) as database:
        rows = database.exec(select(AccountLink)).all()
        return {(row.line_user_id, row.unlinked_at is None) for row in rows}


def notice_kinds(house: House, line_user_id: str) -> list[str]:
    """What was told to a LINE user."""
    with snapshot(house.engine) as database:
        statement = select(Notice.kind).where(col(Notice.line_user_id) == line_user_id)
        return sorted(database.exec(statement))


def test_new_guardian_links_and_goes_on_to_add_a_child(
    phone: Phone, pages: House, outside: Outside, menu_changes: MenuChanges
) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW, name="雅婷")
    back = phone.come_back(phone.go_to_pass())
    page = phone.text(back.location)
    assert "雅婷" in page
    assert "林○婷（金質會員）" in page
    answer = phone.confirm()
    assert answer.location == "/liff/children/new?note=linked"
    assert links(pages) == {(NEW, True)}
    assert notice_kinds(pages, NEW) == ["link_new"]
    assert pages.notices_due.is_set()
    assert menu_changes == [(NEW, False)]


def test_code_is_exchanged_with_the_verifier_of_this_start(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW)
    phone.come_back(phone.go_to_pass())
    form = outside.token_forms[0]
    assert form["code_verifier"]
    assert form["client_secret"]
    assert form["redirect_uri"] == "http://127.0.0.1:8000/liff/taipei-pass/callback"


def test_cookie_never_holds_the_profile(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW)
    phone.come_back(phone.go_to_pass())
    with phone.client.session_transaction() as cookie:
        held = str(dict(cookie))
    assert not any(fact in held for fact in ("林雅婷", "pass-1", "A299900014", "0900000101"))


def test_return_into_another_browser_links_nothing(
    app: Flask, phone: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-1")
    state = phone.sign_in(NEW).go_to_pass()
    for other in (Phone(app, outside), Phone(app, outside).sign_in(HUA)):
        answer = other.come_back(state)
        assert answer.status_code == 400
        assert "登入在另一個瀏覽器完成" in answer.text
        assert other.get("/liff/taipei-pass/confirm").text.count("林○婷") == 0
    assert links(pages) == set()
    assert outside.token_forms == []


def test_attackers_return_address_does_nothing_in_the_victims_browser(
    app: Flask, mei: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-of-attacker", name="惡意人")
    attacker = Phone(app, outside).sign_in(HUA)
    state = attacker.go_to_pass()
    mei.go_to_pass()
    assert mei.come_back(state).status_code == 400
    assert links(pages) == {(MEI, True)}


def test_only_the_newest_start_may_come_back(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    first = phone.sign_in(NEW).go_to_pass()
    phone.go_to_pass()
    assert phone.come_back(first).status_code == 400


def test_return_counts_once_and_browser_back_finds_the_page_it_led_to(
    phone: Phone, outside: Outside
) -> None:
    outside.be_member("pass-1")
    state = phone.sign_in(NEW).go_to_pass()
    ways = [phone.come_back(state).location, phone.come_back(state).location]
    assert ways == [CONFIRM, CONFIRM]
    assert len(outside.token_forms) == 1
    phone.confirm()
    assert phone.get(phone.come_back(state).location).location == "/liff/home"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ({"error": "invalid_client", "error_description": "secret of 林雅婷"}, "invalid_client"),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"error": "林雅婷 <b>"}, "unknown"),
    ],
)
def test_refused_token_request_is_ours_to_mend(
    phone: Phone,
    pages: House,
    outside: Outside,
    caplog: pytest.LogCaptureFixture,
    refusal: dict[str, str],
    code: str,
) -> None:
    outside.be_member("pass-1")
    outside.token_refusal = refusal
    answer = phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert answer.status_code == 503
    assert "台北通暫時無法登入 請稍後再試。已設定的通知照常發送。" in text_of(answer)
    told = [record for record in caplog.records if record.message == "taipei_pass_refused"]
    assert [(one.levelname, vars(one)["code"]) for one in told] == [("ERROR", code)]
    assert "林雅婷" not in str([vars(record) for record in caplog.records])
    assert links(pages) == set()


def test_code_used_before_links_nothing(phone: Phone, pages: House, outside: Outside) -> None:
    outside.be_member("pass-1")
    outside.used_codes.add("abc123")
    assert phone.sign_in(NEW).come_back(phone.go_to_pass()).status_code == 503
    assert links(pages) == set()


def test_general_member_learns_the_three_ways_and_is_not_linked(
    phone: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-1", level="0")
    answer = phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert answer.status_code == 403
    assert "自然人憑證" in answer.text
    assert links(pages) == set()


def test_organisations_account_proves_nobody(phone: Phone, pages: House, outside: Outside) -> None:
    outside.be_member("pass-1", "榕光家長會", memberType="organization")
    answer = phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert (answer.status_code, "您自己的台北通帳號" in answer.text) == (403, True)
    assert links(pages) == set()


def test_persons_account_that_says_so_is_linked(
    phone: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-1", memberType="personal")
    assert phone.sign_in(NEW).come_back(phone.go_to_pass()).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"name": "TP_FAILED"},
        {"data": None},
        {"data": {"id": "p", "realName": "林雅婷"}},
        {"data": {"id": "p", "realName": "林雅婷", "verifyLevel": 3}},
        {"data": {"id": "", "realName": "林雅婷", "verifyLevel": "3"}},
        {"data": {"id": "p", "realName": "http://evil", "verifyLevel": "3"}},
    ],
)
def test_profile_that_is_not_as_published_links_nothing(
    phone: Phone, pages: House, outside: Outside, change: dict[str, object]
) -> None:
    outside.be_member("pass-1")
    outside.profile |= change
    answer = phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert answer.status_code == 503
    assert links(pages) == set()


@pytest.mark.parametrize("path", ["/tpcd/oauth/token", "/tpcd/api/v1.0.9/user/my"])
def test_taipei_pass_out_of_order_says_so(phone: Phone, outside: Outside, path: str) -> None:
    outside.broken.add(path)
    answer = phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert answer.status_code == 503
    assert "台北通暫時無法登入" in answer.text


def test_cancelled_sign_in_changes_nothing(phone: Phone, pages: House) -> None:
    state = phone.sign_in(NEW).go_to_pass()
    answer = phone.get(f"/liff/taipei-pass/callback?error=access_denied&state={state}")
    assert "什麼都沒有改變" in phone.text(answer.location)
    assert links(pages) == set()


def test_link_waits_for_the_consent_box(phone: Phone, pages: House, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW).come_back(phone.go_to_pass())
    answer = phone.confirm(consent="")
    assert answer.status_code == 422
    assert "請閱讀並勾選同意" in answer.text
    assert links(pages) == set()


def test_confirming_once_more_goes_home(phone: Phone, pages: House, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW).come_back(phone.go_to_pass())
    again = {"answer": "link", "consent": CONSENT.version, "csrf_token": phone.token_at(CONFIRM)}
    phone.client.post(CONFIRM, data=again)
    answer = phone.client.post(CONFIRM, data=again)
    assert (answer.status_code, answer.location) == (303, "/liff/home?note=linked")
    assert notice_kinds(pages, NEW) == ["link_new"]


def test_double_tap_links_once_and_both_end_well(
    app: Flask, phone: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW).come_back(phone.go_to_pass())
    form = {"answer": "link", "consent": CONSENT.version, "csrf_token": phone.token_at(CONFIRM)}
    cookie = phone.client.get_cookie("session")
    assert cookie is not None
    both_are_ready = Barrier(2, timeout=60)

    def tap(_: int) -> str:
        client = app.test_client()
        client.set_cookie("session", cookie.value)
        both_are_ready.wait()
        answer = client.post(CONFIRM, data=form)
        assert answer.status_code == 303
        return str(answer.location)

    with ThreadPoolExecutor(2) as pool:
        ends = set(pool.map(tap, range(2)))
    assert ends == {"/liff/children/new?note=linked", "/liff/home?note=linked"}
    assert links(pages) == {(NEW, True)}
    assert notice_kinds(pages, NEW) == ["link_new"]


def test_person_who_says_not_me_is_not_linked(phone: Phone, pages: House, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW).come_back(phone.go_to_pass())
    answer = phone.confirm(answer="no")
    assert "沒有連結" in phone.text(answer.location)
    assert phone.get("/liff/taipei-pass/confirm").location == "/liff/home"
    assert links(pages) == set()


def test_moving_to_another_line_is_said_before_and_told_to_both(
    phone: Phone, family: Family, pages: House, outside: Outside, menu_changes: MenuChanges
) -> None:
    outside.be_member(f"pass-{MEI[-6:]}")
    phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert "已連結另一個 LINE" in phone.text("/liff/taipei-pass/confirm")
    assert phone.confirm().location == "/liff/home?note=linked"
    assert links(pages) == {(MEI, False), (NEW, True)}
    assert notice_kinds(pages, MEI) == ["link_old"]
    assert menu_changes == [(MEI, False), (NEW, True)]
    assert "小明" in phone.text("/liff/home")


@pytest.mark.parametrize(("member", "is_told"), [(f"pass-{MEI[-6:]}", False), ("pass-2", True)])
def test_another_member_on_the_same_line_is_said_before(
    mei: Phone, outside: Outside, member: str, is_told: bool
) -> None:
    outside.be_member(member)
    mei.come_back(mei.go_to_pass())
    page = mei.text(CONFIRM)
    assert "確認連結這兩個帳號" in page
    assert ("那位會員的孩子不再通知到這裡。" in page) is is_told


def test_unlinking_asks_first_and_keeps_the_bindings(
    mei: Phone, pages: House, outside: Outside, menu_changes: MenuChanges
) -> None:
    assert "重新登入就能恢復" in mei.text("/liff/account/unlink")
    mei.post("/liff/account", {"action": "unlink"}, form_at="/liff/account/unlink")
    with snapshot(pages.engine) as database:
        assert find_link(database, MEI) is None
    assert menu_changes == [(MEI, False)]
    assert notice_kinds(pages, MEI) == ["unlinked"]
    assert mei.get("/liff/account").text.count("林○婷") == 0, "signed out with the link"
    outside.be_member(f"pass-{MEI[-6:]}")
    mei.sign_in(MEI)
    mei.come_back(mei.go_to_pass())
    mei.confirm()
    assert "小明" in mei.text("/liff/home")
