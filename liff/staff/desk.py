"""校務: whose desk it is, which school lies on it, and what may be done there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask import request
from sqlmodel import Session

from core.audit import record_audit
from core.calendar.scopes import CITY
from core.db import transaction
from core.errors import AccessError
from core.languages.dates import long_day_and_clock
from core.people.looks import record_looks
from core.people.staff import (
    can_close,
    can_manage_school,
    can_read_survey,
    can_run_school,
    can_see_class,
    is_bureau_admin,
)
from core.people.tables import School, Staff
from liff.guard import OUT_OF_ROLE
from liff.visit import Visit


@dataclass(frozen=True, slots=True)
class Desk:
    """One school, and what this person is there; the bureau's desk has none, or one it chose."""

    school: School | None
    roles: Sequence[Staff]
    schools: Sequence[School]
    is_bureau: bool = False
    # The school's; None on the bureau's desk. Read at once: what is refused expires the row.
    code: str | None = field(init=False)

    def __post_init__(self) -> None:
        """Keep the code."""
        object.__setattr__(self, "code", self.school.code if self.school else None)

    @property
    def is_of_bureau(self) -> bool:
        """Tell whether they speak for the whole city too, whatever desk they sit at."""
        return any(is_bureau_admin(role) for role in self.roles)

    @property
    def actor(self) -> str:
        """Return who acts, as records name it."""
        return f"staff:{self.roles[0].id}"

    @property
    def param(self) -> str | None:
        """Return what keeps this school in an address; None where there is only one."""
        is_choice = self.is_bureau or len(self.schools) > 1
        return self.code if is_choice else None

    @property
    def home(self) -> str | None:
        """Return what leads back to 校務: the bureau's own has no school."""
        return None if self.is_bureau else self.param

    @property
    def manages(self) -> bool:
        """Tell whether calendar, people, roster and channels here are theirs."""
        return any(can_manage_school(role, self.code) for role in self.roles)

    @property
    def watches(self) -> bool:
        """Tell whether they may read settings and readers."""
        return self.runs_school or self.is_bureau

    @property
    def runs_school(self) -> bool:
        """Tell whether held no-shows, exports and settings are theirs."""
        return any(can_run_school(role, self.code or "") for role in self.roles)

    @property
    def sees_classes(self) -> bool:
        """Tell whether any class is theirs to see; a cashier sees those who pay, and no other."""
        return any(self.sees(role.homeroom or "") for role in self.roles)

    @property
    def closes(self) -> bool:
        """Tell whether they may close a day, of the school or wider."""
        return self.closer(self.code) is not None

    @property
    def reads_survey(self) -> bool:
        """Tell whether the survey's results, of the school or of the city, are theirs."""
        codes = {self.code, None}
        return any(can_read_survey(role, code) for role in self.roles for code in codes)

    def closer(self, school_code: str | None) -> Staff | None:
        """Return the role that may close this school, or wider (None)."""
        return next((role for role in self.roles if can_close(role, school_code)), None)

    def get_school(self) -> School:
        """Return the school. Raises AccessError 403 on the bureau's desk."""
        if self.school is None:
            raise AccessError(OUT_OF_ROLE, 403)
        return self.school

    def sees(self, homeroom: str) -> bool:
        """Tell whether the class's children are theirs to see."""
        return any(can_see_class(role, self.code or "", homeroom) for role in self.roles)

    def require_watcher(self) -> None:
        """Raise AccessError 403 for whoever neither runs the school nor is of the bureau."""
        if not self.watches:
            raise AccessError(OUT_OF_ROLE, 403)

    def require_manager(self) -> Staff:
        """Return the role that manages the school, or is the bureau's. Raises AccessError 403."""
        for role in self.roles:
            if can_manage_school(role, self.code):
                return role
        raise AccessError(OUT_OF_ROLE, 403)

    def require_bureau(self) -> None:
        """Raise AccessError 403 for whoever is not of the bureau."""
        if not self.is_bureau:
            raise AccessError(OUT_OF_ROLE, 403)

    def require_runner(self) -> School:
        """Return the school. Raises AccessError 403 for whoever does not run it."""
        if not self.runs_school:
            raise AccessError(OUT_OF_ROLE, 403)
        return self.get_school()


def open_desk(database: Session, visit: Visit) -> Desk:
    """Return the desk of the asked school, or of the first. Raises AccessError 404 for others'."""
    codes = list(dict.fromkeys(role.school_code for role in visit.roles if role.school_code))
    asked = request.values.get("school", "")
    code = asked or (codes[0] if codes else None)
    if code is None:
        return Desk(None, visit.roles, ())
    if code not in codes:
        raise AccessError("no_such_school")
    # The bureau's role goes along: its closures can be answered from any desk of the person.
    roles = [role for role in visit.roles if role.school_code in (code, None)]
    # Whoever runs the school acts as that, whatever else they are there.
    roles.sort(key=lambda role: not can_run_school(role, code))
    schools = [database.get_one(School, one) for one in codes]
    return Desk(next(one for one in schools if one.code == code), roles, schools)


def open_any_desk(database: Session, visit: Visit) -> Desk:
    """Return the desk of the asked school, which may be any for the bureau, or the whole city's.

    `city` asks for the whole city's where somebody of the bureau also works at a school. Raises
    AccessError 404 as open_desk does. For pages that name no child.
    """
    own = {role.school_code for role in visit.roles if role.school_code}
    bureau = [role for role in visit.roles if role.school_code is None]
    asked = request.values.get("school", "")
    if not bureau or asked in own or (own and not asked):
        return open_desk(database, visit)
    is_one = asked not in ("", CITY)
    school = database.get(School, asked) if is_one else None
    if is_one and school is None:
        raise AccessError("no_such_school")
    return Desk(school, bureau, (), is_bureau=True)


def open_admin_desk(database: Session, visit: Visit) -> tuple[Desk, Staff | None]:
    """Return the desk and the role that may change what is an admin's there, None for others.

    Raises AccessError 403 for whoever neither runs the school nor is of the bureau.
    """
    desk = open_any_desk(database, visit)
    admin = next((role for role in visit.roles if can_manage_school(role, desk.code)), None)
    if admin is None and not desk.runs_school:
        raise AccessError(OUT_OF_ROLE, 403)
    return desk, admin


def place_of(visit: Visit, desk: Desk) -> str:
    """Return whose desk it is and when: 榕光國小・2026/11/23（一）07:20."""
    place = desk.school.short_name if desk.school else "教育局"
    return f"{place}・{long_day_and_clock(visit.now)}"


def note_look(visit: Visit, desk: Desk, subject: str, students: Collection[UUID]) -> None:
    """Record that a list was looked at and whom it names, before it is shown."""
    with transaction(visit.house.engine) as database:
        record_audit(
            database, actor=desk.actor, action="children.look", subject=subject, now=visit.now
        )
        record_looks(database, actor=desk.actor, students=students, now=visit.now)
