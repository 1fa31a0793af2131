"""Of whom nobody hears on LINE."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from core.db import snapshot, transaction
from core.house import House
from core.people.friends import record_friendship
from core.people.guardians import unlink_account
from core.people.reach import Unreached, unreached
from core.people.tables import Binding, LineFriend, Student
from tests.factories import (
    HUA,
    LONG_AGO,
    MEI,
    make_binding,
    make_guardian,
    make_school,
    make_student,
)

LATER = LONG_AGO + timedelta(days=1)


@pytest.fixture
def ming(house: House) -> UUID:
    """Mei's child."""
    with transaction(house.engine) as session:
        make_school(session)
        student = make_student(session, house)
        make_binding(session, make_guardian(session, house), student)
        return student.id


def found(house: House, *children: UUID) -> dict[UUID, Unreached]:
    """What the staff pages ask."""
    with snapshot(house.engine) as session:
        return unreached(session, children)


def block(session: Session, line_user_id: str = MEI) -> None:
    """The person stops following."""
    record_friendship(session, line_user_id=line_user_id, is_following=False, at=LATER)


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """Gather the statements sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(house.engine, "before_cursor_execute", note)
    yield sent
    event.remove(house.engine, "before_cursor_execute", note)


def test_child_whose_guardian_follows_carries_no_mark(house: House, ming: UUID) -> None:
    assert found(house, ming) == {}


def test_child_of_a_guardian_who_blocked_us_is_marked(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        block(session)
    assert found(house, ming) == {ming: Unreached.NOT_ON_LINE}


def test_one_guardian_who_hears_is_enough(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        block(session)
        hua = make_guardian(session, house, HUA, name="華大明")
        make_binding(session, hua, session.get_one(Student, ming))
    assert found(house, ming) == {}


def test_guardian_without_a_link_hears_nothing(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        unlink_account(session, line_user_id=MEI, now=LATER)
    assert found(house, ming) == {ming: Unreached.NOT_ON_LINE}


def test_guardian_who_never_followed_hears_nothing(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        session.delete(session.get_one(LineFriend, MEI))
    assert found(house, ming) == {ming: Unreached.NOT_ON_LINE}


def test_child_whose_binding_ended_has_nobody(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        session.exec(select(Binding)).one().ended_at = LATER
    assert found(house, ming) == {ming: Unreached.UNBOUND}


def test_a_whole_class_is_one_statement(house: House, ming: UUID) -> None:
    with transaction(house.engine) as session:
        others = [
            make_student(session, house, name="李大華", number=f"1152{number:04d}").id
            for number in range(40)
        ]
    with counted(house) as sent:
        marks = found(house, ming, *others)
    assert marks == dict.fromkeys(others, Unreached.UNBOUND)
    assert sum("binding" in statement for statement in sent) == 1
