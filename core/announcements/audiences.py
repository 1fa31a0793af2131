"""Audiences: whom an announcement is for, who may write to them, and how many they are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlmodel import Session, col

from core.announcements.tables import Announcement
from core.calendar.scopes import ClosureScope, label_of, require_known
from core.errors import InputError
from core.notices.staff_words import class_words
from core.people.staff import RUNNERS, can_run_school, can_see_class, is_bureau_admin, staff_at
from core.people.tables import Binding, EnrollmentStatus, Staff, StaffRole, Student


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Children whose guardians it is for. What is None does not narrow it; all None is the city."""

    district: str | None = None
    level: str | None = None
    school_code: str | None = None
    grade: int | None = None
    homeroom: str | None = None

    @classmethod
    def of(cls, announcement: Announcement) -> Self:
        """Return whom an announcement is for."""
        return cls(**{name: getattr(announcement, name) for name in cls.__dataclass_fields__})

    @property
    def needs_second(self) -> bool:
        """Tell whether publishing takes a second person: it is more than one class."""
        return self.homeroom is None

    @property
    def scope(self) -> ClosureScope:
        """Return it without the class."""
        sides = asdict(self)
        sides.pop("homeroom")
        return ClosureScope(**sides)

    def students(self) -> Any:
        """Select the ids of the enrolled children it is for, for set-based statements."""
        of_class = [] if self.homeroom is None else [col(Student.homeroom) == self.homeroom]
        return self.scope.students().where(*of_class)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many enrolled children it is about, and how many guardians are bound to them."""

    children: int
    guardians: int


def may_write(role: Staff, audience: Audience) -> bool:
    """Tell whether a role may write to them, publish, edit and archive.

    The bureau writes to the city and its parts, who runs a school to that school, a homeroom
    teacher to the own class.
    """
    if audience.school_code is None:
        return is_bureau_admin(role)
    if audience.homeroom is not None:
        return can_see_class(role, audience.school_code, audience.homeroom)
    return can_run_school(role, audience.school_code)


def writer_of(roles: Sequence[Staff], audience: Audience) -> Staff | None:
    """Return the role by which somebody may write to them."""
    return next((role for role in roles if may_write(role, audience)), None)


def publishers_of(session: Session, audience: Audience) -> list[Staff]:
    """Return everybody who may publish what is for more than one class."""
    if audience.school_code is None:
        return staff_at(session, None, {StaffRole.BUREAU_ADMIN})
    return staff_at(session, audience.school_code, RUNNERS)


def reach_of(session: Session, audience: Audience) -> Reach:
    """Return whom it would concern, for the preview."""
    students = audience.students()
    guardians = select(func.count(func.distinct(col(Binding.guardian_id)))).where(
        col(Binding.student_id).in_(students), col(Binding.ended_at).is_(None)
    )
    children = select(func.count()).select_from(students.subquery())
    return Reach(session.scalar(children) or 0, session.scalar(guardians) or 0)


def audience_label(session: Session, audience: Audience) -> str:
    """Return them as staff read it: 全市, 中正區・國小, 榕光國小 6 年級, 榕光國小 603 班."""
    place = label_of(session, audience.scope)
    return place if audience.homeroom is None else f"{place} {class_words(audience.homeroom)}"


def require_audience(session: Session, audience: Audience) -> None:
    """Refuse an audience that is nobody. Raises InputError with the field."""
    require_known(session, audience.scope)
    is_narrow = audience.grade is not None or audience.homeroom is not None
    if is_narrow and session.scalars(audience.students().limit(1)).first() is None:
        raise InputError("no_children", "audience")


def is_written_by(roles: Sequence[Staff]) -> ColumnElement[bool]:
    """Return the condition that one of the roles may write an announcement, as may_write tells."""
    return or_(false(), *(_of_role(role) for role in roles if role.revoked_at is None))


def _of_role(role: Staff) -> ColumnElement[bool]:
    if role.role == StaffRole.BUREAU_ADMIN:
        return col(Announcement.school_code).is_(None)
    at_school = col(Announcement.school_code) == role.school_code
    if role.role == StaffRole.HOMEROOM_TEACHER:
        return and_(at_school, col(Announcement.homeroom) == role.homeroom)
    return at_school if role.role in RUNNERS else false()


def concerns(school: Any) -> ColumnElement[bool]:
    """Return the condition that an announcement is for a child: Student, at this table's school."""
    sides = (
        (Announcement.district, school.district),
        (Announcement.level, school.level),
        (Announcement.school_code, school.code),
        (Announcement.grade, col(Student.grade)),
        (Announcement.homeroom, col(Student.homeroom)),
    )
    fits = (or_(col(side).is_(None), col(side) == own) for side, own in sides)
    return and_(col(Student.status) == EnrollmentStatus.ENROLLED, *fits)


def is_for_the_city() -> ColumnElement[bool]:
    """Return the condition that an announcement is for everybody."""
    sides = (Announcement.district, Announcement.level, Announcement.school_code)
    return and_(*(col(side).is_(None) for side in sides))
