"""What a person does with the phone, and what the phone page is told."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.client import LIFF_ID, SandboxClient, text
from tests.sandbox.fake_app import FakeApp


def test_world_begins_with_three_people_who_are_no_friends(sandbox: SandboxClient) -> None:
    state = sandbox.get("/phone/state").json()
    facts = [(p["name"], p["role"], p["device"], p["friend"]) for p in state["phones"]]
    assert facts == [
        ("林雅婷", "媽媽", "phone", False),
        ("林志遠", "爸爸", "desktop", False),
        ("王淑芬", "生教組", "phone", False),
    ]
    assert state["now"].startswith("2026-11-23T07:20:")
    assert state["account"] == {"name": "臺北市到離校通知"}
    assert sandbox.line("GET", "/v2/bot/info").json()["displayName"] == "臺北市到離校通知"
    assert (state["faults"], state["log"]) == ([], [])


def test_profile_is_known_for_friends_only(sandbox: SandboxClient) -> None:
    mother = sandbox.user_id()
    statuses = [_profile(sandbox, mother)]
    sandbox.friend()
    statuses.append(_profile(sandbox, mother))
    sandbox.post(f"/phone/{mother}/block")
    statuses += [_profile(sandbox, mother), _profile(sandbox, "U1")]
    assert statuses == [404, 200, 404, 400]


def test_pressing_follow_twice_is_one_event(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    sandbox.friend()
    sandbox.post(f"/phone/{mother}/text", {"text": "今天"})
    assert [event["type"] for event in app.wait_for_events(2)] == ["follow", "message"]


def test_postback_shows_what_the_button_says(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    body = {"data": "ack=1", "display_text": "我知道了"}
    sandbox.post(f"/phone/{mother}/postback", body)
    event = app.wait_for_events(2)[1]
    last = sandbox.person()["messages"][-1]
    assert event["postback"] == {"data": "ack=1"}
    assert (last["from"], last["message"]["text"]) == ("person", "我知道了")


def test_blocked_phone_cannot_write(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/block")
    assert sandbox.post(f"/phone/{mother}/text", {"text": "喂"}).status_code == 409


def test_deleting_the_account_is_told_once_and_can_be_undone(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.friend()
    for _ in range(2):
        assert sandbox.post(f"/phone/{mother}/unfollow").status_code == 204
    deleted = sandbox.person()
    sandbox.friend()
    events = app.wait_for_events(3)
    assert [event["type"] for event in events] == ["follow", "unfollow", "follow"]
    assert events[2]["follow"] == {"isUnblocked": False}
    assert (deleted["friend"], deleted["blocked"]) == (False, False)


def test_deleting_a_blocked_account_tells_nothing_new(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/block")
    sandbox.post(f"/phone/{mother}/unfollow")
    sandbox.friend()
    kinds = [event["type"] for event in app.wait_for_events(3)]
    assert kinds == ["follow", "unfollow", "follow"]


def test_who_deleted_the_account_gets_nothing_though_they_wrote_lately(
    sandbox: SandboxClient,
) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/text", {"text": "今天"})
    sandbox.post(f"/phone/{mother}/unfollow")
    sandbox.push(mother)
    assert sandbox.seen(mother) == []


def test_chat_goes_on_at_the_computer_without_menu_and_quick_replies(
    sandbox: SandboxClient,
) -> None:
    mother = sandbox.friend()
    item = {"type": "action", "action": {"type": "message", "label": "今天", "text": "今天"}}
    sandbox.push(mother, text("選一個") | {"quickReply": {"items": [item]}})
    sandbox.post(f"/phone/{mother}/device", {"device": "desktop"})
    at_computer = sandbox.person()
    sandbox.post(f"/phone/{mother}/device", {"device": "phone"})
    assert (at_computer["device"], at_computer["quick_reply"]) == ("desktop", [])
    assert (len(at_computer["messages"]), sandbox.person()["quick_reply"]) == (2, [item])


def test_chat_tells_alerts_silent_pushes_and_replies_apart(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    mother = sandbox.friend()
    token = app.wait_for_events(1)[0]["replyToken"]
    sandbox.push(mother)
    sandbox.push(mother, notificationDisabled=True)
    body = {"replyToken": token, "messages": [text("好")]}
    sandbox.line("POST", "/v2/bot/message/reply", body)
    rows = [row for row in sandbox.person()["messages"] if row["from"] == "account"]
    assert [row["kind"] for row in rows] == ["push", "push", "reply"]
    assert [row["silent"] for row in rows[:2]] == [False, True]
    assert sandbox.person()["unread"] == 2


def test_quick_replies_last_until_the_next_message(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    item = {"type": "action", "action": {"type": "message", "label": "今天", "text": "今天"}}
    sandbox.push(mother, text("選一個") | {"quickReply": {"items": [item]}})
    offered = sandbox.person()["quick_reply"]
    sandbox.push(mother, text("小晴 07:41 到校"))
    assert (offered, sandbox.person()["quick_reply"]) == ([item], [])


def test_reading_clears_the_unread_count(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.push(mother)
    sandbox.post(f"/phone/{mother}/read")
    assert (sandbox.person()["unread"], sandbox.person()["rings"]) == (0, 1)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        (f"https://liff.line.me/{LIFF_ID}/leaves/new?child=1", "liff"),
        ("tel:1999", "tel"),
        ("https://www.gov.taipei/", "external"),
    ],
)
def test_links_open_as_in_line(sandbox: SandboxClient, url: str, mode: str) -> None:
    mother = sandbox.user_id()
    answer = sandbox.post(f"/phone/{mother}/open", {"url": url}).json()
    own = f"{sandbox.origin}/liff/{LIFF_ID}/leaves/new?child=1&phone={mother}"
    assert answer == {"mode": mode, "url": own if mode == "liff" else url}


def test_new_phone_joins_the_world(sandbox: SandboxClient) -> None:
    body = {"name": "陳怡君", "role": "阿姨", "device": "phone"}
    answer = sandbox.post("/phone", body)
    assert (answer.status_code, answer.json()["name"]) == (201, "陳怡君")
    assert sandbox.push(answer.json()["user_id"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/phone/U0/text", {"text": "一"}, 404),
        ("/phone/{mother}/text", {"text": ""}, 400),
        ("/phone/{mother}/text", {"text": "字" * 5001}, 400),
        ("/phone/{mother}/text", ["text"], 400),
        ("/phone/{mother}/postback", {"data": "x" * 301}, 400),
        ("/phone", {"name": "一", "role": "二", "device": "tablet"}, 400),
        ("/clock", {"now": "2026-11-23T08:00:00"}, 400),
        ("/clock", {"now": "soon"}, 400),
    ],
)
def test_nonsense_from_the_page_is_refused(
    sandbox: SandboxClient, path: str, body: object, status: int
) -> None:
    target = path.format(mother=sandbox.friend())
    assert sandbox.post(target, body).status_code == status


def test_changes_are_streamed(sandbox: SandboxClient) -> None:
    with requests.get(f"{sandbox.origin}/phone/events", stream=True, timeout=60) as stream:
        lines = stream.iter_lines()
        next(lines)
        mother = sandbox.friend()
        sandbox.push(mother)
        sandbox.set_clock("2026-11-23T08:00:00+08:00")
        sandbox.post("/faults", [])
        events = _until(lines, "faults")
    kinds = {event["type"] for event in events}
    assert kinds >= {"phone", "log", "clock", "faults"}
    phone = [event["phone"] for event in events if event["type"] == "phone"][-1]
    assert (phone["user_id"], phone["rings"]) == (mother, 1)
    clock = next(event for event in events if event["type"] == "clock")
    assert clock["now"] == "2026-11-23T08:00:00+08:00"


def test_log_tells_billing_and_repeats(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), "123e4567-e89b-12d3-a456-426614174000"
    sandbox.push(mother, key=key)
    sandbox.push(mother, key=key)
    rows = [row for row in sandbox.get("/phone/state").json()["log"] if row["kind"] == "push"]
    assert [(row["alert"], row["answer"]) for row in rows] == [
        ("none", "409・不計費"),
        ("ring", "200・計費 1 則"),
    ]


def _profile(sandbox: SandboxClient, user_id: str) -> int:
    return int(sandbox.line("GET", f"/v2/bot/profile/{user_id}").status_code)


def _until(lines: Iterator[bytes], kind: str) -> list[dict[str, Any]]:
    events = []
    for line in lines:
        if line.startswith(b"data: "):
            events.append(json.loads(line[6:]))
            if events[-1]["type"] == kind:
                break
    return events
