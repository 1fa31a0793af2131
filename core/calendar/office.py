"""The government's office calendar, from the CSV file its publisher offers.

Source: DGPA, data.gov.tw dataset 14718 (read 2026-11): 西元日期,星期,是否放假,備註, one row a day,
20260101 and 0 (office) or 2 (off); UTF-8 with a byte order mark, or Big5. A bad link answers with
a page instead of the file.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.changes import ChangeKind, record_change
from core.calendar.scopes import CITY, ClosureScope, hold_schools
from core.calendar.tables import OfficeDay
from core.clock import school_day_of
from core.db import insert_for, table_of
from core.errors import InputError
from core.notices.wording import WEEKDAYS

HEADER = ["西元日期", "星期", "是否放假", "備註"]
FLAGS = {"0": True, "2": False}
MOST_BYTES = 1_000_000
# Far years are slips of the pen.
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with a line of the file (None: with the file as a whole), as a code of ours.

    `found` is what stands there, for the person who corrects it.
    """

    line: int | None
    code: str
    found: str = ""


class OfficeFileError(InputError):
    """Refuse the whole file; `faults` names everything that is wrong."""

    def __init__(self, faults: list[LineFault]) -> None:
        super().__init__("office_file")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """A day as the file says."""

    day: date
    is_open: bool
    remark: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import did to the days of the file."""

    added: int
    changed: int
    unchanged: int


def import_office_days(
    session: Session, data: bytes, *, file_name: str, by: str, now: datetime
) -> Counts:
    """Write the days of a file; joins the caller's transaction. Raises OfficeFileError.

    All or nothing. Days that say the same already stay as they are, with their first source.
    """
    rows = read_office_file(data)
    hold_schools(session, ClosureScope())
    news, counts = compare_office_days(session, rows)
    if news:
        source = f"{file_name} {school_day_of(now)}"
        _write(session, news, source=source, by=by, now=now)
        span = f"{rows[0].day}/{rows[-1].day}"
        subject = f"office_day:{span}"
        record_audit(session, actor=by, action="office_day.import", subject=subject, now=now)
        record_change(
            session,
            scope=CITY,
            kind=ChangeKind.OFFICE,
            subject=span,
            before=None,
            after=asdict(counts),
            from_day=news[0].day,
            by=by,
            now=now,
        )
    return counts


def compare_office_days(
    session: Session, rows: Sequence[OfficeRow]
) -> tuple[list[OfficeRow], Counts]:
    """Return the days of a file that say something new, and how many there are of each kind."""
    within = col(OfficeDay.day).between(rows[0].day, rows[-1].day)
    known = {
        row.day: (row.is_open, row.remark) for row in session.exec(select(OfficeDay).where(within))
    }
    news = [row for row in rows if known.get(row.day) != (row.is_open, row.remark)]
    added = sum(row.day not in known for row in news)
    return news, Counts(added, len(news) - added, len(rows) - len(news))


def _write(
    session: Session, rows: Iterable[OfficeRow], *, source: str, by: str, now: datetime
) -> None:
    values = [
        {
            "day": row.day,
            "is_open": row.is_open,
            "remark": row.remark,
            "source": source,
            "recorded_by": by,
            "recorded_at": now,
        }
        for row in rows
    ]
    statement = insert_for(session, table_of(OfficeDay))
    replaced = {name: statement.excluded[name] for name in values[0] if name != "day"}
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["day"], set_=replaced), values
    )


def read_office_file(data: bytes) -> list[OfficeRow]:
    """Return the days of the file in their order. Raises OfficeFileError with every fault."""
    lines = _lines(_text(data))
    header = lines.pop(0)[1] if lines else []
    if header != HEADER:
        raise OfficeFileError([LineFault(1, "header", ",".join(header)[:60])])
    if not lines:
        raise OfficeFileError([LineFault(None, "empty")])
    faults: list[LineFault] = []
    rows: dict[date, OfficeRow] = {}
    for number, cells in lines:
        row = _row(number, cells, faults)
        if row is None:
            continue
        if row.day in rows:
            faults.append(LineFault(number, "duplicate", cells[0]))
        rows.setdefault(row.day, row)
    # A line that can't be read would show up as a gap as well.
    faults = faults or _gaps(sorted(rows))
    if faults:
        raise OfficeFileError(faults)
    return [rows[day] for day in sorted(rows)]


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise OfficeFileError([LineFault(None, "too_big")])
    for encoding in ("utf-8-sig", "cp950"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip().startswith("<"):
            raise OfficeFileError([LineFault(None, "page")])
        return text
    raise OfficeFileError([LineFault(None, "encoding")])


def _lines(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = []
    try:
        for cells in reader:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                lines.append((reader.line_num, trimmed))
    except csv.Error:
        raise OfficeFileError([LineFault(reader.line_num, "not_csv")]) from None
    return lines


def _row(number: int, cells: list[str], faults: list[LineFault]) -> OfficeRow | None:
    if len(cells) != len(HEADER):
        faults.append(LineFault(number, "columns", str(len(cells))))
        return None
    written, weekday, flag, remark = cells
    day = _date(written)
    if day is None:
        faults.append(LineFault(number, "date", written))
    elif weekday != WEEKDAYS[day.weekday()]:
        faults.append(LineFault(number, "weekday", weekday))
    if flag not in FLAGS:
        faults.append(LineFault(number, "flag", flag))
    if day is None or flag not in FLAGS:
        return None
    return OfficeRow(day, FLAGS[flag], remark)


def _date(written: str) -> date | None:
    if len(written) != 8 or not (written.isascii() and written.isdigit()):
        return None
    year, month, day = int(written[:4]), int(written[4:6]), int(written[6:])
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _gaps(days: list[date]) -> list[LineFault]:
    missing = []
    for before, after in zip(days, days[1:], strict=False):
        if after - before > timedelta(days=1):
            missing.append(LineFault(None, "gap", f"{before + timedelta(days=1):%Y%m%d}"))
    return missing
