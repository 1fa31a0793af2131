"""The rows of a roster file as checked facts about students."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.people.roster import StudentFacts
from core.people.tables import EnrollmentStatus
from core.roster import cells
from core.roster.cells import BadCell
from core.roster.columns import CHINESE, OPTIONAL, Column
from core.roster.faults import Fault, RosterError, refuse
from core.roster.header import read_header
from core.roster.sheet import Row, Sheet, read_sheet

# ROC years of entry: the card exists since 95; nobody is on a roster before they enter.
FIRST_ENTRY_YEAR = 90
Values = Mapping[Column, Any]


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A student as a row says. `card_uid` None says nothing about cards."""

    number: int
    facts: StudentFacts
    status: EnrollmentStatus
    card_uid: str | None

    @property
    def key(self) -> tuple[str, int, str]:
        """Return what names a student: school, entry year, student number."""
        return self.facts.school_code, self.facts.entry_year, self.facts.student_number


def read_roster(
    data: bytes, file_name: str, *, today: date, school_code: str | None = None
) -> list[RosterRow]:
    """Return the students of the file; `today` is a Taipei date. Raises RosterError, all faults.

    With a school code every row is that school's, and a row that says otherwise is a fault.
    """
    return roster_of(read_sheet(data, file_name), today=today, school_code=school_code)


def roster_of(sheet: Sheet, *, today: date, school_code: str | None) -> list[RosterRow]:
    """Return the students of a sheet, as `read_roster` does."""
    if not sheet.rows:
        raise refuse("empty")
    header, *lines = sheet.rows
    known = {Column.SCHOOL_CODE} if school_code else frozenset()
    places = read_header(header.cells, CHINESE, OPTIONAL | known)
    if not lines:
        raise refuse("empty")
    readers = _readers(today, sheet.is_lossy)
    faults: list[Fault] = []
    read = [(line.number, _values(line, places, readers, school_code, faults)) for line in lines]
    wrong = {fault.row for fault in faults}
    rows = [_made(number, values) for number, values in read if number not in wrong]
    faults += _twice(read)
    if faults:
        raise RosterError(faults, rows)
    return rows


def _readers(today: date, is_lossy: bool) -> dict[Column, Callable[[str], Any]]:
    # The school year begins in August; rosters of new pupils come some months before.
    this_year = today.year - cells.ROC_ZERO
    return {
        Column.SCHOOL_CODE: cells.read_school_code,
        Column.ENTRY_YEAR: lambda text: cells.read_number(
            text, FIRST_ENTRY_YEAR, this_year + 1, "entry_year"
        ),
        Column.STUDENT_NUMBER: cells.read_student_number,
        Column.NAME: lambda text: cells.read_name(text, is_lossy),
        Column.GRADE: lambda text: cells.read_number(text, 1, 12, "grade"),
        Column.HOMEROOM: cells.read_homeroom,
        Column.SEAT_NUMBER: lambda text: cells.read_number(text, 1, 99, "seat_number"),
        Column.NATIONAL_ID: cells.read_national_id,
        Column.BIRTH_DATE: lambda text: cells.read_birth_date(text, today),
        Column.CARD_UID: cells.read_card_uid,
        Column.STATUS: cells.read_status,
    }


def _values(
    line: Row,
    places: Mapping[Column, int],
    readers: Mapping[Column, Callable[[str], Any]],
    school_code: str | None,
    faults: list[Fault],
) -> Values:
    """Return what could be read of a row, and note what could not."""
    values: dict[Column, Any] = {}
    for column, read in readers.items():
        text = _cell(line, places.get(column))
        if column is Column.SCHOOL_CODE and school_code and not text:
            values[column] = school_code
            continue
        try:
            values[column] = _value(column, text, read)
        except BadCell as bad:
            faults.append(Fault(line.number, column, bad.code, bad.found))
    if school_code and values.get(Column.SCHOOL_CODE, school_code) != school_code:
        faults.append(Fault(line.number, Column.SCHOOL_CODE, "school_code"))
    return values


def _cell(line: Row, place: int | None) -> str:
    return line.cells[place] if place is not None and place < len(line.cells) else ""


def _value(column: Column, text: str, read: Callable[[str], Any]) -> Any:
    if not text and column not in OPTIONAL:
        raise BadCell("missing")
    return read(text)


def _made(number: int, values: Mapping[Column, Any]) -> RosterRow:
    status, card_uid = values[Column.STATUS], values[Column.CARD_UID]
    facts = {column.value: value for column, value in values.items() if column not in OPTIONAL}
    return RosterRow(number, StudentFacts(**facts), status, card_uid)


def _twice(read: Sequence[tuple[int, Values]]) -> list[Fault]:
    """Return what stands in two rows and may stand in one: a student, a person, a card."""
    faults: list[Fault] = []
    first: dict[tuple[Any, ...], int] = {}
    for number, values in read:
        for column, claim in _claims(values):
            earlier = first.setdefault((column, *claim), number)
            if earlier != number:
                faults.append(Fault(number, column, "twice", str(earlier)))
    return faults


def _claims(values: Values) -> Iterator[tuple[Column, tuple[Any, ...]]]:
    """Return what a row takes for itself, as far as it could be read."""
    student = (Column.SCHOOL_CODE, Column.ENTRY_YEAR, Column.STUDENT_NUMBER)
    if values.keys() >= set(student):
        yield Column.STUDENT_NUMBER, tuple(values[column] for column in student)
    person = (Column.SCHOOL_CODE, Column.NATIONAL_ID)
    if values.get(Column.STATUS) is EnrollmentStatus.ENROLLED and values.keys() >= set(person):
        yield Column.NATIONAL_ID, tuple(values[column] for column in person)
    if card_uid := values.get(Column.CARD_UID):
        yield Column.CARD_UID, (card_uid,)
