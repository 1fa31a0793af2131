"""A roster file beside what is known: what is new, what differs, what is not in the file."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from core.crypto import Vault
from core.people.bindings import guardians_bound
from core.people.identity_numbers import is_renewal
from core.people.lost_cards import blocked_cards
from core.people.names import masked_name
from core.people.roster import BIRTH_DATE, NATIONAL_ID
from core.people.tables import Card, EnrollmentStatus, School, Student
from core.roster.columns import Column
from core.roster.faults import Fault, RosterError
from core.roster.rows import RosterRow

# Who left for good needs the card no more; who pauses comes back with it.
LEFT = frozenset(
    {EnrollmentStatus.TRANSFERRED, EnrollmentStatus.GRADUATED, EnrollmentStatus.WITHDRAWN}
)
# As many keys as one statement takes on either engine without growing slow.
CHUNK = 500
PLAIN_FIELDS = ("name", "grade", "homeroom", "seat_number")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs for a student on file: columns of the student, and a card that is new."""

    student: Student
    row: RosterRow
    columns: frozenset[str]
    has_new_card: bool


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who holds a card now, where that child sits, and whether they leave it to others."""

    student_id: UUID
    seat: str
    has_left: bool


@dataclass(slots=True)
class Plan:
    """What taking a file over would do. `left_out` counts the enrolled who are not in it."""

    added: list[RosterRow] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    left_out: int = 0


def compare(session: Session, vault: Vault, rows: Sequence[RosterRow]) -> Plan:
    """Return what the rows would change. Raises RosterError for what can't be taken over.

    Nobody who is missing from the file is touched: a file may be one class.
    """
    plan, faults = Plan(), list(_unknown_schools(session, rows))
    holders, blocked = _card_holders(session, rows), _blocked_cards(session, rows)
    for school_code, own in groupby(
        sorted(rows, key=_place), key=lambda row: row.facts.school_code
    ):
        known, school_rows = _Known(session, vault, school_code, blocked), list(own)
        known.leave_to_file(school_rows)
        for row in school_rows:
            known.take(row, plan, faults, holders)
        plan.left_out += known.count_left_out()
    if faults:
        raise RosterError(faults)
    return plan


def complete(session: Session, vault: Vault, refused: RosterError) -> RosterError:
    """Return the refusal with what is wrong with the rows that could be read; only reads.

    So that a file is corrected once, and not first for its cells and then for what is on file.
    """
    try:
        compare(session, vault, refused.rows)
    except RosterError as more:
        return RosterError([*refused.faults, *more.faults])
    return refused


class _Known:
    """The students of a school, by what names them."""

    def __init__(
        self,
        session: Session,
        vault: Vault,
        school_code: str,
        blocked: Collection[tuple[str, str]],
    ) -> None:
        self._session, self._vault, self._blocked = session, vault, blocked
        students = session.exec(select(Student).where(Student.school_code == school_code)).all()
        self._by_key = {(one.entry_year, one.student_number): one for one in students}
        self._enrolled = {one.id for one in students if one.status == EnrollmentStatus.ENROLLED}
        self._by_person = {
            one.national_id_index: one for one in students if one.id in self._enrolled
        }

    def leave_to_file(self, rows: Sequence[RosterRow]) -> None:
        """Forget the numbers of students in the file, where none stands twice.

        What counts is who has a number afterwards: two may have each other's until now.
        """
        for row in rows:
            student = self._by_key.get((row.facts.entry_year, row.facts.student_number))
            if student is not None and student.id in self._enrolled:
                self._by_person.pop(student.national_id_index, None)

    def take(
        self,
        row: RosterRow,
        plan: Plan,
        faults: list[Fault],
        holders: Mapping[str, _Holder],
    ) -> None:
        student = self._by_key.get((row.facts.entry_year, row.facts.student_number))
        row = self._without_lost_card(row, student)
        columns = frozenset(self._differences(row, student) if student else ())
        faults += self._conflicts(row, student, columns, holders)
        if student is None:
            plan.added.append(row)
            return
        self._enrolled.discard(student.id)
        holder = holders.get(row.card_uid or "")
        is_own = holder is not None and holder.student_id == student.id
        has_new_card = row.card_uid is not None and not is_own
        if columns or has_new_card:
            plan.changed.append(Change(student, row, columns, has_new_card))
        else:
            plan.unchanged += 1

    def _without_lost_card(self, row: RosterRow, student: Student | None) -> RosterRow:
        """Return the row; without the card where this very child lost it, here or elsewhere."""
        people = set(self._vault.index_candidates(row.facts.national_id, NATIONAL_ID))
        people |= {student.national_id_index} if student else set()
        is_lost = any((row.card_uid, person) in self._blocked for person in people)
        return replace(row, card_uid=None) if is_lost else row

    def count_left_out(self) -> int:
        return len(self._enrolled)

    def _conflicts(
        self,
        row: RosterRow,
        student: Student | None,
        columns: Collection[str],
        holders: Mapping[str, _Holder],
    ) -> Iterator[Fault]:
        own_id = student.id if student else None
        holder = holders.get(row.card_uid or "")
        if holder is not None and holder.student_id != own_id and not holder.has_left:
            yield Fault(row.number, Column.CARD_UID, "card_taken", holder.seat)
        if student is not None and self._is_anothers(row, student, columns):
            yield Fault(
                row.number, Column.STUDENT_NUMBER, "another_child", masked_name(student.name)
            )
        person = self._same_person(row)
        if person is not None and person.id != own_id and row.status == EnrollmentStatus.ENROLLED:
            yield Fault(row.number, Column.NATIONAL_ID, "person_taken", person.student_number)

    def _is_anothers(self, row: RosterRow, student: Student, columns: Collection[str]) -> bool:
        """Tell whether a row would put another child before the guardians of the one on file."""
        if "name" not in columns or "national_id" not in columns:
            return False
        former = self._vault.open(student.national_id_sealed, NATIONAL_ID)
        is_renewed = is_renewal(former, row.facts.national_id) and "birth_date" not in columns
        return not is_renewed and bool(guardians_bound(self._session, student.id))

    def _same_person(self, row: RosterRow) -> Student | None:
        indexes = self._vault.index_candidates(row.facts.national_id, NATIONAL_ID)
        return next((self._by_person[one] for one in indexes if one in self._by_person), None)

    def _differences(self, row: RosterRow, student: Student) -> Iterator[str]:
        facts = row.facts
        yield from (name for name in PLAIN_FIELDS if getattr(facts, name) != getattr(student, name))
        if student.status != row.status:
            yield "status"
        indexes = self._vault.index_candidates(facts.national_id, NATIONAL_ID)
        if student.national_id_index not in indexes:
            yield "national_id"
        if self._vault.open(student.birth_date_sealed, BIRTH_DATE) != facts.birth_date.isoformat():
            yield "birth_date"


def _place(row: RosterRow) -> tuple[str, int]:
    return row.facts.school_code, row.number


def _unknown_schools(session: Session, rows: Sequence[RosterRow]) -> Iterator[Fault]:
    known = set(session.exec(select(School.code)))
    for row in rows:
        if row.facts.school_code not in known:
            yield Fault(row.number, Column.SCHOOL_CODE, "no_such_school", row.facts.school_code)


def _uids(rows: Sequence[RosterRow]) -> Iterator[list[str]]:
    """Yield the cards of the file, as many at once as one statement takes."""
    uids = [row.card_uid for row in rows if row.card_uid is not None]
    return (uids[start : start + CHUNK] for start in range(0, len(uids), CHUNK))


def _blocked_cards(session: Session, rows: Sequence[RosterRow]) -> set[tuple[str, str]]:
    return {one for uids in _uids(rows) for one in blocked_cards(session, uids)}


def _card_holders(session: Session, rows: Sequence[RosterRow]) -> dict[str, _Holder]:
    """Return who holds the cards of the file now; what it says of them counts first."""
    said = {row.key: row.status for row in rows}
    found: dict[str, _Holder] = {}
    for uids in _uids(rows):
        for uid, holder in session.exec(_live_cards(uids)):
            key = (holder.school_code, holder.entry_year, holder.student_number)
            seat = f"{holder.school_code} {holder.homeroom} {holder.seat_number}"
            found[uid] = _Holder(holder.id, seat, said.get(key, holder.status) in LEFT)
    return found


def _live_cards(uids: Collection[str]) -> Any:
    return (
        select(Card.uid, Student)
        .join(Student, col(Student.id) == col(Card.student_id))
        .where(col(Card.uid).in_(uids), col(Card.valid_until).is_(None))
    )
