"""Files from the web are read where they can break nothing."""

import io
import zipfile

import openpyxl
import pytest

from core.roster.apart import MOST_BYTES, MOST_ROWS, read_sheet_apart
from core.roster.faults import RosterError
from core.roster.words import say
from tests.roster.files import HEADER, MING, QING, as_csv, as_ods, as_xls, as_xlsx

ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]>'
)


def far_cell() -> bytes:
    """A workbook of five kilobytes that reaches to the last row and column."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "學號", "1"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def repeated_cells() -> bytes:
    """An ODS whose one row says that it stands there a million times, and so do its cells."""
    cell, row = "<table:table-cell", "<table:table-row"
    many = f'{cell} table:number-columns-repeated="16000"'

    def repeat(xml: str) -> str:
        return xml.replace(cell, many).replace(row, f'{row} table:number-rows-repeated="1000000"')

    return rewritten(as_ods([MING]), "content.xml", repeat)


def rewritten(data: bytes, name: str, change: object) -> bytes:
    """The same archive with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part, change(text.decode()) if part.filename == name else text)  # type: ignore[operator]
    return out.getvalue()


def bomb() -> bytes:
    """Zeros that unpack to a thousand times their size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 120_000_000)
    return out.getvalue()


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(RosterError) as refused:
        read_sheet_apart(data, name)
    return say(refused.value.faults[0])


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (as_csv([MING, QING]), "a.csv"),
        (as_csv([MING, QING], "cp950"), "a.csv"),
        (as_xlsx([MING, QING]), "a.xlsx"),
        (as_xls([MING, QING]), "a.xls"),
        (as_ods([MING, QING]), "a.ods"),
    ],
)
def test_good_files_are_read_as_ever(data: bytes, name: str) -> None:
    sheet = read_sheet_apart(data, name)
    assert [row.cells[3] for row in sheet.rows] == ["姓名", "王小明", "林小晴"]
    assert sheet.is_lossy is (b"\xe5" not in data and name.endswith("csv"))


@pytest.mark.parametrize(("data", "name"), [(far_cell(), "a.xlsx"), (repeated_cells(), "a.ods")])
def test_cells_at_the_end_of_the_world_break_nothing(data: bytes, name: str) -> None:
    assert refusal(data, name).startswith(("這個檔案打不開", "看不出檔案格式"))


def test_a_bomb_is_not_unpacked() -> None:
    assert "檔案" in refusal(bomb(), "a.xlsx")


def test_a_size_that_lies_is_no_way_round() -> None:
    data = bytearray(bomb())
    size = (120_000_000).to_bytes(4, "little")
    lie = bytes(data).replace(size, (1000).to_bytes(4, "little"))
    assert lie != bytes(data)
    assert refusal(lie, "a.xlsx")


def test_entities_stand_for_nothing() -> None:
    def with_entities(xml: str) -> str:
        return xml.replace("<office:document", ENTITIES + "<office:document", 1).replace(
            "王小明", "&f;&b;"
        )

    data = rewritten(as_ods([MING]), "content.xml", with_entities)
    try:
        cells = [cell for row in read_sheet_apart(data, "a.ods").rows for cell in row.cells]
    except RosterError:
        return
    assert not any("root:" in cell or "aaaa" in cell for cell in cells)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"%PDF-1.7", "a.pdf", "看不出檔案格式"),
        (b"\xff\xfe\x00\x01" * 10, "a.csv", "文字讀不出來"),
        (b"PK\x03\x04rubbish", "a.xlsx", "看不出檔案格式"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.xls", "看不出檔案格式"),
        (b"x" * (MOST_BYTES + 1), "a.csv", "檔案超過 4 MB"),
    ],
)
def test_what_is_no_roster_is_refused_in_words(data: bytes, name: str, words: str) -> None:
    assert words in refusal(data, name)


def test_more_rows_than_any_school_has_are_refused() -> None:
    rows = "\n".join([",".join(HEADER), *["a"] * (MOST_ROWS + 1)]).encode()
    assert refusal(rows, "a.csv") == "超過 6,000 列，請分成幾個檔案，例如一個年級一個"
