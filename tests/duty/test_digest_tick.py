"""The digest: the day in numbers, to the officers, once a school day at its time."""

import pytest
from sqlmodel import select

from core.calendar.tables import CalendarDay
from core.db import transaction
from core.delivery.quota import Outlook, Quota
from core.delivery.quota_month import record_quota
from core.duty.digest_tick import run_digest_tick
from core.house import House
from core.notices.tables import Notice
from core.people.tables import StaffRole
from tests.attendance.test_reports import MONDAY, at
from tests.factories import LONG_AGO, make_school, make_staff, make_student

OFFICER, TEACHER = "U" + "c" * 32, "U" + "d" * 32


@pytest.fixture
def school(house: House) -> House:
    """A child, an officer and a teacher; it is five."""
    house.clock.move_to(at(17, 0))
    with transaction(house.engine) as session:
        make_school(session)
        make_student(session, house)
        make_staff(session, house, OFFICER)
        make_staff(session, house, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
    return house


def told(house: House) -> list[Notice]:
    with transaction(house.engine) as session:
        return list(session.exec(select(Notice)))


def test_officers_get_the_day_once_however_often_the_tick_comes(school: House) -> None:
    with transaction(school.engine) as session:
        record_quota(session, Quota(15_000, 2_600), Outlook(10, 10), school.clock.now())

    for _ in range(3):
        run_digest_tick(school)

    (notice,) = told(school)
    said = notice.content.decode()
    assert notice.line_user_id == OFFICER
    assert "應到 1・到校 0・請假 0・尚無紀錄 1" in said
    assert "保留 0・補登 0・不一致 0" in said
    assert "通知 0・未送出 0・本月剩 12,400 則" in said


@pytest.mark.parametrize("clock", [(16, 59), (20, 0)])
def test_only_at_its_time(school: House, clock: tuple[int, int]) -> None:
    school.clock.move_to(at(*clock))
    run_digest_tick(school)
    assert told(school) == []


def test_closed_days_are_skipped(school: House) -> None:
    with transaction(school.engine) as session:
        session.add(
            CalendarDay(
                scope="city",
                day=MONDAY,
                is_open=False,
                reason="假日",
                source="test",
                recorded_at=LONG_AGO,
            )
        )
    run_digest_tick(school)
    assert told(school) == []
