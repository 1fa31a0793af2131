"""Staff: one-time codes, roles, and what each role may do."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from core.audit import AuditEntry
from core.db import transaction
from core.duty.staff_commands import staff_commands
from core.errors import AccessError, InputError
from core.house import House
from core.people.staff import (
    can_close,
    can_run_school,
    can_see_class,
    closers_of,
    enrol_staff,
    invite_staff,
    revoke_staff,
    roles_of,
    staff_at,
    staff_name,
)
from core.people.tables import Staff, StaffInvite, StaffRole
from core.settings import load_settings
from tests.factories import HUA, make_school, make_staff

LIN = "U" + "1" * 32
SCHOOL = "353607"
OTHER_SCHOOL = "353608"
TEACHER, OFFICER = StaffRole.HOMEROOM_TEACHER, StaffRole.OFFICER
ADMIN, BUREAU = StaffRole.SCHOOL_ADMIN, StaffRole.BUREAU_ADMIN


@pytest.fixture(autouse=True)
def school(house: House) -> None:
    """Two schools to work at."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, OTHER_SCHOOL)


def invite(house: House, **changed: object) -> str:
    """A code for Mr Lin, the officer; every fact can be changed."""
    facts: dict[str, object] = {
        "name": "林國華",
        "school_code": SCHOOL,
        "role": OFFICER,
        "homeroom": None,
        "invited_by": "operator",
        "now": house.clock.now(),
    }
    with transaction(house.engine) as session:
        return invite_staff(session, house.vault, **{**facts, **changed})  # type: ignore[arg-type]


