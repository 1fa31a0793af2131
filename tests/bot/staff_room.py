"""The staff of two schools, and what their chats show: buttons to press, rows to compare."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from bot.answer import Answer
from core.db import metadata, transaction
from core.house import House
from core.people.staff import enrol_staff, invite_staff, revoke_staff
from core.people.tables import Staff, StaffRole, Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback, make_text
from tests.bot.line_limits import parts_of
from tests.conftest import MONDAY_MORNING
from tests.factories import (
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_student,
)

LIN = "U" + "c" * 32
WU = "U" + "d" * 32
HO = "U" + "e" * 32
GAO = "U" + "f" * 32
FANG = "U" + "1" * 32
BAI = "U" + "2" * 32
JIAN = "U" + "3" * 32
SCHOOL = "353607"
OTHER_SCHOOL = "353608"
# Who is what: Lin teaches 603, Wu 604, Ho and Jian are officers there, Gao at the other school,
# Fang is of the bureau; Bai taught 603 once.
CAST: dict[str, tuple[str, StaffRole, str | None, str | None]] = {
    LIN: ("林美華", StaffRole.HOMEROOM_TEACHER, SCHOOL, "603"),
    WU: ("吳建宏", StaffRole.HOMEROOM_TEACHER, SCHOOL, "604"),
    HO: ("何志明", StaffRole.OFFICER, SCHOOL, None),
    JIAN: ("簡淑芬", StaffRole.SCHOOL_ADMIN, SCHOOL, None),
    GAO: ("高文傑", StaffRole.OFFICER, OTHER_SCHOOL, None),
    FANG: ("方怡君", StaffRole.BUREAU_ADMIN, None, None),
    BAI: ("白雅玲", StaffRole.HOMEROOM_TEACHER, SCHOOL, "603"),
}


def hire(session: Session, house: House, user: str) -> Staff:
    """Make one of the cast staff, a long time ago."""
    name, role, school_code, homeroom = CAST[user]
    code = invite_staff(
        session,
        house.vault,
        name=name,
        school_code=school_code,
        role=role,
        homeroom=homeroom,
        invited_by="operator",
        now=MONDAY_MORNING,
    )
    staff = enrol_staff(session, house.vault, code=code, line_user_id=user, now=MONDAY_MORNING)
    assert staff is not None
    return staff


def make_room(house: House) -> Student:
    """Two schools with their staff; returns Mei's child Ming, 12 in 603."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, OTHER_SCHOOL, name="臺北市立槐香國民小學", short_name="槐香國小")
        ming = make_student(session, house)
        make_binding(session, make_guardian(session, house), ming)
        an = make_student(session, house, name="陳彥安", number="11510020")
        an.seat_number = 20
        across = make_student(
            session, house, name="周子翔", number="11510030", school_code=OTHER_SCHOOL
        )
        session.add_all([an, across])
        make_reader(session, house, contact_at=MONDAY_MORNING - timedelta(minutes=1))
        roles = {user: hire(session, house, user) for user in CAST}
        revoke_staff(session, roles[BAI].id, by="operator", now=MONDAY_MORNING)
    return ming


def tell(house: House, text: str, user: str) -> Answer:
    """Type something."""
    return hear(house, make_text(text, user=user, at=house.clock.now()))


def press(house: House, answer: Answer, label: str, user: str, **more: Any) -> Answer:
    """Press the first button of that name."""
    event = make_postback(data_of(answer, label), user=user, at=house.clock.now(), **more)
    return hear(house, event)


def data_of(answer: Answer, label: str) -> str:
    """Return the data behind a button."""
    found = [act for act in acts_of(answer) if act["label"] == label]
    assert found, (label, [act["label"] for act in acts_of(answer)])
    return str(found[0]["data"])


def labels(answer: Answer) -> list[str]:
    """Return what the buttons with data are called."""
    return [act["label"] for act in acts_of(answer)]


def acts_of(answer: Answer) -> list[dict[str, Any]]:
    """Return every postback there is to press, in the order it is seen."""
    return [part for part in parts_of(answer.messages) if "data" in part and "label" in part]


def rows_of(house: House, *but: str) -> dict[str, set[tuple[Any, ...]]]:
    """Return every row of every table, to see what changed."""
    tables = [table for table in metadata().sorted_tables if table.name not in but]
    with transaction(house.engine) as session:
        return {
            table.name: {tuple(map(str, row)) for row in session.execute(select(table))}
            for table in tables
        }
