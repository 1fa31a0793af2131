"""Webhooks at their worst: together, twice, in disorder, again and again, not at all."""

import pytest

from tests.sandbox.client import Json, SandboxClient
from tests.sandbox.fake_app import FakeApp


def _behave(sandbox: SandboxClient, **manners: object) -> None:
    assert sandbox.post("/inspect/webhook-manners", manners).status_code == 204


def test_events_of_several_people_share_a_body(sandbox: SandboxClient, app: FakeApp) -> None:
    _behave(sandbox, batch_size=3, batch_seconds=2.0)
    people = [sandbox.friend(name) for name in ("林雅婷", "林志遠", "王淑芬")]
    (call,) = app.wait_for("/line/webhook")
    assert [event["source"]["userId"] for event in call.json()["events"]] == people


def test_body_comes_twice_without_any_failure(sandbox: SandboxClient, app: FakeApp) -> None:
    _behave(sandbox, duplicates=1.0)
    sandbox.friend()
    first, second = app.wait_for("/line/webhook", 2)
    assert first.body == second.body
    assert first.headers["x-line-signature"] == second.headers["x-line-signature"]


def test_same_seed_mixes_events_the_same_way(sandbox: SandboxClient, app: FakeApp) -> None:
    orders = []
    for _ in range(2):
        sandbox.post("/inspect/reset")
        app.reset()
        _behave(sandbox, batch_size=6, batch_seconds=2.0, shuffle=True, seed=5)
        mother = sandbox.friend()
        for word in "abcde":
            sandbox.post(f"/phone/{mother}/text", {"text": word})
        events = app.wait_for("/line/webhook")[0].json()["events"]
        orders.append([event.get("message", {}).get("text", "follow") for event in events])
    assert orders[0] == orders[1] != ["follow", *"abcde"]


def test_failing_app_hears_an_event_as_often_as_set(sandbox: SandboxClient, app: FakeApp) -> None:
    _behave(sandbox, redeliveries=3)
    app.webhook_statuses = [500, 503, 500]
    sandbox.friend()
    events = app.wait_for_events(4)
    assert [event["deliveryContext"]["isRedelivery"] for event in events] == [False] + [True] * 3
    for key in ("webhookEventId", "replyToken", "timestamp"):
        assert len({event[key] for event in events}) == 1


def test_webhooks_can_be_switched_off(sandbox: SandboxClient, app: FakeApp) -> None:
    _behave(sandbox, active=False)
    sandbox.friend()
    told = sandbox.line("GET", "/v2/bot/channel/webhook/endpoint").json()
    _behave(sandbox, active=True)
    sandbox.friend("王淑芬")
    assert (told["active"], len(app.wait_for_events())) == (False, 1)


def test_standby_events_carry_no_reply_token(sandbox: SandboxClient, app: FakeApp) -> None:
    _behave(sandbox, standby=True)
    sandbox.friend()
    (event,) = app.wait_for_events()
    assert (event["mode"], "replyToken" in event) == ("standby", False)


@pytest.mark.parametrize(
    "manners",
    [
        {"speed": 1},
        {"active": 1},
        {"batch_size": 0},
        {"batch_size": True},
        {"duplicates": 1.5},
        {"seed": "a"},
    ],
)
def test_misspelt_manners_are_refused(sandbox: SandboxClient, manners: Json) -> None:
    answer = sandbox.post("/inspect/webhook-manners", manners)
    assert answer.status_code == 400
    assert next(iter(manners)) in answer.json()["message"]


def test_webhook_test_tells_lines_words(sandbox: SandboxClient, app: FakeApp) -> None:
    app.webhook_statuses = [503]
    answer = sandbox.line("POST", "/v2/bot/channel/webhook/test").json()
    assert answer["timestamp"].startswith("2026-11-22T23:2")
    assert answer["timestamp"].endswith("Z")
    assert (answer["statusCode"], answer["reason"]) == (503, "ERROR_STATUS_CODE")
