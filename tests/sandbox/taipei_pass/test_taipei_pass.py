"""The Taipei Pass round trip."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.taipei_pass.grants import challenge_of
from sandbox.taipei_pass.members import complete_id_number, sample_members
from tests.sandbox.client import PASS_ID, PASS_SECRET, SandboxClient
from tests.sandbox.fake_app import FakeApp

VERIFIER = "v" * 64
PROFILE = "/tpcd/api/v1.0.9/user/my"


@pytest.mark.parametrize("number", ["A123456789", "Y123456788", "A800000014", "A870000015"])
def test_check_digit_follows_the_rule(number: str) -> None:
    assert complete_id_number(number[:9]) == number


def test_members_cover_the_levels() -> None:
    levels = {m.real_name: (m.verify_level, m.level_word) for m in sample_members().values()}
    assert levels["王大同"] == ("0", "一般會員")
    assert levels["阮氏梅"] == ("3", "金質會員（居留證）")
    assert levels["林雅婷"] == ("3", "金質會員")


def test_page_lists_members_and_keeps_the_request(sandbox: SandboxClient, app: FakeApp) -> None:
    page = sandbox.get("/tpcd/oauth/authorize", params=_request(app))
    assert page.status_code == 200
    assert all(name in page.text for name in ("林雅婷", "林志遠", "阮氏梅", "王大同", "陳怡君"))
    assert 'name="state" value="s&amp;1"' in page.text


@pytest.mark.parametrize("path", ["/tpcd/oauth/authorize", "/tpcd/oauth2/authorize"])
def test_choice_returns_with_code_and_state(
    sandbox: SandboxClient, app: FakeApp, path: str
) -> None:
    form = _request(app) | {"sandbox_member": "yating.lin"}
    answer = sandbox.call("POST", path, data=form)
    target = urlsplit(answer.headers["Location"])
    values = parse_qs(target.query)
    assert answer.status_code == 302
    assert target.path == "/liff/taipei-pass/callback"
    assert (len(values["code"][0]), values["state"]) == (6, ["s&1"])


def test_cancel_returns_access_denied(sandbox: SandboxClient, app: FakeApp) -> None:
    form = _request(app) | {"cancel": "1"}
    answer = sandbox.call("POST", "/tpcd/oauth/authorize", data=form)
    values = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert values == {"error": ["access_denied"], "state": ["s&1"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "http://127.0.0.1:1/liff/"},
        {"redirect_uri": "http://evil.example/"},
        {"client_id": "another"},
        {"response_type": "token"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
    ],
)
def test_wrong_request_is_refused_without_a_redirect(
    sandbox: SandboxClient, app: FakeApp, wrong: dict[str, str]
) -> None:
    params = _request(app) | {"sandbox_member": "yating.lin"} | wrong
    answer = sandbox.get("/tpcd/oauth/authorize", params=params)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("basic", [True, False])
def test_code_buys_a_token_and_the_profile(
    sandbox: SandboxClient, app: FakeApp, basic: bool
) -> None:
    code = _code(sandbox, app, "thimei.nguyen")
    token = _exchange(sandbox, app, code, basic=basic).json()["access_token"]
    envelope = sandbox.get(PROFILE, headers={"Authorization": f"Bearer {token}"}).json()
    assert list(envelope) == ["name", "status", "reasonPhrase", "data", "extra", "version"]
    assert (envelope["name"], envelope["status"]) == ("TP_SUCCESS", 200)
    assert envelope["data"]["realName"] == "阮氏梅"
    assert envelope["data"]["birthday"] == "1990/08/25"


def test_code_works_once_and_reuse_ends_its_token(sandbox: SandboxClient, app: FakeApp) -> None:
    code = _code(sandbox, app)
    token = _exchange(sandbox, app, code).json()["access_token"]
    again = _exchange(sandbox, app, code)
    profile = sandbox.get(PROFILE, headers={"Authorization": f"Bearer {token}"})
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert profile.status_code == 401


@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("wrong", 400), ("", 400)])
def test_pkce_is_checked_when_it_was_asked_for(
    sandbox: SandboxClient, app: FakeApp, verifier: str, status: int
) -> None:
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    code = _code(sandbox, app, **challenge)
    assert _exchange(sandbox, app, code, code_verifier=verifier).status_code == status


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"redirect_uri": "http://127.0.0.1/other"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": "nope00"}, 400, "invalid_grant"),
    ],
)
def test_wrong_exchange_is_refused(
    sandbox: SandboxClient, app: FakeApp, change: dict[str, str], status: int, error: str
) -> None:
    answer = _exchange(sandbox, app, _code(sandbox, app), **change)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_code_grows_old(sandbox: SandboxClient, app: FakeApp) -> None:
    code = _code(sandbox, app)
    sandbox.set_clock("2026-11-23T07:31:00+08:00")
    assert _exchange(sandbox, app, code).status_code == 400


def test_logout_ends_the_token(sandbox: SandboxClient, app: FakeApp) -> None:
    token = _exchange(sandbox, app, _code(sandbox, app)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert sandbox.post("/tpcd/oauth/logout", headers=headers).status_code == 200
    assert sandbox.get(PROFILE, headers=headers).json()["name"] == "TP_UNAUTHORIZED"


def _request(app: FakeApp) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": PASS_ID,
        "redirect_uri": f"{app.url}/liff/taipei-pass/callback",
        "state": "s&1",
    }


def _code(sandbox: SandboxClient, app: FakeApp, account: str = "yating.lin", **more: str) -> str:
    params = _request(app) | {"sandbox_member": account} | more
    answer = sandbox.get("/tpcd/oauth/authorize", params=params)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def _exchange(
    sandbox: SandboxClient, app: FakeApp, shown: str, *, basic: bool = False, **change: str
) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": shown,
        "redirect_uri": _request(app)["redirect_uri"],
    }
    if basic:
        options: dict[str, Any] = {"auth": (PASS_ID, PASS_SECRET)}
    else:
        options = {}
        form |= {"client_id": PASS_ID, "client_secret": PASS_SECRET}
    return sandbox.call("POST", "/tpcd/oauth/token", data=form | change, **options)
