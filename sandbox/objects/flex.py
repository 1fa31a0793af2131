"""Flex containers and components.

LINE checks them after the rest of the body, in other words and with other paths: "invalid property"
at /body/contents/0/color. Source: LINE docs, "Flex Message"; answers seen live.
"""

import re

import orjson

from sandbox.objects.actions import actions, https_address
from sandbox.objects.check import (
    GOOD,
    KIND,
    WRONG,
    Check,
    Faults,
    Words,
    fault,
    list_of,
    object_of,
    one_of,
    shaped,
    tagged,
    text,
    whole,
    yes_or_no,
)
from sandbox.people import Json

BUBBLE_BYTES = 30 * 1024
CAROUSEL_BYTES = 50 * 1024
CAROUSEL_BUBBLES = 12
WORDS = Words("must be non-empty text", WRONG, WRONG)
_SPACES = ("none", "xs", "sm", "md", "lg", "xl", "xxl")
_FONTS = ("xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl")
_BORDERS = ("none", "light", "normal", "medium", "semi-bold", "bold")
_WIDEST_RATIO = 3


def check_container(value: object) -> Faults:
    """Return the faults of a Flex message's `contents`."""
    return _CONTAINER(value)


def _amount(words: tuple[str, ...], units: str, *, below_zero: bool = False) -> Check:
    sized = re.compile(rf"(-?)\d+(?:\.\d+)?({units})")
    other_unit = re.compile(r"-?\d+(?:\.\d+)?(?:px|%|deg)")

    def judge(value: str) -> str | None:
        if value in words:
            return None
        found = sized.fullmatch(value)
        if not found:
            return "invalid unit" if other_unit.fullmatch(value) else WRONG
        return "lower limit exceeded" if found[1] and not below_zero else None

    return shaped(judge)


def _ratio(value: str) -> str | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", value)
    if not found or not float(found[1]) or not float(found[2]):
        return WRONG
    if float(found[2]) / float(found[1]) > _WIDEST_RATIO:
        return "aspect ratio must be in the range (0 < (h/w) <= 3)"
    return None


def _colour(value: str) -> str | None:
    return None if re.fullmatch(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})", value) else WRONG


def _words(*values: str) -> Check:
    return one_of(*values, message=WRONG)


def _part(needed: list[str], fields: dict[str, Check], rule: Check | None = None) -> Check:
    return object_of({"type": KIND} | fields, needed, rule=rule, unknown="unknown field")


def _text_rule(node: Json) -> Faults:
    if node.get("text") or node.get("contents"):
        return GOOD
    if node.get("text") == "":
        return fault(WORDS.empty, "text")
    return fault("`text` or `contents` must be specified", "text")


def _box_rule(node: Json) -> Faults:
    is_baseline = node["layout"] == "baseline"
    for place, child in enumerate(node["contents"]):
        kind = child["type"]
        if kind not in _IN_BASELINE if is_baseline else kind not in _IN_BOX:
            return fault(WRONG, "contents", place, "type")
    return GOOD


def _bubble_rule(node: Json) -> Faults:
    if not any(node.get(block) for block in ("header", "hero", "body", "footer")):
        return fault("At least one block must be specified")
    if len(orjson.dumps(node)) > BUBBLE_BYTES:
        return fault("The size of the bubble must be 30 KB or less")
    return GOOD


def _carousel_rule(node: Json) -> Faults:
    if len(orjson.dumps(node)) > CAROUSEL_BYTES:
        return fault("The size of the carousel must be 50 KB or less")
    if len({bubble.get("size") or "mega" for bubble in node["contents"]}) > 1:
        return fault("The bubbles of a carousel must have the same size", "contents")
    return GOOD


def _video_rule(node: Json) -> Faults:
    if node["altContent"].get("type") not in ("box", "image"):
        return fault(WRONG, "altContent", "type")
    return GOOD


