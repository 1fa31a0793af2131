"""Validation of what is sent: requests, and every kind of message object.

LINE looks twice. First at the body: "The request body has 1 error(s)", places as messages[0].text.
Only when that is good, inside Flex messages and texts with substitutions: "A message (messages[0])
in the request body is invalid", places as /body/contents/0/color. Source: LINE docs, "Error
responses", and answers seen live.
"""

import re

from sandbox.objects.actions import https_address, quick_reply_actions
from sandbox.objects.check import (
    GOOD,
    KIND,
    Check,
    Faults,
    dotted,
    fault,
    list_of,
    map_of,
    number,
    object_of,
    one_of,
    pointer,
    rows,
    tagged,
    text,
    whole,
    yes_or_no,
)
from sandbox.objects.flex import check_container
from sandbox.objects.imagemap import IMAGEMAP
from sandbox.objects.templates import check_template
from sandbox.people import Json

TEXT_UNITS = 5000
ALT_TEXT_UNITS = 1500
MESSAGES = 5
_EMOJI_PLACE = "$"
_KEY = re.compile(r"[a-zA-Z0-9_]{1,20}")
_BRACED = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_UNIT_NAME = re.compile(r"[a-zA-Z0-9_]{1,30}")
Verdict = tuple[str, list[Json]]


def judge_send(body: Json, kind: str) -> Verdict | None:
    """Return LINE's `message` and `details` for a body of this call; None when it is taken."""
    faults = _REQUESTS[kind](body)
    if faults:
        return f"The request body has {len(faults)} error(s)", rows(faults)
    return _judge_contents(body["messages"])


def check_send(body: Json, kind: str) -> list[Json]:
    """Return LINE's `details` alone; an empty list when the body would be taken."""
    verdict = judge_send(body, kind)
    return verdict[1] if verdict else []


def _judge_contents(messages: list[Json]) -> Verdict | None:
    for place, message in enumerate(messages):
        kind = message["type"]
        if kind == "flex":
            details = rows(check_container(message["contents"]), pointer)
        elif kind == "textV2":
            details = rows(_check_braces(message), dotted)
        else:
            continue
        if details:
            return f"A message (messages[{place}]) in the request body is invalid", details
    return None


def _check_braces(message: Json) -> Faults:
    used = set()
    for found in _BRACED.finditer(message["text"]):
        if found[0] in ("{{", "}}"):
            continue
        key = found[1]
        if key is None:
            return fault(f"'{found[0]}' must be doubled or enclose a key", "text")
        if not _KEY.fullmatch(key):
            shape = f"does not match the pattern '^{_KEY.pattern}$'."
            return fault(f"The key '{key}' enclosed in '{{}}' {shape}", "text")
        used.add(key)
    known = set(message.get("substitution") or {})
    for key in sorted(used - known):
        return fault(f"The key '{key}' is not in the substitution", "substitution")
    for key in sorted(known - used):
        return fault(f"The key '{key}' is not in the text", "substitution")
    return GOOD


def _check_emojis(message: Json) -> Faults:
    units = message["text"].encode("utf-16-le", "surrogatepass")
    for place, emoji in enumerate(message.get("emojis") or []):
        start = emoji["index"] * 2
        if units[start : start + 2].decode("utf-16-le", "replace") != _EMOJI_PLACE:
            return fault("The character at the index must be '$'", "emojis", place, "index")
    return GOOD


def _sender_name(value: object) -> Faults:
    faults = _NAME(value)
    if not faults and "LINE" in str(value).upper():
        return fault("The name contains a word that is not allowed")
    return faults


def _key(value: object) -> Faults:
    return GOOD if _KEY.fullmatch(str(value)) else fault("invalid key")


def _units(value: object) -> Faults:
    faults = _UNITS(value)
    if faults or not isinstance(value, list):
        return faults
    if not all(_UNIT_NAME.fullmatch(name) for name in value):
        return fault("Invalid characters are included in custom aggregation unit", 0)
    return GOOD


