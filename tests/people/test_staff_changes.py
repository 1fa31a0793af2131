"""Two persons at once: one who manages stays, one change counts, one eye sees the secret."""

import threading
from collections.abc import Callable

from sqlmodel import Session

from core.db import transaction
from core.errors import AccessError, InputError
from core.house import House
from core.people.one_time import keep_text, show_text
from core.people.staff import roles_of, staff_at
from core.people.staff_changes import change_role, end_role
from core.people.tables import Staff, StaffRole
from tests.factories import make_school, make_staff

GAO, FANG, HO = ("U" + digit * 32 for digit in "123")
ADMIN = StaffRole.SCHOOL_ADMIN


def make_room(house: House) -> tuple[Staff, Staff, Staff]:
    """Two admins and an officer."""
    with transaction(house.engine) as session:
        make_school(session)
        admins = [make_staff(session, house, one, role=ADMIN) for one in (GAO, FANG)]
        return admins[0], admins[1], make_staff(session, house, HO)


def at_once(house: House, *steps: Callable[[Session], object]) -> list[str]:
    """Take every step in a thread of its own and return what each came to."""
    gate, results = threading.Barrier(len(steps)), []

    def take(step: Callable[[Session], object]) -> None:
        gate.wait()
        try:
            with transaction(house.engine) as session:
                results.append(str(step(session)))
        except (AccessError, InputError) as error:
            results.append(error.code)

    threads = [threading.Thread(target=take, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_of_two_admins_who_end_each_other_one_stays(house: House) -> None:
    gao, fang, _ = make_room(house)
    now = house.clock.now()

    def end(session: Session, by: Staff, whom: Staff) -> str:
        end_role(session, whom.id, [by], by=f"staff:{by.id}", now=now)
        return "done"

    results = at_once(house, lambda s: end(s, gao, fang), lambda s: end(s, fang, gao))
    assert results == ["done", "last_admin"]
    with transaction(house.engine) as session:
        assert len(staff_at(session, "353607", {ADMIN})) == 1


def test_of_two_who_change_one_person_one_counts(house: House) -> None:
    gao, fang, ho = make_room(house)
    now = house.clock.now()

    def change(session: Session, by: Staff, homeroom: str) -> str:
        teacher = StaffRole.HOMEROOM_TEACHER
        change_role(
            session, ho.id, [by], role=teacher, homeroom=homeroom, by=f"staff:{by.id}", now=now
        )
        return "done"

    results = at_once(house, lambda s: change(s, gao, "601"), lambda s: change(s, fang, "602"))
    assert results == ["done", "no_such_staff"]
    with transaction(house.engine) as session:
        assert len(roles_of(session, HO)) == 1


def test_of_two_who_open_a_secret_one_sees_it(house: House) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        text_id = keep_text(session, house.vault, {"code": "K7Q4"}, by="staff:a", now=now)

    def show(session: Session) -> object:
        return show_text(session, house.vault, text_id, ["staff:a"], now)

    assert at_once(house, show, show) == ["None", "{'code': 'K7Q4'}"]