# Boxes hold components, so their list is filled after they refer to it.
_KINDS: dict[str, Check] = {}
_COMPONENT = tagged(_KINDS, unknown=WRONG)
_COLOUR = shaped(_colour)
_ADDRESS = https_address(words=WORDS)
_SPACE = _amount(_SPACES, "px")
_OFFSET = _amount(_SPACES, "px|%", below_zero=True)
_PADDING = _amount(_SPACES, "px|%")
_LENGTH = _amount((), "px|%")
_FONT = _amount(_FONTS, "px")
_FLEX = whole(0)
_ACTION = actions(40, labelled=False, words=WORDS)
_WEIGHT = _words("regular", "bold")
_STYLE = _words("normal", "italic")
_DECORATION = _words("none", "underline", "line-through")
_ALIGN = _words("start", "end", "center")
_GRAVITY = _words("top", "bottom", "center")
_TEXT = text(100_000, 0, WORDS)
_PLACE = {
    "position": _words("relative", "absolute"),
    "margin": _SPACE,
    **dict.fromkeys(("offsetTop", "offsetBottom", "offsetStart", "offsetEnd"), _OFFSET),
}
_SPAN = _part(
    ["text"],
    {
        "text": text(100_000, 1, WORDS),
        "size": _FONT,
        "color": _COLOUR,
        "weight": _WEIGHT,
        "style": _STYLE,
        "decoration": _DECORATION,
    },
)
_GRADIENT = _part(
    ["angle", "startColor", "endColor"],
    {
        "angle": _amount((), "deg"),
        "startColor": _COLOUR,
        "endColor": _COLOUR,
        "centerColor": _COLOUR,
        "centerPosition": _amount((), "%"),
    },
)
_KINDS |= {
    "text": _part(
        [],
        _PLACE
        | {
            "flex": _FLEX,
            "text": _TEXT,
            "contents": list_of(tagged({"span": _SPAN}, unknown=WRONG)),
            "size": _FONT,
            "align": _ALIGN,
            "gravity": _GRAVITY,
            "color": _COLOUR,
            "weight": _WEIGHT,
            "style": _STYLE,
            "decoration": _DECORATION,
            "wrap": yes_or_no,
            "lineSpacing": _amount((), "px"),
            "action": _ACTION,
            "maxLines": _FLEX,
            "adjustMode": _words("shrink-to-fit"),
            "scaling": yes_or_no,
        },
        _text_rule,
    ),
    "box": _part(
        ["layout", "contents"],
        _PLACE
        | {
            "layout": _words("horizontal", "vertical", "baseline"),
            "flex": _FLEX,
            "contents": list_of(_COMPONENT),
            "spacing": _SPACE,
            "backgroundColor": _COLOUR,
            "borderColor": _COLOUR,
            "borderWidth": _amount(_BORDERS, "px"),
            "cornerRadius": _SPACE,
            "justifyContent": _words(
                "center", "flex-start", "flex-end", "space-between", "space-around", "space-evenly"
            ),
            "alignItems": _words("center", "flex-start", "flex-end"),
            "background": tagged({"linearGradient": _GRADIENT}, unknown=WRONG),
            "action": _ACTION,
            **dict.fromkeys(("width", "maxWidth", "height", "maxHeight"), _LENGTH),
            **dict.fromkeys(
                ("paddingAll", "paddingTop", "paddingBottom", "paddingStart", "paddingEnd"),
                _PADDING,
            ),
        },
        _box_rule,
    ),
    "button": _part(
        ["action"],
        _PLACE
        | {
            "flex": _FLEX,
            "color": _COLOUR,
            "style": _words("primary", "secondary", "link"),
            "action": actions(40, words=WORDS),
            "gravity": _GRAVITY,
            "height": _words("sm", "md"),
            "adjustMode": _words("shrink-to-fit"),
            "scaling": yes_or_no,
        },
    ),
    "image": _part(
        ["url"],
        _PLACE
        | {
            "url": _ADDRESS,
            "flex": _FLEX,
            "align": _ALIGN,
            "gravity": _GRAVITY,
            "size": _amount((*_FONTS, "full"), "px|%"),
            "aspectRatio": shaped(_ratio),
            "aspectMode": _words("cover", "fit"),
            "backgroundColor": _COLOUR,
            "action": _ACTION,
            "animated": yes_or_no,
        },
    ),
    "icon": _part(
        ["url"],
        _PLACE
        | {"url": _ADDRESS, "size": _FONT, "aspectRatio": shaped(_ratio), "scaling": yes_or_no},
    ),
    "separator": _part([], {"margin": _SPACE, "color": _COLOUR}),
    "filler": _part([], {"flex": _FLEX}),
}
_IN_BASELINE = {"text", "icon", "filler"}
_IN_BOX = {"text", "box", "button", "image", "separator", "filler"}
_VIDEO = _part(
    ["url", "previewUrl", "altContent"],
    {
        "url": _ADDRESS,
        "previewUrl": _ADDRESS,
        "altContent": _COMPONENT,
        "aspectRatio": shaped(_ratio),
        "action": _ACTION,
    },
    _video_rule,
)
_BLOCK_STYLE = object_of(
    {"backgroundColor": _COLOUR, "separator": yes_or_no, "separatorColor": _COLOUR},
    unknown="unknown field",
)
_HERO = tagged({"box": _KINDS["box"], "image": _KINDS["image"], "video": _VIDEO}, unknown=WRONG)
_BLOCK = tagged({"box": _KINDS["box"]}, unknown=WRONG)
_BUBBLE = _part(
    [],
    {
        "size": _words("nano", "micro", "deca", "hecto", "kilo", "mega", "giga"),
        "direction": _words("ltr", "rtl"),
        "header": _BLOCK,
        "hero": _HERO,
        "body": _BLOCK,
        "footer": _BLOCK,
        "styles": object_of(
            dict.fromkeys(("header", "hero", "body", "footer"), _BLOCK_STYLE),
            unknown="unknown field",
        ),
        "action": _ACTION,
    },
    _bubble_rule,
)
_CAROUSEL = _part(
    ["contents"],
    {"contents": list_of(tagged({"bubble": _BUBBLE}, unknown=WRONG), 1, CAROUSEL_BUBBLES)},
    _carousel_rule,
)
_CONTAINER = tagged({"bubble": _BUBBLE, "carousel": _CAROUSEL}, unknown=WRONG)
