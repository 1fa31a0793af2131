"""The brake: which days say what is usual, and how few children are no evidence."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.attendance.brake import GateReport, brake
from core.attendance.tables import NoShowRun, RunState
from core.db import transaction
from core.house import House
from core.kinds import HoldReason
from tests.factories import make_school

DAY = date(2026, 11, 23)
CUTOFF = datetime.fromisoformat("2026-11-23T08:30:00+08:00")
WELL = GateReport(CUTOFF)
FEW = HoldReason.FEW_TAPS


def _run(arrived: int, expected: int = 10, *, weeks_ago: int = 0, **facts: Any) -> NoShowRun:
    usual: dict[str, Any] = {
        "school_code": "353607",
        "cutoff": time(8, 30),
        "state": RunState.TOLD,
        "ran_at": CUTOFF,
    }
    counts = {"arrived": arrived, "expected": expected}
    return NoShowRun(**usual | counts | facts, school_day=DAY - timedelta(weeks=weeks_ago))


@pytest.fixture
def session(house: House) -> Any:
    """Two schools, without any day so far."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608")
        yield session


@pytest.mark.parametrize(
    ("usual", "arrived", "expected", "hold"),
    [
        ((10, 10, 10), 6, 10, None),
        ((10, 10, 10), 5, 10, FEW),
        ((10, 10, 10), 2, 4, None),
        ((10, 10, 10), 1, 4, FEW),
        ((10, 3, 3), 1, 10, None),
        ((10, 10, 1), 5, 10, FEW),
        ((10, 10), 0, 10, None),
        ((10, 10, 10), 0, 0, None),
    ],
)
def test_few_are_under_six_tenths_of_the_usual_and_short_of_it_by_three(
    session: Session, usual: Sequence[int], arrived: int, expected: int, hold: HoldReason | None
) -> None:
    session.add_all(_run(came, weeks_ago=n) for n, came in enumerate(usual, 1))
    assert brake(session, _run(arrived, expected), WELL).hold == hold


@pytest.mark.parametrize(
    "other",
    [
        {"school_code": "353608"},
        {"cutoff": time(8, 40)},
        {"state": RunState.CANCELLED},
        {"expected": 0},
    ],
)
def test_another_school_or_cutoff_or_a_day_that_found_out_nothing_says_not_what_is_usual(
    session: Session, other: dict[str, Any]
) -> None:
    session.add_all(_run(10, weeks_ago=n, **other) for n in (1, 2, 3))
    assert brake(session, _run(0), WELL) == WELL


def test_trouble_of_the_gate_is_what_staff_hear_of_though_few_came(session: Session) -> None:
    session.add_all(_run(10, weeks_ago=n) for n in (1, 2, 3))
    silent = GateReport(None, HoldReason.SILENT, CUTOFF)
    assert brake(session, _run(0), silent) == silent
