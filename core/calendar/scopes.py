"""Scopes: whom a row of the calendar is for.

Rows of days and terms name it in one text (`city`, `district:中正區`, `level:國小`, `353607`,
`353607/6`); a closure names each side of it in a column of its own.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.errors import InputError
from core.kinds import Level
from core.people.tables import EnrollmentStatus, School, Student

CITY = "city"
GRADES = range(1, 13)
GRADE_OF_SCHOOL = re.compile(r"(?P<school>[^/:]{6})(/(?P<grade>[1-9][0-9]?))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child goes to school. A school that is not registered has no district or level."""

    school_code: str
    grade: int
    district: str | None = None
    level: str | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes that cover this place, narrowest first."""
        district = [f"district:{self.district}"] if self.district else []
        level = [f"level:{self.level}"] if self.level else []
        own = (f"{self.school_code}/{self.grade}", self.school_code)
        return (*own, *level, *district, CITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureScope:
    """Whom a closure is for. What is None does not narrow it; all None is the whole city."""

    district: str | None = None
    level: str | None = None
    school_code: str | None = None
    grade: int | None = None

    def covers(self, place: Place) -> bool:
        """Tell whether a place lies in this scope."""
        return (
            self.district in (None, place.district)
            and self.level in (None, place.level)
            and self.school_code in (None, place.school_code)
            and self.grade in (None, place.grade)
        )

    def schools(self) -> list[Any]:
        """Return conditions on School: those of this scope, whatever the grade."""
        named = (
            (School.district, self.district),
            (School.level, self.level),
            (School.code, self.school_code),
        )
        return [col(column) == value for column, value in named if value is not None]

    def students(self) -> Any:
        """Select the ids of the enrolled children in this scope, for set-based statements."""
        grade = [] if self.grade is None else [col(Student.grade) == self.grade]
        return (
            select(col(Student.id))
            .join(School, col(School.code) == col(Student.school_code))
            .where(*self.schools(), *grade, col(Student.status) == EnrollmentStatus.ENROLLED)
        )


def hold_schools(session: Session, scope: ClosureScope) -> None:
    """Hold the schools' rows, in one order; joins the caller's transaction.

    Here whatever changes a school's day meets a cut-off, which shares its school's row: whoever
    comes second sees what the first one did.
    """
    # FOR NO KEY UPDATE: taps and notices that only refer to a school need not wait.
    session.execute(
        select(col(School.code))
        .where(*scope.schools())
        .order_by(col(School.code))
        .with_for_update(key_share=True)
    )


def parts_of(scope: str) -> ClosureScope:
    """Return the scope of a day or term side by side: 353607/6 is a school and a grade. Pure."""
    kind, _, value = scope.partition(":")
    if scope == CITY:
        return ClosureScope()
    if value:
        return ClosureScope(level=value) if kind == "level" else ClosureScope(district=value)
    school_code, _, grade = scope.partition("/")
    return ClosureScope(school_code=school_code, grade=int(grade) if grade else None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many schools, and enrolled students, a scope covers."""

    schools: int
    students: int


def coverage_of(session: Session, scope: ClosureScope) -> Coverage:
    """Return whom a closure would touch, for the preview."""
    schools = select(func.count()).select_from(School).where(*scope.schools())
    students = select(func.count()).select_from(scope.students().subquery())
    return Coverage(session.scalar(schools) or 0, session.scalar(students) or 0)


def label_of(session: Session, scope: ClosureScope) -> str:
    """Return the scope as staff read it: 全市, 中正區・國小, 榕光國小 6 年級."""
    parts = [scope.district or "", scope.level or ""]
    if scope.school_code is not None:
        school = session.get(School, scope.school_code)
        parts.append(school.short_name if school else scope.school_code)
    place = "・".join(part for part in parts if part) or "全市"
    return place if scope.grade is None else f"{place} {scope.grade} 年級"


def require_known(session: Session, scope: ClosureScope) -> None:
    """Refuse a closure's scope that covers no school. Raises InputError with the field."""
    if scope.level is not None and scope.level not in list(Level):
        raise InputError("unknown", "level")
    if scope.grade is not None and scope.grade not in GRADES:
        raise InputError("out_of_range", "grade")
    if session.scalars(select(School).where(*scope.schools()).limit(1)).first() is None:
        raise InputError("no_school", "scope")


def require_scope(session: Session, scope: str) -> str:
    """Return the scope of a day or term, trimmed. Raises InputError when it names nothing."""
    named = scope.strip()
    kind, _, value = named.partition(":")
    match kind, value:
        case "city", "":
            return CITY
        case "level", _ if value in list(Level):
            return named
        case "district", _ if value:
            return _require_one(session, named, col(School.district) == value)
    found = GRADE_OF_SCHOOL.fullmatch(named)
    if found is None or int(found["grade"] or 1) not in GRADES:
        raise InputError("unknown", "scope")
    return _require_one(session, named, col(School.code) == found["school"])


def _require_one(session: Session, scope: str, condition: Any) -> str:
    if session.scalars(select(School).where(condition).limit(1)).first() is None:
        raise InputError("unknown", "scope")
    return scope
