"""Seals and bars hold: for whoever deletes the account, and on every row of the child."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from core.binding import measures
from core.binding.bars import is_barred
from core.binding.measures import Act, barred_elsewhere
from core.binding.tables import BindingBar, Delegate
from core.binding.tries import OWN_LIMIT
from core.binding.trying import BindResult, bind_child
from core.db import transaction
from core.house import House
from core.people.tables import EnrollmentStatus, Guardian, Student
from core.privacy.erasure import erase_guardian
from core.roster.comparing import compare
from core.roster.rows import read_roster
from core.roster.taking_over import take_over
from tests.factories import (
    HUA,
    claim_for,
    make_binding,
    make_guardian,
    make_school,
    make_student,
    national_id_of,
)
from tests.roster.files import as_csv, row

TODAY = date(2026, 11, 23)
ELSEWHERE = "353608"
Cast = tuple[Guardian, Student]


@pytest.fixture
def cast(house: House) -> Cast:
    """Hua, once bound to Ming; another school."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, ELSEWHERE, short_name="槐香國中", level="國中")
        hua, ming = make_guardian(session, house, HUA, name="陳淑華"), make_student(session, house)
        make_binding(session, hua, ming)
        return hua, ming


def act(house: House) -> Act:
    """The officer's act now."""
    return Act(by="staff:x", reason="保護令", now=house.clock.now())


def keep_away(session: Session, house: House, hua: Guardian, ming: Student) -> None:
    """The school keeps Hua from Ming."""
    measures.keep_away(session, house.vault, ming.id, hua.id, act(house))


def tries(
    session: Session, house: House, who: Guardian, child: Student, **facts: object
) -> BindResult:
    """Five facts."""
    return bind_child(
        session,
        house.vault,
        guardian_id=who.id,
        claim=claim_for(child, **facts),
        relationship="mother",
        now=house.clock.now(),
    ).result


def delete_and_come_back(session: Session, house: House, who: Guardian) -> Guardian:
    """A new account of the same Taipei Pass member."""
    assert erase_guardian(session, house.vault, who.id, house.clock.now())
    return make_guardian(session, house, HUA, name="陳淑華")


def enrol(house: House, school_code: str = ELSEWHERE, **facts: Any) -> Student:
    """Ming, on a school's roster under another number."""
    changed = {"student_number": "11610009", "national_id": national_id_of("11510001"), **facts}
    changed["school_code"] = school_code
    with transaction(house.engine) as session:
        rows = read_roster(as_csv([row(**changed)]), "a.csv", today=TODAY)
        plan = compare(session, house.vault, rows)
        take_over(session, house.vault, "liff", plan, by="operator", now=house.clock.now())
        number = Student.student_number == changed["student_number"]
        return session.exec(select(Student).where(number)).one()


def facts_of_new(new: Student) -> dict[str, object]:
    """What a family types for the new row."""
    return {"student_number": new.student_number, "national_id": national_id_of("11510001")}


def test_guardian_kept_away_stays_so_after_deleting_the_account(house: House, cast: Cast) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        keep_away(session, house, hua, ming)
        again = delete_and_come_back(session, house, hua)
        assert again.id != hua.id
        assert tries(session, house, again, ming) is BindResult.MISMATCH
        (kept,) = barred_elsewhere(session, house.vault, ming)
        assert kept.name == "陳淑華"
        measures.let_near(session, house.vault, ming.id, kept.guardian_id, act(house))
        assert tries(session, house, again, ming) is BindResult.BOUND


def test_bar_holds_the_member_hidden(house: House, cast: Cast) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        keep_away(session, house, hua, ming)
        kept = session.exec(select(BindingBar)).one()
        assert hua.taipei_pass_id not in str(kept.model_dump())


def test_own_limit_outlives_the_account(house: House, cast: Cast) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        for _ in range(OWN_LIMIT):
            tries(session, house, hua, ming, name="王小華")
        again = delete_and_come_back(session, house, hua)
        assert tries(session, house, again, ming) is BindResult.OWN_LIMIT


@pytest.mark.parametrize("school_code", ["353607", ELSEWHERE])
def test_sealed_child_who_left_is_sealed_when_enrolled_anew(
    house: House, cast: Cast, school_code: str
) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        measures.seal(session, house.vault, ming, act(house))
        session.get_one(Student, ming.id).status = EnrollmentStatus.WITHDRAWN
    new = enrol(house, school_code)
    with transaction(house.engine) as session:
        assert new.is_sealed
        assert tries(session, house, hua, new, **facts_of_new(new)) is BindResult.MISMATCH
        measures.unseal(session, house.vault, new, act(house))
        assert tries(session, house, hua, new, **facts_of_new(new)) is BindResult.BOUND


def test_seal_of_one_school_holds_at_the_other(house: House, cast: Cast) -> None:
    hua, ming = cast
    new = enrol(house)
    with transaction(house.engine) as session:
        measures.seal(session, house.vault, ming, act(house))
        assert tries(session, house, hua, new, **facts_of_new(new)) is BindResult.MISMATCH


def test_bar_follows_the_child_and_the_new_school_can_lift_it(house: House, cast: Cast) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        keep_away(session, house, hua, ming)
        session.get_one(Student, ming.id).status = EnrollmentStatus.TRANSFERRED
    new = enrol(house)
    with transaction(house.engine) as session:
        assert is_barred(session, house.vault, hua.id, [new.id])
        assert tries(session, house, hua, new, **facts_of_new(new)) is BindResult.MISMATCH
        assert [one.name for one in barred_elsewhere(session, house.vault, new)] == ["陳淑華"]
        measures.let_near(session, house.vault, new.id, hua.id, act(house))
        assert tries(session, house, hua, new, **facts_of_new(new)) is BindResult.BOUND


def test_new_child_is_open(house: House, cast: Cast) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        measures.seal(session, house.vault, ming, act(house))
        keep_away(session, house, hua, ming)
    other = enrol(house, national_id=national_id_of("11510077"))
    facts = {"student_number": other.student_number, "national_id": national_id_of("11510077")}
    with transaction(house.engine) as session:
        assert tries(session, house, hua, other, **facts) is BindResult.BOUND


def test_bar_ends_what_the_guardian_receives_for_another(house: House, cast: Cast) -> None:
    hua, ming = cast
    with transaction(house.engine) as session:
        mei = make_guardian(session, house)
        binding = make_binding(session, mei, ming)
        session.add(
            Delegate(
                binding_id=binding.id,
                label="relative",
                until=date(2027, 1, 20),
                invited_at=house.clock.now(),
                code_index=house.vault.index("KQ7M2XPA", "delegate.code"),
                code_expires_at=house.clock.now(),
                line_user_id=HUA,
                accepted_at=house.clock.now(),
            )
        )
        session.flush()
        keep_away(session, house, hua, ming)
    with transaction(house.engine) as session:
        assert session.exec(select(Delegate.ended_by)).one() == "staff:x"
