"""Events as the app receives them."""

import base64
import hashlib
import hmac
import json

import pytest
from linebot.v3.webhooks import models as events

from sandbox.webhooks.sender import sign
from sandbox.webhooks.ulid import make_ulid
from tests.sandbox.client import CHANNEL_SECRET, SandboxClient
from tests.sandbox.fake_app import FakeApp


def test_signature_matches_lines_own_vector() -> None:
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
    signature = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="
    assert sign("8c570fa6dd201bb328f1c1eac23a96d8", body) == signature


def test_ulids_sort_by_time() -> None:
    ids = [make_ulid(millis) for millis in (1, 1_700_000_000_000, 1_800_000_000_000)]
    assert ids == sorted(ids)
    assert {len(ulid) for ulid in ids} == {26}


def test_exact_bytes_are_signed_and_headers_are_lines(sandbox: SandboxClient, app: FakeApp) -> None:
    sandbox.friend()
    call = app.wait_for("/line/webhook")[0]
    digest = hmac.new(CHANNEL_SECRET.encode(), call.body, hashlib.sha256).digest()
    assert call.headers["x-line-signature"] == base64.b64encode(digest).decode()
    assert call.headers["content-type"] == "application/json; charset=utf-8"
    assert call.headers["user-agent"] == "LineBotWebhook/2.0"


def test_every_event_is_known_to_the_sdk(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/text", {"text": "今天"})
    sandbox.post(f"/phone/{mother}/postback", {"data": "a=1", "params": {"date": "2026-11-24"}})
    sandbox.post(f"/phone/{mother}/block")
    sandbox.post(f"/phone/{mother}/unblock")
    received = app.wait_for_events(5)
    parsed = [events.Event.from_dict(event) for event in received]
    assert [type(event).__name__ for event in parsed] == [
        "FollowEvent",
        "MessageEvent",
        "PostbackEvent",
        "UnfollowEvent",
        "FollowEvent",
    ]
    assert [event.follow.is_unblocked for event in (parsed[0], parsed[4])] == [False, True]
    assert type(parsed[1].message).__name__ == "TextMessageContent"
    assert parsed[2].postback.params == {"date": "2026-11-24"}
    assert {event.source.user_id for event in parsed} == {mother}


def test_event_fields_are_complete(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/text", {"text": "今天"})
    event = app.wait_for_events(2)[1]
    assert list(event) == [
        "type",
        "message",
        "webhookEventId",
        "deliveryContext",
        "timestamp",
        "source",
        "replyToken",
        "mode",
    ]
    assert {"id", "type", "text", "quoteToken", "markAsReadToken"} == set(event["message"])
    assert len(event["replyToken"]) == 32
    assert 0 <= event["timestamp"] - 1_795_389_600_000 < 60_000


def test_unfollow_cannot_be_answered(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/block")
    assert "replyToken" not in app.wait_for_events(2)[1]


def test_failed_event_comes_again_once_as_the_same(sandbox: SandboxClient, app: FakeApp) -> None:
    app.webhook_statuses = [500, 500]
    sandbox.friend()
    first, again = app.wait_for_events(2)
    assert again == first | {"deliveryContext": {"isRedelivery": True}}
    reasons = [row["reason"] for row in sandbox.get("/inspect/webhooks").json()]
    assert reasons[0] == "ERROR_STATUS_CODE"


def test_webhook_test_sends_an_empty_list(sandbox: SandboxClient, app: FakeApp) -> None:
    answer = sandbox.line("POST", "/v2/bot/channel/webhook/test")
    assert (answer.json()["success"], answer.json()["statusCode"]) == (True, 200)
    assert app.wait_for("/line/webhook")[0].json()["events"] == []


def test_webhook_test_names_an_unreachable_app(sandbox: SandboxClient) -> None:
    body = {"endpoint": "http://127.0.0.1:9/line/webhook"}
    answer = sandbox.line("POST", "/v2/bot/channel/webhook/test", body).json()
    assert (answer["success"], answer["reason"]) == (False, "COULD_NOT_CONNECT")


def test_log_says_in_words_why_a_webhook_failed(sandbox: SandboxClient, app: FakeApp) -> None:
    app.webhook_statuses = [500]
    sandbox.friend()
    app.wait_for_events(2)
    rows = [row for row in sandbox.get("/phone/state").json()["log"] if row["kind"] == "webhook"]
    assert {row["what"] for row in rows} == {"告訴服務：加好友"}
    assert rows[-1]["answer"] == "500・服務沒有收下"


def test_webhook_goes_where_the_channel_points(sandbox: SandboxClient, app: FakeApp) -> None:
    body = {"endpoint": f"{app.url}/elsewhere"}
    assert sandbox.line("PUT", "/v2/bot/channel/webhook/endpoint", body).status_code == 200
    sandbox.friend()
    assert app.wait_for("/elsewhere")
    got = sandbox.line("GET", "/v2/bot/channel/webhook/endpoint").json()
    assert got == {**body, "active": True}


@pytest.mark.parametrize("url", ["https://example.org/x", "ftp://127.0.0.1/x", "nonsense"])
def test_webhook_never_leaves_the_machine(sandbox: SandboxClient, url: str) -> None:
    answer = sandbox.line("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": url})
    assert answer.status_code == 400


def test_inspector_sends_any_events_with_any_signature(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    odd = [{"type": "brandNew"}, {"type": "brandNew"}]
    answer = sandbox.post("/inspect/webhooks", {"events": odd, "signature": "wrong"})
    call = app.wait_for("/line/webhook")[0]
    assert answer.json() == {"status": 200, "reason": "OK"}
    assert call.headers["x-line-signature"] == "wrong"
    assert json.loads(call.body)["events"] == odd
