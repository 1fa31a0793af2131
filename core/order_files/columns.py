"""The header of a file of paper slips, in English or Chinese, in any order."""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from core.roster.faults import Fault, RosterError


class SlipColumn(StrEnum):
    """What a column holds; the value is its English heading."""

    STUDENT_NUMBER = "student_number"
    ENTRY_YEAR = "entry_year"
    ITEMS = "items"
    PHONE = "phone"
    PREPAID = "prepaid"
    RECEIPT = "receipt"


CHINESE = {
    SlipColumn.STUDENT_NUMBER: "學號",
    SlipColumn.ENTRY_YEAR: "入學學年度",
    SlipColumn.ITEMS: "項目",
    SlipColumn.PHONE: "手機",
    SlipColumn.PREPAID: "已收金額",
    SlipColumn.RECEIPT: "收據號碼",
}
OPTIONAL = frozenset({SlipColumn.ENTRY_YEAR, SlipColumn.PREPAID, SlipColumn.RECEIPT})
HEADINGS = {heading: column for column, heading in CHINESE.items()} | {
    column.value: column for column in SlipColumn
}


def read_header(cells: Sequence[str]) -> dict[SlipColumn, int]:
    """Return where each column stands; others are passed over. Raises RosterError."""
    places: dict[SlipColumn, int] = {}
    for place, cell in enumerate(cells):
        column = HEADINGS.get(_folded(cell))
        if column in places:
            raise RosterError([Fault(1, column, "column_twice")])
        if column is not None:
            places[column] = place
    missing = [CHINESE[one] for one in SlipColumn if one not in places and one not in OPTIONAL]
    if missing:
        raise RosterError([Fault(None, None, "header", "、".join(missing))])
    return places


def _folded(heading: str) -> str:
    return "".join(unicodedata.normalize("NFKC", heading).casefold().split())
