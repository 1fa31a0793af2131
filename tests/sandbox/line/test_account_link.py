"""LINE's account linking: link token, dialog, event; the bureau's sign-in beside Taipei Pass."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.client import BUREAU_ID, BUREAU_SECRET, PASS_ID, SandboxClient
from tests.sandbox.fake_app import FakeApp

NONCE = "n" * 32
DIALOG = "/dialog/bot/accountLink"


def make_token(sandbox: SandboxClient, name: str = "林雅婷") -> str:
    path = f"/v2/bot/user/{sandbox.user_id(name)}/linkToken"
    return str(sandbox.line("POST", path).json()["linkToken"])


def visit(sandbox: SandboxClient, token: str, name: str = "林雅婷", nonce: str = NONCE) -> Any:
    query = {"linkToken": token, "nonce": nonce, "phone": sandbox.user_id(name)}
    return sandbox.get(DIALOG, params=query)


def events(app: FakeApp) -> list[dict[str, Any]]:
    calls = app.wait_for("/line/webhook")
    return [event for call in calls for event in call.json()["events"]]


def test_person_the_token_is_for_is_linked_and_may_be_answered(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    assert visit(sandbox, make_token(sandbox)).status_code == 200
    (event,) = events(app)
    assert (event["type"], event["link"]) == ("accountLink", {"result": "ok", "nonce": NONCE})
    assert event["source"] == {"type": "user", "userId": sandbox.user_id()}
    assert event["replyToken"]


def test_somebody_else_makes_it_fail_without_a_source(sandbox: SandboxClient, app: FakeApp) -> None:
    assert visit(sandbox, make_token(sandbox), "林志遠").status_code == 400
    (event,) = events(app)
    assert event["link"] == {"result": "failed", "nonce": NONCE}
    assert "source" not in event
    assert "replyToken" not in event


def test_token_counts_once_and_for_ten_minutes_and_then_no_event_comes(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    used, old = make_token(sandbox), make_token(sandbox)
    visit(sandbox, used)
    assert visit(sandbox, used).status_code == 400
    sandbox.set_clock("2026-11-23T07:30:01+08:00")
    assert visit(sandbox, old).status_code == 400
    assert visit(sandbox, "made-up").status_code == 400
    sandbox.friend()
    assert [event["type"] for event in events(app)][:1] == ["accountLink"]
    assert sum(event["type"] == "accountLink" for event in events(app)) == 1


@pytest.mark.parametrize("nonce", ["", "short", "x" * 256])
def test_nonce_of_a_wrong_length_is_refused(sandbox: SandboxClient, nonce: str) -> None:
    assert visit(sandbox, make_token(sandbox), nonce=nonce).status_code == 400


def test_visitor_nobody_knows_is_asked_who_it_is(sandbox: SandboxClient) -> None:
    page = sandbox.get(DIALOG, params={"linkToken": make_token(sandbox), "nonce": NONCE})
    assert page.status_code == 200
    assert "林志遠" in page.text


def test_bureau_has_accounts_and_client_of_its_own(sandbox: SandboxClient, app: FakeApp) -> None:
    callback = f"{app.url}/liff/bureau/callback"
    asked = {"response_type": "code", "client_id": BUREAU_ID, "redirect_uri": callback}
    page = sandbox.get("/bureau/oauth/authorize", params=asked).text
    assert ("教育局單一身分驗證" in page, "王大同" in page) == (True, False)
    foreign = sandbox.get("/bureau/oauth/authorize", params=asked | {"client_id": PASS_ID})
    assert foreign.status_code == 400
    back = sandbox.get("/bureau/oauth/authorize", params=asked | {"sandbox_member": "edu.yating"})
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    answer = sandbox.call("POST", "/bureau/oauth/token", data=form, auth=(BUREAU_ID, BUREAU_SECRET))
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    profile = sandbox.get("/bureau/api/v1.0.9/user/my", headers=bearer).json()
    assert profile["data"]["realName"] == "林雅婷"
    assert "verifyLevel" not in profile["data"]
    there = sandbox.get("/tpcd/api/v1.0.9/user/my", headers=bearer)
    assert there.status_code == 401, "a token of one is none of the other"
