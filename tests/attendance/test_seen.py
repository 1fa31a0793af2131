"""What staff are told of a child: whether guardians hear of it, and how its day stands."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from core.attendance.seen import Standing, is_told_since, standing_of
from core.attendance.tables import AttendanceDay, NoShowState
from core.clock import school_day_of
from core.db import transaction
from core.house import House
from core.kinds import UNFINISHED_STATES, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Guardian, Student
from tests.factories import MEI, make_guardian, make_school, make_staff, make_student

NOW = datetime.fromisoformat("2026-11-23T08:10:00+08:00")
Family = tuple[Session, Guardian, Student]


@pytest.fixture
def family(house: House) -> Iterator[Family]:
    """Mei and Ming."""
    with transaction(house.engine) as session:
        make_school(session)
        yield session, make_guardian(session, house), make_student(session, house)


def _put_notice(family: Family, **facts: Any) -> None:
    session, mei, ming = family
    usual = {
        "kind": NoticeKind.NO_SHOW,
        "student_id": ming.id,
        "guardian_id": mei.id,
        "line_user_id": MEI,
        "state": NoticeState.PENDING,
        "created_at": NOW,
    }
    given = usual | facts
    moments = dict.fromkeys(("due_at", "turn_at", "expires_at"), NOW)
    ended_at = None if given["state"] in UNFINISHED_STATES else NOW
    session.add(
        Notice(
            **given | moments,
            settled_at=ended_at,
            dedupe_key=uuid4().hex,
            retry_key=uuid4(),
            channel="line",
            school_day=school_day_of(NOW),
            content=b"[]",
            priority=1,
        )
    )


def _is_told(family: Family) -> bool:
    session, _, ming = family
    return is_told_since(session, ming.id, NOW, (NoticeKind.NO_SHOW,))


@pytest.mark.parametrize("state", NoticeState)
def test_guardians_hear_what_waits_leaves_or_may_have_left(
    family: Family, state: NoticeState
) -> None:
    _put_notice(family, state=state)
    says = {"pending", "leased", "accepted", "unknown"}
    assert _is_told(family) is (state in says)


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": NoticeKind.ARRIVAL},
        {"created_at": NOW - timedelta(seconds=1)},
    ],
)
def test_other_news_and_what_was_written_before_are_none_of_it(
    family: Family, facts: dict[str, Any]
) -> None:
    _put_notice(family, **facts)
    assert not _is_told(family)


def test_news_of_another_child_and_for_staff_is_none_of_it(family: Family, house: House) -> None:
    sister = make_student(family[0], house, number="11510002")
    _put_notice(family, student_id=sister.id)
    officer = make_staff(family[0], house, "U" + "c" * 32)
    _put_notice(family, guardian_id=None, staff_id=officer.id)
    assert not _is_told(family)


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({}, Standing(None, None)),
        ({"departed_at": NOW}, Standing(NOW, None)),
        ({"no_show": NoShowState.TOLD}, Standing(None, None)),
    ],
)
def test_child_seen_at_the_gate_only_on_its_way_out_was_seen(
    family: Family, facts: dict[str, Any], standing: Standing
) -> None:
    session, _, ming = family
    day = school_day_of(NOW)
    session.add(AttendanceDay(student_id=ming.id, school_day=day, **facts))
    assert standing_of(session, ming, day) == standing
