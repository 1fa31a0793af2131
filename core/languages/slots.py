"""Values in sentences: `{slots}`, and the half space between Han and Latin."""

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise

SLOT = re.compile(r"(\{\w+\})")


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Put values into `{slots}`, with a half space where their Latin edge meets a Han character.

    還沒有{child}的 gives 還沒有小明的 and 還沒有 Anna 的. Raises KeyError for a slot without value.
    """
    pieces = _pieces(template, slots)
    kept = [value for value in pieces if value]
    if not kept:
        return ""
    return kept[0] + "".join(_joined(left, right) for left, right in pairwise(kept))


def fill_as_written(template: str, slots: Mapping[str, str]) -> str:
    """Put values into `{slots}` of a language whose translations write their own spaces."""
    return "".join(_pieces(template, slots))


def is_han(character: str) -> bool:
    """Tell whether a half space parts this character from a Latin one."""
    return _script(character) == "han"


def _pieces(template: str, slots: Mapping[str, str]) -> list[str]:
    pieces = [piece for piece in SLOT.split(template) if piece]
    return [slots[piece[1:-1]] if SLOT.fullmatch(piece) else piece for piece in pieces]


def _joined(left: str, right: str) -> str:
    edges = {_script(left[-1]), _script(right[0])}
    return f" {right}" if edges == {"han", "latin"} else right


def _script(character: str) -> str:
    if not character.isalnum():
        return "other"
    return "han" if unicodedata.east_asian_width(character) in "WF" else "latin"
