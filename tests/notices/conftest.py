"""Notices to send, and a LINE to send them to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from core.db import transaction
from core.delivery.sender import Sender
from core.house import House
from core.kinds import NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.templates import frozen
from core.people.tables import Guardian, Student
from core.settings import load_settings
from tests.factories import MEI, make_binding, make_guardian, make_school, make_student
from tests.fakes import FakeLine, fake_line
from tests.notices.staff_cast import hire_all

MONDAY = date(2026, 11, 23)


@pytest.fixture
def mei(house: House) -> Guardian:
    """Mei, bound to Ming with every LINE box ticked."""
    with transaction(house.engine) as session:
        make_school(session)
        guardian = make_guardian(session, house)
        make_binding(session, guardian, make_student(session, house))
    return guardian


@pytest.fixture
def notify(house: House, mei: Guardian) -> Callable[..., int]:
    """Enqueue a notice about Ming for Mei; every fact can be changed."""
    with transaction(house.engine) as session:
        ming = session.exec(select(Student)).one()

    def enqueue_one(kind: NoticeKind = NoticeKind.ARRIVAL, **facts: Any) -> int:
        now = house.clock.now()
        notice = NewNotice(
            kind=kind,
            student_id=ming.id,
            guardian_id=mei.id,
            line_user_id=MEI,
            school_day=MONDAY,
            at=now,
            content=frozen([{"type": "text", "text": "小明 07:41 到校"}]),
        )
        with transaction(house.engine) as session:
            return enqueue(session, [replace(notice, **facts)], now)

    return enqueue_one


@pytest.fixture
def all_notices(house: House) -> Callable[[], list[Notice]]:
    def read() -> list[Notice]:
        with transaction(house.engine) as session:
            return _ordered(session)

    return read


def _ordered(session: Session) -> list[Notice]:
    return list(session.exec(select(Notice).order_by(Notice.created_at, Notice.dedupe_key)))  # type: ignore[arg-type]


@pytest.fixture
def line() -> Iterator[FakeLine]:
    with fake_line() as line:
        yield line


@pytest.fixture
def deliver(house: House, line: FakeLine) -> Callable[[], int]:
    """Let a sender send what is due to the fake LINE."""
    settings = load_settings(_env_file=None, line_api_base=line.origin)

    def send_all_due() -> int:
        return Sender(replace(house, settings=settings)).drain()

    return send_all_due


@pytest.fixture
def staff_people(house: House) -> None:
    """The staff of the stories."""
    hire_all(house)
