"""Imagemap messages: a picture with places to tap, maybe a video in it.

Source: LINE docs, "Imagemap message".
"""

from sandbox.objects.actions import https_address, web_address
from sandbox.objects.check import (
    GOOD,
    KIND,
    Check,
    Faults,
    fault,
    list_of,
    object_of,
    tagged,
    text,
    whole,
)

WIDTH = 1040


def _width(value: object) -> Faults:
    return GOOD if value == WIDTH and type(value) is int else fault(f"must be {WIDTH}")


def _tap(field: str, check: Check) -> Check:
    fields = {"type": KIND, "area": _AREA, "label": text(100), field: check}
    return object_of(fields, ["area", field])


_AREA = object_of(
    {"x": whole(0), "y": whole(0), "width": whole(1), "height": whole(1)},
    ["x", "y", "width", "height"],
)
_TAPS = tagged(
    {
        "uri": _tap("linkUri", web_address()),
        "message": _tap("text", text(400, 1)),
        "clipboard": _tap("clipboardText", text(1000, 1)),
    }
)
_LINK = object_of({"linkUri": web_address(), "label": text(30, 1)}, ["linkUri", "label"])
_VIDEO = object_of(
    {
        "originalContentUrl": https_address(),
        "previewImageUrl": https_address(),
        "area": _AREA,
        "externalLink": _LINK,
    },
    ["originalContentUrl", "previewImageUrl", "area"],
)
IMAGEMAP: dict[str, Check] = {
    "baseUrl": https_address(),
    "baseSize": object_of({"width": _width, "height": whole(1)}, ["width", "height"]),
    "video": _VIDEO,
    "actions": list_of(_TAPS, 0, 50),
}
