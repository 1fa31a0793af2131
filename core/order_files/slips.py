"""Paper slips as rows of a file, checked whole: every fault with its row, or nothing is taken."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.crypto import Vault
from core.errors import InputError
from core.order_files.columns import CHINESE, OPTIONAL, SlipColumn
from core.orders.batch import draft_order, left_school, place_drafts
from core.orders.paying import PHONE
from core.orders.placing import NewOrder
from core.orders.plans import Items
from core.orders.service import LONGEST_RECEIPT, MOST_PAID
from core.orders.tables import Origin, SmsOrder
from core.people.contacts import parse_phone
from core.people.roster import normalise_student_number
from core.people.tables import EnrollmentStatus, Student
from core.roster.faults import Fault, RosterError, refuse
from core.roster.header import read_header
from core.roster.sheet import Row, Sheet

ITEM_WORDS = {
    "到校": Items.ARRIVAL,
    "僅到校": Items.ARRIVAL,
    "離校": Items.DEPARTURE,
    "僅離校": Items.DEPARTURE,
    "到校和離校": Items.BOTH,
    "到校+離校": Items.BOTH,
    "到校、離校": Items.BOTH,
    "都要": Items.BOTH,
} | {one.value: one for one in Items}
# A spreadsheet takes 0912… for a number and drops its zero.
BARE_MOBILE = re.compile(r"9\d{8}", re.ASCII)
YEAR = re.compile(r"\d{2,3}", re.ASCII)
AMOUNT = re.compile(r"(\d{1,6})(?:\.0+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slip:
    """A row as it says, `row` as a spreadsheet counts; nobody has looked for the child yet."""

    row: int
    student_number: str
    entry_year: int | None
    items: Items
    phone: str
    prepaid: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Matched:
    """A slip and whose it is."""

    slip: Slip
    student: Student


@dataclass(frozen=True, slots=True)
class Draft:
    """What a slip's order is to be, and the row it stood in."""

    row: int
    order: SmsOrder


def read_slips(sheet: Sheet) -> list[Slip]:
    """Return the slips of a sheet. Pure. Raises RosterError with everything that is wrong."""
    if not sheet.rows:
        raise refuse("empty")
    header, *lines = sheet.rows
    places = read_header(header.cells, CHINESE, OPTIONAL)
    if not lines:
        raise refuse("empty")
    faults: list[Fault] = []
    slips = [_slip(line, places, faults) for line in lines]
    if faults:
        raise RosterError(faults)
    return [one for one in slips if one is not None]


def match_slips(
    session: Session, vault: Vault, slips: Sequence[Slip], *, school_code: str, plan_id: UUID
) -> list[Matched]:
    """Return whose slips they are; only reads.

    Raises RosterError for a child that is not there or ordered already, and for a row twice.
    """
    children = _children(session, school_code, {one.student_number for one in slips})
    faults: list[Fault] = []
    found = [_match(one, children, faults) for one in slips]
    matched = [one for one in found if one is not None]
    faults += _twice(matched) + _ordered(session, vault, matched, plan_id)
    if faults:
        raise RosterError(faults)
    return matched


def draft_slips(
    vault: Vault, matched: Sequence[Matched], *, plan_id: UUID, by: str, now: datetime
) -> list[Draft]:
    """Return the orders the slips are to be. Pure."""
    drafts = []
    for one in matched:
        wish = _wish(one, plan_id)
        drafts.append(Draft(one.slip.row, draft_order(vault, wish, one.student, by=by, now=now)))
    return drafts


def place_slips(
    session: Session, drafts: Sequence[Draft], plan_id: UUID, *, by: str, now: datetime
) -> int:
    """Put every slip before the school and return how many; all or nothing in the transaction.

    Raises RosterError with the rows that can't be taken any more.
    """
    try:
        placed = place_drafts(session, [one.order for one in drafts], plan_id, by=by, now=now)
    except InputError as error:
        raise refuse(error.code) from error
    left = [one for one in drafts if one.order.id not in placed]
    if left:
        gone = left_school(session, [one.order.student_id for one in left])
        raise RosterError([_left_out(one, gone) for one in left])
    return len(placed)


def _left_out(draft: Draft, gone: Collection[UUID]) -> Fault:
    code = "not_enrolled" if draft.order.student_id in gone else "ordered"
    return Fault(draft.row, SlipColumn.STUDENT_NUMBER, code)


def _wish(one: Matched, plan_id: UUID) -> NewOrder:
    slip = one.slip
    return NewOrder(
        plan_id=plan_id,
        student_id=one.student.id,
        items=slip.items,
        phone=slip.phone,
        origin=Origin.FILE,
        prepaid=slip.prepaid,
        receipt=slip.receipt,
    )


