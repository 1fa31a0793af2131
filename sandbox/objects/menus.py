"""Validation of rich menus, their aliases and what is done to many users at once.

Source: LINE docs, "Rich menu".
"""

from sandbox.objects.actions import menu_actions
from sandbox.objects.check import (
    GOOD,
    KIND,
    Check,
    Faults,
    fault,
    label,
    list_of,
    object_of,
    rows,
    shaped,
    tagged,
    text,
    whole,
    yes_or_no,
)
from sandbox.people import Json

AREAS = 20
_WIDEST_RATIO = 1.45


def check_rich_menu(body: Json) -> list[Json]:
    """Return LINE's `details` for a rich menu object."""
    return rows(_MENU(body))


def check_batch(body: Json) -> list[Json]:
    """Return LINE's `details` for a batch of changes to the menus of users."""
    return rows(_BATCH(body))


def _size_rule(size: Json) -> Faults:
    if size["width"] / size["height"] < _WIDEST_RATIO:
        return fault("The aspect ratio must be at least 1.45", "height")
    return GOOD


def _menu_rule(menu: Json) -> Faults:
    for place, area in enumerate(menu["areas"]):
        bounds = area["bounds"]
        for start, length, side in (("x", "width", "width"), ("y", "height", "height")):
            if bounds[start] + bounds[length] > menu["size"][side]:
                return fault("The area is outside the rich menu", "areas", place, "bounds")
    return GOOD


def _resume_key(value: str) -> str | None:
    good = 0 < len(value) <= 100 and value.replace("_", "").replace("-", "").isalnum()
    return None if good else "Length must be between 1 and 100"


_SIZE = object_of(
    {"width": whole(800, 2500), "height": whole(250)}, ["width", "height"], rule=_size_rule
)
_BOUNDS = object_of(
    {"x": whole(0, 2500), "y": whole(0, 2500), "width": whole(1, 2500), "height": whole(1, 2500)},
    ["x", "y", "width", "height"],
)
_AREA = object_of({"bounds": _BOUNDS, "action": menu_actions()}, ["bounds", "action"])
_MENU = object_of(
    {
        "size": _SIZE,
        "selected": yes_or_no,
        "name": label(300, 1),
        "chatBarText": label(14, 1),
        "areas": list_of(_AREA, 0, AREAS),
    },
    ["size", "selected", "name", "chatBarText", "areas"],
    rule=_menu_rule,
)


def _operation(*names: str) -> Check:
    fields: dict[str, Check] = {"type": KIND, **dict.fromkeys(names, text(100, 1))}
    return object_of(fields, names)


_BATCH = object_of(
    {
        "operations": list_of(
            tagged(
                {
                    "link": _operation("from", "to"),
                    "unlink": _operation("from"),
                    "unlinkAll": _operation(),
                }
            ),
            1,
            1000,
        ),
        "resumeRequestKey": shaped(_resume_key),
    },
    ["operations"],
)
