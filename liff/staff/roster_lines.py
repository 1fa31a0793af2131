"""The preview of a roster file: counts, and whom it touches in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from core.crypto import Vault
from core.notices.staff_words import class_words
from core.people.names import masked_name
from core.people.staff import staff_name
from core.people.tables import EnrollmentStatus, Staff, Student
from core.roster.cells import STATUSES
from core.roster.checks import fingerprint_of, leaves_school
from core.roster.comparing import Change, compare
from core.roster.outlook import Outlook, outlook_of
from core.roster.rows import RosterRow
from core.roster.teachers import teachers_to_review

# How many of each list stand on the first page, and on a page of its own.
AT_FIRST, A_PAGE = 8, 100
STATUS_WORDS = {status: word for word, status in STATUSES.items()}
FIELD_WORDS = {"name": "姓名", "grade": "年級", "homeroom": "班級", "seat_number": "座號"}


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A child of the preview: where, who, and what becomes of it."""

    place: str
    name: str
    what: str
    student_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown before anything is written. `lists` are by name, in the order of the page.

    `teachers` are homeroom teachers whose class will be other children's, in words.
    """

    seen: str
    added: int
    changed: int
    unchanged: int
    absent: int
    leaving: int
    bindings_of_leaving: int
    bindings_of_absent: int
    teachers: Sequence[str]
    lists: dict[str, Sequence[ChildLine]]

    @property
    def is_empty(self) -> bool:
        """Tell whether taking it over would change nothing."""
        return not self.added and not self.changed

    def part(self, wanted: str, page: int) -> dict[str, Sequence[ChildLine]]:
        """Return what one page names: a page of one list (from 1), or the first of each."""
        if wanted in self.lists:
            first = (page - 1) * A_PAGE
            return {wanted: self.lists[wanted][first : first + A_PAGE]}
        return {name: lines[:AT_FIRST] for name, lines in self.lists.items()}


def preview_of(
    session: Session, vault: Vault, school_code: str, rows: Sequence[RosterRow], *, is_masked: bool
) -> Preview:
    """Return the preview of checked rows, names half hidden where asked. Raises RosterError."""
    plan = compare(session, vault, rows)
    outlook = outlook_of(session, school_code, rows, plan)
    teachers = teachers_to_review(session, plan)
    others = [one for one in plan.changed if not leaves_school(one)]
    return Preview(
        seen=fingerprint_of(plan),
        added=len(plan.added),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        absent=plan.left_out,
        leaving=len(outlook.leaving),
        bindings_of_leaving=outlook.bindings_of_leaving,
        bindings_of_absent=outlook.bindings_of_absent,
        teachers=[_teacher(vault, one, is_masked=is_masked) for one in teachers],
        lists=_lists(plan.added, others, outlook, is_masked),
    )


def _lists(
    added: Sequence[RosterRow], changed: Sequence[Change], outlook: Outlook, is_masked: bool
) -> dict[str, Sequence[ChildLine]]:
    def name(text: str) -> str:
        return masked_name(text) if is_masked else text

    return {
        "leaving": [_changed(one, name(one.student.name), is_masked) for one in outlook.leaving],
        "changed": [_changed(one, name(one.student.name), is_masked) for one in changed],
        "added": [_added(one, name(one.facts.name)) for one in added],
        "absent": [_absent(one, name(one.name)) for one in outlook.absent],
    }


def _teacher(vault: Vault, teacher: Staff, *, is_masked: bool) -> str:
    name = staff_name(vault, teacher)
    return f"{class_words(teacher.homeroom or '')} {masked_name(name) if is_masked else name}"


def _added(row: RosterRow, name: str) -> ChildLine:
    facts = row.facts
    is_enrolled = row.status is EnrollmentStatus.ENROLLED
    what = "有卡片" if row.card_uid else "沒有卡片"
    return ChildLine(
        _place(facts.homeroom, facts.seat_number),
        name,
        what if is_enrolled else STATUS_WORDS[row.status],
    )


def _absent(child: Student, name: str) -> ChildLine:
    return ChildLine(_place(child.homeroom, child.seat_number), name, "不更改", child.id)


def _changed(change: Change, name: str, is_masked: bool) -> ChildLine:
    student = change.student
    place = _place(student.homeroom, student.seat_number)
    return ChildLine(place, name, "、".join(_differences(change, is_masked)), student.id)


def _place(homeroom: str, seat: int) -> str:
    return f"{class_words(homeroom)} {seat:02d}"


def _differences(change: Change, is_masked: bool) -> list[str]:
    said = []
    student, facts = change.student, change.row.facts
    for field, word in FIELD_WORDS.items():
        if field in change.columns:
            before, after = str(getattr(student, field)), str(getattr(facts, field))
            if field == "name" and is_masked:
                before, after = masked_name(before), masked_name(after)
            said.append(f"{word} {before} → {after}")
    if "status" in change.columns:
        before = STATUS_WORDS[EnrollmentStatus(student.status)]
        said.append(f"{before} → {STATUS_WORDS[change.row.status]}")
    # What they are is nobody's to read here; that they change is.
    if "national_id" in change.columns:
        said.append("身分證字號更正")
    if "birth_date" in change.columns:
        said.append("出生年月日更正")
    if change.has_new_card:
        said.append("換新卡，舊卡停用")
    return said
