"""Flex building blocks: boxes and text only, every colour our own, so that bubbles look alike in
light and dark.

Source: LINE docs, "Flex Message elements" and "Messaging API reference" (read 2026-11).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.languages.speech import _

Json = dict[str, Any]

SURFACE = "#FFFFFF"
SUNKEN = "#F1EBDF"
HAIR = "#E3DACB"
EDGE = "#867B69"
INK = "#28231C"
INK2 = "#554D41"
INK3 = "#6B6254"
BRAND = "#1E4D5C"
BRAND_SOFT = "#E0ECEF"
# Source: LINE docs, "Carousel": at most 12 bubbles and 50 KB; some room is left.
MAX_BUBBLES = 12
CAROUSEL_BYTES = 45_000
# Source: LINE docs, "Action objects": a label holds 20 characters.
MAX_LABEL = 20
# In characters, and in halves of a Chinese one: what is longer leaves the other no room in a bubble
# of the small size. How long a shorter name is changes nothing, so that it may be put in later.
LONG_NAME = 10
LONG_STATUS = 16


@dataclass(frozen=True, slots=True)
class Tone:
    """A status: its Flex mark, its strong colour for text, its soft one for grounds."""

    mark: str
    strong: str
    soft: str


ARRIVED = Tone("●", "#17623F", "#E0F1E6")
DEPARTED = Tone("■", "#2C4C9B", "#E5EAF8")
NO_TAP = Tone("?", "#8F3F08", "#FDEBD9")
LEAVE = Tone("◆", "#7A3B74", "#F7E9F4")
HELD = Tone("", "#4B535E", "#E9EBEE")
QUIET = Tone("–", INK3, SUNKEN)
TEAL = Tone("", BRAND, BRAND_SOFT)


def flex_message(alt: str, contents: Json) -> Json:
    """Return a Flex message object."""
    return {"type": "flex", "altText": alt, "contents": contents}


def carousel(bubbles: list[Json]) -> Json:
    """Return one bubble as it is, several (at most 12, of one size) side by side."""
    return bubbles[0] if len(bubbles) == 1 else {"type": "carousel", "contents": bubbles}


def carousels(bubbles: Sequence[Json]) -> list[Json]:
    """Return the bubbles in as few carousels as LINE's limits allow, in their order."""
    groups: list[list[Json]] = [[]]
    for made in bubbles:
        group = groups[-1]
        if group and (len(group) == MAX_BUBBLES or _size([*group, made]) > CAROUSEL_BYTES):
            groups.append(group := [])
        group.append(made)
    return [carousel(group) for group in groups]


def _size(bubbles: list[Json]) -> int:
    return len(orjson.dumps(bubbles))


def bubble(
    contents: list[Json],
    *,
    size: str = "mega",
    strip: Json | None = None,
    link: str = "",
    opens: str = "",
) -> Json:
    """Return a bubble on white, with an optional header strip.

    Pressed, it opens `link`, a page called `opens`.
    """
    made: Json = {"type": "bubble", "size": size}
    if strip is not None:
        made["header"] = strip
    made["body"] = box(contents, paddingAll="16px", backgroundColor=SURFACE)
    if link:
        made["action"] = open_page(opens or _("看今天"), link)
    return made


def box(contents: list[Json], *, layout: str = "vertical", **look: Any) -> Json:
    """Return a box; `look` holds LINE's own property names."""
    return {"type": "box", "layout": layout, "contents": contents, **look}


def row(contents: list[Json], **look: Any) -> Json:
    """Return a horizontal box, its parts centred on one line."""
    return box(contents, layout="horizontal", alignItems="center", **look)


def text(value: str, *, size: str = "md", color: str = INK, **look: Any) -> Json:
    """Return a text that wraps and follows the reader's font size."""
    base = {"type": "text", "text": value, "size": size, "color": color}
    return base | {"wrap": True, "scaling": True} | look


def child_name(child: str) -> Json:
    """Return the given name, shrunk to one line; a full name wraps instead."""
    # LINE ignores adjustMode while wrap is on.
    fit = (
        {"wrap": True} if len(child) > LONG_NAME else {"wrap": False, "adjustMode": "shrink-to-fit"}
    )
    return text(child, size="xl", weight="bold", flex=1) | fit


