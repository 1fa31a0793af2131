"""Schools and their students, and the match of five facts that proves a guardian knows a child."""

import hmac
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, exists, or_
from sqlmodel import Session, col, select

from core.crypto import Vault
from core.db import table_of
from core.kinds import Level
from core.people import identity_numbers
from core.people.names import fold_name
from core.people.tables import Card, EnrollmentStatus, School, Student
from core.rows import run_models

NATIONAL_ID = "student.national_id"
BIRTH_DATE = "student.birth_date"
# No school of the city: the canary's, whose one child taps every few minutes. Nobody chooses it.
CANARY_SCHOOL = "000000"
# One child may stand on a school's roster twice, with a carried-over number of another entry year.
SAME_PERSON = 2
ALL_GRADES = range(1, 13)
# Special schools teach every grade.
GRADES_OF_LEVEL: dict[str, Sequence[int]] = {
    Level.PRIMARY: range(1, 7),
    Level.JUNIOR: range(7, 10),
    Level.SENIOR: range(10, 13),
    Level.VOCATIONAL: range(10, 13),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """The five facts a guardian states about a child."""

    school_code: str
    student_number: str
    name: str
    national_id: str
    birth_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentFacts:
    """What a roster says about a student, checked and in clear.

    `former_id` is the residence number of the old form, if the child had one; "" is none.
    """

    school_code: str
    entry_year: int
    student_number: str
    name: str
    grade: int
    homeroom: str
    seat_number: int
    national_id: str
    birth_date: date
    former_id: str = ""


def list_schools(session: Session) -> list[School]:
    """Return every school of the city by district, level and name, to read only."""
    return run_models(session, _schools, School, {})


@cache
def _schools(_engine: str) -> Any:
    school = table_of(School)
    order = (school.c.district, school.c.level, school.c.name)
    return school.select().where(school.c.code != CANARY_SCHOOL).order_by(*order)


def grades_of(session: Session, school_code: str) -> list[int]:
    """Return the grades with anybody enrolled, lowest first."""
    statement = (
        select(Student.grade)
        .where(Student.school_code == school_code, Student.status == EnrollmentStatus.ENROLLED)
        .distinct()
        .order_by(col(Student.grade))
    )
    return list(session.exec(statement))


def grades_offered(session: Session, school: School) -> list[int]:
    """Return the grades to choose from at a school: its level's, and any with somebody enrolled.

    A school may teach beyond its level, and before the roster comes nobody is enrolled.
    """
    grades = GRADES_OF_LEVEL.get(school.level, ALL_GRADES)
    return sorted({*grades, *grades_of(session, school.code)})


def plain_class(name: str) -> str:
    """Return a class as it is compared, however it is typed: 603 for 603 班, 6年3 for 6年3班."""
    folded = unicodedata.normalize("NFKC", name)
    return "".join(folded.split()).upper().removesuffix("班")


def homerooms_of(session: Session, school_code: str) -> list[str]:
    """Return the classes with anybody enrolled, by name."""
    statement = (
        select(Student.homeroom)
        .where(Student.school_code == school_code, Student.status == EnrollmentStatus.ENROLLED)
        .distinct()
        .order_by(col(Student.homeroom))
    )
    return list(session.exec(statement))


def holds_live_card(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Tell of a row of Student whether a card of theirs is live at that moment."""
    return exists().where(
        col(Card.student_id) == col(Student.id),
        col(Card.valid_from) <= at,
        or_(col(Card.valid_until).is_(None), col(Card.valid_until) > at),
    )


def has_live_card(session: Session, student_id: UUID, now: datetime) -> bool:
    """Tell whether a tap of the child would be known as theirs."""
    statement = select(Student.id).where(Student.id == student_id, holds_live_card(now))
    return session.exec(statement).first() is not None


def add_student(session: Session, vault: Vault, facts: StudentFacts) -> Student:
    """Put a student on the roster; joins the caller's transaction."""
    student = Student(
        school_code=facts.school_code,
        entry_year=facts.entry_year,
        student_number=normalise_student_number(facts.student_number),
        name=facts.name,
        grade=facts.grade,
        homeroom=facts.homeroom,
        seat_number=facts.seat_number,
        birth_date_sealed=seal_birth_date(vault, facts.birth_date),
        **national_id_columns(vault, facts.national_id),
    )
    if identity_numbers.is_renewal(
        identity_numbers.normalise(facts.former_id), identity_numbers.normalise(facts.national_id)
    ):
        _keep_former(student, national_id_columns(vault, facts.former_id))
    session.add(student)
    return student


def change_national_id(vault: Vault, student: Student, national_id: str) -> bool:
    """Put another number on file; tell whether it is another.

    A residence number of the old form was replaced by law, and families type either: it is kept
    and still fits. Any other number was a mistake, maybe another child's, and is forgotten. Changes
    the row only; the caller's transaction saves it.
    """
    number = identity_numbers.normalise(national_id)
    former = vault.open(student.national_id_sealed, NATIONAL_ID)
    if number == former:
        return False
    if identity_numbers.is_renewal(former, number):
        _keep_former(student, national_id_columns(vault, former))
    for column, value in national_id_columns(vault, national_id).items():
        setattr(student, column, value)
    return True


def national_id_columns(vault: Vault, number: str) -> dict[str, Any]:
    """Return what is kept of an identity number: sealed, its blind index, its end for display."""
    national_id = identity_numbers.normalise(number)
    return {
        "national_id_index": vault.index(national_id, NATIONAL_ID),
        "national_id_sealed": vault.seal(national_id, NATIONAL_ID),
        "national_id_tail": national_id[-3:],
    }


def seal_birth_date(vault: Vault, born: date) -> str:
    """Return the day sealed: it only ever serves the match of five facts."""
    return vault.seal(born.isoformat(), BIRTH_DATE)


def _keep_former(student: Student, numbers: Mapping[str, str]) -> None:
    student.former_id_index = numbers["national_id_index"]
    student.former_id_sealed = numbers["national_id_sealed"]


def normalise_student_number(text: str) -> str:
    """Return the number as it is compared: half width, upper case, no spaces; zeros kept."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(
        char
        for char in folded
        if not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf")
    )


def find_student(session: Session, vault: Vault, claim: Claim) -> Student | None:
    """Return the enrolled student whom all five facts name, or None for any other case.

    Either of two numbers on file fits. A sealed child is None too. The same work is done whatever
    does not fit, so that neither the answer nor its time tells which fact was wrong.
    """
    indexes = vault.index_candidates(identity_numbers.normalise(claim.national_id), NATIONAL_ID)
    statement = (
        select(Student)
        .where(
            Student.school_code == claim.school_code,
            or_(
                col(Student.national_id_index).in_(indexes),
                col(Student.former_id_index).in_(indexes),
            ),
            Student.status == EnrollmentStatus.ENROLLED,
        )
        .order_by(col(Student.entry_year).desc(), col(Student.id))
        .limit(SAME_PERSON)
    )
    named = list(session.exec(statement))
    # As many are compared each time, with a stand-in where nobody was found.
    places = [*named, *[None] * (SAME_PERSON - len(named))]
    fitting = [student for student in places if _fits(vault, claim, student)]
    return next((student for student in fitting if student and not student.is_sealed), None)


def _fits(vault: Vault, claim: Claim, student: Student | None) -> bool:
    number = normalise_student_number(claim.student_number)
    facts = (number, fold_name(claim.name), claim.birth_date.isoformat())
    # The stand-in is made in any case: the same work each time.
    stand_in = vault.seal("0001-01-01", BIRTH_DATE)
    birth_date = vault.open(student.birth_date_sealed if student else stand_in, BIRTH_DATE)
    known = (student.student_number, fold_name(student.name)) if student else ("", "")
    return _all_equal(facts, (*known, birth_date)) and student is not None


def _all_equal(given: Iterable[str], on_file: Iterable[str]) -> bool:
    pairs = zip(given, on_file, strict=True)
    # Every pair is compared even after one differs.
    same = [hmac.compare_digest(a.encode(), b.encode()) for a, b in pairs]
    return all(same)
