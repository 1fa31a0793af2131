"""Roster files of every program: read whole, or refused with the row and the reason."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.tables import EnrollmentStatus
from core.roster.faults import RosterError
from core.roster.rows import RosterRow, read_roster
from core.roster.words import say
from tests.roster.files import (
    ENGLISH,
    HEADER,
    MING,
    QING,
    UID,
    as_csv,
    as_ods,
    as_xls,
    as_xlsx,
    row,
)

TODAY = date(2026, 11, 23)


def _read(data: bytes, name: str = "603.csv", school: str | None = None) -> list[RosterRow]:
    return read_roster(data, name, today=TODAY, school_code=school)


def _faults(data: bytes, name: str = "603.csv", school: str | None = None) -> list[str]:
    with pytest.raises(RosterError) as refused:
        _read(data, name, school)
    return [say(fault) for fault in refused.value.faults]


def _codes(rows: Sequence[Sequence[str]]) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(RosterError) as refused:
        _read(as_csv(rows))
    return [(fault.row, fault.column, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (as_csv([MING, QING]), "a.csv"),
        (as_csv([MING, QING], "utf-8-sig"), "a.CSV"),
        (as_csv([MING, QING], "cp950"), "a.csv"),
        (as_csv([MING, QING], header=ENGLISH), "a.csv"),
        (as_csv([MING, QING]).replace(b"\r\n", b"\n"), "a.txt"),
        (as_xlsx([MING, QING]), "a.xlsx"),
        (as_xls([MING, QING]), "a.xls"),
        (as_ods([MING, QING]), "a.ods"),
    ],
)
def test_every_format_says_the_same(data: bytes, name: str) -> None:
    ming, qing = _read(data, name)
    assert (ming.number, ming.facts.name, ming.facts.homeroom) == (2, "王小明", "603")
    assert (ming.facts.national_id, ming.facts.birth_date) == ("A123456789", date(2015, 3, 5))
    assert (qing.facts.student_number, qing.facts.birth_date) == ("01150002", date(2015, 3, 6))
    assert (ming.card_uid, ming.status) == (None, EnrollmentStatus.ENROLLED)


def test_numbers_and_dates_of_a_spreadsheet_are_read_as_typed() -> None:
    cells: list[object] = [353607, 115, 11510001.0, "王小明", 6, 603, 12, "A123456789"]
    (one,) = _read(as_xlsx([[*cells, datetime(2015, 3, 5), UID, "休學"]]), "a.xlsx")  # noqa: DTZ001
    assert (one.facts.student_number, one.facts.birth_date) == ("11510001", date(2015, 3, 5))
    assert (one.card_uid, one.status) == (UID, EnrollmentStatus.SUSPENDED)


def test_columns_stand_in_any_order_and_others_are_passed_over() -> None:
    header, cells = [*reversed(HEADER), "備註"], [*reversed(MING), "轉入"]
    (one,) = _read(as_csv([cells], header=header))
    assert one.facts.student_number == "11510001"


def test_full_width_is_read_as_half_width() -> None:
    (one,) = _read(
        as_csv([row(student_number="１１５１０００１", grade="６", card_uid=UID.lower())])
    )
    assert (one.facts.student_number, one.facts.grade, one.card_uid) == ("11510001", 6, UID)


@pytest.mark.parametrize("written", ["104/3/5", "1040305", "2015.03.05", "104年3月5日", "20150305"])
def test_a_birthday_is_read_as_offices_write_it(written: str) -> None:
    assert _read(as_csv([row(birth_date=written)]))[0].facts.birth_date == date(2015, 3, 5)


def test_a_given_school_fills_its_column_and_refuses_another() -> None:
    assert _read(as_csv([MING[1:]], header=HEADER[1:]), school="353607")[0].key[0] == "353607"
    assert _faults(as_csv([MING]), school="343502") == [
        "第 2 列、學校代碼：學校代碼不是 6 碼，或不是您的學校"
    ]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("school_code", "35360", "school_code"),
        ("entry_year", "2026", "entry_year"),
        ("student_number", "", "missing"),
        ("student_number", "11510001；", "student_number"),
        ("name", "王\ue000明", "private_characters"),
        ("name", "王\ufffd明", "unreadable"),
        ("name", "王小明<b>", "name"),
        ("name", "＝HYPERLINK(1)", "formula"),
        ("name", "https://evil.tw", "name"),
        ("grade", "13", "grade"),
        ("homeroom", "6/03", "homeroom"),
        ("seat_number", "-1", "seat_number"),
        ("national_id", "A123456788", "national_id"),
        ("birth_date", "104/02/30", "birth_date"),
        ("birth_date", "2025-03-05", "birth_date"),
        ("card_uid", "4.2E+13", "card_uid"),
        ("status", "在校", "status"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(column: str, cell: str, code: str) -> None:
    assert _codes([QING, row(**{column: cell})]) == [(3, column, code)]


def test_all_faults_are_told_at_once_in_the_order_of_rows() -> None:
    rows = [row(grade="0", seat_number="x"), row(QING, national_id="1")]
    assert [code for _, _, code in _codes(rows)] == ["grade", "seat_number", "national_id"]


def test_what_stands_twice_is_told_of_rows_with_other_faults_too() -> None:
    rows = [row(grade="0", card_uid=UID), row(QING, card_uid=UID), row(QING, name="")]
    assert _codes(rows) == [
        (2, "grade", "grade"),
        (3, "card_uid", "twice"),
        (4, "name", "missing"),
        (4, "student_number", "twice"),
        (4, "national_id", "twice"),
    ]


def test_a_bad_identity_number_is_never_repeated_whole() -> None:
    (told,) = _faults(as_csv([row(national_id="A123456788")]))
    assert told == "第 2 列、身分證字號：身分證字號或居留證號格式不對（…788）"


def test_one_student_one_person_one_card_in_a_file() -> None:
    other = row(QING, student_number="1", national_id="A800000014")
    assert _codes([MING, row(QING, student_number=MING[2])]) == [(3, "student_number", "twice")]
    assert _codes([MING, row(QING, national_id=MING[7])]) == [(3, "national_id", "twice")]
    with_cards = [row(card_uid=UID), row(QING, card_uid=UID), row(other)]
    assert _codes(with_cards) == [(3, "card_uid", "twice")]


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"", "a.csv", "檔案裡沒有資料列"),
        (as_csv([]), "a.csv", "檔案裡沒有資料列"),
        (b"<html>404</html>", "a.csv", "看不出檔案格式，請用 CSV、XLS、XLSX 或 ODS。"),
        (b"%PDF-1.7", "a.pdf", "看不出檔案格式，請用 CSV、XLS、XLSX 或 ODS。"),
        (b"PK\x03\x04broken", "a.xlsx", "看不出檔案格式，請用 CSV、XLS、XLSX 或 ODS。"),
        (b"\xd0\xcf\x11\xe0broken", "a.xls", "看不出檔案格式，請用 CSV、XLS、XLSX 或 ODS。"),
        (b"a,b\n1,2\n", "a.csv", "第一列找不到欄名：" + "、".join(HEADER[:-2])),
        (as_csv([MING], header=[*HEADER[:-1], "姓名"]), "a.csv", "第 1 列、姓名：這個欄名出現兩次"),
        (as_csv([]) + b'"353607,115\n', "a.csv", "引號沒有成對，請用試算表程式重新存檔"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_the_reason(
    data: bytes, name: str, told: str
) -> None:
    assert [one.split("列：")[-1] for one in _faults(data, name)] == [told]


def test_bytes_of_no_encoding_are_refused_by_row_never_replaced() -> None:
    data = as_csv([MING, QING]).replace("林小晴".encode(), b"\xff\xff")
    assert _faults(data) == ["第 3 列：檔案的文字讀不出來，請另存為「CSV UTF-8」再傳"]


def test_big5_behind_the_mark_of_utf_8_is_read() -> None:
    data = b"\xef\xbb\xbf" + as_csv([MING, QING], "cp950")
    assert [one.facts.name for one in _read(data)] == ["王小明", "林小晴"]
    assert _faults(data + b"\xff") == ["第 4 列：檔案的文字讀不出來，請另存為「CSV UTF-8」再傳"]


def test_a_question_mark_of_big5_is_told_as_a_lost_character() -> None:
    (told,) = _faults(as_csv([row(name="王?明")], "cp950"))
    assert "（王□明）" in told
    assert "Big5" in told


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in range(5):
            packed.writestr(f"{part}.xml", b"0" * 100_000_000)
    assert _faults(data.getvalue(), "a.xlsx") == ["檔案超過 64 MB"]


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.ods", "a"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    for prefix in (b"", as_csv([MING]), b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        try:
            _read(prefix + data, name)
        except RosterError as refused:
            assert all(say(fault) for fault in refused.faults)
