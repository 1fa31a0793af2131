"""The two doors to children: a guardian's own, and those a role covers.

Whatever a person is shown of a child starts here, by an id that came from outside. What is not
theirs is not there: 404, as for an id that never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from core.errors import AccessError
from core.people.bindings import BoundChild, children_of, get_child, pick_child
from core.people.roster import normalise_student_number, plain_class
from core.people.staff import can_see_class
from core.people.tables import Binding, EnrollmentStatus, Staff, Student


@dataclass(frozen=True, slots=True)
class GuardianDoor:
    """What one guardian may see."""

    session: Session
    guardian_id: UUID

    def children(self) -> list[BoundChild]:
        """Return the guardian's children, youngest last."""
        return children_of(self.session, self.guardian_id)

    def child(self, binding_id: UUID) -> BoundChild:
        """Return the child of the guardian's own binding. Raises AccessError 404."""
        return get_child(self.session, self.guardian_id, binding_id)

    def child_and_all(self, binding_id: UUID) -> tuple[BoundChild, list[BoundChild]]:
        """Return the child of the guardian's own binding, and every child of the guardian.

        Raises AccessError 404.
        """
        children = self.children()
        return pick_child(children, binding_id), children

    def binding(self, binding_id: UUID) -> Binding:
        """Return the guardian's own open binding. Raises AccessError 404."""
        self.child(binding_id)
        return self.session.get_one(Binding, binding_id)

    def child_of(self, student_id: UUID) -> BoundChild:
        """Return the child whom the guardian is bound to. Raises AccessError 404."""
        for child in self.children():
            if child.student_id == student_id:
                return child
        raise AccessError("no_such_child")


@dataclass(frozen=True, slots=True)
class StaffDoor:
    """What somebody may see by the roles held now."""

    session: Session
    roles: Sequence[Staff]

    @property
    def schools(self) -> list[str]:
        """Return the codes of the schools with a role."""
        return list(dict.fromkeys(role.school_code for role in self.roles if role.school_code))

    def child(self, student_id: UUID) -> tuple[Student, Staff]:
        """Return the child and the role it is seen by. Raises AccessError 404."""
        student = self.session.get(Student, student_id)
        role = self._role_for(student) if student else None
        if student is None or role is None:
            raise AccessError("no_such_child")
        return student, role

    def numbered(self, number: str, entry_year: int | None) -> list[tuple[Student, Staff]]:
        """Return the enrolled children of a student number, oldest entry year first."""
        statement = select(Student).where(
            col(Student.school_code).in_(self.schools),
            Student.student_number == normalise_student_number(number),
            Student.status == EnrollmentStatus.ENROLLED,
        )
        if entry_year is not None:
            statement = statement.where(Student.entry_year == entry_year)
        found = self.session.exec(statement.order_by(col(Student.entry_year), col(Student.id)))
        return [(one, role) for one in found if (role := self._role_for(one))]

    def seated(self, homeroom: str, seat_number: int) -> list[tuple[Student, Staff]]:
        """Return the enrolled children of a seat in the classes of that name, with or without 班.

        More than one where several schools have such a class, or two children one seat.
        """
        statement = select(Student).where(
            col(Student.school_code).in_(self.schools),
            col(Student.homeroom).in_((homeroom, f"{homeroom}班")),
            Student.seat_number == seat_number,
            Student.status == EnrollmentStatus.ENROLLED,
        )
        found = self.session.exec(statement.order_by(col(Student.school_code), col(Student.id)))
        return [(one, role) for one in found if (role := self._role_for(one))]

    def classes(self) -> list[tuple[str, str, Staff]]:
        """Return school code, homeroom and role of every class that may be seen."""
        statement = (
            select(Student.school_code, Student.homeroom)
            .where(
                col(Student.school_code).in_(self.schools),
                Student.status == EnrollmentStatus.ENROLLED,
            )
            .distinct()
            .order_by(col(Student.school_code), col(Student.homeroom))
        )
        places = self.session.exec(statement).all()
        return [
            (code, homeroom, role)
            for code, homeroom in places
            if (role := self.role_for_class(code, homeroom))
        ]

    def classes_named(self, name: str) -> list[tuple[str, str, Staff]]:
        """Return those of `classes` of that name, as people type it."""
        wanted = plain_class(name)
        return [one for one in self.classes() if plain_class(one[1]) == wanted]

    def first_child(self) -> Student | None:
        """Return the first child, by seat, of the first class that may be seen."""
        place = next(iter(self.classes()), None)
        if place is None:
            return None
        statement = select(Student).where(
            Student.school_code == place[0],
            Student.homeroom == place[1],
            Student.status == EnrollmentStatus.ENROLLED,
            col(Student.is_sealed).is_(False),
        )
        return self.session.exec(
            statement.order_by(col(Student.seat_number), col(Student.id)).limit(1)
        ).first()

    def role_for_class(self, school_code: str, homeroom: str) -> Staff | None:
        """Return the role by which the class's children may be seen."""
        return next(
            (role for role in self.roles if can_see_class(role, school_code, homeroom)), None
        )

    def _role_for(self, student: Student) -> Staff | None:
        return self.role_for_class(student.school_code, student.homeroom)


def for_guardian(session: Session, guardian_id: UUID) -> GuardianDoor:
    """Return the guardian's door."""
    return GuardianDoor(session, guardian_id)


def for_staff(session: Session, roles: Sequence[Staff]) -> StaffDoor:
    """Return the door of somebody with these roles, looked up in this very request."""
    return StaffDoor(session, roles)
