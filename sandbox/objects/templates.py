"""Template messages: buttons, a question with two answers, and two kinds of carousel.

Source: LINE docs, "Template messages".
"""

import re

from sandbox.objects.actions import actions, https_address
from sandbox.objects.check import (
    GOOD,
    KIND,
    Check,
    Faults,
    fault,
    label,
    list_of,
    object_of,
    one_of,
    shaped,
    tagged,
)
from sandbox.objects.text_length import graphemes
from sandbox.people import Json

_PICTURED = {"thumbnailImageUrl", "title"}
COLUMNS = 10
PICTURED_TEXT = 60


def _colour(value: str) -> str | None:
    return None if re.fullmatch(r"#[0-9a-fA-F]{6}", value) else "Invalid color code"


def _shorter_beside_a_picture(node: Json) -> Faults:
    if _PICTURED & node.keys() and graphemes(node["text"]) > PICTURED_TEXT:
        return fault(f"Length must be between 0 and {PICTURED_TEXT}", "text")
    return GOOD


def _same_columns(node: Json) -> Faults:
    columns = node["columns"]
    if len({len(column["actions"]) for column in columns}) > 1:
        return fault("The number of actions must be the same in all columns", "columns")
    for key in _PICTURED:
        if len({key in column for column in columns}) > 1:
            return fault(f"{key} must be in all columns or in none", "columns")
    return GOOD


_PICTURE: dict[str, Check] = {
    "thumbnailImageUrl": https_address(),
    "imageBackgroundColor": shaped(_colour),
    "title": label(40),
    "defaultAction": actions(20, labelled=False),
}
_IMAGE = {
    "imageAspectRatio": one_of("rectangle", "square"),
    "imageSize": one_of("cover", "contain"),
}
_KIND: dict[str, Check] = {"type": KIND}
_BUTTONS = object_of(
    _KIND | _PICTURE | _IMAGE | {"text": label(160, 1), "actions": list_of(actions(20), 1, 4)},
    ["text", "actions"],
    rule=_shorter_beside_a_picture,
)
_CONFIRM = object_of(
    _KIND | {"text": label(240, 1), "actions": list_of(actions(20), 2, 2)}, ["text", "actions"]
)
_COLUMN = object_of(
    _PICTURE | {"text": label(120, 1), "actions": list_of(actions(20), 1, 3)},
    ["text", "actions"],
    rule=_shorter_beside_a_picture,
)
_CAROUSEL = object_of(
    _KIND | _IMAGE | {"columns": list_of(_COLUMN, 1, COLUMNS)}, ["columns"], rule=_same_columns
)
_IMAGE_COLUMN = object_of(
    {"imageUrl": https_address(), "action": actions(12, labelled=False)}, ["imageUrl", "action"]
)
_IMAGE_CAROUSEL = object_of(_KIND | {"columns": list_of(_IMAGE_COLUMN, 1, COLUMNS)}, ["columns"])
check_template = tagged(
    {
        "buttons": _BUTTONS,
        "confirm": _CONFIRM,
        "carousel": _CAROUSEL,
        "image_carousel": _IMAGE_CAROUSEL,
    }
)