def _slip(line: Row, places: Mapping[SlipColumn, int], faults: list[Fault]) -> Slip | None:
    said: dict[str, Any] = {}
    for column, read in READERS.items():
        place = places.get(column, len(line.cells))
        text = line.cells[place] if place < len(line.cells) else ""
        try:
            said[column.value] = read(unicodedata.normalize("NFKC", text).strip())
        except ValueError as wrong:
            faults.append(Fault(line.number, column, str(wrong)))
    if len(said) < len(READERS):
        return None
    if said["prepaid"] and not said["receipt"]:
        faults.append(Fault(line.number, SlipColumn.RECEIPT, "receipt_missing"))
    if said["receipt"] and not said["prepaid"]:
        faults.append(Fault(line.number, SlipColumn.PREPAID, "prepaid_missing"))
    return Slip(line.number, **said)


def _number(text: str) -> str:
    if not text:
        raise ValueError("missing")
    return normalise_student_number(text)


def _year(text: str) -> int | None:
    if text and not YEAR.fullmatch(text):
        raise ValueError("entry_year")
    return int(text) if text else None


def _items(text: str) -> Items:
    if not text:
        raise ValueError("missing")
    if text.replace(" ", "") not in ITEM_WORDS:
        raise ValueError("items")
    return ITEM_WORDS[text.replace(" ", "")]


def _phone(text: str) -> str:
    if not text:
        raise ValueError("missing")
    try:
        return parse_phone(f"0{text}" if BARE_MOBILE.fullmatch(text) else text)
    except InputError:
        raise ValueError("phone") from None


def _amount(text: str) -> int:
    found = AMOUNT.fullmatch(text.removesuffix("元").strip()) if text else None
    if text and (found is None or int(found[1]) > MOST_PAID):
        raise ValueError("amount")
    return int(found[1]) if found else 0


def _receipt(text: str) -> str:
    # No database keeps every control that a file can hold.
    if len(text) > LONGEST_RECEIPT or not text.isprintable():
        raise ValueError("receipt")
    return text


READERS: dict[SlipColumn, Callable[[str], Any]] = {
    SlipColumn.STUDENT_NUMBER: _number,
    SlipColumn.ENTRY_YEAR: _year,
    SlipColumn.ITEMS: _items,
    SlipColumn.PHONE: _phone,
    SlipColumn.PREPAID: _amount,
    SlipColumn.RECEIPT: _receipt,
}


def _children(
    session: Session, school_code: str, numbers: Collection[str]
) -> Mapping[str, Sequence[Student]]:
    statement = select(Student).where(
        col(Student.school_code) == school_code,
        col(Student.status) == EnrollmentStatus.ENROLLED,
        col(Student.student_number).in_(numbers),
    )
    found: dict[str, list[Student]] = defaultdict(list)
    for child in session.scalars(statement):
        found[child.student_number].append(child)
    return found


def _match(
    slip: Slip, children: Mapping[str, Sequence[Student]], faults: list[Fault]
) -> Matched | None:
    fits = [
        one
        for one in children.get(slip.student_number, ())
        if slip.entry_year in (None, one.entry_year)
    ]
    if len(fits) == 1:
        return Matched(slip, fits[0])
    code = "twins" if fits else "no_such_child"
    faults.append(Fault(slip.row, SlipColumn.STUDENT_NUMBER, code))
    return None


def _twice(matched: Sequence[Matched]) -> list[Fault]:
    rows: dict[tuple[UUID, str], int] = {}
    faults = []
    for one in matched:
        first = rows.setdefault((one.student.id, one.slip.phone), one.slip.row)
        if first != one.slip.row:
            faults.append(Fault(one.slip.row, SlipColumn.PHONE, "twice", str(first)))
    return faults


def _ordered(
    session: Session, vault: Vault, matched: Sequence[Matched], plan_id: UUID
) -> list[Fault]:
    """Return the rows whose child has an open order to that number already."""
    statement = select(col(SmsOrder.student_id), col(SmsOrder.phone_index)).where(
        col(SmsOrder.plan_id) == plan_id,
        col(SmsOrder.ended_at).is_(None),
        col(SmsOrder.student_id).in_([one.student.id for one in matched]),
    )
    taken = {(child, index) for child, index in session.execute(statement)}
    return [
        Fault(one.slip.row, SlipColumn.STUDENT_NUMBER, "ordered")
        for one in matched
        if any(
            (one.student.id, index) in taken
            for index in vault.index_candidates(one.slip.phone, PHONE)
        )
    ]
