"""Validation of what is sent: LINE's limits that the SDK's models do not know.

Source: line.md 4 (message objects and limits).
"""

import json
import re
from collections.abc import Callable, Iterator

from sandbox.line_schema import fault, walk
from sandbox.people import Json
from sandbox.text_length import graphemes, utf16_units

_MODELS = {
    "push": "PushMessageRequest",
    "multicast": "MulticastRequest",
    "broadcast": "BroadcastRequest",
    "reply": "ReplyMessageRequest",
    "validate": "ValidateMessageRequest",
}
BUBBLE_BYTES = 30 * 1024
CAROUSEL_BYTES = 50 * 1024
CAROUSEL_BUBBLES = 12
TEXT_UNITS = 5000
ALT_TEXT_UNITS = 1500
DATA_UNITS = 300
URI_UNITS = 1000
_URI = re.compile(r"(https?://|line://|tel:)\S+", re.IGNORECASE)
_HTTPS = re.compile(r"https://\S+", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")
_LENGTH = re.compile(r"(\d+(\.\d+)?(px|%))|none|xs|sm|md|lg|xl|xxl")
_FONT_SIZE = re.compile(r"\d+(\.\d+)?px|xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl")
_BORDER = re.compile(r"\d+(\.\d+)?px|none|light|normal|medium|semi-bold|bold")
_SHAPES = {
    "color": _COLOUR,
    "backgroundColor": _COLOUR,
    "borderColor": _COLOUR,
    "separatorColor": _COLOUR,
    "startColor": _COLOUR,
    "centerColor": _COLOUR,
    "endColor": _COLOUR,
    "borderWidth": _BORDER,
    "cornerRadius": _LENGTH,
    "margin": _LENGTH,
    "offsetBottom": _LENGTH,
    "offsetEnd": _LENGTH,
    "offsetStart": _LENGTH,
    "offsetTop": _LENGTH,
    "paddingAll": _LENGTH,
    "paddingBottom": _LENGTH,
    "paddingEnd": _LENGTH,
    "paddingStart": _LENGTH,
    "paddingTop": _LENGTH,
    "spacing": _LENGTH,
}
_BASELINE = {"text", "icon", "filler", "span"}


def check_send(body: Json, kind: str) -> list[Json]:
    """Return LINE's `details` for a body of this call; an empty list when it would be taken."""
    return list(walk(_MODELS[kind], body, "", _visit))


def check_rich_menu(body: Json) -> list[Json]:
    """Return LINE's `details` for a rich menu object."""
    return list(walk("RichMenuRequest", body, "", _visit))


def _visit(model: str, node: Json, path: str) -> Iterator[Json]:
    if model in _RULES:
        yield from _RULES[model](node, path)
    if model.startswith("Flex"):
        yield from _check_shapes(node, path)


def _check_length(node: Json, path: str, key: str, most: int, least: int = 0) -> Iterator[Json]:
    value = node.get(key)
    if not isinstance(value, str):
        return
    if least and not value:
        yield fault("May not be empty", f"{path}.{key}")
    if utf16_units(value) > most:
        yield fault(f"Length must be between {least} and {most}", f"{path}.{key}")


def _check_label(node: Json, path: str, key: str, most: int) -> Iterator[Json]:
    value = node.get(key)
    if isinstance(value, str) and graphemes(value) > most:
        yield fault(f"Length must be between 0 and {most}", f"{path}.{key}")


def _check_text_message(node: Json, path: str) -> Iterator[Json]:
    yield from _check_length(node, path, "text", TEXT_UNITS, least=1)


def _check_flex_message(node: Json, path: str) -> Iterator[Json]:
    yield from _check_length(node, path, "altText", ALT_TEXT_UNITS, least=1)


def _check_template_message(node: Json, path: str) -> Iterator[Json]:
    yield from _check_length(node, path, "altText", ALT_TEXT_UNITS, least=1)
    template = node.get("template")
    if isinstance(template, dict):
        for action in _actions(template):
            yield from _check_label(action, f"{path}.template", "label", 20)


def _actions(template: Json) -> Iterator[Json]:
    columns = template.get("columns")
    for holder in [template, *(columns if isinstance(columns, list) else [])]:
        actions = holder.get("actions") if isinstance(holder, dict) else None
        yield from (row for row in actions or [] if isinstance(row, dict))


def _check_bubble(node: Json, path: str) -> Iterator[Json]:
    if _size(node) > BUBBLE_BYTES:
        yield fault("The bubble is larger than 30 KB", path)
    if not any(node.get(block) for block in ("header", "hero", "body", "footer")):
        yield fault("At least one block must be specified", path)
    hero = node.get("hero")
    if isinstance(hero, dict) and hero.get("type") not in ("box", "image", "video"):
        yield fault("Must be one of the following values: [box, image, video]", f"{path}.hero.type")


def _check_carousel(node: Json, path: str) -> Iterator[Json]:
    if _size(node) > CAROUSEL_BYTES:
        yield fault("The carousel is larger than 50 KB", path)
    bubbles = node.get("contents")
    if not isinstance(bubbles, list):
        return
    if not 1 <= len(bubbles) <= CAROUSEL_BUBBLES:
        yield fault(f"Size must be between 1 and {CAROUSEL_BUBBLES}", f"{path}.contents")
    if len({bubble.get("size", "mega") for bubble in bubbles if isinstance(bubble, dict)}) > 1:
        yield fault("All bubbles must have the same size", f"{path}.contents")


def _check_box(node: Json, path: str) -> Iterator[Json]:
    contents = node.get("contents")
    if not isinstance(contents, list):
        return
    is_baseline = node.get("layout") == "baseline"
    for number, child in enumerate(contents):
        kind = child.get("type") if isinstance(child, dict) else None
        if (is_baseline and kind not in _BASELINE) or (kind == "icon" and not is_baseline):
            where = f"{path}.contents[{number}].type"
            yield fault(f"'{kind}' is not allowed in a {node.get('layout')} box", where)


def _check_flex_text(node: Json, path: str) -> Iterator[Json]:
    if not node.get("text") and not node.get("contents"):
        yield fault("May not be empty", f"{path}.text")
    yield from _check_font_size(node, path)


def _check_font_size(node: Json, path: str) -> Iterator[Json]:
    size = node.get("size")
    if isinstance(size, str) and not _FONT_SIZE.fullmatch(size):
        yield fault("invalid property", f"{path}.size")


def _check_flex_button(node: Json, path: str) -> Iterator[Json]:
    action = node.get("action")
    if isinstance(action, dict):
        yield from _check_label(action, f"{path}.action", "label", 40)
        if not action.get("label"):
            yield fault("must be specified", f"{path}.action.label")


def _check_image(node: Json, path: str) -> Iterator[Json]:
    url = node.get("url")
    if isinstance(url, str) and not (_HTTPS.fullmatch(url) and utf16_units(url) <= 2000):
        yield fault("invalid uri", f"{path}.url")


def _check_shapes(node: Json, path: str) -> Iterator[Json]:
    for key, value in node.items():
        shape = _SHAPES.get(key)
        if shape and isinstance(value, str) and not shape.fullmatch(value):
            yield fault("invalid property", f"{path}.{key}")


def _check_quick_reply(node: Json, path: str) -> Iterator[Json]:
    if node.get("items") == []:
        yield fault("Size must be between 1 and 13", f"{path}.items")


def _check_quick_reply_item(node: Json, path: str) -> Iterator[Json]:
    action = node.get("action")
    if not isinstance(action, dict):
        return
    yield from _check_label(action, f"{path}.action", "label", 20)
    if not action.get("label"):
        yield fault("must be specified", f"{path}.action.label")
    if action.get("type") == "richmenuswitch":
        yield fault("richmenuswitch is for rich menus only", f"{path}.action.type")


def _check_uri_action(node: Json, path: str) -> Iterator[Json]:
    uri = node.get("uri")
    if isinstance(uri, str) and not (_URI.fullmatch(uri) and utf16_units(uri) <= URI_UNITS):
        yield fault("invalid uri", f"{path}.uri")


def _check_message_action(node: Json, path: str) -> Iterator[Json]:
    yield from _check_label(node, path, "text", 300)


def _check_postback_action(node: Json, path: str) -> Iterator[Json]:
    yield from _check_length(node, path, "data", DATA_UNITS, least=1)
    yield from _check_label(node, path, "displayText", 300)
    yield from _check_label(node, path, "fillInText", 300)
    if node.get("displayText") and node.get("text"):
        yield fault("displayText and text can't be used together", f"{path}.displayText")


def _check_picker_action(node: Json, path: str) -> Iterator[Json]:
    yield from _check_length(node, path, "data", DATA_UNITS, least=1)


def _check_menu(node: Json, path: str) -> Iterator[Json]:
    areas = node.get("areas")
    if isinstance(areas, list) and len(areas) > 20:
        yield fault("Size must be between 0 and 20", "areas")
    size = node.get("size")
    if not isinstance(size, dict):
        return
    width, height = size.get("width"), size.get("height")
    if not (isinstance(width, int) and isinstance(height, int)):
        return
    if not 800 <= width <= 2500:
        yield fault("Must be between 800 and 2500", "size.width")
    if height < 250 or width / height < 1.45:
        yield fault("The aspect ratio must be at least 1.45 and the height 250", "size.height")


def _check_area(node: Json, path: str) -> Iterator[Json]:
    action = node.get("action")
    if isinstance(action, dict):
        yield from _check_label(action, f"{path}.action", "label", 20)


def _size(node: Json) -> int:
    return len(json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode())


_RULES: dict[str, Callable[[Json, str], Iterator[Json]]] = {
    "TextMessage": _check_text_message,
    "TextMessageV2": _check_text_message,
    "FlexMessage": _check_flex_message,
    "TemplateMessage": _check_template_message,
    "FlexBubble": _check_bubble,
    "FlexCarousel": _check_carousel,
    "FlexBox": _check_box,
    "FlexText": _check_flex_text,
    "FlexSpan": _check_font_size,
    "FlexButton": _check_flex_button,
    "FlexImage": _check_image,
    "FlexIcon": _check_image,
    "QuickReply": _check_quick_reply,
    "QuickReplyItem": _check_quick_reply_item,
    "URIAction": _check_uri_action,
    "MessageAction": _check_message_action,
    "PostbackAction": _check_postback_action,
    "DatetimePickerAction": _check_picker_action,
    "RichMenuRequest": _check_menu,
    "RichMenuArea": _check_area,
}
