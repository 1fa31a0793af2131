"""ID tokens, access tokens and the way into LIFF pages."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.sandbox.client import (
    CHANNEL_SECRET,
    LIFF_ID,
    LOGIN_CHANNEL,
    LOGIN_SECRET,
    TOKEN,
    SandboxClient,
)
from tests.sandbox.fake_app import FakeApp

PAST = 1_600_000_000


def test_good_id_token_gives_its_claims(sandbox: SandboxClient) -> None:
    mother = sandbox.user_id()
    answer = _verify(sandbox, sandbox.id_token(mother))
    claims = answer.json()
    assert answer.status_code == 200
    assert (claims["iss"], claims["sub"]) == ("https://access.line.me", mother)
    assert (claims["aud"], claims["name"]) == (LOGIN_CHANNEL, "林雅婷")
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    ("claims", "form", "text"),
    [
        ({"iss": "https://evil.example"}, {}, "Invalid IdToken Issuer."),
        ({"exp": PAST}, {}, "IdToken expired."),
        ({"aud": "1999999999"}, {}, "Invalid IdToken Audience."),
        ({"nonce": "a"}, {"nonce": "b"}, "Invalid IdToken Nonce."),
        ({}, {"user_id": "U" + "1" * 32}, "Invalid IdToken Subject Identifier."),
    ],
)
def test_wrong_id_token_is_refused_in_lines_words(
    sandbox: SandboxClient, claims: dict[str, Any], form: dict[str, str], text: str
) -> None:
    answer = _verify(sandbox, sandbox.id_token(sandbox.user_id(), **claims), **form)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": text}


@pytest.mark.parametrize("token", ["", "abc", "a.b.c"])
def test_nonsense_is_an_invalid_id_token(sandbox: SandboxClient, token: str) -> None:
    assert _verify(sandbox, token).json()["error_description"] == "Invalid IdToken."


def test_tampered_id_token_is_invalid(sandbox: SandboxClient) -> None:
    head, body, signature = sandbox.id_token(sandbox.user_id()).split(".")
    claims = _part(body) | {"sub": "U" + "1" * 32}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    answer = _verify(sandbox, f"{head}.{forged}.{signature}")
    assert answer.json()["error_description"] == "Invalid IdToken."


def test_id_token_expires_with_the_sandbox_clock(sandbox: SandboxClient) -> None:
    token = sandbox.id_token(sandbox.user_id())
    sandbox.set_clock("2026-11-23T08:21:00+08:00")
    assert _verify(sandbox, token).json()["error_description"] == "IdToken expired."


def test_published_keys_verify_tokens_also_after_rotation(sandbox: SandboxClient) -> None:
    mother = sandbox.user_id()
    old = sandbox.id_token(mother)
    sandbox.post("/inspect/rotate-keys")
    new = sandbox.id_token(mother)
    keys = KeySet.import_key_set(sandbox.get("/oauth2/v2.1/certs").json())
    tokens = [jwt.decode(token, keys, algorithms=["ES256"]) for token in (old, new)]
    assert [token.claims["sub"] for token in tokens] == [mother, mother]
    assert tokens[0].header["kid"] != tokens[1].header["kid"]


def test_liff_link_redirects_to_the_endpoint_with_state_and_tokens(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.user_id()
    answer = sandbox.get(f"/liff/{LIFF_ID}/children/new?from=chat&phone={mother}")
    target = urlsplit(answer.headers["Location"])
    assert answer.status_code == 302
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{app.url}/liff/"
    assert target.query == "liff.state=" + quote("/children/new?from=chat", safe="")
    hash_values = _hash(answer)
    assert list(hash_values) == [
        "access_token",
        "context_token",
        "feature_token",
        "id_token",
        "client_id",
    ]
    assert hash_values["client_id"] == LOGIN_CHANNEL
    assert _verify(sandbox, hash_values["id_token"]).json()["sub"] == mother
    context = _part(hash_values["context_token"].split(".")[1])
    assert (context["endpointUrl"], context["liffId"]) == (f"{app.url}/liff/", LIFF_ID)


def test_liff_link_without_path_has_no_state(sandbox: SandboxClient) -> None:
    answer = sandbox.get(f"/liff/{LIFF_ID}?phone={sandbox.user_id()}")
    assert "liff.state" not in answer.headers["Location"]


def test_liff_link_outside_line_carries_no_tokens(sandbox: SandboxClient, app: FakeApp) -> None:
    answer = sandbox.get(f"/liff/{LIFF_ID}/help")
    assert answer.headers["Location"] == f"{app.url}/liff/?liff.state=%2Fhelp"


def test_unknown_liff_app_is_not_found(sandbox: SandboxClient) -> None:
    assert sandbox.get("/liff/1660000001-other").status_code == 404


def test_access_token_tells_profile_and_friendship(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    token = _hash(sandbox.get(f"/liff/{LIFF_ID}?phone={mother}"))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    verified = sandbox.get("/oauth2/v2.1/verify", params={"access_token": token}).json()
    profile = sandbox.get("/v2/profile", headers=headers)
    assert (verified["client_id"], verified["expires_in"] > 43_000) == (LOGIN_CHANNEL, True)
    assert profile.json() == {"userId": mother, "displayName": "林雅婷"}
    assert profile.headers["Access-Control-Allow-Origin"] == app.url
    assert sandbox.get("/friendship/v1/status", headers=headers).json() == {"friendFlag": True}
    sandbox.post(f"/phone/{mother}/block")
    assert sandbox.get("/friendship/v1/status", headers=headers).json() == {"friendFlag": False}


def test_deauthorize_ends_the_access_token(sandbox: SandboxClient) -> None:
    token = _hash(sandbox.get(f"/liff/{LIFF_ID}?phone={sandbox.user_id()}"))["access_token"]
    body = {"userAccessToken": token}
    own = {"Authorization": f"Bearer {_login_channel_token(sandbox)}"}
    assert sandbox.post("/user/v1/deauthorize", body, headers=own).status_code == 204
    answer = sandbox.get("/oauth2/v2.1/verify", params={"access_token": token})
    assert answer.json()["error_description"] == "The access token revoked"
    assert sandbox.post("/user/v1/deauthorize", body, headers=own).status_code == 400


def test_tokens_of_the_two_channels_do_not_stand_for_each_other(sandbox: SandboxClient) -> None:
    token = _hash(sandbox.get(f"/liff/{LIFF_ID}?phone={sandbox.user_id()}"))["access_token"]
    body = {"userAccessToken": token}
    assert sandbox.line("POST", "/user/v1/deauthorize", body).status_code == 401
    own = {"Authorization": f"Bearer {_login_channel_token(sandbox)}"}
    assert sandbox.get("/v2/bot/info", headers=own).status_code == 401


def _login_channel_token(sandbox: SandboxClient) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": LOGIN_CHANNEL,
        "client_secret": LOGIN_SECRET,
    }
    return str(sandbox.call("POST", "/oauth2/v3/token", data=form).json()["access_token"])


def test_stateless_channel_token_works_for_15_minutes(sandbox: SandboxClient) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "1650000000",
        "client_secret": CHANNEL_SECRET,
    }
    token = sandbox.call("POST", "/oauth2/v3/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    early = sandbox.get("/v2/bot/info", headers=headers).status_code
    sandbox.set_clock("2026-11-23T07:36:00+08:00")
    late = sandbox.get("/v2/bot/info", headers=headers).status_code
    assert (early, late, token != TOKEN) == (200, 401, True)


def test_messages_sent_by_the_page_reach_the_webhook_unless_flex(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    token = _hash(sandbox.get(f"/liff/{LIFF_ID}?phone={sandbox.user_id()}"))["access_token"]
    words = {"type": "text", "text": "請假完成"}
    bubble = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}
    flex = {"type": "flex", "altText": "請假", "contents": bubble}
    headers = {"Authorization": f"Bearer {token}"}
    answer = sandbox.post("/message/v3/share", {"messages": [flex, words]}, headers=headers)
    assert answer.status_code == 200
    assert [event["message"]["text"] for event in app.wait_for_events()] == ["請假完成"]
    assert len(sandbox.person()["messages"]) == 2


def _verify(sandbox: SandboxClient, token: str, **form: str) -> Any:
    data = {"id_token": token, "client_id": LOGIN_CHANNEL, **form}
    return sandbox.call("POST", "/oauth2/v2.1/verify", data=data)


def _hash(answer: Any) -> dict[str, str]:
    fragment = urlsplit(answer.headers["Location"]).fragment
    return {key: values[0] for key, values in parse_qs(fragment).items()}


def _part(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "==")))
