"""Sheets as files: CSV for anything, xlsx for spreadsheets. Every cell is text to both."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime

import xlsxwriter  # type: ignore[import-untyped]  # ships no types

from core.attendance.sheets import SheetRow, SheetStatus
from core.clock import taipei_clock
from core.notices.wording import PART_WORDS, WEEKDAYS

# Names of the columns, with their widths in characters.
COLUMNS = {
    "日期": 16,
    "班級": 8,
    "座號": 6,
    "學號": 12,
    "姓名": 14,
    "到校時間": 10,
    "到校來源": 10,
    "離校時間": 10,
    "離校來源": 10,
    "請假": 8,
    "狀態": 12,
}
STATUS_WORDS = {
    SheetStatus.PRESENT: "到校",
    SheetStatus.NO_TAP: "未刷卡",
    SheetStatus.NO_TAP_OUT: "未刷離校",
    SheetStatus.ON_LEAVE: "請假",
    SheetStatus.CLOSED: "停課",
    SheetStatus.NOT_YET: "還沒刷卡",
    SheetStatus.UNKNOWN: "",
}
# Source: OWASP, "CSV Injection". Spreadsheets set to Chinese take the full-width signs as well.
FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n")


def to_csv(rows: Sequence[SheetRow]) -> bytes:
    """Return the sheet with a byte-order mark, without which Excel takes UTF-8 for Big5."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in _cells(row)] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Sequence[SheetRow]) -> bytes:
    """Return the sheet as a workbook whose cells are all typed as text."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        page = book.add_worksheet("到離校")
        # Formatted as text, too: otherwise editing a cell would turn =… into a formula.
        as_text = book.add_format({"num_format": "@"})
        for number, width in enumerate(COLUMNS.values()):
            page.set_column(number, number, width)
        page.freeze_panes(1, 0)
        for line, cells in enumerate([tuple(COLUMNS), *map(_cells, rows)]):
            for number, cell in enumerate(cells):
                page.write_string(line, number, cell, as_text)
    return content.getvalue()


# By the ending of the file's name.
WRITERS: dict[str, Callable[[Sequence[SheetRow]], bytes]] = {"xlsx": to_xlsx, "csv": to_csv}


def file_name(school_code: str, first: date, last: date, extension: str) -> str:
    """Return 到離校_353607_2026-11-23.xlsx, with both ends where the sheet spans days."""
    span = f"{first}" if first == last else f"{first}_{last}"
    return f"到離校_{school_code}_{span}.{extension}"


def _cells(row: SheetRow) -> tuple[str, ...]:
    return (
        f"{row.school_day:%Y/%m/%d}（{WEEKDAYS[row.school_day.weekday()]}）",
        row.homeroom,
        str(row.seat_number),
        row.student_number,
        row.name,
        *_moment(row.arrived_at, is_make_up=row.arrival_is_make_up),
        *_moment(row.departed_at, is_make_up=row.departure_is_make_up),
        PART_WORDS[row.leave] if row.leave else "",
        STATUS_WORDS[row.status],
    )


def _moment(at: datetime | None, *, is_make_up: bool) -> tuple[str, str]:
    if at is None:
        return "", ""
    return taipei_clock(at), "補登" if is_make_up else "刷卡"


def harmless(cell: str) -> str:
    """Return what no spreadsheet takes for a formula; a leading apostrophe means text there."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
