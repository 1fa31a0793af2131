"""Schools and guardians at the same moment: nobody ends barred and bound, and nothing locks up."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from core.binding import measures
from core.binding.bars import is_barred
from core.binding.carry_over import propose
from core.binding.measures import Act
from core.binding.requests import approve, ask_school
from core.binding.trying import BindResult, bind_child
from core.db import transaction
from core.errors import AccessError, InputError
from core.house import House
from core.notices.moves import keep_binding
from core.people.bindings import find_open_binding
from core.people.tables import Binding, EnrollmentStatus, Guardian, Student
from tests.factories import claim_for, make_binding, make_guardian, make_school, make_student
from tests.rival import Rival

Cast = tuple[Guardian, Student]


@pytest.fixture
def cast(house: House) -> Cast:
    """Mei and Ming, not bound."""
    with transaction(house.engine) as session:
        make_school(session)
        return make_guardian(session, house), make_student(session, house)


def act(house: House) -> Act:
    """The officer's act now."""
    return Act(by="staff:x", reason="保護令", now=house.clock.now())


def test_nobody_ends_barred_and_bound(house: House, cast: Cast) -> None:
    mei, ming = cast
    rival = Rival(house, lambda s: measures.keep_away(s, house.vault, ming.id, mei.id, act(house)))
    with transaction(house.engine) as session:
        outcome = bind_child(
            session,
            house.vault,
            guardian_id=mei.id,
            claim=claim_for(ming),
            relationship="mother",
            now=house.clock.now(),
        )
        assert outcome.result is BindResult.BOUND
        rival.start()
    rival.finish()
    assert rival.error is None
    with transaction(house.engine) as session:
        assert is_barred(session, house.vault, mei.id, [ming.id])
        assert find_open_binding(session, mei.id, ming.id) is None


def move_up(session: Session, ming: Student) -> Student:
    """Ming is enrolled at another school."""
    make_school(session, "353608", short_name="槐香國中", level="國中")
    session.get_one(Student, ming.id).status = EnrollmentStatus.GRADUATED
    facts = ming.model_dump(exclude={"id", "school_code", "status"})
    new = Student(**facts, school_code="353608")
    session.add(new)
    session.flush()
    return new


def test_binding_ended_meanwhile_is_not_carried_over(house: House, cast: Cast) -> None:
    mei, ming = cast
    with transaction(house.engine) as session:
        binding = make_binding(session, mei, ming)
        new = move_up(session, ming)
        (asked,) = propose(session, house.vault, house.clock.now())
    rival = Rival(
        house,
        lambda s: measures.end_binding(s, house.vault, ming.id, binding.id, act(house)),
    )
    is_kept = True
    with transaction(house.engine) as session:
        mine = session.get_one(Binding, binding.id)
        assert mine.ended_at is None
        is_over = rival.start()
        try:
            keep_binding(
                session,
                house.vault,
                house.settings,
                carry_over_id=asked.id,
                guardian_id=mei.id,
                now=house.clock.now(),
            )
        except InputError:
            is_kept = False
            session.rollback()
    rival.finish()
    assert rival.error is None or isinstance(rival.error, AccessError)
    assert is_kept is not is_over
    with transaction(house.engine) as session:
        assert (find_open_binding(session, mei.id, new.id) is not None) is is_kept


def test_child_sealed_meanwhile_is_not_bound_again(house: House, cast: Cast) -> None:
    mei, ming = cast
    with transaction(house.engine) as session:
        binding = make_binding(session, mei, ming)
        measures.end_binding(session, house.vault, ming.id, binding.id, act(house))
    rival = Rival(house, lambda s: measures.seal(s, house.vault, ming, act(house)))
    is_undone = True
    with transaction(house.engine) as session:
        student = session.get_one(Student, ming.id)
        is_over = rival.start()
        try:
            measures.undo_end(session, house.vault, student, binding.id, act(house))
        except InputError:
            is_undone = False
            session.rollback()
    rival.finish()
    assert rival.error is None
    assert is_undone is not is_over


def test_approving_and_sealing_never_wait_in_a_circle(house: House, cast: Cast) -> None:
    mei, ming = cast
    for _ in range(15):
        with transaction(house.engine) as session:
            student = session.get_one(Student, ming.id)
            student.is_sealed = False
            for old in session.exec(select(Binding)):
                old.ended_at = house.clock.now()
            now = house.clock.now()
            asked = ask_school(session, mei.id, ming.id, "mother", "five_facts", now)
        both = threading.Barrier(2)
        errors = []

        def run(work: Callable[[Session], Any]) -> None:
            both.wait()  # noqa: B023
            try:
                with transaction(house.engine) as session:
                    work(session)
            except Exception as error:
                errors.append(error)  # noqa: B023

        works: list[Callable[[Session], Any]] = [
            lambda s, one=asked: approve(s, house.vault, one, by="staff:y", now=house.clock.now()),  # type: ignore[misc]  # a lambda's default
            lambda s: measures.seal(s, house.vault, ming, act(house)),
        ]
        threads = [threading.Thread(target=run, args=[work]) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(isinstance(error, InputError) for error in errors), errors
