"""The ways to sign in to Taipei Pass, the single sign-on and the bureau's sign-in."""

import re

import pytest

from tests.sandbox.client import PASS_ID, PASS_SECRET, SandboxClient
from tests.sandbox.fake_app import FakeApp
from tests.sandbox.taipei_pass.pass_walk import FATHER_ID, MOTHER_ID, Walk

MOTHER, FATHER = "0900000101", "0900000102"


@pytest.fixture
def walk(sandbox: SandboxClient, app: FakeApp) -> Walk:
    return Walk(sandbox, app)


@pytest.mark.parametrize("login", ["yating.lin", "0900000101", "Yating.Lin@example.org"])
def test_password_lets_the_member_in_by_any_name(walk: Walk, login: str) -> None:
    profile = walk.profile_after(walk.sign_in(login))
    assert (profile["realName"], profile["memberType"]) == ("林雅婷", "personal")


@pytest.mark.parametrize(
    ("account", "password", "kind"),
    [
        ("yating.lin", "Mistaken1!", "personal"),
        ("nobody", "Sample+2026", "personal"),
        ("yating.lin", "Sample+2026", "organization"),
        ("rongguang.pta", "Sample+2026", "personal"),
    ],
)
def test_wrong_sign_ins_are_all_told_the_same(
    walk: Walk, account: str, password: str, kind: str
) -> None:
    answer = walk.sign_in(account, password, kind=kind)
    assert answer.status_code == 422
    assert "帳號或密碼不正確。" in answer.text
    assert f'value="{account}"' in answer.text
    assert password not in answer.text.replace("Sample+2026</code>", "")


def test_organisation_signs_in_behind_its_own_choice(walk: Walk) -> None:
    profile = walk.profile_after(walk.sign_in("rongguang.pta", kind="organization"))
    assert (profile["memberType"], profile["idNo"]) == ("organization", None)


def test_app_that_scanned_the_code_lets_the_browser_in(walk: Walk, sandbox: SandboxClient) -> None:
    page = walk.get("qr")
    scanned = re.search(r"/pass/app/[\w-]+", page.text)
    assert scanned
    early = walk.send("qr")
    before = walk.get("qr/state").json()
    assert "林志遠" in sandbox.get(scanned[0]).text
    sandbox.call("POST", scanned[0], data={"account": "chihyuan.lin"})
    after = walk.get("qr/state").json()
    assert ("<svg" in page.text, early.status_code) == (True, 422)
    assert (before, after) == ({"approved": False}, {"approved": True})
    assert walk.profile_after(walk.send("qr"))["realName"] == "林志遠"


def test_qr_code_is_good_for_three_minutes_and_replaced_on_demand(
    walk: Walk, sandbox: SandboxClient
) -> None:
    first = re.search(r"/pass/app/[\w-]+", walk.get("qr").text)
    second = re.search(r"/pass/app/[\w-]+", walk.send("qr", again="1").text)
    assert first
    assert second
    assert sandbox.get(first[0]).status_code == 410
    sandbox.set_clock("2026-11-23T07:24:00+08:00")
    assert sandbox.get(second[0]).status_code == 410
    assert "過期了" in walk.send("qr").text


@pytest.mark.parametrize("provider", ["tpcd", "isso"])
def test_mobile_certificate_pairs_by_text_message(
    sandbox: SandboxClient, app: FakeApp, provider: str
) -> None:
    walk = Walk(sandbox, app, provider)
    asked = walk.send("fido", id_number=FATHER_ID.lower())
    assert "0900***102" in asked.text
    done = walk.send("fido/code", code=walk.code_sent_to(FATHER))
    assert walk.profile_after(done)["idNo"] == FATHER_ID


def test_mobile_certificate_knows_gold_members_only(walk: Walk) -> None:
    assert walk.send("fido", id_number="F199900044").status_code == 422


def test_code_of_one_way_opens_no_other(walk: Walk) -> None:
    walk.send("fido", id_number=FATHER_ID)
    walk.send("forgot", account="yating.lin")
    answer = walk.send("fido/code", code=walk.code_sent_to(MOTHER))
    assert answer.status_code == 200
    assert "行動自然人憑證" in answer.text, "the way begins anew"


def test_carrier_recognises_the_owner_over_mobile_data_only(walk: Walk) -> None:
    fields = {"id_number": MOTHER_ID, "birthday": "1986-04-12", "phone": MOTHER}
    wifi = walk.send("carrier", network="wifi", **fields)
    other = walk.send("carrier", network="mobile", **{**fields, "phone": FATHER})
    mine = walk.send("carrier", network="mobile", **fields)
    assert "請關閉 Wi-Fi" in wifi.text
    assert "不是登記在" in other.text
    assert walk.profile_after(mine)["realName"] == "林雅婷"


