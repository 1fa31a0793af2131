"""The rail: a day's two moments at the gate, as every bubble about a child draws them."""

from dataclasses import dataclass

from core.languages.speech import _
from core.notices.flex import (
    ARRIVED,
    DEPARTED,
    EDGE,
    HAIR,
    INK2,
    SURFACE,
    Json,
    box,
    bubble,
    meta_text,
    name_row,
    row,
    text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """The words under a day's two marks; None for a moment that is not there."""

    arrived: str | None
    departed: str | None
    waiting_in: str = ""
    waiting_out: str = ""


def gate_bubble(
    child: str, contents: list[Json], *, status: Json, meta: str, link: str, size: str = "kilo"
) -> Json:
    """Return a child's day: name and pill, `contents`, small print; opens `link` when pressed."""
    return bubble([name_row(child, status), *contents, meta_text(meta)], size=size, link=link)


def big_time(clock: str) -> Json:
    """Return the time that answers the question."""
    return text(clock, size="4xl", weight="bold")


def rail_box(rail: Rail) -> Json:
    """Return mark, line, mark, and the word under each."""
    has_left = rail.departed is not None
    start = _dot(ARRIVED.strong, "99px") if rail.arrived else _ring()
    end = _dot(DEPARTED.strong, "3px") if has_left else _ring()
    travelled = ARRIVED.strong if rail.arrived and has_left else HAIR
    line = box([], height="3px", backgroundColor=travelled, cornerRadius="99px", flex=1)
    before = text(rail.arrived or rail.waiting_in or _("還沒到校"), size="sm", color=INK2)
    after = text(
        rail.departed or rail.waiting_out or _("還沒離校"), size="sm", color=INK2, align="end"
    )
    marks = row([start, line, end], spacing="sm")
    # LINE ignores a first child's margin, so the distance to the time is the outer box's.
    return box([marks, row([before, after], spacing="sm", margin="sm")], margin="md")


def _dot(color: str, radius: str) -> Json:
    return box([], width="12px", height="12px", cornerRadius=radius, backgroundColor=color)


def _ring() -> Json:
    return _dot(SURFACE, "99px") | {"borderWidth": "2px", "borderColor": EDGE}
