"""What LINE would refuse in a body, and where it would point."""

import copy
from typing import Any

import pytest

from tests.sandbox.client import Json, SandboxClient, text

TO = "U" + "0" * 32


def bubble() -> Json:
    """Return a good bubble with a text and a button."""
    button = {"type": "button", "action": {"type": "uri", "label": "看今天", "uri": "tel:1999"}}
    words = {"type": "text", "text": "小晴 07:41 到校", "size": "4xl", "color": "#28231C"}
    body = {"type": "box", "layout": "vertical", "contents": [words, button]}
    return {"type": "bubble", "size": "kilo", "body": body}


def flex(contents: Json | None = None, alt: str = "小晴 07:41 到校") -> Json:
    """Return a good Flex message."""
    return {"type": "flex", "altText": alt, "contents": contents or bubble()}


def carousel(count: int) -> Json:
    """Return a carousel of so many bubbles."""
    return {"type": "carousel", "contents": [bubble() for _ in range(count)]}


def with_quick_reply(*actions: Json) -> Json:
    """Return a text with quick replies."""
    items = [{"type": "action", "action": action} for action in actions]
    return text("您好") | {"quickReply": {"items": items}}


def say(label: str = "今天", words: str = "今天") -> Json:
    """Return a message action."""
    return {"type": "message", "label": label, "text": words}


def postback(**more: Any) -> Json:
    """Return a postback action."""
    return {"type": "postback", "label": "知道了", "data": "a=1", **more}


