"""Every kind of message and button: one good of each, and what LINE would not take."""

from typing import Any

import pytest
from linebot.v3.messaging import models

from sandbox.objects.messages import judge_send
from tests.sandbox.client import Json, SandboxClient

TO = "U" + "0" * 32
URL = "https://example.org/a.png"
SOUND = "https://example.org/a.m4a"
AREA = {"x": 0, "y": 0, "width": 520, "height": 520}
SAY: Json = {"type": "message", "label": "今天", "text": "今天"}
EMOJI = {"index": 0, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}


def template(kind: str, **more: Any) -> Json:
    """Return a template message."""
    return {"type": "template", "altText": "請選", "template": {"type": kind, **more}}


def column(**more: Any) -> Json:
    """Return a carousel's column."""
    return {"text": "小晴", "actions": [SAY], **more}


def picker(**more: Any) -> Json:
    """Return a text whose quick reply opens a picker."""
    return quick({"type": "datetimepicker", "label": "日期", "data": "a", "mode": "date", **more})


def quick(action: Json, **more: Any) -> Json:
    """Return a text with one quick reply."""
    items = [{"type": "action", "action": action, **more}]
    return {"type": "text", "text": "您好", "quickReply": {"items": items}}


GOOD: dict[str, Json] = {
    "text with emoji": {"type": "text", "text": "$ 早安", "emojis": [EMOJI]},
    "emoji after a wide one": {
        "type": "text",
        "text": "😀$",
        "emojis": [EMOJI | {"index": 2}],
    },
    "textV2": {
        "type": "textV2",
        "text": "{sun} 早安 {{不是鍵}}",
        "substitution": {"sun": {"type": "emoji", "productId": "5ac1", "emojiId": "001"}},
    },
    "sticker": {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    "image": {"type": "image", "originalContentUrl": URL, "previewImageUrl": URL},
    "video": {
        "type": "video",
        "originalContentUrl": "https://example.org/a.mp4",
        "previewImageUrl": URL,
        "trackingId": "track",
    },
    "audio": {"type": "audio", "originalContentUrl": SOUND, "duration": 60000},
    "location": {
        "type": "location",
        "title": "臺北市政府",
        "address": "信義區市府路1號",
        "latitude": 25.0375,
        "longitude": 121.5637,
    },
    "imagemap": {
        "type": "imagemap",
        "baseUrl": "https://example.org/map",
        "altText": "地圖",
        "baseSize": {"width": 1040, "height": 1040},
        "actions": [
            {"type": "uri", "linkUri": "https://example.org/", "area": AREA},
            {"type": "message", "text": "今天", "area": AREA},
        ],
    },
    "buttons": template("buttons", text="請選", title="到校", actions=[SAY], thumbnailImageUrl=URL),
    "confirm": template("confirm", text="確定？", actions=[SAY, SAY]),
    "carousel": template("carousel", columns=[column(), column()]),
    "image carousel": template("image_carousel", columns=[{"imageUrl": URL, "action": SAY}]),
    "sender": {"type": "text", "text": "您好", "sender": {"name": "榕光國小", "iconUrl": URL}},
    "camera": quick({"type": "camera", "label": "拍照"}, imageUrl=URL),
    "picker": picker(initial="2026-11-24", min="2026-11-01", max="2026-12-31"),
    "clipboard": quick({"type": "clipboard", "label": "複製", "clipboardText": "K7Q4"}),
    "keyboard": quick(
        {
            "type": "postback",
            "label": "說明",
            "data": "a",
            "inputOption": "openKeyboard",
            "fillInText": "原因：",
        }
    ),
}

FIRST = "messages[0]"
ITEM = f"{FIRST}.quickReply.items[0].action"
BAD: dict[str, tuple[Json, str]] = {
    "emoji without its $": (GOOD["text with emoji"] | {"text": "早安"}, f"{FIRST}.emojis[0].index"),
    "21 emoji": (
        {"type": "text", "text": "$", "emojis": [EMOJI] * 21},
        f"{FIRST}.emojis",
    ),
    "sticker without id": ({"type": "sticker", "packageId": "446"}, f"{FIRST}.stickerId"),
    "image over http": (
        GOOD["image"] | {"previewImageUrl": "http://example.org/a.png"},
        f"{FIRST}.previewImageUrl",
    ),
    "image address too long": (
        GOOD["image"] | {"originalContentUrl": URL + "a" * 2000},
        f"{FIRST}.originalContentUrl",
    ),
    "audio without length": (GOOD["audio"] | {"duration": 0}, f"{FIRST}.duration"),
    "latitude beyond the pole": (GOOD["location"] | {"latitude": 91}, f"{FIRST}.latitude"),
    "location title too long": (GOOD["location"] | {"title": "字" * 101}, f"{FIRST}.title"),
    "imagemap of another width": (
        GOOD["imagemap"] | {"baseSize": {"width": 700, "height": 700}},
        f"{FIRST}.baseSize.width",
    ),
    "imagemap area without height": (
        GOOD["imagemap"]
        | {"actions": [{"type": "message", "text": "a", "area": {"x": 0, "y": 0, "width": 1}}]},
        f"{FIRST}.actions[0].area.height",
    ),
    "template unknown": (template("quiz", text="?"), f"{FIRST}.template.type"),
    "five buttons": (
        template("buttons", text="請選", actions=[SAY] * 5),
        f"{FIRST}.template.actions",
    ),
    "buttons text too long beside a title": (
        template("buttons", text="字" * 61, title="到校", actions=[SAY]),
        f"{FIRST}.template.text",
    ),
    "confirm with one answer": (
        template("confirm", text="確定？", actions=[SAY]),
        f"{FIRST}.template.actions",
    ),
    "eleven columns": (
        template("carousel", columns=[column()] * 11),
        f"{FIRST}.template.columns",
    ),
    "columns of unequal buttons": (
        template("carousel", columns=[column(), column(actions=[SAY, SAY])]),
        f"{FIRST}.template.columns",
    ),
    "column text too long": (
        template("carousel", columns=[column(text="字" * 121)]),
        f"{FIRST}.template.columns[0].text",
    ),
    "image carousel label over 12": (
        template(
            "image_carousel",
            columns=[{"imageUrl": URL, "action": SAY | {"label": "字" * 13}}],
        ),
        f"{FIRST}.template.columns[0].action.label",
    ),
    "template label over 20": (
        template("buttons", text="請選", actions=[SAY | {"label": "字" * 21}]),
        f"{FIRST}.template.actions[0].label",
    ),
    "sender name over 20": (
        GOOD["sender"] | {"sender": {"name": "字" * 21}},
        f"{FIRST}.sender.name",
    ),
    "sender called LINE": (GOOD["sender"] | {"sender": {"name": "LINE"}}, f"{FIRST}.sender.name"),
    "camera outside a quick reply": (
        template("buttons", text="請選", actions=[{"type": "camera", "label": "拍照"}]),
        f"{FIRST}.template.actions[0].type",
    ),
    "quick reply without label": (
        quick({"type": "message", "text": "今天"}),
        f"{ITEM}.label",
    ),
    "message text over 300": (quick(SAY | {"text": "字" * 301}), f"{ITEM}.text"),
    "uri with a space": (
        quick({"type": "uri", "label": "看", "uri": "https://example.org/a b"}),
        f"{ITEM}.uri",
    ),
    "uri over 1,000": (
        quick({"type": "uri", "label": "看", "uri": "https://example.org/" + "a" * 1000}),
        f"{ITEM}.uri",
    ),
    "picker with a time for a date": (picker(initial="07:30"), f"{ITEM}.initial"),
    "picker on a day that is not": (picker(max="2026-02-30"), f"{ITEM}.max"),
    "picker that ends before it begins": (
        picker(min="2026-12-01", max="2026-11-01"),
        f"{ITEM}.min",
    ),
    "picker that begins outside": (
        picker(initial="2027-01-01", max="2026-12-31"),
        f"{ITEM}.initial",
    ),
    "clipboard over 1,000": (
        quick({"type": "clipboard", "label": "複製", "clipboardText": "字" * 1001}),
        f"{ITEM}.clipboardText",
    ),
    "fillInText without a keyboard": (
        quick({"type": "postback", "label": "說明", "data": "a", "fillInText": "因"}),
        f"{ITEM}.fillInText",
    ),
    "textV2 with a name in braces": ({"type": "textV2", "text": "{小晴} 到校"}, "text"),
    "textV2 with half a brace": ({"type": "textV2", "text": "小晴} 到校"}, "text"),
    "textV2 without its substitute": ({"type": "textV2", "text": "{name} 到校"}, "substitution"),
    "textV2 mentioning in a chat of two": (
        {
            "type": "textV2",
            "text": "{all}",
            "substitution": {"all": {"type": "mention", "mentionee": {"type": "all"}}},
        },
        f"{FIRST}.substitution.all.type",
    ),
}

BUBBLE: Json = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}
FLEX_BAD: dict[str, tuple[Json, str, str]] = {
    "empty text": (
        {"type": "text", "text": ""},
        "/body/contents/0/text",
        "must be non-empty text",
    ),
    "text without text": (
        {"type": "text"},
        "/body/contents/0/text",
        "`text` or `contents` must be specified",
    ),
    "margin in per cent": (
        {"type": "separator", "margin": "5%"},
        "/body/contents/0/margin",
        "invalid unit",
    ),
    "negative padding": (
        {"type": "box", "layout": "vertical", "contents": [], "paddingAll": "-4px"},
        "/body/contents/0/paddingAll",
        "lower limit exceeded",
    ),
    "negative flex": (
        {"type": "text", "text": "a", "flex": -1},
        "/body/contents/0/flex",
        "must be greater than or equal to 0",
    ),
    "picture too high": (
        {"type": "image", "url": URL, "aspectRatio": "1:4"},
        "/body/contents/0/aspectRatio",
        "aspect ratio must be in the range (0 < (h/w) <= 3)",
    ),
    "picture address with a bar": (
        {"type": "image", "url": "https://example.org/a|b"},
        "/body/contents/0/url",
        "invalid uri scheme",
    ),
    "button without label": (
        {"type": "button", "action": {"type": "uri", "uri": "tel:1999"}},
        "/body/contents/0/action/label",
        "must be specified",
    ),
    "message action without words": (
        {"type": "button", "action": {"type": "message", "label": "a", "text": ""}},
        "/body/contents/0/action/text",
        "must be non-empty text",
    ),
    "video outside the hero": (
        {"type": "video", "url": URL, "previewUrl": URL},
        "/body/contents/0/type",
        "invalid property",
    ),
    "gradient without angle": (
        {
            "type": "box",
            "layout": "vertical",
            "contents": [],
            "background": {
                "type": "linearGradient",
                "startColor": "#000000",
                "endColor": "#FFFFFF",
            },
        },
        "/body/contents/0/background/angle",
        "must be specified",
    ),
}


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD.keys())
def test_good_message_passes_and_the_sdk_agrees(sandbox: SandboxClient, message: Json) -> None:
    answer = sandbox.line("POST", "/v2/bot/message/validate/push", {"messages": [message]})
    assert (answer.status_code, answer.json()) == (200, {})
    request = models.PushMessageRequest.from_dict({"to": TO, "messages": [message]})
    assert _without_none(request.to_dict()["messages"][0]) == message


