"""The aging tick: who is reminded in the morning of what has waited two days."""

from datetime import timedelta

import pytest
from sqlmodel import select

from core.binding.requests import ask_school
from core.db import transaction
from core.duty.aging_tick import run_aging_tick
from core.gate.tables import MakeUpRequest
from core.house import House
from core.kinds import Direction, MakeUpReason, NoticeKind
from core.notices.tables import Notice
from core.people.tables import StaffRole
from tests.attendance.test_reports import MONDAY, at
from tests.factories import HUA, make_binding, make_guardian, make_school, make_staff, make_student
from tests.orders.shop import open_shop

OFFICER, TEACHER = "U" + "c" * 32, "U" + "d" * 32


@pytest.fixture
def school(house: House) -> House:
    """A guardian asked for a make-up two days ago, another to be bound yesterday; it is nine."""
    house.clock.move_to(at(9, 0))
    now = house.clock.now()
    with transaction(house.engine) as session:
        make_school(session)
        mei, hua = make_guardian(session, house), make_guardian(session, house, HUA)
        ming = make_student(session, house)
        make_binding(session, mei, ming)
        make_staff(session, house, OFFICER)
        make_staff(session, house, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
        session.add(
            MakeUpRequest(
                student_id=ming.id,
                guardian_id=mei.id,
                school_day=MONDAY - timedelta(days=3),
                at=now - timedelta(days=3),
                direction=Direction.IN,
                reason=MakeUpReason.LOST,
                asked_at=now - timedelta(days=2, minutes=1),
            )
        )
        asked = now - timedelta(days=1)
        ask_school(session, hua.id, ming.id, "father", "five_facts", asked)
    return house


def told(house: House, kind: NoticeKind = NoticeKind.QUEUE_AGING) -> dict[str | None, str]:
    """Who was reminded, in which words."""
    with transaction(house.engine) as session:
        found = session.exec(select(Notice).where(Notice.kind == kind))
        return {one.line_user_id: one.content.decode() for one in found}


def test_school_hears_of_all_and_the_teacher_of_the_own_class(school: House) -> None:
    for _ in range(2):
        run_aging_tick(school)

    heard = told(school)
    assert set(heard) == {OFFICER, TEACHER}
    assert "有 2 筆申請等候審核，最久已等了 2 天。" in heard[OFFICER]
    assert "有 1 筆申請等候審核，最久已等了 2 天。" in heard[TEACHER]


def test_what_is_younger_is_left_alone(school: House) -> None:
    with transaction(school.engine) as session:
        row = session.exec(select(MakeUpRequest)).one()
        row.asked_at = school.clock.now() - timedelta(days=1)
        session.add(row)

    run_aging_tick(school)

    assert told(school) == {}


def test_officer_is_reminded_of_orders_of_texts_by_themselves(house: House) -> None:
    with transaction(house.engine) as session:
        shop = open_shop(session, house)
        make_staff(session, house, OFFICER)
        make_staff(session, house, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
    house.clock.move_to(at(9, 0))
    shop.order(house.clock.now() - timedelta(days=3, minutes=1))

    for _ in range(2):
        run_aging_tick(house)

    heard = told(house, NoticeKind.ORDER_AGING)
    assert set(heard) == {OFFICER}
    assert "有 1 筆簡訊申請等候審核，最久已等了 3 天。" in heard[OFFICER]
    assert told(house) == {}


@pytest.mark.parametrize("clock", [(8, 59), (12, 0)])
def test_only_in_the_morning(school: House, clock: tuple[int, int]) -> None:
    school.clock.move_to(at(*clock))
    run_aging_tick(school)
    assert told(school) == {}
