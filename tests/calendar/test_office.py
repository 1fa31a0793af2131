"""The office calendar's file: read as a whole, or refused with every line that is wrong."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.calendar.office import (
    Counts,
    LineFault,
    OfficeFileError,
    import_office_days,
    read_office_file,
)
from core.calendar.tables import OfficeDay
from core.db import transaction
from core.house import House

HEADER = "西元日期,星期,是否放假,備註"
WEEKDAYS = "一二三四五六日"


def line(day: date, flag: str | None = None, remark: str = "") -> str:
    usual = "2" if day.weekday() >= 5 else "0"
    return f"{day:%Y%m%d},{WEEKDAYS[day.weekday()]},{flag or usual},{remark}"


def file_of(*lines: str) -> bytes:
    return "\r\n".join([HEADER, *lines, ""]).encode()


def days_of(first: date, count: int, **flags: str) -> list[str]:
    days = [first + timedelta(days=n) for n in range(count)]
    return [line(day, flags.get(f"d{day:%Y%m%d}")) for day in days]


def load(house: House, data: bytes, name: str = "115.csv") -> Counts:
    with transaction(house.engine) as session:
        return import_office_days(
            session, data, file_name=name, by="operator", now=house.clock.now()
        )


def faults_of(data: bytes) -> list[LineFault]:
    with pytest.raises(OfficeFileError) as caught:
        read_office_file(data)
    return caught.value.faults


NEW_YEAR = days_of(date(2027, 1, 1), 365)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_every_encoding_the_publisher_used_is_read(encoding: str) -> None:
    text = "\n".join([HEADER, line(date(2026, 2, 28), "0", "補行上班"), ""])
    (row,) = read_office_file(text.encode(encoding))
    assert (row.day, row.is_open, row.remark) == (date(2026, 2, 28), True, "補行上班")


def test_leap_day_is_a_day(house: House) -> None:
    assert load(house, file_of(*days_of(date(2028, 2, 27), 4))) == Counts(4, 0, 0)


def test_rows_say_where_they_come_from(house: House) -> None:
    load(house, file_of(*days_of(date(2027, 1, 1), 2)), "115年.csv")
    with transaction(house.engine) as session:
        row = session.get_one(OfficeDay, date(2027, 1, 1))
        assert (row.source, row.recorded_by) == ("115年.csv 2026-11-23", "operator")
        assert row.recorded_at == house.clock.now()
        (entry,) = session.exec(select(AuditEntry)).all()
        assert entry.subject == "office_day:2027-01-01/2027-01-02"


def test_same_file_again_changes_nothing(house: House) -> None:
    assert load(house, file_of(*NEW_YEAR)) == Counts(365, 0, 0)
    house.clock.move_to(house.clock.now() + timedelta(days=30))
    assert load(house, file_of(*NEW_YEAR), "again.csv") == Counts(0, 0, 365)
    with transaction(house.engine) as session:
        assert session.get_one(OfficeDay, date(2027, 5, 5)).source == "115.csv 2026-11-23"


def test_revision_replaces_what_differs(house: House) -> None:
    load(house, file_of(*NEW_YEAR))
    revised = days_of(date(2027, 1, 1), 366, d20270503="2")
    assert load(house, file_of(*revised), "revised.csv") == Counts(1, 1, 364)
    with transaction(house.engine) as session:
        row = session.get_one(OfficeDay, date(2027, 5, 3))
        assert not row.is_open
        assert row.source == "revised.csv 2026-11-23"


def test_rows_in_any_order_are_one_calendar() -> None:
    rows = read_office_file(file_of(*reversed(days_of(date(2027, 1, 1), 10))))
    assert [row.day.day for row in rows] == list(range(1, 11))


FRIDAY = line(date(2027, 1, 1), "2")
BROKEN = [
    (b"", [LineFault(1, "header")]),
    (f"{HEADER}\n".encode(), [LineFault(None, "empty")]),
    (b"<!DOCTYPE html><html></html>", [LineFault(None, "page")]),
    (b"\xef\xbb\xbf  \n<html>", [LineFault(None, "page")]),
    (b"\xff\xfe\xff\xff\x80", [LineFault(None, "encoding")]),
    (b"Subject,Start Date\n", [LineFault(1, "header", "Subject,Start Date")]),
    (b"x" * 1_000_001, [LineFault(None, "too_big")]),
    (file_of('20270101,五,2,"開國'), [LineFault(2, "not_csv")]),
    (file_of(FRIDAY, FRIDAY), [LineFault(3, "duplicate", "20270101")]),
    (file_of("20270101,六,2,"), [LineFault(2, "weekday", "六")]),
    (file_of("20270101,五,1,"), [LineFault(2, "flag", "1")]),
    (file_of("20270101,五,,"), [LineFault(2, "flag")]),
    (file_of("20270230,二,0,"), [LineFault(2, "date", "20270230")]),
    (file_of("20270229,一,0,"), [LineFault(2, "date", "20270229")]),
    (file_of("2027/1/1,五,2,"), [LineFault(2, "date", "2027/1/1")]),
    (file_of("1160101,五,2,"), [LineFault(2, "date", "1160101")]),
    (file_of("20270101,五,2"), [LineFault(2, "columns", "3")]),
    (file_of("20270101,五,2,開國紀念日,x"), [LineFault(2, "columns", "5")]),
    (file_of(FRIDAY, line(date(2027, 1, 3))), [LineFault(None, "gap", "20270102")]),
    (
        file_of("20270101,四,9,", FRIDAY, "x,六,2,"),
        [LineFault(2, "weekday", "四"), LineFault(2, "flag", "9"), LineFault(4, "date", "x")],
    ),
]


@pytest.mark.parametrize(("data", "faults"), BROKEN, ids=[str(n) for n in range(len(BROKEN))])
def test_broken_file_is_refused_with_every_line(data: bytes, faults: list[LineFault]) -> None:
    assert faults_of(data) == faults


def test_refused_file_writes_nothing(house: House) -> None:
    with pytest.raises(OfficeFileError):
        load(house, file_of(*NEW_YEAR, "20280101,六,3,"))
    with transaction(house.engine) as session:
        assert session.exec(select(OfficeDay)).all() == []
