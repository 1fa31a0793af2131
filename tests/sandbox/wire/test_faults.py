"""Faults on demand, above all the ones after LINE has accepted."""

import uuid

import pytest
import requests

from tests.sandbox.client import SandboxClient


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"status": 500}, 500, {"message": "Internal server error"}),
        (
            {"status": 429},
            429,
            {"message": "The API rate limit has been exceeded. Try again later."},
        ),
        (
            {"status": 429, "reason": "quota"},
            429,
            {"message": "You have reached your monthly limit."},
        ),
        ({"status": 200, "body": {}}, 200, {}),
        ({"status": 403, "body": {"message": "no"}}, 403, {"message": "no"}),
    ],
)
def test_fault_before_accepting_delivers_nothing(
    sandbox: SandboxClient, fault: dict[str, object], status: int, body: object
) -> None:
    mother = sandbox.friend()
    sandbox.fault(endpoint="push", **fault)
    answer = sandbox.push(mother)
    assert (answer.status_code, answer.json()) == (status, body)
    assert sandbox.seen(mother) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 500}, "500・平台故障"),
        ({"status": 429}, "429・平台忙線"),
        ({"status": 429, "reason": "quota"}, "429・額度用完"),
    ],
)
def test_log_tells_of_a_push_the_platform_refused(
    sandbox: SandboxClient, fault: dict[str, object], words: str
) -> None:
    mother = sandbox.friend()
    sandbox.fault(endpoint="push", **fault)
    sandbox.push(mother)
    rows = [row for row in sandbox.get("/phone/state").json()["log"] if row["answer"] == words]
    assert [(row["who"], row["alert"]) for row in rows] == [("林雅婷", "none")]


def test_500_after_accept_delivers_and_burns_the_key(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.fault(endpoint="push", status=500, after_accept=True)
    statuses = [sandbox.push(mother, key=key).status_code for _ in range(2)]
    assert statuses == [500, 409]
    assert len(sandbox.seen(mother)) == 1


def test_reset_after_accept_delivers_without_an_answer(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.fault(endpoint="push", reset=True, after_accept=True)
    with pytest.raises(requests.ConnectionError):
        sandbox.push(mother, key=key)
    assert sandbox.push(mother, key=key).status_code == 409
    assert len(sandbox.seen(mother)) == 1


def test_hanging_answer_outlasts_the_caller(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.fault(endpoint="profile", hang=True)
    with pytest.raises(requests.Timeout):
        requests.get(
            f"{sandbox.origin}/v2/bot/profile/{mother}",
            headers={"Authorization": "Bearer channel-token-of-the-tests"},
            timeout=0.3,
        )


def test_faults_are_used_up_in_order_and_by_endpoint(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    rows = [
        {"endpoint": "push", "status": 429, "count": 2},
        {"endpoint": "profile", "status": 500},
        {"endpoint": "push", "status": 500},
    ]
    sandbox.post("/faults", rows)
    statuses = [sandbox.push(mother).status_code for _ in range(4)]
    assert statuses == [429, 429, 500, 200]
    assert [row["endpoint"] for row in sandbox.get("/faults").json()] == ["profile"]


def test_fault_can_meet_one_person_alone(sandbox: SandboxClient) -> None:
    mother, father = sandbox.friend(), sandbox.friend("林志遠")
    sandbox.fault(endpoint="push", status=429, to=mother, every=1)
    answers = [sandbox.push(one).status_code for one in (mother, father, mother, father)]
    assert answers == [429, 200, 429, 200]


def test_login_and_taipei_pass_can_fail_too(sandbox: SandboxClient) -> None:
    rows = [
        {"endpoint": "verify", "status": 500},
        {"endpoint": "taipei_pass_token", "status": 503},
        {"endpoint": "taipei_pass_profile", "status": 200, "body": {}},
    ]
    sandbox.post("/faults", rows)
    assert sandbox.call("POST", "/oauth2/v2.1/verify", data={}).status_code == 500
    assert sandbox.call("POST", "/tpcd/oauth/token", data={}).status_code == 503
    assert sandbox.get("/tpcd/api/v1.0.9/user/my").json() == {}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_fault_sent_as_a_form_is_told_which_header_lacks(sandbox: SandboxClient) -> None:
    for path in ("/faults", "/inspect/quota", "/sms/plan"):
        answer = sandbox.call("POST", path, data="[]", headers=FORM)
        assert (answer.status_code, "content-type: application/json" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"status": 500}], "[0].endpoint is missing"),
        ([{"endpoint": "push", "colour": 1}], "[0].colour is unknown"),
        ([{"endpoint": "push", "status": "500"}], "[0].status has the wrong type"),
        ([{"endpoint": "push", "count": 0}], "[0].count must be at least 1"),
        ({}, "a JSON list is needed"),
    ],
)
def test_misspelt_fault_is_refused(sandbox: SandboxClient, rows: object, message: str) -> None:
    answer = sandbox.post("/faults", rows)
    assert (answer.status_code, answer.json()) == (400, {"message": message})
