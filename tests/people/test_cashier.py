"""The cashier: takes the money of SMS orders, and no other child of the school is theirs."""

import pytest
from sqlmodel import select

from core.announcements.audiences import Audience, is_written_by, may_write
from core.announcements.tables import Announcement
from core.db import snapshot, transaction
from core.house import House
from core.people.doors import for_staff
from core.people.staff import (
    can_close,
    can_manage_school,
    can_run_school,
    can_see_class,
    can_see_order,
    can_take_money,
)
from core.people.staff_changes import roles_to_give
from core.people.tables import Staff, StaffRole
from tests.factories import make_school, make_staff, make_student

SCHOOL, OTHER = "353607", "353608"


@pytest.fixture
def cashier(house: House) -> Staff:
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, OTHER, short_name="槐香國小")
        make_student(session, house)
        return make_staff(session, house, "U" + "6" * 32, role=StaffRole.CASHIER)


def test_cashier_takes_money_at_the_own_school_alone(cashier: Staff) -> None:
    assert can_take_money(cashier, SCHOOL)
    assert can_see_order(cashier, SCHOOL, "603")
    assert not can_take_money(cashier, OTHER)
    assert not can_see_order(cashier, OTHER, "603")


def test_cashier_sees_no_class_and_runs_nothing(cashier: Staff, house: House) -> None:
    assert not can_see_class(cashier, SCHOOL, "603")
    assert not can_run_school(cashier, SCHOOL)
    assert not can_manage_school(cashier, SCHOOL)
    assert not can_close(cashier, SCHOOL)
    with snapshot(house.engine) as session:
        assert for_staff(session, [cashier]).classes() == []


@pytest.mark.parametrize("homeroom", [None, "603"])
def test_cashier_reads_and_writes_no_announcement(
    cashier: Staff, house: House, homeroom: str | None
) -> None:
    assert not may_write(cashier, Audience(school_code=SCHOOL, homeroom=homeroom))
    with snapshot(house.engine) as session:
        assert session.exec(select(Announcement).where(is_written_by([cashier]))).all() == []


def test_school_admin_may_make_somebody_cashier(cashier: Staff, house: House) -> None:
    with transaction(house.engine) as session:
        admin = make_staff(session, house, "U" + "5" * 32, role=StaffRole.SCHOOL_ADMIN)
        assert StaffRole.CASHIER in roles_to_give([admin], SCHOOL)
        assert roles_to_give([cashier], SCHOOL) == []