_NAME = text(20, 1)
_UNITS = list_of(text(30, 1), 0, 1)
_ADDRESS = https_address()
_ALT_TEXT = text(ALT_TEXT_UNITS, 1)
_QUOTE = text(1000, 1)
_ITEM = object_of(
    {"type": one_of("action"), "action": quick_reply_actions(), "imageUrl": _ADDRESS},
    ["type", "action"],
)
_SHARED: dict[str, Check] = {
    "type": KIND,
    "quickReply": object_of({"items": list_of(_ITEM, 1, 13)}, ["items"]),
    "sender": object_of({"name": _sender_name, "iconUrl": _ADDRESS}),
}
_EMOJI_IDS = {"productId": text(100, 1), "emojiId": text(100, 1)}
_EMOJI = object_of(_EMOJI_IDS | {"index": whole(0)}, ["index", "productId", "emojiId"])
# Mentions are for groups, of which the sandbox has none.
_SUBSTITUTE = tagged({"emoji": object_of(_EMOJI_IDS | {"type": KIND}, ["productId", "emojiId"])})
_FILTERED = {"notificationDisabled": yes_or_no, "customAggregationUnits": _units}


def _message(required: list[str], rule: Check | None = None, **fields: Check) -> Check:
    return object_of(_SHARED | fields, required, rule=rule)


def _contents(value: object) -> Faults:
    # What is in it is looked at later, in other words.
    return GOOD if isinstance(value, dict) else fault("must be an object")


_MESSAGE = tagged(
    {
        "text": _message(
            ["text"],
            _check_emojis,
            text=text(TEXT_UNITS, 1),
            emojis=list_of(_EMOJI, 0, 20),
            quoteToken=_QUOTE,
        ),
        "textV2": _message(
            ["text"],
            text=text(TEXT_UNITS, 1),
            substitution=map_of(_SUBSTITUTE, _key, 100),
            quoteToken=_QUOTE,
        ),
        "sticker": _message(
            ["packageId", "stickerId"],
            packageId=text(20, 1),
            stickerId=text(20, 1),
            quoteToken=_QUOTE,
        ),
        "image": _message(
            ["originalContentUrl", "previewImageUrl"],
            originalContentUrl=_ADDRESS,
            previewImageUrl=_ADDRESS,
        ),
        "video": _message(
            ["originalContentUrl", "previewImageUrl"],
            originalContentUrl=_ADDRESS,
            previewImageUrl=_ADDRESS,
            trackingId=text(100, 1),
        ),
        "audio": _message(
            ["originalContentUrl", "duration"], originalContentUrl=_ADDRESS, duration=whole(1)
        ),
        "location": _message(
            ["title", "address", "latitude", "longitude"],
            title=text(100, 1),
            address=text(100, 1),
            latitude=number(-90, 90),
            longitude=number(-180, 180),
        ),
        "imagemap": _message(
            ["baseUrl", "altText", "baseSize", "actions"], altText=_ALT_TEXT, **IMAGEMAP
        ),
        "template": _message(["altText", "template"], altText=_ALT_TEXT, template=check_template),
        "flex": _message(["altText", "contents"], altText=_ALT_TEXT, contents=_contents),
    }
)
_MESSAGES = list_of(_MESSAGE, 1, MESSAGES)


def _request(required: list[str], **fields: Check) -> Check:
    return object_of({"messages": _MESSAGES} | fields, [*required, "messages"])


_TO = text(100, 1)
_NARROW = {
    "recipient": tagged(dict.fromkeys(("audience", "operator", "redelivery"), _contents)),
    "filter": object_of({"demographic": _contents}),
    "limit": object_of(
        {
            "max": whole(1),
            "upToRemainingQuota": yes_or_no,
            "forbidPartialDelivery": yes_or_no,
        }
    ),
    "notificationDisabled": yes_or_no,
}
_REQUESTS = {
    "push": _request(["to"], to=_TO, **_FILTERED),
    "multicast": _request(["to"], to=list_of(_TO, 1, 500), **_FILTERED),
    "narrowcast": _request([], **_NARROW),
    "broadcast": _request([], notificationDisabled=yes_or_no),
    "reply": _request(["replyToken"], replyToken=_TO, notificationDisabled=yes_or_no),
    "validate": _request([]),
}
