"""Sheets as files."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from uuid import UUID

import openpyxl
import pytest

from core.attendance.export import file_name, to_csv, to_xlsx
from core.attendance.sheets import SheetRow, SheetStatus
from core.kinds import DayPart
from tests.attendance.test_reports import MONDAY, at

ROW = SheetRow(
    student_id=UUID(int=1),
    school_day=MONDAY,
    homeroom="603",
    seat_number=12,
    student_number="00123456",
    name="王小明",
    arrived_at=at(7, 41),
    arrival_is_make_up=False,
    departed_at=at(16, 5),
    departure_is_make_up=True,
    leave=None,
    status=SheetStatus.PRESENT,
)
CELLS = [
    "2026/11/23（一）",
    "603",
    "12",
    "00123456",
    "王小明",
    "07:41",
    "刷卡",
    "16:05",
    "補登",
    "",
    "到校",
]
TRICKS = [
    '=HYPERLINK("https://evil.example","王小明")',
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\n=1+1",
]


def read_csv(content: bytes) -> list[list[str]]:
    """Read the file as a spreadsheet would."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[list[openpyxl.cell.Cell]]:
    """Read the workbook's cells."""
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.rows]


def test_csv_opens_in_excel_as_utf8() -> None:
    content = to_csv([ROW])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert read_csv(content)[1] == CELLS


def test_both_files_say_the_same() -> None:
    rows = [ROW, replace(ROW, arrived_at=None, departed_at=None, leave=DayPart.WHOLE)]
    values = [[cell.value or "" for cell in line] for line in read_xlsx(to_xlsx(rows))]
    assert values == read_csv(to_csv(rows))
    assert values[2][5:10] == ["", "", "", "", "全天"]


@pytest.mark.parametrize("status", list(SheetStatus))
def test_every_status_has_its_word(status: SheetStatus) -> None:
    word = read_csv(to_csv([replace(ROW, status=status)]))[1][10]
    assert word or status is SheetStatus.UNKNOWN


@pytest.mark.parametrize("trick", TRICKS)
def test_name_never_becomes_a_formula_in_csv(trick: str) -> None:
    cell = read_csv(to_csv([replace(ROW, name=trick)]))[1][4]
    assert cell == f"'{trick}"


@pytest.mark.parametrize("trick", TRICKS)
def test_name_never_becomes_a_formula_or_link_in_xlsx(trick: str) -> None:
    content = to_xlsx([replace(ROW, name=trick)])
    cell = read_xlsx(content)[1][4]
    assert (cell.data_type, cell.number_format) == ("s", "@")
    assert cell.hyperlink is None
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_digits_stay_text_in_xlsx() -> None:
    line = read_xlsx(to_xlsx([ROW]))[1]
    assert {cell.data_type for cell in line if cell.value} == {"s"}
    assert line[3].value == "00123456"


def test_empty_sheet_keeps_its_head() -> None:
    assert read_csv(to_csv([]))[0] == [cell.value for cell in read_xlsx(to_xlsx([]))[0]]


@pytest.mark.parametrize(
    ("last", "name"),
    [
        (MONDAY, "到離校_353607_2026-11-23.xlsx"),
        (date(2026, 11, 29), "到離校_353607_2026-11-23_2026-11-29.xlsx"),
    ],
)
def test_file_is_named_by_school_and_days(last: date, name: str) -> None:
    assert file_name("353607", MONDAY, last, "xlsx") == name
