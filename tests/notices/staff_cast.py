"""The staff of the stories, and what is told to them."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlmodel import Session, select

from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import HoldReason
from core.notices.staff_notices import MissingChild, StaffDesk, staff_desk, tell_held, tell_review
from core.notices.tables import Notice
from core.people.tables import StaffRole
from tests.factories import make_school, make_staff, make_student

Tell = Callable[[Session, StaffDesk], int]
SCHOOL = "353607"
CUTOFF = time(8, 20)
NOW = datetime(2026, 11, 23, 8, 20, tzinfo=TAIPEI)
RUN = (SCHOOL, NOW.date(), CUTOFF)
TEACHER, OFFICER, ADMIN, BUREAU, ELSEWHERE, OTHER_CLASS = ("U" + sign * 32 for sign in "123456")


def hire_all(house: House) -> None:
    """A teacher of 603, one of 604, an officer, an admin, the bureau, and another school's officer.

    The officer is school admin too, and still one person.
    """
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608")
        teacher = StaffRole.HOMEROOM_TEACHER
        make_staff(session, house, TEACHER, role=teacher, homeroom="603")
        make_staff(session, house, OTHER_CLASS, role=teacher, homeroom="604")
        make_staff(session, house, OFFICER)
        make_staff(session, house, OFFICER, role=StaffRole.SCHOOL_ADMIN)
        make_staff(session, house, ADMIN, role=StaffRole.SCHOOL_ADMIN)
        make_staff(session, house, BUREAU, role=StaffRole.BUREAU_ADMIN, school_code=None)
        make_staff(session, house, ELSEWHERE, school_code="353608")
        make_student(session, house)


def child(number: int = 12, name: str = "王小明", homeroom: str = "603") -> MissingChild:
    """A child without a tap."""
    return MissingChild(UUID(int=number), homeroom, number, name)


def tell(house: House, telling: Tell) -> int:
    with transaction(house.engine) as session:
        return telling(session, staff_desk(house.settings))


def told(house: House) -> list[tuple[str, list[dict[str, Any]]]]:
    """Who was told what, in the order of writing."""
    with transaction(house.engine) as session:
        rows = session.exec(select(Notice).order_by(Notice.created_at, Notice.dedupe_key)).all()  # type: ignore[arg-type]
    return [(row.line_user_id or "", orjson.loads(row.content)) for row in rows]


def held(s: Session, desk: StaffDesk, **changed: Any) -> int:
    facts = {"count": 4, "reason": HoldReason.SILENT, "since": NOW, "share": None}
    return tell_held(s, desk, *RUN, **{**facts, "held_at": NOW, "now": NOW, **changed})


def review(s: Session, desk: StaffDesk, *missing: MissingChild) -> int:
    deadline = NOW + timedelta(minutes=15)
    return tell_review(s, desk, *RUN, missing or [child()], deadline=deadline, now=NOW)


def actions_of(part: Any) -> list[dict[str, Any]]:
    """Return every action in a message, in the order of reading."""
    if isinstance(part, list):
        return [action for one in part for action in actions_of(one)]
    if not isinstance(part, dict):
        return []
    own = [part["action"]] if "action" in part else []
    return own + [
        one for name, value in part.items() if name != "action" for one in actions_of(value)
    ]
