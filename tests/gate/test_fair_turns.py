"""Turns of what taps tell: a loud school stands behind itself, not before another."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from core.db import transaction
from core.house import House
from core.notices.fairness import TURN
from core.notices.tables import Notice
from tests.factories import (
    HUA,
    card_uid_of,
    make_binding,
    make_guardian,
    make_school,
    make_student,
)
from tests.gate.conftest import SigningReader

LOUD = [f"1151{n:04d}" for n in range(100, 106)]
QUIET = "11520001"
MOTHER = "U" + "e" * 32
AT_0720 = "2026-11-23T07:20:00+08:00"


@pytest.fixture
def loud(house: House, reader: SigningReader) -> SigningReader:
    """The reader of a school whose children pass at once."""
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA)
        for number in LOUD:
            make_binding(session, hua, make_student(session, house, number=number))
    return reader


@pytest.fixture
def quiet(house: House, make_signing_reader: Callable[..., SigningReader]) -> SigningReader:
    """The reader of a school with one child."""
    with transaction(house.engine) as session:
        make_school(session, "353608")
        child = make_student(session, house, number=QUIET, school_code="353608")
        make_binding(session, make_guardian(session, house, MOTHER), child)
    return make_signing_reader(school_code="353608")


def _turns(house: House, line_user_id: str) -> list[datetime]:
    """The turns of a guardian's notices, first to last."""
    with transaction(house.engine) as session:
        rows = session.exec(select(Notice).where(Notice.line_user_id == line_user_id))
        return sorted(row.turn_at for row in rows)


def test_taps_that_come_one_by_one_go_in_turns_with_other_schools(
    house: House, loud: SigningReader, quiet: SigningReader
) -> None:
    now = house.clock.now()
    for seq, number in enumerate(LOUD):
        loud.statuses((seq, card_uid_of(number), AT_0720))
    quiet.statuses((1, card_uid_of(QUIET), AT_0720))

    assert _turns(house, HUA) == [now + place * TURN for place in range(len(LOUD))]
    assert _turns(house, MOTHER) == [now]


def test_school_that_was_loud_a_moment_ago_is_like_any_other(
    house: House, loud: SigningReader
) -> None:
    for seq, number in enumerate(LOUD[:-1]):
        loud.statuses((seq, card_uid_of(number), AT_0720))
    house.clock.move_to(house.clock.now() + timedelta(seconds=1))
    loud.statuses((9, card_uid_of(LOUD[-1]), AT_0720))

    assert _turns(house, HUA)[-1] == house.clock.now()
