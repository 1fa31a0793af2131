"""Push, multicast and reply: what is accepted, what arrives, what is billed."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.client import SandboxClient, text
from tests.sandbox.fake_app import FakeApp

STRANGER = "U" + "0" * 32


def test_push_to_a_friend_rings_and_is_billed_once(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    answer = sandbox.push(mother, text("小晴 07:41 到校"), text("小禾 07:43 到校"))
    assert answer.status_code == 200
    sent = answer.json()["sentMessages"]
    assert [len(entry["id"]) for entry in sent] == [18, 18]
    assert all(entry["quoteToken"] for entry in sent)
    assert [row["billed"] for row in sandbox.seen(mother)] == [1, 0]
    assert sandbox.person()["rings"] == 1
    assert sandbox.person()["unread"] == 2
    assert _used(sandbox) == 1


def test_every_platform_answer_carries_a_fresh_request_id(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    answers = [
        sandbox.push(mother),
        sandbox.push("nobody"),
        sandbox.get("/v2/bot/info"),
        sandbox.get("/v2/bot/nowhere"),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 401, 404]
    ids = {str(uuid.UUID(answer.headers["x-line-request-id"])) for answer in answers}
    assert len(ids) == 4


def test_disabled_notification_arrives_silently(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.push(mother, notificationDisabled=True)
    assert [row["alert"] for row in sandbox.seen(mother)] == ["silent"]
    assert sandbox.person()["rings"] == 0


def test_push_to_who_blocked_us_is_accepted_dropped_and_free(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/block")
    answer = sandbox.push(mother)
    assert (answer.status_code, len(answer.json()["sentMessages"])) == (200, 1)
    assert sandbox.seen(mother) == []
    assert _used(sandbox) == 0


def test_stranger_gets_pushes_for_seven_days_after_writing(sandbox: SandboxClient) -> None:
    father = sandbox.user_id("林志遠")
    sandbox.push(father, text("一"))
    sandbox.post(f"/phone/{father}/text", {"text": "您好"})
    sandbox.push(father, text("二"))
    sandbox.set_clock("2026-11-30T07:21:00+08:00")
    sandbox.push(father, text("三"))
    assert [row["message"]["text"] for row in sandbox.seen(father)] == ["二"]


@pytest.mark.parametrize(
    ("to", "message"),
    [
        (STRANGER, "Failed to send messages"),
        ("C" + "0" * 32, "Failed to send messages"),
        ("U123", "The property, 'to', in the request body is invalid (line: -, column: -)"),
    ],
)
def test_push_to_an_impossible_user_is_refused(
    sandbox: SandboxClient, to: str, message: str
) -> None:
    answer = sandbox.push(to)
    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_multicast_reaches_friends_only(sandbox: SandboxClient) -> None:
    mother, father = sandbox.friend(), sandbox.user_id("林志遠")
    body = {"to": [mother, father, STRANGER], "messages": [text("公告")]}
    answer = sandbox.line("POST", "/v2/bot/message/multicast", body)
    assert (answer.status_code, answer.json()) == (200, {})
    assert (len(sandbox.seen(mother)), len(sandbox.seen(father))) == (1, 0)
    assert _used(sandbox) == 1


def test_same_key_twice_answers_409_with_the_first_result(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    first, second = sandbox.push(mother, key=key), sandbox.push(mother, key=key.upper())
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json() == {
        "message": "The retry key is already accepted",
        "sentMessages": first.json()["sentMessages"],
    }
    assert second.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert second.headers["x-line-request-id"] != first.headers["x-line-request-id"]
    assert len(sandbox.seen(mother)) == 1


def test_twenty_concurrent_calls_with_one_key_are_one_message(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: sandbox.push(mother, key=key).status_code, range(20)))
    assert sorted(answers) == [200] + [409] * 19
    assert len(sandbox.seen(mother)) == 1


def test_key_is_a_new_one_after_24_hours(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.push(mother, key=key)
    sandbox.set_clock("2026-11-24T07:19:00+08:00")
    before = sandbox.push(mother, key=key).status_code
    sandbox.set_clock("2026-11-24T07:21:00+08:00")
    assert (before, sandbox.push(mother, key=key).status_code) == (409, 200)
    entry = sandbox.get("/inspect/ledger").json()["keys"][key]
    assert len(entry["accepted_request_ids"]) == 2


def test_refused_attempts_do_not_burn_the_key(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.fault(endpoint="push", status=500)
    statuses = [
        sandbox.push(mother, key=key).status_code,
        sandbox.push(mother, {"type": "text"}, key=key).status_code,
        sandbox.push(mother, key=key).status_code,
    ]
    assert statuses == [500, 400, 200]
    attempts = sandbox.get("/inspect/ledger").json()["keys"][key]["attempts"]
    assert [attempt["status"] for attempt in attempts] == statuses


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/bot/message/reply"),
        ("POST", "/v2/bot/message/validate/push"),
        ("GET", "/v2/bot/info"),
    ],
)
def test_key_is_refused_where_line_has_none(sandbox: SandboxClient, method: str, path: str) -> None:
    assert sandbox.line(method, path, key=str(uuid.uuid4())).status_code == 400


def test_key_must_be_a_uuid(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    assert sandbox.push(mother, key="again").status_code == 400
    assert sandbox.seen(mother) == []


def test_reply_is_free_and_works_once(sandbox: SandboxClient, app: FakeApp) -> None:
    mother, token = _reply_token(sandbox, app)
    answers = [_reply(sandbox, token) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 400]
    assert answers[1][1] == {"message": "Invalid reply token"}
    assert [row["billed"] for row in sandbox.seen(mother)] == [0]
    assert _used(sandbox) == 0


@pytest.mark.parametrize(("later", "status"), [("07:20:50", 200), ("07:21:10", 400)])
def test_reply_token_lives_a_minute(
    sandbox: SandboxClient, app: FakeApp, later: str, status: int
) -> None:
    _, token = _reply_token(sandbox, app)
    sandbox.set_clock(f"2026-11-23T{later}+08:00")
    assert _reply(sandbox, token)[0] == status


def test_invalid_reply_body_keeps_the_token(sandbox: SandboxClient, app: FakeApp) -> None:
    _, token = _reply_token(sandbox, app)
    bad = {"replyToken": token, "messages": [text("")]}
    assert sandbox.line("POST", "/v2/bot/message/reply", bad).status_code == 400
    assert _reply(sandbox, token)[0] == 200


def test_quota_counts_people_and_stops_at_the_limit(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.post("/inspect/quota", {"limit": 1, "used": 0})
    statuses = [sandbox.push(mother).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert sandbox.push(mother).json() == {"message": "You have reached your monthly limit."}
    quota = sandbox.line("GET", "/v2/bot/message/quota").json()
    assert quota == {"type": "limited", "value": 1}


def test_quota_begins_anew_with_the_month_of_japan(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.push(mother)
    sandbox.set_clock("2026-11-30T22:59:00+08:00")
    november = _used(sandbox)
    sandbox.set_clock("2026-11-30T23:01:00+08:00")
    assert (november, _used(sandbox)) == (1, 0)


def test_daily_count_is_ready_the_day_after(sandbox: SandboxClient) -> None:
    sandbox.push(sandbox.friend())
    path = "/v2/bot/message/delivery/push?date=20261123"
    today = sandbox.line("GET", path).json()
    sandbox.set_clock("2026-11-24T08:00:00+08:00")
    tomorrow = sandbox.line("GET", path).json()
    assert (today, tomorrow) == ({"status": "unready"}, {"status": "ready", "success": 1})


def _used(sandbox: SandboxClient) -> int:
    return int(sandbox.line("GET", "/v2/bot/message/quota/consumption").json()["totalUsage"])


def _reply_token(sandbox: SandboxClient, app: FakeApp) -> tuple[str, str]:
    mother = sandbox.friend()
    return mother, app.wait_for_events()[0]["replyToken"]


def _reply(sandbox: SandboxClient, token: str) -> tuple[int, object]:
    body = {"replyToken": token, "messages": [text("您好")]}
    answer = sandbox.line("POST", "/v2/bot/message/reply", body)
    return answer.status_code, answer.json()