def name_row(child: str, status: Json) -> Json:
    """Return name on the left, pill on the right; below each other where either is long."""
    parts = [child_name(child), status]
    if len(child) > LONG_NAME or _half_widths(status["contents"][0]["text"]) > LONG_STATUS:
        return box(parts, spacing="sm", alignItems="flex-start")
    return row(parts, spacing="md")


def _half_widths(value: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WFA" else 1 for one in value)


def pill(tone: Tone, word: str) -> Json:
    """Return a status in its soft colour: mark and word."""
    said = text(f"{tone.mark} {word}".strip(), size="sm", color=tone.strong, weight="bold")
    sides = {"paddingStart": "10px", "paddingEnd": "10px", "cornerRadius": "99px"}
    return box([said], flex=0, backgroundColor=tone.soft, paddingAll="4px", **sides)


def meta_text(value: str) -> Json:
    """Return the small print at the foot of a bubble."""
    return text(value, size="xs", color=INK3, margin="md")


def buttons(*made: Json) -> Json:
    """Return buttons below each other."""
    return box(list(made), spacing="sm", margin="lg")


def primary(label: str, uri: str) -> Json:
    """Return the one filled button of a bubble."""
    return button(open_page(label, uri), ground=BRAND, color=SURFACE)


def quiet(label: str, uri: str) -> Json:
    """Return a button that steps back."""
    return button(open_page(label, uri))


def call_school(phone: str) -> list[Json]:
    """Return the button that dials the school, or nothing without a number."""
    return [dial(_("撥電話給學校"), phone)] if dialled(phone) else []


def dial(label: str, number: str) -> Json:
    """Return a button that dials a number with a digit in it."""
    return button(open_page(label, f"tel:{dialled(number)}"))


def button(action: Json, *, ground: str = SUNKEN, color: str = BRAND) -> Json:
    """Return a 44 px button; a box, since LINE's own button has no corner of ours."""
    label = text(action["label"], color=color, weight="bold", align="center")
    look = {"cornerRadius": "10px", "paddingAll": "11px", "backgroundColor": ground}
    return box([label], action=action, **look)


def answer(tone: Tone, word: str, data: str, shown: str) -> Json:
    """Return one of the narrow buttons that answer for a child, three side by side."""
    label = text(f"{tone.mark} {word}", size="sm", color=tone.strong, weight="bold", align="center")
    # 44 px high, as every button.
    look: Json = {"cornerRadius": "10px", "paddingTop": "12px", "paddingBottom": "12px", "flex": 1}
    pressed = postback(word, data, shown)
    return box([label], action=pressed, backgroundColor=tone.soft, **look)


def postback(label: str, data: str, shown: str = "") -> Json:
    """Return an action that sends data, and shows `shown` in the chat, or else its label."""
    return {"type": "postback", "label": label, "data": data, "displayText": shown or label}


def type_in(label: str, words: str) -> Json:
    """Return an act that types words into the chat."""
    return {"type": "message", "label": label[:MAX_LABEL], "text": words}


def open_page(label: str, uri: str) -> Json:
    """Return an action that opens an address."""
    return {"type": "uri", "label": label, "uri": uri}


def dialled(number: str) -> str:
    """Return the digits to dial, "" where there are none."""
    # 1999 轉 8585: only what stands before the extension can be dialled.
    return "".join(sign for sign in number.split("轉")[0] if sign.isdigit())


def strip_of(tone: Tone, title: str) -> Json:
    """Return a header strip in the soft colour of a status."""
    words = text(title, color=tone.strong, weight="bold", flex=1)
    parts = [_question(), words] if tone is NO_TAP else [words]
    look = {"paddingAll": "14px", "paddingStart": "16px", "backgroundColor": tone.soft}
    return row(parts, spacing="md", **look)


def _question() -> Json:
    sign = text("?", size="sm", color=NO_TAP.strong, weight="bold", align="center")
    look = {"cornerRadius": "99px", "borderWidth": "2px", "borderColor": NO_TAP.strong}
    return box([sign], width="24px", height="24px", justifyContent="center", **look)


def bold_spans(sentence: str, bold: str) -> list[Json]:
    """Return a sentence as spans, the first `bold` in it set bold; "" sets nothing bold."""
    if not bold:
        return [{"type": "span", "text": sentence}]
    before, _, after = sentence.partition(bold)
    spans = [(before, "regular"), (bold, "bold"), (after, "regular")]
    return [{"type": "span", "text": part, "weight": weight} for part, weight in spans if part]