def enrol(house: House, code: str, line_user_id: str = LIN) -> Staff | None:
    """Somebody types a code."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        return enrol_staff(session, house.vault, code=code, line_user_id=line_user_id, now=now)


def roles(house: House, line_user_id: str = LIN) -> list[str]:
    """What somebody is now."""
    with transaction(house.engine) as session:
        return [one.role for one in roles_of(session, line_user_id)]


def test_code_makes_its_user_staff_with_the_invited_facts(house: House) -> None:
    staff = enrol(house, invite(house, role=TEACHER, homeroom="603"))

    assert staff is not None
    facts = (staff.role, staff.school_code, staff.homeroom)
    assert facts == ("homeroom_teacher", SCHOOL, "603")
    assert staff_name(house.vault, staff) == "林國華"
    assert roles(house) == ["homeroom_teacher"]


def test_code_serves_once(house: House) -> None:
    code = invite(house)

    assert enrol(house, code) is not None
    assert enrol(house, code, HUA) is None
    assert roles(house, HUA) == []


def test_code_is_over_after_a_day(house: House) -> None:
    code = invite(house)
    house.clock.move_to(house.clock.now() + timedelta(hours=24))

    assert enrol(house, code) is None


@pytest.mark.parametrize("code", ["", "K7Q4-M2XP", "邀請碼", "'; --", "K" * 500])
def test_wrong_code_enrols_nobody(house: House, code: str) -> None:
    invite(house)

    assert enrol(house, code) is None


def test_code_may_be_typed_as_people_type(house: House) -> None:
    code = invite(house)
    typed = f" {code.lower().replace('-', '－')} "

    assert enrol(house, typed) is not None


def test_two_at_once_enrol_one(house: House) -> None:
    code = invite(house)
    barrier = threading.Barrier(2)
    enrolled: list[Staff | None] = []

    def work(line_user_id: str) -> None:
        barrier.wait()
        enrolled.append(enrol(house, code, line_user_id))

    threads = [threading.Thread(target=work, args=[who]) for who in (LIN, HUA)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in enrolled if one is not None]) == 1
    assert len(roles(house, LIN) + roles(house, HUA)) == 1


def test_same_role_again_stays_one_row(house: House) -> None:
    first, second = enrol(house, invite(house)), enrol(house, invite(house))

    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_neither_code_nor_name_is_kept_in_clear(house: House) -> None:
    code = invite(house).replace("-", "")

    with transaction(house.engine) as session:
        kept = session.exec(select(StaffInvite)).one().model_dump_json()
    assert code not in kept
    assert "林國華" not in kept


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"school_code": None}, "wrong_place", "school_code"),
        ({"role": BUREAU}, "wrong_place", "school_code"),
        ({"role": TEACHER}, "wrong_place", "homeroom"),
        ({"homeroom": "603"}, "wrong_place", "homeroom"),
        ({"school_code": "000000"}, "no_such_school", "school_code"),
        ({"name": "https://x.example"}, "bad_name", "name"),
    ],
)
def test_invitation_that_does_not_fit_is_refused(
    house: House, changed: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        invite(house, **changed)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_revoked_role_counts_for_nothing_at_once(house: House) -> None:
    staff = enrol(house, invite(house))
    assert staff is not None
    with transaction(house.engine) as session:
        revoke_staff(session, staff.id, by="operator", now=house.clock.now())

    assert roles(house) == []
    with transaction(house.engine) as session:
        assert staff_at(session, SCHOOL, {OFFICER}) == []
        held = session.get_one(Staff, staff.id)
        assert not can_run_school(held, SCHOOL)
        assert not can_see_class(held, SCHOOL, "603")


@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_not_held_cannot_be_revoked(house: House, is_known: bool) -> None:
    staff_id = uuid4()
    with transaction(house.engine) as session:
        if is_known:
            staff_id = make_staff(session, house, LIN).id
            revoke_staff(session, staff_id, by="operator", now=house.clock.now())
        with pytest.raises(AccessError):
            revoke_staff(session, staff_id, by="operator", now=house.clock.now())


def test_invite_enrol_and_revoke_are_on_record(house: House) -> None:
    staff = enrol(house, invite(house))
    assert staff is not None
    with transaction(house.engine) as session:
        revoke_staff(session, staff.id, by="operator", now=house.clock.now())
        entries = session.exec(select(AuditEntry)).all()

    who = f"staff:{staff.id}"
    assert {(one.actor, one.action, one.subject) for one in entries} == {
        ("operator", "staff.invite", f"officer:{SCHOOL}"),
        (who, "staff.enrol", who),
        ("operator", "staff.revoke", who),
    }


def test_staff_of_a_school_are_found_by_role_and_class(house: House) -> None:
    with transaction(house.engine) as session:
        own = make_staff(session, house, LIN, role=TEACHER, homeroom="603")
        make_staff(session, house, HUA, role=TEACHER, homeroom="604")
        make_staff(session, house, HUA, role=OFFICER)
        make_staff(session, house, HUA, role=TEACHER, homeroom="603", school_code=OTHER_SCHOOL)
        found = staff_at(session, SCHOOL, {TEACHER}, "603")
    assert [one.id for one in found] == [own.id]


@pytest.mark.parametrize(
    ("role", "homeroom", "sees", "runs", "closes", "closes_city"),
    [
        (TEACHER, "603", True, False, False, False),
        (TEACHER, "604", False, False, False, False),
        (OFFICER, None, True, True, True, False),
        (ADMIN, None, True, True, True, False),
        (BUREAU, None, False, False, True, True),
    ],
)
def test_role_decides_what_one_may_do(
    house: House,
    role: StaffRole,
    homeroom: str | None,
    sees: bool,
    runs: bool,
    closes: bool,
    closes_city: bool,
) -> None:
    with transaction(house.engine) as session:
        place = None if role is BUREAU else SCHOOL
        staff = make_staff(session, house, LIN, role=role, homeroom=homeroom, school_code=place)

    assert can_see_class(staff, SCHOOL, "603") is sees
    assert can_run_school(staff, SCHOOL) is runs
    assert (can_close(staff, SCHOOL), can_close(staff, None)) == (closes, closes_city)
    assert not can_see_class(staff, OTHER_SCHOOL, "603")
    assert not can_run_school(staff, OTHER_SCHOOL)
    assert can_close(staff, OTHER_SCHOOL) is closes_city


def test_closure_is_confirmed_by_bureau_or_by_those_who_run_the_school(house: House) -> None:
    with transaction(house.engine) as session:
        bureau = make_staff(session, house, HUA, role=BUREAU, school_code=None)
        officer = make_staff(session, house, LIN)
        make_staff(session, house, LIN, role=TEACHER, homeroom="603")
        of_school = {one.id for one in closers_of(session, SCHOOL)}
        of_city = {one.id for one in closers_of(session, None)}
    assert of_school == {bureau.id, officer.id}
    assert of_city == {bureau.id}


@pytest.fixture
def command(database_url: str) -> Callable[..., Result]:
    """Run a command of the group `staff` on the same morning."""
    morning = "2026-11-23T07:20:00+08:00"
    settings = load_settings(_env_file=None, database_url=database_url, clock_now=morning)
    return lambda *words: CliRunner().invoke(staff_commands, list(words), obj=settings)


def test_operator_invites_and_lists(house: House, command: Callable[..., Result]) -> None:
    told = command("invite", "--name", "林國華", "--role", "officer", "--school", SCHOOL).output
    assert "在聊天輸入邀請碼" in told

    staff = enrol(house, told.split()[2])

    assert staff is not None
    listed = command("list", "--school", SCHOOL).output
    assert str(staff.id) in listed
    assert "林國華" in listed


def test_command_says_what_does_not_fit(command: Callable[..., Result]) -> None:
    refused = command("invite", "--name", "林國華", "--role", "officer", "--school", "0")

    assert (refused.exit_code, "no such school" in refused.output) == (1, True)
