"""Multicast, narrowcast and broadcast, and the people who are not there any more."""

import uuid

import pytest

from tests.sandbox.client import Json, SandboxClient, text

MESSAGES: Json = {"messages": [text("公告")]}
KEY = "123e4567-e89b-12d3-a456-426614174000"


@pytest.mark.parametrize(("count", "status"), [(500, 200), (501, 400)])
def test_multicast_takes_500_people(sandbox: SandboxClient, count: int, status: int) -> None:
    people = [f"U{number:032x}" for number in range(count)]
    assert _post(sandbox, "multicast", {"to": people}).status_code == status


def test_multicast_names_the_malformed_recipient(sandbox: SandboxClient) -> None:
    answer = _post(sandbox, "multicast", {"to": [sandbox.user_id(), "U12"]})
    message = "The property, 'to[1]', in the request body is invalid (line: -, column: -)"
    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_multicast_counts_a_person_named_twice_once(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    _post(sandbox, "multicast", {"to": [mother, mother]})
    assert len(sandbox.seen(mother)) == 1
    assert sandbox.get("/inspect/summary").json()["billed_this_month"] == 1


def test_repeat_of_a_multicast_tells_no_messages(sandbox: SandboxClient) -> None:
    body = {"to": [sandbox.friend()], **MESSAGES}
    path = "/v2/bot/message/multicast"
    first, second = (sandbox.line("POST", path, body, KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json() == {"message": "The retry key is already accepted"}
    accepted = second.headers["x-line-accepted-request-id"]
    assert accepted == first.headers["x-line-request-id"]


def test_broadcast_reaches_all_friends_and_nobody_else(sandbox: SandboxClient) -> None:
    mother, officer, father = (
        sandbox.friend(),
        sandbox.friend("王淑芬"),
        sandbox.user_id("林志遠"),
    )
    answer = _post(sandbox, "broadcast", {})
    assert (answer.status_code, answer.json()) == (200, {})
    assert [len(sandbox.seen(one)) for one in (mother, officer, father)] == [1, 1, 0]
    assert sandbox.get("/inspect/summary").json()["billed_this_month"] == 2


def test_narrowcast_is_accepted_and_its_progress_told(sandbox: SandboxClient) -> None:
    sandbox.friend()
    answer = _post(sandbox, "narrowcast", {})
    asked = {"requestId": answer.headers["x-line-request-id"]}
    path = "/v2/bot/message/progress/narrowcast"
    progress = sandbox.line("GET", path, params=asked).json()
    assert (answer.status_code, answer.json()) == (202, {})
    assert (progress["phase"], progress["successCount"]) == ("succeeded", 1)
    unknown = sandbox.line("GET", path, params={"requestId": str(uuid.uuid4())})
    assert unknown.status_code == 404


def test_narrowcast_to_an_audience_is_not_for_this_account(sandbox: SandboxClient) -> None:
    recipient = {"recipient": {"type": "audience", "audienceGroupId": 1}}
    assert _post(sandbox, "narrowcast", recipient).status_code == 403


def test_quota_is_asked_for_all_people_at_once(sandbox: SandboxClient) -> None:
    sandbox.friend()
    sandbox.friend("王淑芬")
    sandbox.post("/inspect/quota", {"limit": 1, "used": 0})
    answer = _post(sandbox, "broadcast", {})
    assert answer.json() == {"message": "You have reached your monthly limit."}
    assert sandbox.get("/inspect/summary").json()["seen"] == 0


def test_deleted_account_takes_pushes_and_shows_nothing(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    assert sandbox.post(f"/inspect/people/{mother}/delete").status_code == 204
    assert sandbox.push(mother).status_code == 200
    assert sandbox.line("GET", f"/v2/bot/profile/{mother}").status_code == 404
    assert sandbox.line("GET", "/v2/bot/followers/ids").json() == {"userIds": []}
    (row,) = sandbox.get("/inspect/undelivered").json()
    assert (row["user_id"], row["reason"], row["billed"]) == (mother, "account deleted", 0)


def test_followers_come_page_by_page(sandbox: SandboxClient) -> None:
    friends = [sandbox.friend(name) for name in ("林雅婷", "林志遠", "王淑芬")]
    path = "/v2/bot/followers/ids"
    first = sandbox.line("GET", path, params={"limit": 2}).json()
    second = sandbox.line("GET", path, params={"limit": 2, "start": first["next"]}).json()
    assert first["userIds"] + second["userIds"] == friends
    assert "next" not in second
    assert sandbox.line("GET", path, params={"limit": 1001}).status_code == 400


def test_dots_show_until_the_next_message(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    path = "/v2/bot/chat/loading/start"
    answer = sandbox.line("POST", path, {"chatId": mother, "loadingSeconds": 60})
    during = sandbox.person()["is_loading"]
    sandbox.push(mother)
    assert (answer.status_code, answer.json()) == (202, {})
    assert (during, sandbox.person()["is_loading"]) == (True, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loadingSeconds": 4}, "Must be between 5 and 60"),
        ({"loadingSeconds": 65}, "Must be between 5 and 60"),
        ({"loadingSeconds": 7}, "Must be a multiple of 5"),
        ({"chatId": None}, "must be specified"),
    ],
)
def test_wrong_dots_are_refused(sandbox: SandboxClient, change: Json, message: str) -> None:
    body = {"chatId": sandbox.user_id(), "loadingSeconds": 20} | change
    answer = sandbox.line("POST", "/v2/bot/chat/loading/start", body)
    assert answer.status_code == 400
    assert [row["message"] for row in answer.json()["details"]] == [message]


def _post(sandbox: SandboxClient, kind: str, body: Json) -> Json:
    return sandbox.line("POST", f"/v2/bot/message/{kind}", body | MESSAGES)
