"""A table of cells from CSV, XLS, XLSX or ODS bytes, whatever program wrote them.

A file is looked at before it is parsed: its size, and what a zip in it would unpack to.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from core.roster.faults import Fault, RosterError, refuse

# A city's roster as CSV has some 30 MB; a school's spreadsheet less than one.
MOST_BYTES = 64_000_000
# A spreadsheet unpacks to ten times its size or so; a bomb to a thousand times.
MOST_UNPACKED = 400_000_000
# Strict: a character none of them knows refuses the file, it never becomes a question mark.
ENCODINGS = ("utf-8-sig", "cp950", "big5hkscs")
ZIP_MARK = b"PK\x03\x04"
OLE_MARK = b"\xd0\xcf\x11\xe0"
TEXT_ENDINGS = (".csv", ".txt")
SHEET_ENDINGS = (".xls", ".xlsx", ".ods")


@dataclass(frozen=True, slots=True)
class Row:
    """Cells as trimmed text; `number` counts from 1 as a spreadsheet shows it."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows that hold anything. `is_lossy` when the file's encoding knows no rare characters."""

    rows: list[Row]
    is_lossy: bool = False


def read_sheet(data: bytes, file_name: str, *, most_unpacked: int = MOST_UNPACKED) -> Sheet:
    """Return the first sheet of the file. Raises RosterError.

    A file from outside is read in a process of its own: core.roster.apart.
    """
    if len(data) > MOST_BYTES:
        raise refuse("too_big", str(MOST_BYTES // 1_000_000))
    name = file_name.lower()
    if data.startswith((ZIP_MARK, OLE_MARK)):
        return Sheet(_filled(_spreadsheet(data, most_unpacked)))
    if name.endswith(SHEET_ENDINGS) or not name.endswith(TEXT_ENDINGS):
        raise refuse("format")
    return _text_sheet(data)


def _spreadsheet(data: bytes, most_unpacked: int) -> Iterator[list[str]]:
    if data.startswith(ZIP_MARK):
        _refuse_bomb(data, most_unpacked)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except PasswordError:
        raise refuse("password") from None
    except CalamineError:
        raise refuse("format") from None
    return ([_as_text(cell) for cell in row] for row in cells)


def _refuse_bomb(data: bytes, most_unpacked: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            is_hidden = any(part.flag_bits & 1 for part in packed.infolist())
    except zipfile.BadZipFile:
        raise refuse("format") from None
    if is_hidden:
        raise refuse("password")
    if unpacked > most_unpacked:
        raise refuse("too_big", str(MOST_BYTES // 1_000_000))


def _as_text(cell: object) -> str:
    """Return a cell as somebody would have typed it: 10723456 for the number 10723456.0."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _text_sheet(data: bytes) -> Sheet:
    text, encoding = _decode(data)
    if text.lstrip().startswith("<"):
        raise refuse("format")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = _filled(reader)
    except csv.Error:
        raise RosterError([Fault(reader.line_num, None, "not_csv")]) from None
    return Sheet(rows, is_lossy=encoding != ENCODINGS[0])


def _decode(data: bytes) -> tuple[str, str]:
    for encoding in ENCODINGS:
        try:
            return _plain(data, encoding).decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise RosterError([Fault(_first_unreadable(data), None, "encoding")])


def _plain(data: bytes, encoding: str) -> bytes:
    """Return the text alone: programs put the mark of UTF-8 before Big5 too."""
    return data if encoding == ENCODINGS[0] else data.removeprefix(codecs.BOM_UTF8)


def _first_unreadable(data: bytes) -> int | None:
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        if not any(_reads(line, encoding) for encoding in ENCODINGS):
            return number
    # Each line reads in some encoding, but not all in the same.
    return None


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _filled(lines: Iterator[list[str]]) -> list[Row]:
    trimmed = ([cell.strip() for cell in cells] for cells in lines)
    return [Row(number, cells) for number, cells in enumerate(trimmed, 1) if any(cells)]