@pytest.mark.parametrize(("message", "path"), BAD.values(), ids=BAD.keys())
def test_wrong_message_is_refused_with_its_place(
    sandbox: SandboxClient, message: Json, path: str
) -> None:
    answer = sandbox.push(TO, message)
    assert answer.status_code == 400
    assert [row["property"] for row in answer.json()["details"]] == [path]


@pytest.mark.parametrize(("component", "path", "message"), FLEX_BAD.values(), ids=FLEX_BAD.keys())
def test_wrong_flex_component_is_refused_in_lines_words(
    sandbox: SandboxClient, component: Json, path: str, message: str
) -> None:
    contents = BUBBLE | {"body": BUBBLE["body"] | {"contents": [component]}}
    answer = sandbox.push(TO, {"type": "flex", "altText": "a", "contents": contents})
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "A message (messages[0]) in the request body is invalid",
        "details": [{"message": message, "property": path}],
    }


def test_faults_in_the_body_come_before_those_in_flex(sandbox: SandboxClient) -> None:
    wrong = {"type": "flex", "altText": "a", "contents": {"type": "bubble"}}
    both = sandbox.push(TO, wrong, {"type": "text", "text": ""}).json()
    assert both["message"] == "The request body has 1 error(s)"
    second = sandbox.push(TO, {"type": "text", "text": "a"}, wrong).json()
    assert second["message"] == "A message (messages[1]) in the request body is invalid"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"to": 5}, "to"),
        ({"notificationDisabled": "yes"}, "notificationDisabled"),
        ({"customAggregationUnits": ["a", "b"]}, "customAggregationUnits"),
        ({"customAggregationUnits": ["到校"]}, "customAggregationUnits[0]"),
        ({"messages": {"type": "text"}}, "messages"),
        ({"messages": ["text"]}, "messages[0]"),
        ({"urgent": True}, "urgent"),
    ],
)
def test_wrong_request_is_refused_with_its_place(
    sandbox: SandboxClient, change: Json, path: str
) -> None:
    body = {"to": TO, "messages": [GOOD["sticker"]]} | change
    answer = sandbox.line("POST", "/v2/bot/message/push", body)
    assert answer.status_code == 400
    assert [row["property"] for row in answer.json()["details"]] == [path]


def test_what_was_good_once_does_not_excuse_another_type() -> None:
    bubble = BUBBLE["body"] | {"contents": [{"type": "text", "text": "a", "wrap": True, "flex": 1}]}
    good = {"type": "flex", "altText": "a", "contents": BUBBLE | {"body": bubble}}
    assert judge_send({"messages": [good]}, "validate") is None
    bubble["contents"][0]["wrap"] = 1
    bubble["contents"][0]["flex"] = True
    verdict = judge_send({"messages": [good]}, "validate")
    assert verdict
    assert {row["property"] for row in verdict[1]} == {
        "/body/contents/0/wrap",
        "/body/contents/0/flex",
    }


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value
