"""What needs a person's look."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from core.db import snapshot, transaction
from core.gate.discrepancies import Discrepancy, DiscrepancyKind, discrepancies, old_card_holders
from core.gate.tables import Tap
from core.house import House
from core.people.tables import Student
from tests.attendance.test_reports import MONDAY, SCHOOL, at, make_one, record
from tests.factories import make_reader, make_school, make_student


def tap(
    session: Session, house: House, child: Student | None, *, gate_of: str = SCHOOL, **facts: object
) -> Tap:
    """A tap at 07:40 that came in at 07:42."""
    values: dict[str, object] = {
        "boot_id": "boot",
        "seq": 1,
        "card_uid": "0400000000AA01",
        "student_id": child.id if child else None,
        "direction": "both",
        "tap_at": at(7, 40),
        "received_at": at(7, 42),
        "effective_at": at(7, 40),
        "school_day": MONDAY,
        "verdict": "accepted",
    }
    if facts.get("source", "card") == "card":
        values["reader_id"] = make_reader(session, house, school_code=gate_of).id
    else:
        values |= {"boot_id": None, "seq": None, "card_uid": None}
    row = Tap(**{**values, **facts})
    session.add(row)
    session.flush()
    return row


def found(house: House, first: date = MONDAY, last: date = MONDAY) -> list[Discrepancy]:
    """What the school is to look at."""
    with snapshot(house.engine) as session:
        return discrepancies(session, SCHOOL, first, last)


@pytest.mark.parametrize(
    ("leave", "moments", "against"),
    [
        ("whole", {"arrived_at": at(7, 41)}, at(7, 41)),
        ("whole", {"departed_at": at(16, 0)}, at(16, 0)),
        ("whole", {}, None),
        ("morning", {"arrived_at": at(7, 41)}, at(7, 41)),
        ("morning", {"arrived_at": at(12, 30)}, None),
        ("afternoon", {"arrived_at": at(7, 41), "departed_at": at(12, 0)}, None),
        ("afternoon", {"arrived_at": at(13, 0)}, at(13, 0)),
    ],
)
def test_leave_and_tap_that_exclude_each_other_are_listed(
    house: House, leave: str, moments: dict[str, datetime], against: datetime | None
) -> None:
    with transaction(house.engine) as session:
        record(session, make_one(session, house), leave=leave, **moments)
    assert [one.at for one in found(house)] == ([against] if against else [])


def test_old_card_names_the_child(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        tap(session, house, child, verdict="former_card")
    (one,) = found(house)
    assert (one.kind, one.name, one.gate) == (DiscrepancyKind.FORMER_CARD, "王小明", "正門")
    with snapshot(house.engine) as session:
        assert old_card_holders(session, SCHOOL, MONDAY) == {child.id}
        assert old_card_holders(session, SCHOOL, MONDAY - timedelta(days=1)) == set()


def test_tap_without_a_sure_time_is_listed_on_the_day_it_came_in(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        lost = {"effective_at": None, "school_day": None, "verdict": "quarantined"}
        tap(session, house, child, **lost)
    assert [(one.kind, one.at) for one in found(house)] == [
        (DiscrepancyKind.QUARANTINED, at(7, 42))
    ]
    assert found(house, MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)) == []


def test_entry_taken_back_is_listed_with_its_reason(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        made = {"source": "make_up", "recorded_by": "staff:x", "direction": "in"}
        entry = tap(session, house, child, **made, reason="忘帶卡")
        back = {**made, "source": "undo", "undoes_id": entry.id, "reason": "按錯"}
        tap(session, house, child, **back)
    assert [(one.kind, one.reason) for one in found(house)] == [
        (DiscrepancyKind.TAKEN_BACK, "按錯")
    ]


def test_ordinary_tap_is_nothing_to_look_at(house: House) -> None:
    with transaction(house.engine) as session:
        tap(session, house, make_one(session, house))
    assert found(house) == []


def test_child_of_another_school_at_our_gate_is_not_named(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608")
        child = make_student(session, house, school_code="353608")
        tap(session, house, child, verdict="quarantined")
    (one,) = found(house)
    assert (one.name, one.student_id, one.gate) == ("", None, "正門")


def test_tap_at_another_schools_gate_is_not_ours(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "353608")
        tap(session, house, None, gate_of="353608", verdict="quarantined")
    assert found(house) == []
