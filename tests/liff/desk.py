"""The people of the school on their phones: an officer, a teacher, the bureau, another school."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.people.tables import School, StaffRole
from tests.factories import make_school, make_staff
from tests.liff.outside import Outside
from tests.liff.phone import Phone

OFFICER, ADMIN, TEACHER, BUREAU, ELSEWHERE, CASHIER = ("U" + digit * 32 for digit in "123456")
ROLES: dict[str, tuple[StaffRole, str | None, str | None]] = {
    OFFICER: (StaffRole.OFFICER, "353607", None),
    ADMIN: (StaffRole.SCHOOL_ADMIN, "353607", None),
    CASHIER: (StaffRole.CASHIER, "353607", None),
    TEACHER: (StaffRole.HOMEROOM_TEACHER, "353607", "603"),
    BUREAU: (StaffRole.BUREAU_ADMIN, None, None),
    ELSEWHERE: (StaffRole.OFFICER, "353608", None),
}

StaffPhone = Callable[[str], Phone]


def enrol(house: House, line_user_id: str) -> None:
    """Make them staff; the officer of another school brings that school along."""
    role, school_code, homeroom = ROLES[line_user_id]
    with transaction(house.engine) as session:
        if school_code is not None and session.get(School, school_code) is None:
            make_school(session, school_code, short_name="槐香國小", district="大安區")
        make_staff(
            session,
            house,
            line_user_id,
            role=role,
            school_code=school_code,
            homeroom=homeroom,
        )


def phone_of(app: Flask, outside: Outside, house: House, line_user_id: str) -> Phone:
    """Their browser, signed in."""
    enrol(house, line_user_id)
    return Phone(app, outside).sign_in(line_user_id)


def monday(hour: int, minute: int) -> datetime:
    """A moment of the Monday the tests play on."""
    return datetime(2026, 11, 23, hour, minute, tzinfo=TAIPEI)
