"""The header of a roster file: which column holds what, in English or Chinese, in any order."""

import unicodedata
from collections.abc import Collection, Sequence
from enum import StrEnum

from core.roster.faults import Fault, RosterError


class Column(StrEnum):
    """What a column holds; the value is its English heading."""

    SCHOOL_CODE = "school_code"
    ENTRY_YEAR = "entry_year"
    STUDENT_NUMBER = "student_number"
    NAME = "name"
    GRADE = "grade"
    HOMEROOM = "homeroom"
    SEAT_NUMBER = "seat_number"
    NATIONAL_ID = "national_id"
    BIRTH_DATE = "birth_date"
    CARD_UID = "card_uid"
    STATUS = "status"


CHINESE = {
    Column.SCHOOL_CODE: "學校代碼",
    Column.ENTRY_YEAR: "入學學年度",
    Column.STUDENT_NUMBER: "學號",
    Column.NAME: "姓名",
    Column.GRADE: "年級",
    Column.HOMEROOM: "班級",
    Column.SEAT_NUMBER: "座號",
    Column.NATIONAL_ID: "身分證字號",
    Column.BIRTH_DATE: "出生年月日",
    Column.CARD_UID: "卡片內碼",
    Column.STATUS: "學籍狀態",
}
# A card and a status may be left out: the card stays whose it is, the child is enrolled.
OPTIONAL = frozenset({Column.CARD_UID, Column.STATUS})
HEADINGS = {heading: column for column, heading in CHINESE.items()} | {
    column.value: column for column in Column
}


def read_header(cells: Sequence[str], given: Collection[Column]) -> dict[Column, int]:
    """Return where each column stands; `given` are those whose value is known without the file.

    Columns of other names are passed over. Raises RosterError.
    """
    places: dict[Column, int] = {}
    twice = []
    for place, cell in enumerate(cells):
        column = HEADINGS.get(_folded(cell))
        if column is None:
            continue
        if column in places:
            twice.append(Fault(1, column, "column_twice"))
        places.setdefault(column, place)
    missing = [one for one in Column if one not in places and one not in OPTIONAL | set(given)]
    if missing:
        names = "、".join(CHINESE[column] for column in missing)
        raise RosterError([Fault(None, None, "header", names)])
    if twice:
        raise RosterError(twice)
    return places


def _folded(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(char for char in folded if not char.isspace())
