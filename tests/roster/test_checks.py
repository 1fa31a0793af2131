"""A checked file waits sealed, is confirmed once, and does what was seen or nothing."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.errors import AccessError
from core.house import House
from core.people.tables import Staff, StaffRole, Student
from core.roster.checks import (
    GOOD_FOR,
    KEPT,
    fingerprint_of,
    forget_old_checks,
    get_check,
    hold_check,
    take_checked,
)
from core.roster.comparing import compare
from core.roster.faults import RosterError
from core.roster.rows import read_roster
from core.roster.tables import RosterCheck
from core.roster.taking_over import Counts
from tests.factories import make_school, make_staff
from tests.roster.files import MING, QING, UID, as_csv, row

TODAY = date(2026, 11, 23)
ADMIN = "U" + "2" * 32


@pytest.fixture
def admin(house: House) -> Staff:
    with transaction(house.engine) as session:
        make_school(session)
        return make_staff(session, house, ADMIN, role=StaffRole.SCHOOL_ADMIN)


def check(house: House, admin: Staff, *rows: list[str]) -> tuple[UUID, str]:
    """Check a file of these rows; return the check and what was seen."""
    with transaction(house.engine) as session:
        found = read_roster(as_csv(rows), "a.csv", today=TODAY, school_code="353607")
        plan = compare(session, house.vault, found)
        held = hold_check(
            session,
            house.vault,
            found,
            plan,
            school_code="353607",
            staff=admin,
            file_name="a.csv",
            now=house.clock.now(),
        )
        return held, fingerprint_of(plan)


def take(house: House, admin: Staff, check_id: UUID, seen: str, late: int = 0) -> Counts | None:
    """Confirm."""
    with transaction(house.engine) as session:
        return take_checked(
            session,
            house.vault,
            "liff",
            get_check(session, check_id, "353607", {admin.id}),
            seen=seen,
            by=f"staff:{admin.id}",
            now=house.clock.now() + timedelta(minutes=late),
        )


def students(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        return sorted(session.exec(select(Student.name)))


def test_nothing_is_written_until_it_is_confirmed_and_then_all(house: House, admin: Staff) -> None:
    held, seen = check(house, admin, row(card_uid=UID), QING)
    assert students(house) == []
    assert take(house, admin, held, seen) == Counts(2, 0, 0, 0, 0)
    assert students(house) == ["林小晴", "王小明"]
    with snapshot(house.engine) as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "roster.import")).one()
        check_row = session.get_one(RosterCheck, held)
    assert (entry.actor, entry.subject) == (f"staff:{admin.id}", "school:353607")
    assert (check_row.rows_sealed, check_row.added, check_row.changed) == (None, 2, 0)


def test_a_check_is_confirmed_once(house: House, admin: Staff) -> None:
    held, seen = check(house, admin, MING)
    take(house, admin, held, seen)
    with pytest.raises(AccessError) as refused:
        take(house, admin, held, seen)
    assert refused.value.status == 410


def test_a_check_does_not_last(house: House, admin: Staff) -> None:
    held, seen = check(house, admin, MING)
    with pytest.raises(AccessError):
        take(house, admin, held, seen, late=int(GOOD_FOR.total_seconds() // 60))
    assert students(house) == []


def test_a_roster_that_changed_in_between_is_noticed(house: House, admin: Staff) -> None:
    held, seen = check(house, admin, MING, row(QING, homeroom="604"))
    other, other_seen = check(house, admin, QING)
    take(house, admin, other, other_seen)
    assert take(house, admin, held, seen) is None
    assert students(house) == ["林小晴"], "what was not seen is not done"


def test_a_value_that_changed_in_between_is_noticed(house: House, admin: Staff) -> None:
    first, seen = check(house, admin, MING)
    take(house, admin, first, seen)
    held, seen = check(house, admin, row(homeroom="701"))
    other, other_seen = check(house, admin, row(homeroom="702"))
    take(house, admin, other, other_seen)
    assert take(house, admin, held, seen) is None


def test_what_can_not_be_taken_over_any_more_is_refused_whole(house: House, admin: Staff) -> None:
    held, seen = check(house, admin, MING, row(QING, card_uid=UID))
    other, other_seen = check(house, admin, row(MING, student_number="77", card_uid=UID))
    take(house, admin, other, other_seen)
    with pytest.raises(RosterError):
        take(house, admin, held, seen)
    assert students(house) == ["王小明"]


def test_what_is_held_is_sealed_and_only_its_senders(house: House, admin: Staff) -> None:
    held, _seen = check(house, admin, MING)
    with snapshot(house.engine) as session:
        sealed = session.get_one(RosterCheck, held).rows_sealed
        assert sealed is not None
        assert "A123456789" not in sealed
        assert "王" not in sealed
        for school, ids in (("353608", {admin.id}), ("353607", set())):
            with pytest.raises(AccessError):
                get_check(session, held, school, ids)


def test_old_checks_are_forgotten(house: House, admin: Staff) -> None:
    check(house, admin, MING)
    taken, seen = check(house, admin, MING)
    take(house, admin, taken, seen)
    for late, left in ((timedelta(), 2), (GOOD_FOR, 1), (KEPT, 0)):
        with transaction(house.engine) as session:
            forget_old_checks(session, house.clock.now() + late)
            assert len(session.exec(select(RosterCheck)).all()) == left
