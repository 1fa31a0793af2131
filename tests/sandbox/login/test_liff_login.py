"""Signing in to the LIFF app and by LINE Login, over the wire LINE's SDK uses."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from sandbox.taipei_pass.grants import challenge_of
from tests.sandbox.client import LIFF_ID, LOGIN_CHANNEL, LOGIN_SECRET, SandboxClient
from tests.sandbox.fake_app import FakeApp

VERIFIER = "v" * 43
AUTHORIZE, WEB, TOKEN = "/liff/v1/authorize", "/oauth2/v2.1/authorize", "/oauth2/v2.1/token"


def asked(**more: str) -> dict[str, str]:
    """Return what the SDK asks with."""
    return {
        "app_id": LIFF_ID,
        "state": "s1",
        "response_type": "code",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "liff_sdk_version": "2.31.0",
        **more,
    }


def web(app: FakeApp, **more: str) -> dict[str, str]:
    """Return what a web login asks with."""
    return {
        "client_id": LOGIN_CHANNEL,
        "redirect_uri": f"{app.url}/back",
        "response_type": "code",
        "state": "s2",
        "scope": "openid profile",
        **more,
    }


def query_of(answer: Any) -> dict[str, str]:
    """Return the query of where an answer leads."""
    assert answer.status_code == 302, answer.text
    found = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in found.items()}


def sign_in(sandbox: SandboxClient, path: str = AUTHORIZE, **params: str) -> dict[str, str]:
    """Sign the mother in; return what comes back."""
    return query_of(sandbox.get(path, params={"phone": sandbox.user_id(), **params}))


def exchange(sandbox: SandboxClient, back: dict[str, str], **changed: str) -> Any:
    """Buy tokens as the SDK does."""
    form = {
        "grant_type": "authorization_code",
        "client_id": LOGIN_CHANNEL,
        "appId": LIFF_ID,
        "code": back["code"],
        "code_verifier": VERIFIER,
        "redirect_uri": back.get("liffRedirectUri", ""),
        "id_token_key_type": "JWK",
        **changed,
    }
    return sandbox.call("POST", TOKEN, data=form)


def test_page_names_the_people_and_what_is_agreed_to(sandbox: SandboxClient) -> None:
    page = sandbox.get(AUTHORIZE, params=asked()).text
    assert "林雅婷" in page
    assert "您的名稱和頭貼" in page
    assert "加入官方帳號" not in page


def test_code_of_the_app_buys_tokens_without_a_secret(sandbox: SandboxClient, app: FakeApp) -> None:
    back = sign_in(sandbox, **asked())
    assert (back["state"], back["liffClientId"]) == ("s1", LOGIN_CHANNEL)
    assert back["liffRedirectUri"] == f"{app.url}/liff/"
    answer = exchange(sandbox, back)
    tokens = answer.json()
    keys = KeySet.import_key_set(sandbox.get("/oauth2/v2.1/certs").json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert (claims["sub"], tokens["expires_in"]) == (sandbox.user_id(), 43_200)
    assert answer.headers["Access-Control-Allow-Origin"] == app.url


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1/other"}, "invalid_grant"),
        ({"code": "nope"}, "invalid_grant"),
        ({"client_id": "1999999999"}, "invalid_client"),
        ({"appId": "1660000001-another1"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_exchange_is_refused(
    sandbox: SandboxClient, changed: dict[str, str], error: str
) -> None:
    answer = exchange(sandbox, sign_in(sandbox, **asked()), **changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_code_works_once_and_for_ten_minutes(sandbox: SandboxClient) -> None:
    back = sign_in(sandbox, **asked())
    assert exchange(sandbox, back).status_code == 200
    assert exchange(sandbox, back).status_code == 400
    late = sign_in(sandbox, **asked())
    sandbox.set_clock("2026-11-23T07:31:00+08:00")
    assert exchange(sandbox, late).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": "1660000001-another1"},
        {"redirect_uri": "http://evil.example/liff/"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
    ],
)
def test_wrong_request_redirects_nowhere(sandbox: SandboxClient, wrong: dict[str, str]) -> None:
    params = asked(**wrong) | {"phone": sandbox.user_id()}
    answer = sandbox.get(AUTHORIZE, params=params)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_refusal_comes_back_in_lines_words(sandbox: SandboxClient) -> None:
    back = query_of(sandbox.get(AUTHORIZE, params=asked(refuse="1")))
    assert back["error"] == "access_denied"
    assert back["error_description"] == "The resource owner denied the request."
    assert (back["liffOAuth2Error"], back["state"]) == ("true", "s1")


def test_chat_asks_for_consent_once_when_the_app_is_set_so(sandbox: SandboxClient) -> None:
    sandbox.post("/liff/app", {"asks_consent": True})
    link = f"/liff/{LIFF_ID}/help?phone={sandbox.user_id()}"
    question = sandbox.get(link)
    refused = query_of(sandbox.call("POST", link, data={"answer": "refuse"}))
    agreed = sandbox.call("POST", link, data={"answer": "agree"})
    again = sandbox.get(link)
    assert "允許這個服務讀取您的資料" in question.text
    assert (refused["error"], refused["liff.state"]) == ("access_denied", "/help")
    assert "#access_token=" in agreed.headers["Location"]
    assert again.status_code == 302


def test_ended_permission_is_asked_for_again(sandbox: SandboxClient) -> None:
    sandbox.post("/liff/app", {"asks_consent": True})
    tokens = exchange(sandbox, sign_in(sandbox, **asked())).json()
    link = f"/liff/{LIFF_ID}?phone={sandbox.user_id()}"
    assert sandbox.get(link).status_code == 302
    form = {
        "grant_type": "client_credentials",
        "client_id": LOGIN_CHANNEL,
        "client_secret": LOGIN_SECRET,
    }
    own = sandbox.call("POST", "/oauth2/v3/token", data=form).json()["access_token"]
    body = {"userAccessToken": tokens["access_token"]}
    sandbox.post("/user/v1/deauthorize", body, headers={"Authorization": f"Bearer {own}"})
    assert sandbox.get(link).status_code == 200
    refreshed = exchange(
        sandbox, {"code": ""}, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
    )
    assert refreshed.status_code == 400


@pytest.mark.parametrize(
    "wrong", [{"bot_prompt": "loud"}, {"scope": ["email"]}, {"asks_consent": 1}, {"x": 1}]
)
def test_app_settings_that_make_no_sense_are_refused(
    sandbox: SandboxClient, wrong: dict[str, Any]
) -> None:
    assert sandbox.post("/liff/app", wrong).status_code == 400


def test_normal_prompt_offers_the_friend_on_the_same_page(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    sandbox.post("/liff/app", {"bot_prompt": "normal"})
    assert "加入官方帳號為好友" in sandbox.get(AUTHORIZE, params=asked()).text
    back = sign_in(sandbox, **asked(befriend="yes"))
    assert back["friendship_status_changed"] == "true"
    assert [event["type"] for event in app.wait_for_events()] == ["follow"]
    assert sandbox.person()["friend"] is True


def test_aggressive_prompt_asks_on_a_page_of_its_own(sandbox: SandboxClient, app: FakeApp) -> None:
    params = web(app, bot_prompt="aggressive") | {"phone": sandbox.user_id()}
    assert "加入官方帳號為好友？" in sandbox.get(WEB, params=params).text
    declined = query_of(sandbox.get(WEB, params=params | {"befriend": "no"}))
    assert declined["friendship_status_changed"] == "false"
    sandbox.friend()
    assert "code" in query_of(sandbox.get(WEB, params=params))


def test_web_login_needs_the_secret_and_signs_with_it(sandbox: SandboxClient, app: FakeApp) -> None:
    back = sign_in(sandbox, WEB, **web(app, nonce="n1"))
    form = {
        "grant_type": "authorization_code",
        "client_id": LOGIN_CHANNEL,
        "client_secret": LOGIN_SECRET,
        "code": back["code"],
        "redirect_uri": f"{app.url}/back",
    }
    refused = sandbox.call("POST", TOKEN, data=form | {"client_secret": "wrong"})
    tokens = sandbox.call("POST", TOKEN, data=form).json()
    key = OctKey.import_key(LOGIN_SECRET)
    claims = jwt.decode(tokens["id_token"], key, algorithms=["HS256"]).claims
    verified = sandbox.call(
        "POST",
        "/oauth2/v2.1/verify",
        data={"id_token": tokens["id_token"], "client_id": LOGIN_CHANNEL, "nonce": "n1"},
    )
    assert refused.json()["error"] == "invalid_client"
    assert (claims["nonce"], back["state"]) == ("n1", "s2")
    assert verified.status_code == 200


@pytest.mark.parametrize("wrong", [{"state": ""}, {"scope": "email"}, {"redirect_uri": "x"}])
def test_wrong_web_request_redirects_nowhere(
    sandbox: SandboxClient, app: FakeApp, wrong: dict[str, str]
) -> None:
    params = web(app, **wrong) | {"phone": sandbox.user_id()}
    assert sandbox.get(WEB, params=params).status_code == 400


def test_refresh_userinfo_and_revoke(sandbox: SandboxClient) -> None:
    first = exchange(sandbox, sign_in(sandbox, **asked())).json()
    fresh = exchange(
        sandbox, {"code": ""}, grant_type="refresh_token", refresh_token=first["refresh_token"]
    ).json()["access_token"]
    headers = {"Authorization": f"Bearer {fresh}"}
    who = sandbox.get("/oauth2/v2.1/userinfo", headers=headers).json()
    form = {"client_id": LOGIN_CHANNEL, "client_secret": LOGIN_SECRET, "access_token": fresh}
    sandbox.call("POST", "/oauth2/v2.1/revoke", data=form)
    assert who == {"sub": sandbox.user_id(), "name": "林雅婷"}
    assert sandbox.get("/oauth2/v2.1/userinfo", headers=headers).status_code == 401


def test_access_token_runs_out_after_twelve_hours(sandbox: SandboxClient) -> None:
    token = exchange(sandbox, sign_in(sandbox, **asked())).json()["access_token"]
    sandbox.set_clock("2026-11-23T19:21:00+08:00")
    answer = sandbox.get("/oauth2/v2.1/verify", params={"access_token": token})
    assert answer.json()["error_description"] == "The access token expired"


def test_app_without_the_chat_scope_may_not_speak(sandbox: SandboxClient) -> None:
    sandbox.post("/liff/app", {"scope": ["openid", "profile"]})
    token = exchange(sandbox, sign_in(sandbox, **asked())).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = {"messages": [{"type": "text", "text": "x"}]}
    assert sandbox.post("/message/v3/share", body, headers=headers).status_code == 403


def test_contexts_are_told_apart(sandbox: SandboxClient) -> None:
    outside = sandbox.get(f"/liff/v2/apps/{LIFF_ID}/contextToken")
    unknown = sandbox.get("/liff/v2/apps/1660000001-another1/contextToken")
    assert outside.json()["contextToken"].count(".") == 2
    assert unknown.status_code == 404
