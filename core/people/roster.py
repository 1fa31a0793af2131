"""Schools and their students, and the match of five facts that proves a guardian knows a child."""

import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, exists, or_
from sqlmodel import Session, col, select

from core.crypto import Vault
from core.people import identity_numbers
from core.people.names import fold_name
from core.people.tables import Card, EnrollmentStatus, School, Student

NATIONAL_ID = "student.national_id"
BIRTH_DATE = "student.birth_date"
# No school of the city: the canary's, whose one child taps every few minutes. Nobody chooses it.
CANARY_SCHOOL = "000000"


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
    """What a roster says about a student, checked and in clear."""

    school_code: str
    entry_year: int
    student_number: str
    name: str
    grade: int
    homeroom: str
    seat_number: int
    national_id: str
    birth_date: date


def list_schools(session: Session) -> list[School]:
    """Return every school of the city by district, level and name."""
    order = (col(School.district), col(School.level), col(School.name))
    statement = select(School).where(School.code != CANARY_SCHOOL).order_by(*order)
    return list(session.exec(statement))


def holds_live_card(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Tell of a row of Student whether a card of theirs is live at that moment."""
    return exists().where(
        col(Card.student_id) == col(Student.id),
        col(Card.valid_from) <= at,
        or_(col(Card.valid_until).is_(None), col(Card.valid_until) > at),
    )


def add_student(session: Session, vault: Vault, facts: StudentFacts) -> Student:
    """Put a student on the roster; joins the caller's transaction."""
    national_id = identity_numbers.normalise(facts.national_id)
    student = Student(
        school_code=facts.school_code,
        entry_year=facts.entry_year,
        student_number=normalise_student_number(facts.student_number),
        name=facts.name,
        grade=facts.grade,
        homeroom=facts.homeroom,
        seat_number=facts.seat_number,
        national_id_index=vault.index(national_id, NATIONAL_ID),
        national_id_sealed=vault.seal(national_id, NATIONAL_ID),
        national_id_tail=national_id[-3:],
        birth_date_sealed=vault.seal(facts.birth_date.isoformat(), BIRTH_DATE),
    )
    session.add(student)
    return student


def normalise_student_number(text: str) -> str:
    """Return the number as it is compared: half width, upper case, no spaces; zeros kept."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in folded if not char.isspace())


def find_student(session: Session, vault: Vault, claim: Claim) -> Student | None:
    """Return the enrolled student whom all five facts name, or None for any other case.

    A sealed child is None too. The same work is done whatever does not fit, so that neither the
    answer nor its time tells which fact was wrong.
    """
    national_id = identity_numbers.normalise(claim.national_id)
    statement = select(Student).where(
        Student.school_code == claim.school_code,
        col(Student.national_id_index).in_(vault.index_candidates(national_id, NATIONAL_ID)),
        Student.status == EnrollmentStatus.ENROLLED,
    )
    student = session.exec(statement).first()
    number = normalise_student_number(claim.student_number)
    facts = (number, fold_name(claim.name), claim.birth_date.isoformat())
    # The stand-in is made in any case and compared when nobody was found: the same work each time.
    stand_in = vault.seal("0001-01-01", BIRTH_DATE)
    birth_date = vault.open(student.birth_date_sealed if student else stand_in, BIRTH_DATE)
    known = (student.student_number, fold_name(student.name)) if student else ("", "")
    fits = _all_equal(facts, (*known, birth_date))
    return student if student and fits and not student.is_sealed else None


def _all_equal(given: Iterable[str], on_file: Iterable[str]) -> bool:
    pairs = zip(given, on_file, strict=True)
    # Every pair is compared even after one differs.
    same = [hmac.compare_digest(a.encode(), b.encode()) for a, b in pairs]
    return all(same)
