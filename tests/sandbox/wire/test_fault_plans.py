"""Faults by turn and by chance, and what they do on the wire."""

import re
import time
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.line.api import ENDPOINTS
from sandbox.wire.faults import Faults
from tests.sandbox.client import LIFF_ID, LOGIN_CHANNEL, LOGIN_SECRET, Json, SandboxClient

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r'@(?:line_call|faulty)\("([a-z_]+)"')


def _hits(row: Json, calls: int, endpoint: str = "push") -> list[int]:
    faults = Faults(lambda _: None)
    faults.replace([{"endpoint": "push", "status": 500, **row}])
    return [number for number in range(1, calls + 1) if faults.take(endpoint)]


def test_nth_call_is_hit_once() -> None:
    assert _hits({"nth": 3}, 10) == [3]
    assert _hits({"nth": 3, "count": 2}, 10) == [3, 4]


def test_every_nth_call_is_hit_for_good() -> None:
    assert _hits({"every": 4}, 12) == [4, 8, 12]
    assert _hits({"every": 4, "count": 2}, 12) == [4, 8]


def test_one_seed_is_one_series_of_accidents() -> None:
    first = _hits({"probability": 0.2, "seed": 7}, 1000)
    assert first == _hits({"probability": 0.2, "seed": 7}, 1000)
    assert first != _hits({"probability": 0.2, "seed": 8}, 1000)
    assert 150 < len(first) < 250


def test_star_means_every_endpoint() -> None:
    assert _hits({"endpoint": "*", "count": 2}, 5, "profile") == [1, 2]
    assert _hits({}, 5, "profile") == []


def test_list_tells_what_is_left_and_is_cleared_by_an_empty_one(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    rows = [{"endpoint": "push", "status": 500, "count": 2}, {"endpoint": "push", "every": 2}]
    sandbox.post("/faults", rows)
    sandbox.push(mother)
    left = sandbox.get("/faults").json()
    sandbox.post("/faults", [])
    assert left == [rows[0] | {"count": 1}, rows[1]]
    assert sandbox.get("/faults").json() == []


@pytest.mark.parametrize(
    ("fault", "statuses", "arrived"),
    [
        ({"status": 200, "body": {}}, [200, 200], 1),
        ({"status": 200, "body": {}, "after_accept": True}, [200, 409], 1),
        ({"status": 401}, [401, 200], 1),
        ({"status": 503, "after_accept": True}, [503, 409], 1),
    ],
)
def test_repeat_after_a_fault_gives_one_message(
    sandbox: SandboxClient, fault: Json, statuses: list[int], arrived: int
) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.fault(endpoint="push", **fault)
    assert [sandbox.push(mother, key=key).status_code for _ in range(2)] == statuses
    assert len(sandbox.seen(mother)) == arrived


def test_hang_after_accept_leaves_the_caller_without_an_answer(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.fault(endpoint="push", hang=True, after_accept=True)
    with pytest.raises(requests.Timeout):
        _push_with_patience(sandbox, mother, key, 0.5)
    assert sandbox.push(mother, key=key).status_code == 409
    attempts = sandbox.get("/inspect/ledger").json()["keys"][key]["attempts"]
    assert 409 in [attempt["status"] for attempt in attempts]


@pytest.mark.parametrize("endpoint", ["push", "profile"])
def test_bytes_dribble(sandbox: SandboxClient, endpoint: str) -> None:
    mother = sandbox.friend()
    sandbox.fault(endpoint=endpoint, slow_bytes_seconds=0.4)
    begun = time.monotonic()
    if endpoint == "push":
        answer = sandbox.push(mother)
    else:
        answer = sandbox.line("GET", f"/v2/bot/profile/{mother}")
    assert time.monotonic() - begun >= 0.35
    assert (answer.status_code, bool(answer.json())) == (200, True)


@pytest.mark.parametrize("path", ["/v2/bot/profile/", "/v2/profile"])
def test_connection_is_reset_outside_sending_too(sandbox: SandboxClient, path: str) -> None:
    endpoint = "login_profile" if path == "/v2/profile" else "profile"
    sandbox.fault(endpoint=endpoint, reset=True)
    whole = path if path == "/v2/profile" else path + sandbox.user_id()
    with pytest.raises(requests.ConnectionError):
        sandbox.line("GET", whole)


def test_answer_without_a_body_can_be_cut_after_the_work(sandbox: SandboxClient) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": LOGIN_CHANNEL,
        "client_secret": LOGIN_SECRET,
    }
    channel = sandbox.call("POST", "/oauth2/v3/token", data=form).json()["access_token"]
    entry = sandbox.get(f"/liff/{LIFF_ID}?phone={sandbox.user_id()}").headers["Location"]
    token = parse_qs(urlsplit(entry).fragment)["access_token"][0]
    sandbox.fault(endpoint="deauthorize", reset=True, after_accept=True)
    headers = {"Authorization": f"Bearer {channel}"}
    with pytest.raises(requests.ConnectionError):
        sandbox.post("/user/v1/deauthorize", {"userAccessToken": token}, headers=headers)
    answer = sandbox.get("/oauth2/v2.1/verify", params={"access_token": token})
    assert answer.json()["error_description"] == "The access token revoked"


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"nth": 0}, "nth"),
        ({"every": 0}, "every"),
        ({"probability": 0}, "probability"),
        ({"probability": 1.1}, "probability"),
        ({"delay_seconds": -1}, "delay_seconds"),
        ({"slow_bytes_seconds": -1}, "slow_bytes_seconds"),
        ({"status": 99}, "status"),
        ({"count": True}, "count"),
    ],
)
def test_impossible_fault_is_refused(sandbox: SandboxClient, row: Json, key: str) -> None:
    answer = sandbox.post("/faults", [{"endpoint": "push", **row}])
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"[0].{key} ")


def test_document_names_every_endpoint_that_can_fail() -> None:
    named = {endpoint.name for endpoint in ENDPOINTS.values()} | {"*"}
    for file in [*(ROOT / "sandbox" / "line").glob("*.py"), ROOT / "sandbox" / "login" / "api.py"]:
        named |= set(NAMED.findall(file.read_text(encoding="utf-8")))
    (row,) = (
        line
        for line in (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `endpoint` |")
    )
    assert set(re.findall(r"`([a-z_*]+)`", row)) - {"endpoint"} == named


def _push_with_patience(sandbox: SandboxClient, to: str, key: str, seconds: float) -> None:
    requests.post(
        f"{sandbox.origin}/v2/bot/message/push",
        json={"to": to, "messages": [{"type": "text", "text": "早安"}]},
        headers={
            "Authorization": "Bearer channel-token-of-the-tests",
            "X-Line-Retry-Key": key,
        },
        timeout=seconds,
    )
