"""Who looks at very many children is told of, once an hour."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.duty.look_tick import LIMIT, run_look_tick
from core.house import House
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.people.looks import record_looks
from core.people.tables import StaffRole
from tests.factories import HUA, make_school, make_staff, make_student

BUREAU = "U" + "e" * 32


@pytest.fixture
def officer(house: House) -> UUID:
    with transaction(house.engine) as session:
        make_school(session)
        make_staff(session, house, BUREAU, role=StaffRole.BUREAU_ADMIN, school_code=None)
        return make_staff(session, house, HUA).id


def _look(house: House, staff_id: UUID, count: int, ago: timedelta = timedelta()) -> None:
    with transaction(house.engine) as session:
        record_looks(
            session,
            actor=f"staff:{staff_id}",
            students=[uuid4() for _ in range(count)],
            now=house.clock.now() - ago,
        )


def _told(house: House) -> list[str | None]:
    run_look_tick(house)
    with snapshot(house.engine) as session:
        rows = session.exec(select(Notice).where(col(Notice.kind) == NoticeKind.LOOKS)).all()
    return [one.line_user_id for one in rows]


def test_bureau_hears_of_more_than_a_hundred_children_in_an_hour(
    house: House, officer: UUID
) -> None:
    _look(house, officer, LIMIT)
    assert _told(house) == []
    _look(house, officer, 1)
    # Not whom it is about.
    assert _told(house) == [BUREAU]


def test_it_is_told_once_an_hour(house: House, officer: UUID) -> None:
    _look(house, officer, LIMIT + 1)
    assert len(_told(house)) == len(_told(house)) == 1
    house.clock.move_to(house.clock.now() + timedelta(minutes=61))
    assert len(_told(house)) == 1
    _look(house, officer, LIMIT + 1)
    assert len(_told(house)) == 2


def test_looks_of_earlier_hours_do_not_add_up(house: House, officer: UUID) -> None:
    _look(house, officer, LIMIT, timedelta(hours=2))
    _look(house, officer, LIMIT)
    assert _told(house) == []


def test_own_class_does_not_count(house: House, officer: UUID) -> None:
    with transaction(house.engine) as session:
        teacher = make_staff(
            session, house, "U" + "f" * 32, role=StaffRole.HOMEROOM_TEACHER, homeroom="603"
        )
        own = [make_student(session, house, number=f"115200{n:02d}").id for n in range(3)]
        other = [make_student(session, house, number=f"115300{n:02d}") for n in range(LIMIT - 2)]
        for child in other:
            child.homeroom = "501"
        seen = [*own, *(child.id for child in other)]
        record_looks(session, actor=f"staff:{teacher.id}", students=seen, now=house.clock.now())
    assert _told(house) == []


def test_class_of_looks_is_one_statement(house: House, officer: UUID) -> None:
    statements: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    _look(house, officer, 28)
    assert len([one for one in statements if "audit_entry" in one]) == 1
    with snapshot(house.engine) as session:
        assert len(session.exec(select(AuditEntry)).all()) == 28
