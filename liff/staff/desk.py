"""校務: whose desk it is, which school lies on it, and what may be done there."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from sqlmodel import Session

from core.audit import record_audit
from core.db import transaction
from core.errors import AccessError
from core.people.staff import can_close, can_run_school, can_see_class
from core.people.tables import School, Staff
from liff.guard import OUT_OF_ROLE
from liff.visit import Visit


@dataclass(frozen=True, slots=True)
class Desk:
    """One school, and what this person is there; the bureau's desk has no school."""

    school: School | None
    roles: Sequence[Staff]
    schools: Sequence[School]

    @property
    def actor(self) -> str:
        """Return who acts, as records name it."""
        return f"staff:{self.roles[0].id}"

    @property
    def param(self) -> str | None:
        """Return what keeps this school in an address; None where there is only one."""
        return self.school.code if self.school and len(self.schools) > 1 else None

    @property
    def runs_school(self) -> bool:
        """Tell whether held no-shows, exports and settings are theirs."""
        code = self.school.code if self.school else ""
        return any(can_run_school(role, code) for role in self.roles)

    @property
    def closes(self) -> bool:
        """Tell whether they may close a day, of the school or wider."""
        return self.closer(self.school.code if self.school else None) is not None

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
        code = self.school.code if self.school else ""
        return any(can_see_class(role, code, homeroom) for role in self.roles)

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


def note_look(visit: Visit, desk: Desk, subject: str) -> None:
    """Record that these children were looked at, before they are shown."""
    with transaction(visit.house.engine) as database:
        record_audit(
            database, actor=desk.actor, action="children.look", subject=subject, now=visit.now
        )
