"""The colours of the stylesheets in light and dark, and how well one reads on another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liff.assets import STATIC

SHEETS = ("tokens.css", "staff.css")
DARK = re.compile(r"@media \(prefers-color-scheme: dark\)\s*{(?P<rules>.*?}\s*)}", re.S)
COLOUR = re.compile(r"--(?P<name>[\w-]+):\s*(?P<value>#[0-9a-f]{3,6})\b")
MEASURE = re.compile(r"--(?P<name>[\w-]+):\s*(?P<value>[\d.]+\w+)\s*;")
# Contrast of text, of what must be told apart beside it, and of mere decoration.
# Source: WCAG 2.2, 1.4.3 and 1.4.11.
TEXT, SHAPE = 4.5, 3.0
GROUNDS = ("paper", "surface", "sunken", "brand-soft")
STATUSES = ("arrived", "departed", "no-tap", "leave", "held")
SOFT = tuple(f"{status}-soft" for status in STATUSES)


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour and the ground it stands on somewhere, with the least ratio that will do."""

    fore: str
    ground: str
    least: float

    def ratio(self, colours: Mapping[str, str]) -> float:
        """Return the contrast in these colours, from 1 to 21."""
        return contrast(colours[self.fore], colours[self.ground])


def _pairs(fore: tuple[str, ...], grounds: tuple[str, ...], least: float) -> list[Pair]:
    return [Pair(one, ground, least) for one in fore for ground in grounds]


# A status mark is cut out of its shape in the colour of the card.
PAIRS = (
    *_pairs(("ink",), (*GROUNDS, *SOFT), TEXT),
    *_pairs(("ink2", "ink3", "brand"), GROUNDS, TEXT),
    # Links in banners, headings of waiting lists.
    *_pairs(("brand",), ("arrived-soft", "no-tap-soft"), TEXT),
    *_pairs(("error",), ("paper", "surface"), TEXT),
    *_pairs(("on-brand",), ("brand",), TEXT),
    *_pairs(("on-error",), ("error",), TEXT),
    *_pairs(("on-badge",), ("badge",), TEXT),
    *_pairs(STATUSES, ("paper", "surface", "brand-soft"), TEXT),
    *(Pair(status, f"{status}-soft", TEXT) for status in STATUSES),
    *_pairs(("edge", "focus"), ("paper", "surface", "sunken"), SHAPE),
    *_pairs(("dot",), ("paper", "surface"), SHAPE),
)
# Lines between rows say nothing that spacing does not.
DECORATION = frozenset({"hair"})


def colours(*, is_dark: bool) -> dict[str, str]:
    """Return every colour by name, as #rrggbb, in the order of the stylesheets."""
    found: dict[str, str] = {}
    for sheet in SHEETS:
        text = (STATIC / sheet).read_text(encoding="utf-8")
        dark = "".join(part["rules"] for part in DARK.finditer(text))
        found |= _colours(DARK.sub("", text))
        found |= _colours(dark) if is_dark else {}
    return found


def measures() -> dict[str, str]:
    """Return every size and space by name, as it is written."""
    text = (STATIC / "tokens.css").read_text(encoding="utf-8")
    return {part["name"]: part["value"] for part in reversed(list(MEASURE.finditer(text)))}


def contrast(one: str, other: str) -> float:
    """Return the ratio of two #rrggbb colours, from 1 to 21. Source: WCAG 2.2, contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _colours(text: str) -> dict[str, str]:
    return {part["name"]: _long(part["value"]) for part in COLOUR.finditer(text)}


def _long(value: str) -> str:
    return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
