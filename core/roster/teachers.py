"""Homeroom teachers whose class becomes other children's by a file, as at a new school year.

A role goes by the name of the class: whoever kept it would see, and answer for, the next children.
"""

from collections import Counter

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.people.staff import staff_at
from core.people.tables import EnrollmentStatus, Staff, StaffRole, Student
from core.roster.checks import leaves_school
from core.roster.comparing import Plan


def teachers_to_review(session: Session, plan: Plan) -> list[Staff]:
    """Return the teachers of classes that most of their children leave, by school and class.

    Only reads; to be asked before the plan is carried out.
    """
    given_up = _given_up(session, plan)
    schools = sorted({school_code for school_code, _homeroom in given_up})
    teachers = [
        one
        for school_code in schools
        for one in staff_at(session, school_code, [StaffRole.HOMEROOM_TEACHER])
        if (school_code, one.homeroom) in given_up
    ]
    return sorted(teachers, key=lambda one: (one.school_code or "", one.homeroom or ""))


def _given_up(session: Session, plan: Plan) -> set[tuple[str, str]]:
    going = Counter(
        (change.student.school_code, change.student.homeroom)
        for change in plan.changed
        if change.student.status == EnrollmentStatus.ENROLLED
        if "homeroom" in change.columns or leaves_school(change)
    )
    sizes = _sizes(session, {school_code for school_code, _homeroom in going})
    return {place for place, count in going.items() if count * 2 > sizes[place]}


def _sizes(session: Session, schools: set[str]) -> dict[tuple[str, str], int]:
    place = (col(Student.school_code), col(Student.homeroom))
    statement = (
        select(*place, func.count())
        .where(col(Student.school_code).in_(schools), Student.status == EnrollmentStatus.ENROLLED)
        .group_by(*place)
    )
    found = session.exec(statement)
    return {(school_code, homeroom): count for school_code, homeroom, count in found}
