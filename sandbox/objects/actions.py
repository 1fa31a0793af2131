"""What buttons do: action objects, whose labels have other limits in every place.

Source: LINE docs, "Action objects" and "Specification of the label".
"""

import re
from datetime import datetime
from typing import Any

from sandbox.objects.check import (
    BODY_WORDS,
    GOOD,
    KIND,
    Check,
    Faults,
    Words,
    fault,
    label,
    object_of,
    one_of,
    shaped,
    tagged,
    text,
)
from sandbox.objects.text_length import utf16_units

URI_UNITS = 1000
IMAGE_URL_UNITS = 2000
DATA_UNITS = 300
_CHARACTERS = r"[\w!#$%&'()*+,\-./:;=?@~\[\]]"
_URI = re.compile(rf"(?:(?:https?|line)://|tel:){_CHARACTERS}+", re.IGNORECASE | re.ASCII)
_HTTPS = re.compile(rf"https://{_CHARACTERS}+", re.IGNORECASE | re.ASCII)
_PICKER_FORMS = {
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    "time": (re.compile(r"\d\d:\d\d"), "%H:%M"),
    "datetime": (re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d"), "%Y-%m-%dT%H:%M"),
}
_KEYBOARDS = ("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice")


def web_address(
    scheme: re.Pattern[str] = _URI, most: int = URI_UNITS, words: Words = BODY_WORDS
) -> Check:
    """Check an address: its scheme, no spaces or unescaped characters, its length."""
    refusal = "invalid uri scheme" if words.length else "invalid uri"

    def judge(value: str) -> str | None:
        if not value:
            return words.empty
        if utf16_units(value) > most:
            return words.length or f"Length must be between 0 and {most}"
        return None if scheme.fullmatch(value) else refusal

    return shaped(judge)


def https_address(words: Words = BODY_WORDS) -> Check:
    """Check the address of a picture, video or sound."""
    return web_address(_HTTPS, IMAGE_URL_UNITS, words)


def actions(most: int, *, labelled: bool = True, words: Words = BODY_WORDS) -> Check:
    """Check an action whose label has at most so many characters; `labelled`: it must have one."""
    return tagged(_kinds(most, labelled, words), unknown=words.length)


def menu_actions() -> Check:
    """Check the action of a rich menu's area, which alone may switch to another menu."""
    return tagged(_kinds(20, False, BODY_WORDS) | {"richmenuswitch": _switch()})


def quick_reply_actions() -> Check:
    """Check the action of a quick reply, which alone may open camera, album and map."""
    plain = object_of({"type": KIND, "label": label(20, 1)}, ["label"])
    only_here = dict.fromkeys(("camera", "cameraRoll", "location"), plain)
    return tagged(_kinds(20, True, BODY_WORDS) | only_here)


def _kinds(most: int, labelled: bool, words: Words) -> dict[str, Check]:
    shared = {"type": KIND, "label": label(most, 1 if labelled else 0, words)}
    must = ["label"] if labelled else []

    def kind(needed: list[str], rule: Check | None = None, **fields: Check) -> Check:
        unknown = "unknown field" if words.length else "Unknown property"
        return object_of(shared | fields, must + needed, rule=rule, unknown=unknown)

    data, uri = text(DATA_UNITS, 1, words), web_address(words=words)
    wording = label(300, 0, words)
    return {
        "postback": kind(
            ["data"],
            _one_text_only,
            data=data,
            displayText=wording,
            text=wording,
            inputOption=one_of(*_KEYBOARDS, message=words.length),
            fillInText=wording,
        ),
        "message": kind(["text"], text=label(300, 1, words)),
        "uri": kind(["uri"], uri=uri, altUri=object_of({"desktop": uri})),
        "datetimepicker": kind(
            ["data", "mode"],
            _check_picker,
            data=data,
            mode=one_of(*_PICKER_FORMS, message=words.length),
            initial=text(20),
            max=text(20),
            min=text(20),
        ),
        "clipboard": kind(["clipboardText"], clipboardText=text(1000, 1, words)),
    }


def _switch() -> Check:
    fields = {
        "type": KIND,
        "label": label(20),
        "data": text(DATA_UNITS, 1),
        "richMenuAliasId": text(32, 1),
    }
    return object_of(fields, ["data", "richMenuAliasId"])


def _one_text_only(action: dict[str, Any]) -> Faults:
    if action.get("displayText") and action.get("text"):
        return fault("displayText and text can't be used together", "displayText")
    if action.get("fillInText") and action.get("inputOption") != "openKeyboard":
        return fault("fillInText needs inputOption openKeyboard", "fillInText")
    return GOOD


def _check_picker(action: dict[str, Any]) -> Faults:
    moments = {}
    for key in ("initial", "max", "min"):
        if action.get(key) is None:
            continue
        moment = _moment(action["mode"], action[key])
        if moment is None:
            return fault("invalid datetime format", key)
        moments[key] = moment
    low, high = moments.get("min"), moments.get("max")
    if low and high and low >= high:
        return fault("min must be earlier than max", "min")
    start = moments.get("initial")
    if start and ((low and start < low) or (high and start > high)):
        return fault("initial must be between min and max", "initial")
    return GOOD


def _moment(mode: str, value: str) -> datetime | None:
    shape, form = _PICKER_FORMS[mode]
    if not shape.fullmatch(value):
        return None
    try:
        return datetime.strptime(value.upper(), form)  # noqa: DTZ007 (LINE's has no zone either)
    except ValueError:
        return None
