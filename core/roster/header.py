"""The header of a file of rows: which column holds what, in English or Chinese, in any order."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from core.roster.faults import Fault, RosterError

Column = TypeVar("Column", bound=StrEnum)


def read_header(
    cells: Sequence[str], chinese: Mapping[Column, str], optional: Collection[Column]
) -> dict[Column, int]:
    """Return where each column stands. Pure.

    `chinese` has the heading of every column there can be; its English one is its value. Columns
    of other names are passed over. Raises RosterError with all that is twice or missing.
    """
    headings = {column.value: column for column in chinese}
    headings |= {heading: column for column, heading in chinese.items()}
    places: dict[Column, int] = {}
    faults = []
    for place, cell in enumerate(cells):
        column = headings.get(_folded(cell))
        if column in places:
            faults.append(Fault(1, column, "column_twice"))
        elif column is not None:
            places[column] = place
    missing = [chinese[one] for one in chinese if one not in places and one not in optional]
    if missing:
        faults.append(Fault(None, None, "header", "、".join(missing)))
    if faults:
        raise RosterError(faults)
    return places


def _folded(heading: str) -> str:
    return "".join(unicodedata.normalize("NFKC", heading).casefold().split())
