"""Roster files as different programs write them, of invented children."""

import csv
import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

import openpyxl
import xlwt

HEADER = [
    "學校代碼", "入學學年度", "學號", "姓名", "年級", "班級", "座號", "身分證字號",
    "出生年月日", "卡片內碼", "學籍狀態",
]  # fmt: skip
ENGLISH = [
    "school_code", "entry_year", "student_number", "name", "grade", "homeroom", "seat_number",
    "national_id", "birth_date", "card_uid", "status",
]  # fmt: skip
MING = ["353607", "115", "11510001", "王小明", "6", "603", "12", "A123456789", "2015-03-05", "", ""]
QING = ["353607", "115", "01150002", "林小晴", "6", "603", "13", "Y123456788", "104/03/06", "", ""]
UID = "04A224B1C25E80"

ODS = "urn:oasis:names:tc:opendocument:xmlns"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_START = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<office:document-content xmlns:office="{ODS}:office:1.0" xmlns:table="{ODS}:table:1.0"'
    f' xmlns:text="{ODS}:text:1.0"><office:body><office:spreadsheet><table:table table:name="1">'
)
ODS_END = "</table:table></office:spreadsheet></office:body></office:document-content>"
MANIFEST = (
    f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{ODS}:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    "</manifest:manifest>"
)

Table = Sequence[Sequence[str]]


def row(base: Sequence[str] = MING, **changed: str) -> list[str]:
    """A row with some cells changed, by the English headings."""
    return [changed.get(name, cell) for name, cell in zip(ENGLISH, base, strict=True)]


def as_csv(rows: Table, encoding: str = "utf-8", header: Sequence[str] = HEADER) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in [header, *rows]:
        sheet.append(list(cells))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def as_xls(rows: Table, header: Sequence[str] = HEADER) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("1")
    for down, cells in enumerate([header, *rows]):
        for across, cell in enumerate(cells):
            sheet.write(down, across, cell)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def as_ods(rows: Table, header: Sequence[str] = HEADER) -> bytes:
    lines = "".join(
        f"<table:table-row>{_ods_cells(cells)}</table:table-row>" for cells in [header, *rows]
    )
    content = ODS_START + lines + ODS_END
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("mimetype", ODS_TYPE)
        packed.writestr("META-INF/manifest.xml", MANIFEST)
        packed.writestr("content.xml", content)
    return data.getvalue()


def _ods_cells(cells: Sequence[str]) -> str:
    return "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p>'
        "</table:table-cell>"
        for cell in cells
    )
