"""Rows of ended terms are looked for and go day by day, on both engines."""

import re
from collections.abc import Iterator
from datetime import date, time
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from core.calendar.tables import Term
from core.clock import at_taipei
from core.db import metadata, snapshot, transaction
from core.duty.tables import JobRun
from core.gate.tables import Tap
from core.house import House
from core.privacy.purge import JOB, LOCK, _Purge, purge
from core.privacy.retention import LIMITS
from core.privacy.slices import BATCH, Slice, in_batches
from tests.factories import make_school, make_student
from tests.months import parts_of, restore_months
from tests.privacy.conftest import Cast

(TAPS,) = [one for one in LIMITS if one.name == "taps"]
DAY = date(2026, 11, 5)
OVER = at_taipei(date(2027, 3, 20), time(1))


@pytest.fixture
def elsewhere(home: House, cast: Cast) -> UUID:
    """A child at another school; by now the term of all of them is long over."""
    with transaction(home.engine) as session:
        make_school(session, "353608", short_name="槐香國小")
        child = make_student(session, home, number="11510009", school_code="353608")
    home.clock.move_to(OVER)  # type: ignore[attr-defined]
    return child.id


def _tap_often(home: House, student_id: UUID, day: date, times: int) -> None:
    at = at_taipei(day, time(7, 41))
    rows = [
        {
            "student_id": student_id,
            "direction": "in",
            "tap_at": at,
            "received_at": at,
            "effective_at": at,
            "school_day": day,
            "source": "make_up",
            "verdict": "accepted",
            "recorded_by": "staff:x",
            "reason": "忘帶卡",
        }
        for _ in range(times)
    ]
    with transaction(home.engine) as session:
        session.execute(insert(Tap), rows)


def _of_days(home: House) -> list[Slice]:
    with snapshot(home.engine) as session:
        found = TAPS.slices(session, home.settings, OVER)
    # The last is of cards nobody knows.
    return found[:-1]


def test_ended_terms_go_day_by_day_with_the_schools_of_a_day_together(
    home: House, cast: Cast, elsewhere: UUID
) -> None:
    _tap_often(home, cast.ming, DAY, 1)
    _tap_often(home, elsewhere, DAY, 3)
    _tap_often(home, cast.ming, date(2026, 11, 4), 2)
    # The cast itself tapped on a third day.
    assert [one.count for one in _of_days(home)] == [2, 4, 2]
    assert all(one.is_batch for one in _of_days(home))


def test_school_with_more_rows_a_day_than_a_batch_goes_in_several(
    home: House, cast: Cast, elsewhere: UUID
) -> None:
    _tap_often(home, cast.ming, DAY, BATCH + 1)
    _tap_often(home, elsewhere, DAY, 1)
    assert [one.count for one in _of_days(home)] == [BATCH + 1, 1, 2]
    done = purge(home)
    assert done is not None
    (taps,) = [one for one in done if one.limit == "taps"]
    assert (taps.before, taps.removed, taps.after) == (BATCH + 4, BATCH + 4, 0)


def test_schools_share_a_batch_as_far_as_they_fit() -> None:
    counts = {"a": BATCH - 1, "b": 1, "c": 1, "d": BATCH + 1, "e": BATCH}
    assert [list(some) for some in in_batches(counts)] == [["a", "b"], ["c"], ["d"], ["e"]]


def test_part_whose_rows_went_meanwhile_is_left(home: House, cast: Cast, elsewhere: UUID) -> None:
    _tap_often(home, elsewhere, DAY, 3)
    with transaction(home.engine) as session:
        session.add(JobRun(job=JOB, slot=LOCK, outcome="mine", ran_at=OVER))
    mine = _Purge(home, TAPS, "mine", OVER)
    first = _of_days(home)[0]
    assert [mine._remove(first), mine._remove(first)] == [3, 0]


def test_purge_that_was_cut_short_goes_on_with_what_is_left(
    home: House, cast: Cast, elsewhere: UUID
) -> None:
    _tap_often(home, elsewhere, DAY, 3)
    with transaction(home.engine) as session:
        session.add(JobRun(job=JOB, slot=LOCK, outcome="mine", ran_at=OVER))
    _Purge(home, TAPS, "mine", OVER)._remove(_of_days(home)[0])
    with transaction(home.engine) as session:
        session.get_one(JobRun, (JOB, LOCK)).outcome = "idle"
    done = purge(home)
    assert done is not None
    (taps,) = [one for one in done if one.limit == "taps"]
    assert (taps.before, taps.removed, taps.after) == (2, 2, 0)


def test_rows_of_a_day_are_found_by_an_index(home: House, cast: Cast, elsewhere: UUID) -> None:
    _tap_often(home, elsewhere, DAY, 3)
    (day, *_) = _of_days(home)
    with home.engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if connection.dialect.name == "postgresql":
            # A handful of rows is read whole, whatever index there is.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN"
        found = select(metadata().tables["tap"].c.id).where(day.condition)
        spelled = found.compile(connection, compile_kwargs={"literal_binds": True})
        plan = connection.execute(text(f"{explain} {spelled}")).all()
    # PostgreSQL names the index of a month after its columns.
    assert re.search("ix_tap_student_day|student_id_school_day_idx", str(plan)), plan


@pytest.fixture
def months(home: House) -> Iterator[None]:
    """The months of the term, where the engine keeps them apart."""
    restore_months(home)
    yield
    restore_months(home)


def _taps_purged(home: House) -> tuple[int, int, int]:
    done = purge(home)
    assert done is not None
    (taps,) = [one for one in done if one.limit == "taps"]
    return taps.before, taps.removed, taps.after


def test_months_go_whole_where_the_term_of_every_school_is_over(
    home: House, months: None, cast: Cast, elsewhere: UUID
) -> None:
    _tap_often(home, elsewhere, DAY, 3)
    # The last month of the term holds days of the holidays too.
    _tap_often(home, elsewhere, date(2027, 1, 20), 1)
    before = set(parts_of(home))
    assert _taps_purged(home) == (6, 6, 0)
    gone = before - set(parts_of(home))
    # The cast's notices wait for ever, as nobody sends them.
    over = ("tap", "attendance_day")
    assert gone == {f"{one}_2026_{month}" for one in over for month in (11, 12) if before}


def test_month_stays_for_the_school_whose_term_goes_on(
    home: House, months: None, cast: Cast, elsewhere: UUID
) -> None:
    _tap_often(home, elsewhere, DAY, 3)
    with transaction(home.engine) as session:
        longer = Term(
            scope="353608",
            school_year=115,
            number=1,
            first_day=date(2026, 9, 1),
            last_day=date(2027, 6, 30),
            source="x",
            recorded_by="x",
            recorded_at=OVER,
        )
        session.add(longer)
    before = parts_of(home)
    assert _taps_purged(home) == (2, 2, 0)
    assert parts_of(home) == before
