"""One of every event: what the SDK makes of it, and that any of them can be sent."""

import json

import pytest
from linebot.v3.webhook import WebhookParser
from linebot.v3.webhooks import models

from sandbox.clock import Clock, parse_instant
from sandbox.ledgers.reply_tokens import ReplyTokens
from sandbox.people import BOT_USER_ID, cast
from sandbox.webhooks.event_samples import SAMPLES
from sandbox.webhooks.events import Events
from sandbox.webhooks.sender import encode, sign
from tests.sandbox.client import CHANNEL_SECRET, START, Json, SandboxClient
from tests.sandbox.fake_app import FakeApp

# Not known to the SDK on purpose: bots must survive what LINE has not told anybody yet.
FOREIGN = {"unknown type", "unknown message"}


def _sample(name: str) -> Json:
    events = Events(Clock(parse_instant(START)), ReplyTokens(), lambda *_: None)
    return SAMPLES[name](events, cast()[0], "500000000000000001")


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in FOREIGN])
def test_sample_is_known_to_the_sdk(name: str) -> None:
    body = encode([_sample(name)])
    parser = WebhookParser(CHANNEL_SECRET)
    (event,) = parser.parse(body.decode(), sign(CHANNEL_SECRET, body))
    assert type(event).__name__ != "UnknownEvent"
    message = getattr(event, "message", None)
    assert not isinstance(message, dict)


def test_foreign_samples_are_unknown_to_the_sdk() -> None:
    body = encode([_sample("unknown type")])
    (event,) = WebhookParser(CHANNEL_SECRET).parse(body.decode(), sign(CHANNEL_SECRET, body))
    assert type(event).__name__ == "UnknownEvent"


def test_failed_link_has_neither_source_nor_reply_token() -> None:
    event = _sample("account link failed")
    assert event["link"]["result"] == "failed"
    assert {"source", "replyToken"}.isdisjoint(event)


def test_standby_event_cannot_be_answered() -> None:
    event = _sample("standby")
    assert event["mode"] == "standby"
    assert "replyToken" not in event
    assert models.Event.from_dict(event).mode.value == "standby"


@pytest.mark.parametrize("name", ["unfollow", "unsend", "leave"])
def test_what_nobody_waits_for_has_no_reply_token(name: str) -> None:
    assert "replyToken" not in _sample(name)


def test_all_samples_can_be_sent_to_the_app(sandbox: SandboxClient, app: FakeApp) -> None:
    body = {"user_id": sandbox.user_id()}
    answer = sandbox.post("/inspect/samples", body).json()
    assert answer == {"sent": len(SAMPLES)}
    calls = app.wait_for("/line/webhook", len(SAMPLES))
    assert {json.loads(call.body)["destination"] for call in calls} == {BOT_USER_ID}
    assert sandbox.get("/inspect/samples").json() == list(SAMPLES)


def test_unknown_sample_is_refused(sandbox: SandboxClient) -> None:
    body = {"user_id": sandbox.user_id(), "names": ["teleport"]}
    assert sandbox.post("/inspect/samples", body).status_code == 400