def changed(path: list[Any], value: object) -> Json:
    """Return the good Flex message with one place changed."""
    message = copy.deepcopy(flex())
    place: Any = message["contents"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return message


GOOD = {
    "longest text": text("字" * 5000),
    "text counted in UTF-16": text("😀" * 2500),
    "flex": flex(),
    "longest altText": flex(alt="字" * 1500),
    "twelve bubbles": flex(carousel(12)),
    "thirteen quick replies": with_quick_reply(*[say()] * 13),
    "label counted in characters people see": with_quick_reply(say("👨\u200d👩\u200d👧" * 20)),
    "postback of 300": with_quick_reply(postback(data="x" * 300)),
}

BAD = {
    "no messages": ([], "messages"),
    "six messages": ([text("一")] * 6, "messages"),
    "text missing": ([{"type": "text"}], "messages[0].text"),
    "text empty": ([text("")], "messages[0].text"),
    "text too long": ([text("字" * 5001)], "messages[0].text"),
    "text too long in UTF-16": ([text("😀" * 2501)], "messages[0].text"),
    "text not a string": ([{"type": "text", "text": 5}], "messages[0].text"),
    "second message bad": ([text("一"), text("")], "messages[1].text"),
    "type missing": ([{"text": "一"}], "messages[0].type"),
    "type unknown": ([{"type": "letter"}], "messages[0].type"),
    "unknown property": ([text("一") | {"colour": "red"}], "messages[0].colour"),
    "altText missing": ([{"type": "flex", "contents": bubble()}], "messages[0].altText"),
    "altText too long": ([flex(alt="字" * 1501)], "messages[0].altText"),
    "contents missing": ([{"type": "flex", "altText": "一"}], "messages[0].contents"),
    "empty bubble": ([flex({"type": "bubble"})], "/"),
    "bubble over 30 KB": (
        [changed(["body", "contents", 0, "text"], "字" * 11_000)],
        "/",
    ),
    "carousel over 50 KB": (
        [
            flex(
                {
                    "type": "carousel",
                    "contents": [changed(["body", "contents", 0, "text"], "字" * 6_000)["contents"]]
                    * 3,
                }
            )
        ],
        "/",
    ),
    "thirteen bubbles": ([flex(carousel(13))], "/contents"),
    "unknown Flex property": (
        [changed(["body", "contents", 0, "fontSize"], "xl")],
        "/body/contents/0/fontSize",
    ),
    "unknown component": (
        [changed(["body", "contents", 0], {"type": "table"})],
        "/body/contents/0/type",
    ),
    "layout missing": (
        [changed(["body"], {"type": "box", "contents": []})],
        "/body/layout",
    ),
    "layout unknown": ([changed(["body", "layout"], "grid")], "/body/layout"),
    "colour by name": (
        [changed(["body", "contents", 0, "color"], "red")],
        "/body/contents/0/color",
    ),
    "size unknown": (
        [changed(["body", "contents", 0, "size"], "huge")],
        "/body/contents/0/size",
    ),
    "wrap not a boolean": (
        [changed(["body", "contents", 0, "wrap"], "yes")],
        "/body/contents/0/wrap",
    ),
    "button in a baseline box": (
        [changed(["body", "layout"], "baseline")],
        "/body/contents/1/type",
    ),
    "button label over 40": (
        [changed(["body", "contents", 1, "action", "label"], "字" * 41)],
        "/body/contents/1/action/label",
    ),
    "javascript link": (
        [changed(["body", "contents", 1, "action", "uri"], "javascript:alert(1)")],
        "/body/contents/1/action/uri",
    ),
    "picture over http": (
        [changed(["hero"], {"type": "image", "url": "http://example.org/a.png"})],
        "/hero/url",
    ),
    "fourteen quick replies": (
        [with_quick_reply(*[say()] * 14)],
        "messages[0].quickReply.items",
    ),
    "quick reply label over 20": (
        [with_quick_reply(say("字" * 21))],
        "messages[0].quickReply.items[0].action.label",
    ),
    "quick reply switches a menu": (
        [
            with_quick_reply(
                {"type": "richmenuswitch", "label": "換", "data": "a", "richMenuAliasId": "a"}
            )
        ],
        "messages[0].quickReply.items[0].action.type",
    ),
    "postback data over 300": (
        [with_quick_reply(postback(data="x" * 301))],
        "messages[0].quickReply.items[0].action.data",
    ),
    "displayText with text": (
        [with_quick_reply(postback(displayText="一", text="二"))],
        "messages[0].quickReply.items[0].action.displayText",
    ),
    "picker mode unknown": (
        [
            with_quick_reply(
                {"type": "datetimepicker", "label": "日期", "data": "a", "mode": "week"}
            )
        ],
        "messages[0].quickReply.items[0].action.mode",
    ),
}


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD.keys())
def test_good_message_passes(sandbox: SandboxClient, message: Json) -> None:
    answer = sandbox.line("POST", "/v2/bot/message/validate/push", {"messages": [message]})
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(("messages", "path"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("endpoint", ["push", "validate/push"])
def test_bad_message_is_refused_with_its_place(
    sandbox: SandboxClient, endpoint: str, messages: list[Json], path: str
) -> None:
    body: Json = {"messages": messages}
    if endpoint == "push":
        body["to"] = TO
    answer = sandbox.line("POST", f"/v2/bot/message/{endpoint}", body)
    assert answer.status_code == 400
    body = answer.json()
    assert path in [row["property"] for row in body["details"]]
    if path.startswith("/"):
        assert body["message"] == "A message (messages[0]) in the request body is invalid"
    else:
        assert body["message"] == f"The request body has {len(body['details'])} error(s)"


def test_missing_to_comes_before_unknown_user(sandbox: SandboxClient) -> None:
    answer = sandbox.line("POST", "/v2/bot/message/push", {"messages": [text("一")]})
    assert answer.json()["details"] == [{"message": "must be specified", "property": "to"}]


def test_sdk_models_agree_with_the_good_messages() -> None:
    models = pytest.importorskip("linebot.v3.messaging.models")
    for message in GOOD.values():
        request = models.PushMessageRequest.from_dict({"to": TO, "messages": [message]})
        assert request.to_dict()["messages"][0]["type"] == message["type"]


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "parsed as JSON"),
        ({"data": b"\xff", "headers": {"Content-Type": "application/json"}}, 400, "parsed as"),
        ({"data": b"[]", "headers": {"Content-Type": "application/json"}}, 400, "parsed as JSON"),
        ({"data": {"to": TO}}, 415, "Unsupported Media Type"),
        (
            {"data": b" " * 2_100_000, "headers": {"Content-Type": "application/json"}},
            413,
            "Too Large",
        ),
    ],
)
def test_unreadable_body_is_refused(
    sandbox: SandboxClient, options: Json, status: int, message: str
) -> None:
    answer = sandbox.line("POST", "/v2/bot/message/push", **options)
    assert answer.status_code == status
    assert message in answer.json()["message"]


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic abc"])
def test_wrong_token_is_the_first_thing_refused(sandbox: SandboxClient, token: str) -> None:
    answer = sandbox.post("/v2/bot/message/push", {}, headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Authentication failed.")