def test_forgotten_password_is_replaced_after_a_code(
    sandbox: SandboxClient, app: FakeApp, walk: Walk
) -> None:
    walk.send("forgot", account="yating.lin")
    walk.send("forgot/code", code=walk.code_sent_to(MOTHER))
    weak = walk.send("forgot/new", password="short", password_again="short")
    done = walk.send("forgot/new", password="Brandnew9%", password_again="Brandnew9%")
    assert weak.status_code == 422
    assert walk.profile_after(done)["realName"] == "林雅婷"
    assert Walk(sandbox, app).sign_in("yating.lin").status_code == 422
    assert Walk(sandbox, app).sign_in("yating.lin", "Brandnew9%").status_code == 302


def test_new_password_needs_the_code_first(walk: Walk) -> None:
    walk.send("forgot", account="yating.lin")
    answer = walk.send("forgot/new", password="Brandnew9%", password_again="Brandnew9%")
    assert "忘記密碼" in answer.text
    assert walk.sign_in("yating.lin").status_code == 302


def test_single_sign_on_offers_three_ways_and_refreshes_once(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    walk = Walk(sandbox, app, "isso")
    assert all(words in walk.start.text for words in ("台北通", "行動自然人憑證", "手機電信驗證"))
    assert "登入台北通" in walk.get("").text
    code = walk.code_of(walk.sign_in("yating.lin"))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": walk.callback}
    client = (PASS_ID, PASS_SECRET)
    bought = sandbox.call("POST", "/isso/oauth2/token", data=form, auth=client).json()
    again = {"grant_type": "refresh_token", "refresh_token": bought["refresh_token"]}
    fresh = sandbox.call("POST", "/isso/oauth2/token", data=again, auth=client)
    used = sandbox.call("POST", "/isso/oauth2/token", data=again, auth=client)
    assert (fresh.status_code, used.status_code) == (200, 400)
    refused = sandbox.call("POST", "/tpcd/oauth2/token", data=again, auth=client)
    assert refused.json() == {"error": "unsupported_grant_type"}


def test_refresh_token_of_the_single_sign_on_lasts_an_hour(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    walk = Walk(sandbox, app, "isso")
    code = walk.code_of(walk.sign_in("yating.lin"))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": walk.callback}
    client = (PASS_ID, PASS_SECRET)
    bought = sandbox.call("POST", "/isso/oauth2/token", data=form, auth=client).json()
    sandbox.set_clock("2026-11-23T08:20:01+08:00")
    again = {"grant_type": "refresh_token", "refresh_token": bought["refresh_token"]}
    assert sandbox.call("POST", "/isso/oauth2/token", data=again, auth=client).status_code == 400


def test_bureau_has_passwords_of_its_own_and_no_registration(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    walk = Walk(sandbox, app, "bureau")
    assert "註冊" not in walk.start.text
    assert walk.get("join").status_code == 404
    assert walk.sign_in("yating.lin").status_code == 422
    assert walk.sign_in("edu.yating").status_code == 302


def test_sample_member_is_one_press_on_the_inner_page_too(walk: Walk) -> None:
    assert walk.profile_after(walk.send("", sandbox_member="thimei.nguyen"))["citizen"] is False


def test_leaving_from_the_inner_page_is_a_refusal(walk: Walk) -> None:
    answer = walk.send("", cancel="1")
    assert answer.headers["Location"] == f"{walk.callback}?error=access_denied&state=s%261"


def test_visit_ends_with_the_sign_in_and_after_half_an_hour(
    sandbox: SandboxClient, app: FakeApp, walk: Walk
) -> None:
    other = Walk(sandbox, app)
    assert walk.sign_in("yating.lin").status_code == 302
    assert walk.sign_in("yating.lin").status_code == 410
    sandbox.set_clock("2026-11-23T07:50:01+08:00")
    assert other.get("password").status_code == 410


@pytest.mark.parametrize("path", ["callback/", "callback?x=1", "callback2", "callbac", ""])
def test_redirect_uri_must_be_the_registered_one_to_the_letter(
    sandbox: SandboxClient, app: FakeApp, walk: Walk, path: str
) -> None:
    wrong = walk.asked | {"redirect_uri": f"{app.url}/liff/taipei-pass/{path}"}
    answer = sandbox.get("/tpcd/oauth/authorize", params=wrong | {"sandbox_member": "yating.lin"})
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
