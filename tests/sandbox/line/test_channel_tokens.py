"""Channel access tokens: how they are got, how long they live, how they end."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.sandbox.client import CHANNEL_SECRET, LOGIN_CHANNEL, LOGIN_SECRET, Json, SandboxClient

CHANNEL = "1650000000"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
START = 1_795_389_600  # 2026-11-23T07:20:00+08:00
KEY = RSAKey.generate_key(2048)
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": CHANNEL,
    "client_secret": CHANNEL_SECRET,
}


def test_assertion_gives_a_token_for_as_long_as_it_asks(sandbox: SandboxClient) -> None:
    given = _by_assertion(sandbox, _assertion(sandbox, token_exp=86_400))
    body = given.json()
    assert (given.status_code, body["token_type"]) == (200, "Bearer")
    assert 86_300 < body["expires_in"] <= 86_400
    assert _status(sandbox, body["access_token"]) == 200
    sandbox.set_clock("2026-11-24T07:21:00+08:00")
    assert _status(sandbox, body["access_token"]) == 401


def test_key_ids_are_those_of_the_tokens_still_good(sandbox: SandboxClient) -> None:
    assertion = _assertion(sandbox)
    first, second = (_by_assertion(sandbox, assertion).json() for _ in range(2))
    _revoke_v21(sandbox, first["access_token"])
    asked = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    kids = sandbox.get("/oauth2/v2.1/tokens/kid", params=asked).json()["kids"]
    assert kids == [second["key_id"]]


def test_thirty_first_token_by_assertion_is_refused(sandbox: SandboxClient) -> None:
    assertion = _assertion(sandbox)
    statuses = [_by_assertion(sandbox, assertion).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [400]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://example.org/"},
        {"iss": "1650000001"},
        {"exp": START - 60},
        {"exp": START + 3600},
        {"token_exp": 2_592_001},
        {"token_exp": "86400"},
    ],
)
def test_wrong_assertion_is_refused(sandbox: SandboxClient, claims: Json) -> None:
    answer = _by_assertion(sandbox, _assertion(sandbox, **claims))
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_client", "invalid_request")


def test_assertion_by_an_unregistered_key_is_refused(sandbox: SandboxClient) -> None:
    assertion = _assertion(sandbox, key=RSAKey.generate_key(2048))
    assert _by_assertion(sandbox, assertion).json()["error"] == "invalid_client"


def test_thirty_first_short_lived_token_ends_the_first(sandbox: SandboxClient) -> None:
    tokens = [_short_lived(sandbox) for _ in range(31)]
    statuses = [_status(sandbox, tokens[place]) for place in (0, 1, 30)]
    assert statuses == [401, 200, 200]


def test_revoked_token_is_refused(sandbox: SandboxClient) -> None:
    token = _short_lived(sandbox)
    verified = sandbox.call("POST", "/v2/oauth/verify", data={"access_token": token})
    assert verified.json()["client_id"] == CHANNEL
    sandbox.call("POST", "/v2/oauth/revoke", data={"access_token": token})
    assert _status(sandbox, token) == 401
    again = sandbox.call("POST", "/v2/oauth/verify", data={"access_token": token})
    assert again.status_code == 400


def test_stateless_token_cannot_be_revoked(sandbox: SandboxClient) -> None:
    token = sandbox.call("POST", "/oauth2/v3/token", data=CREDENTIALS).json()["access_token"]
    _revoke_v21(sandbox, token)
    assert _status(sandbox, token) == 200


def test_assertion_gives_a_stateless_token_too(sandbox: SandboxClient) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": _assertion(sandbox),
    }
    given = sandbox.call("POST", "/oauth2/v3/token", data=form).json()
    assert (given["expires_in"] <= 900, _status(sandbox, given["access_token"])) == (True, 200)


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": "wrong"},
        {"client_secret": LOGIN_SECRET},
        {"client_id": ""},
        {"client_id": LOGIN_CHANNEL},
        {"grant_type": "password"},
    ],
)
@pytest.mark.parametrize("path", ["/oauth2/v3/token", "/v2/oauth/accessToken"])
def test_wrong_credentials_get_nothing(
    sandbox: SandboxClient, path: str, change: dict[str, str]
) -> None:
    assert sandbox.call("POST", path, data=CREDENTIALS | change).status_code == 400


def test_key_that_is_no_rsa_key_is_not_registered(sandbox: SandboxClient) -> None:
    assert sandbox.post("/inspect/channel-keys", {"kty": "EC"}).status_code == 400


def _assertion(sandbox: SandboxClient, *, key: RSAKey | None = None, **claims: Any) -> str:
    public = KEY.as_dict(private=False)
    kid = sandbox.post("/inspect/channel-keys", public).json()["kid"]
    whole = {
        "iss": CHANNEL,
        "sub": CHANNEL,
        "aud": "https://api.line.me/",
        "exp": START + 1500,
        "token_exp": 86_400,
        **claims,
    }
    header = {"alg": "RS256", "typ": "JWT", "kid": kid}
    return jwt.encode(header, whole, key or KEY, algorithms=["RS256"])


def _by_assertion(sandbox: SandboxClient, assertion: str) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
    }
    return sandbox.call("POST", "/oauth2/v2.1/token", data=form)


def _short_lived(sandbox: SandboxClient) -> str:
    given = sandbox.call("POST", "/v2/oauth/accessToken", data=CREDENTIALS)
    return str(given.json()["access_token"])


def _revoke_v21(sandbox: SandboxClient, token: str) -> None:
    form = {"client_id": CHANNEL, "client_secret": CHANNEL_SECRET, "access_token": token}
    assert sandbox.call("POST", "/oauth2/v2.1/revoke", data=form).status_code == 200


def _status(sandbox: SandboxClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return sandbox.get("/v2/bot/info", headers=headers).status_code
