"""Flex bubbles: boxes and text only, every colour our own, so they look alike in light and dark.

Source: LINE docs, "Flex Message elements" and "Messaging API reference" (read 2026-11).
"""

from dataclasses import dataclass
from typing import Any, assert_never

from core.clock import taipei_clock
from core.kinds import NoticeKind
from core.notices.wording import NoticeFacts, alt_text, lines, place_line

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


@dataclass(frozen=True, slots=True)
class Tone:
    """A status: its Flex mark, its strong colour for text, its soft one for grounds."""

    mark: str
    strong: str
    soft: str


ARRIVED = Tone("●", "#17623F", "#E0F1E6")
DEPARTED = Tone("■", "#2C4C9B", "#E5EAF8")
NO_TAP = Tone("?", "#8F3F08", "#FDEBD9")
QUIET = Tone("–", INK3, SUNKEN)
TEAL = Tone("", BRAND, BRAND_SOFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """The words under a day's two marks; None for a moment that is not there."""

    arrived: str | None
    departed: str | None
    waiting_in: str = "還沒到校"
    waiting_out: str = "還沒離校"


def messages_for(kind: NoticeKind, facts: NoticeFacts) -> list[Json]:
    """Return the LINE message objects of one notice, ready to be frozen as JSON."""
    return [flex_message(alt_text(kind, facts), notice_bubble(kind, facts))]


def notice_bubble(kind: NoticeKind, facts: NoticeFacts) -> Json:
    """Return the bubble of one notice; raises KeyError when a fact it must say is missing."""
    match kind:
        case NoticeKind.ARRIVAL | NoticeKind.DEPARTURE:
            return _gate_notice(kind, facts)
        case NoticeKind.NO_SHOW:
            return _no_show(facts)
        case NoticeKind.CORRECTION:
            return _correction(facts)
        case NoticeKind.BOUND:
            return _bound(facts)
        case NoticeKind.BOUND_OTHER:
            return _bound_other(facts)
        case NoticeKind.LINK_NEW | NoticeKind.LINK_OLD:
            return _link_changed(kind, facts)
    assert_never(kind)


def _gate_notice(kind: NoticeKind, facts: NoticeFacts) -> Json:
    # 到校 07:41: the word and its time, as the wording book has them.
    said = lines(kind, facts)[1]
    word, _, clock = said.partition(" ")
    if kind is NoticeKind.ARRIVAL:
        rail, tone = Rail(arrived=said, departed=None), ARRIVED
    else:
        arrived = f"到校 {taipei_clock(facts.arrived_at)}" if facts.arrived_at else None
        rail, tone = Rail(arrived=arrived, departed=said, waiting_in="未刷卡"), DEPARTED
    look: Json = {"status": pill(tone, word), "meta": place_line(facts), "link": facts.link}
    return gate_bubble(facts.child, [big_time(clock), rail_box(rail)], **look)


def gate_bubble(
    child: str, contents: list[Json], *, status: Json, meta: str, link: str, size: str = "kilo"
) -> Json:
    """Return a child's day: name and pill, `contents`, small print; opens `link` when pressed."""
    return bubble([name_row(child, status), *contents, meta_text(meta)], size=size, link=link)


def big_time(clock: str) -> Json:
    """Return the time that answers the question."""
    return text(clock, size="4xl", weight="bold")


def _no_show(facts: NoticeFacts) -> Json:
    fact, causes, next_step = lines(NoticeKind.NO_SHOW, facts)
    return bubble(
        [
            child_name(facts.child),
            text(fact, margin="sm"),
            text(causes, size="sm", color=INK2, margin="md"),
            text(next_step, size="sm", color=INK2, margin="sm"),
            meta_text(place_line(facts)),
            buttons(primary("看今天", facts.link), *call_school(facts.school_phone)),
        ],
        strip=_strip(NO_TAP, "尚無刷卡紀錄"),
        link=facts.link,
    )


def _correction(facts: NoticeFacts) -> Json:
    fact, why = lines(NoticeKind.CORRECTION, facts)
    clock = taipei_clock(facts.at) if facts.at else ""
    quoted = f"更正 {taipei_clock(facts.notice_time)} 的通知" if facts.notice_time else "更正通知"
    is_gone = facts.is_first_seen_leaving
    seen = pill(DEPARTED, "已離校") if is_gone else pill(ARRIVED, "已到校")
    return bubble(
        [
            name_row(facts.child, seen),
            text(fact, margin="sm") | {"contents": _spans(fact, clock)},
            text(why, margin="sm"),
            meta_text(place_line(facts)),
            buttons(quiet("看今天", facts.link)),
        ],
        strip=_strip(ARRIVED, quoted),
        link=facts.link,
    )


def _bound(facts: NoticeFacts) -> Json:
    foot = [meta_text(place_line(facts)), buttons(primary("修改訂閱", facts.link))]
    return _told("綁定完成", lines(NoticeKind.BOUND, facts), foot, facts.child)


def _bound_other(facts: NoticeFacts) -> Json:
    call = call_school(facts.school_phone)
    foot = [meta_text(facts.school), *([buttons(*call)] if call else [])]
    return _told("新的家長綁定", lines(NoticeKind.BOUND_OTHER, facts), foot, facts.child)


def _link_changed(kind: NoticeKind, facts: NoticeFacts) -> Json:
    foot = [buttons(quiet("解除連結", facts.link))] if kind is NoticeKind.LINK_NEW else []
    return _told(alt_text(kind, facts), lines(kind, facts), foot)


def _told(title: str, said: list[str], foot: list[Json], child: str = "") -> Json:
    name = [child_name(child)] if child else []
    sentences = [text(sentence, margin="sm") for sentence in said]
    return bubble([*name, *sentences, *foot], strip=_strip(TEAL, title))


def flex_message(alt: str, contents: Json) -> Json:
    """Return a Flex message object."""
    return {"type": "flex", "altText": alt, "contents": contents}


def carousel(bubbles: list[Json]) -> Json:
    """Return one bubble as it is, several (at most 12, of one size) side by side."""
    return bubbles[0] if len(bubbles) == 1 else {"type": "carousel", "contents": bubbles}


def bubble(
    contents: list[Json], *, size: str = "mega", strip: Json | None = None, link: str = ""
) -> Json:
    """Return a bubble on white, with an optional header strip, opening `link` when pressed."""
    made: Json = {"type": "bubble", "size": size}
    if strip is not None:
        made["header"] = strip
    made["body"] = box(contents, paddingAll="16px", backgroundColor=SURFACE)
    if link:
        made["action"] = open_page("看今天", link)
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
    fit = {"wrap": True} if len(child) > 10 else {"wrap": False, "adjustMode": "shrink-to-fit"}
    return text(child, size="xl", weight="bold", flex=1) | fit


def name_row(child: str, status: Json) -> Json:
    """Return name on the left, pill on the right."""
    return row([child_name(child), status], spacing="md")


def pill(tone: Tone, word: str) -> Json:
    """Return a status in its soft colour: mark and word."""
    said = text(f"{tone.mark} {word}".strip(), size="sm", color=tone.strong, weight="bold")
    sides = {"paddingStart": "10px", "paddingEnd": "10px", "cornerRadius": "99px"}
    return box([said], flex=0, backgroundColor=tone.soft, paddingAll="4px", **sides)


def rail_box(rail: Rail) -> Json:
    """Return mark, line, mark, and the word under each."""
    has_left = rail.departed is not None
    start = _dot(ARRIVED.strong, "99px") if rail.arrived else _ring()
    end = _dot(DEPARTED.strong, "3px") if has_left else _ring()
    travelled = ARRIVED.strong if rail.arrived and has_left else HAIR
    line = box([], height="3px", backgroundColor=travelled, cornerRadius="99px", flex=1)
    before = text(rail.arrived or rail.waiting_in, size="sm", color=INK2)
    after = text(rail.departed or rail.waiting_out, size="sm", color=INK2, align="end")
    marks = row([start, line, end], spacing="sm")
    # LINE ignores a first child's margin, so the distance to the time is the outer box's.
    return box([marks, row([before, after], margin="sm")], margin="md")


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
    return [dial("撥電話給學校", phone)] if _dialled(phone) else []


def dial(label: str, number: str) -> Json:
    """Return a button that dials a number with a digit in it."""
    return button(open_page(label, f"tel:{_dialled(number)}"))


def button(action: Json, *, ground: str = SUNKEN, color: str = BRAND) -> Json:
    """Return a 44 px button; a box, since LINE's own button has no corner of ours."""
    label = text(action["label"], color=color, weight="bold", align="center")
    look = {"cornerRadius": "10px", "paddingAll": "11px", "backgroundColor": ground}
    return box([label], action=action, **look)


def open_page(label: str, uri: str) -> Json:
    """Return an action that opens an address."""
    return {"type": "uri", "label": label, "uri": uri}


def _dialled(number: str) -> str:
    # 1999 轉 8585: only what stands before the extension can be dialled.
    return "".join(sign for sign in number.split("轉")[0] if sign.isdigit())


def _dot(color: str, radius: str) -> Json:
    return box([], width="12px", height="12px", cornerRadius=radius, backgroundColor=color)


def _ring() -> Json:
    return _dot(SURFACE, "99px") | {"borderWidth": "2px", "borderColor": EDGE}


def _strip(tone: Tone, title: str) -> Json:
    words = text(title, color=tone.strong, weight="bold", flex=1)
    parts = [_question(), words] if tone is NO_TAP else [words]
    look = {"paddingAll": "14px", "paddingStart": "16px", "backgroundColor": tone.soft}
    return row(parts, spacing="md", **look)


def _question() -> Json:
    sign = text("?", size="sm", color=NO_TAP.strong, weight="bold", align="center")
    look = {"cornerRadius": "99px", "borderWidth": "2px", "borderColor": NO_TAP.strong}
    return box([sign], width="24px", height="24px", justifyContent="center", **look)


def _spans(sentence: str, bold: str) -> list[Json]:
    before, _, after = sentence.partition(bold)
    spans = [(before, "regular"), (bold, "bold"), (after, "regular")]
    return [{"type": "span", "text": part, "weight": weight} for part, weight in spans if part]
