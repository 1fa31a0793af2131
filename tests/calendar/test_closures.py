"""Closures: two people close a day, two people open it again."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from core.audit import AuditEntry
from core.calendar.closures import (
    ClosureState,
    confirm_closure,
    confirm_undo,
    decline_closure,
    decline_undo,
    get_closure,
    list_closures,
    propose_undo,
    state_of,
    summary_of,
    waits_for_another,
)
from core.calendar.scopes import ClosureScope, Coverage, coverage_of, label_of
from core.clock import TAIPEI
from core.db import transaction
from core.errors import AccessError
from core.house import House
from core.kinds import DayPart
from core.people.tables import EnrollmentStatus, Staff, StaffRole
from tests.calendar.asking import CHEN, EVENING, LIN, WANG, ask, closed, refused
from tests.factories import make_student


def staff_of(session: Session, house: House, line_user_id: str, role: StaffRole) -> str:
    row = Staff(
        line_user_id=line_user_id,
        name_sealed=house.vault.seal("林老師", "staff.name"),
        school_code="353607",
        role=role,
        enrolled_at=house.clock.now(),
    )
    session.add(row)
    session.flush()
    return f"staff:{row.id}"


@pytest.mark.parametrize(
    ("scope", "label", "schools", "students"),
    [
        (ClosureScope(), "全市", 3, 3),
        (ClosureScope(district="中正區"), "中正區", 2, 3),
        (ClosureScope(level="國小"), "國小", 2, 2),
        (ClosureScope(district="中正區", level="國小"), "中正區・國小", 1, 2),
        (ClosureScope(school_code="353607"), "榕光國小", 1, 2),
        (ClosureScope(school_code="353607", grade=5), "榕光國小 5 年級", 1, 1),
        (ClosureScope(level="國中", grade=9), "國中 9 年級", 1, 0),
    ],
)
def test_scope_says_whom_it_covers(
    town: House, scope: ClosureScope, label: str, schools: int, students: int
) -> None:
    with transaction(town.engine) as session:
        make_student(session, town)
        make_student(session, town, number="11510002", grade=5)
        make_student(session, town, number="11510003", school_code="343501", grade=7)
        gone = make_student(session, town, number="11510004")
        gone.status = EnrollmentStatus.TRANSFERRED
        session.flush()
        assert label_of(session, scope) == label
        assert coverage_of(session, scope) == Coverage(schools, students)


def test_second_person_makes_it_count(town: House) -> None:
    with transaction(town.engine) as session:
        closure = ask(session, town, scope=ClosureScope(district="中正區", level="國小"))
        assert state_of(closure, town.clock.now()) is ClosureState.PROPOSED
        assert summary_of(session, closure) == "中正區・國小，11/24（二）全天"
        closure = confirm_closure(session, closure.id, CHEN, town.clock.now())
        assert state_of(closure, town.clock.now()) is ClosureState.CONFIRMED
        entries = session.exec(select(AuditEntry)).all()
        assert {(e.actor, e.action) for e in entries} == {
            (LIN, "closure.propose"),
            (CHEN, "closure.confirm"),
        }
        assert {entry.subject for entry in entries} == {f"closure:{closure.id}"}


def test_proposer_cannot_confirm(town: House) -> None:
    with transaction(town.engine) as session:
        closure = ask(session, town)
        assert refused(confirm_closure, session, closure.id, LIN, town.clock.now()) == "own_confirm"
        assert get_closure(session, closure.id).confirmed_at is None


def test_two_roles_of_one_person_are_not_two_persons(town: House) -> None:
    with transaction(town.engine) as session:
        officer = staff_of(session, town, "U" + "1" * 32, StaffRole.OFFICER)
        admin = staff_of(session, town, "U" + "1" * 32, StaffRole.SCHOOL_ADMIN)
        other = staff_of(session, town, "U" + "2" * 32, StaffRole.SCHOOL_ADMIN)
        closure = ask(session, town, by=officer)
        now = town.clock.now()
        assert refused(confirm_closure, session, closure.id, admin, now) == "own_confirm"
        assert confirm_closure(session, closure.id, other, now).confirmed_by == other


@pytest.mark.parametrize(("minutes", "code"), [(59, ""), (60, "expired"), (600, "expired")])
def test_proposal_waits_an_hour(town: House, minutes: int, code: str) -> None:
    with transaction(town.engine) as session:
        closure = ask(session, town, day=date(2026, 11, 27))
        later = town.clock.now() + timedelta(minutes=minutes)
        if code:
            assert refused(confirm_closure, session, closure.id, CHEN, later) == code
            assert state_of(closure, later) is ClosureState.LAPSED
            assert ask(session, town, day=closure.day, by=CHEN, now=later).id != closure.id
        else:
            assert confirm_closure(session, closure.id, CHEN, later).confirmed_by == CHEN


def test_declined_proposal_is_answered(town: House) -> None:
    with transaction(town.engine) as session:
        closure = decline_closure(session, ask(session, town).id, CHEN, town.clock.now())
        assert state_of(closure, town.clock.now()) is ClosureState.DECLINED
        for step in (confirm_closure, decline_closure):
            assert refused(step, session, closure.id, WANG, town.clock.now()) == "answered"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"day": date(2026, 11, 22)}, "past"),
        ({"source": " "}, "length"),
        ({"source": "府" * 41}, "length"),
        ({"source": "見 https://evil.example"}, "link"),
        ({"source_at": EVENING + timedelta(hours=1)}, "future"),
        ({"scope": ClosureScope(level="大學")}, "unknown"),
        ({"scope": ClosureScope(district="前鎮區")}, "no_school"),
        ({"scope": ClosureScope(district="士林區", level="國中")}, "no_school"),
        ({"scope": ClosureScope(school_code="999999")}, "no_school"),
        ({"scope": ClosureScope(grade=13)}, "out_of_range"),
    ],
)
def test_proposal_that_cannot_be_is_refused(
    town: House, changed: dict[str, Any], code: str
) -> None:
    with transaction(town.engine) as session:
        assert refused(ask, session, town, **changed) == code
        assert list_closures(session, date.min) == []


def test_same_closure_is_asked_for_once(town: House) -> None:
    with transaction(town.engine) as session:
        closure = ask(session, town)
        assert refused(ask, session, town, by=CHEN) == "already_proposed"
        confirm_closure(session, closure.id, CHEN, town.clock.now())
        for part in DayPart:
            assert refused(ask, session, town, part=part) == "already_closed"
        ask(session, town, scope=ClosureScope(level="國小"))


def test_day_may_turn_before_the_second_person_answers(town: House) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=TAIPEI)
    with transaction(town.engine) as session:
        late = midnight - timedelta(minutes=1)
        closure = ask(session, town, day=date(2026, 11, 23), now=late)
        assert refused(confirm_closure, session, closure.id, CHEN, midnight) == "past"
        assert confirm_closure(session, closure.id, CHEN, late).confirmed_at == late


def test_undoing_takes_two_persons_as_well(town: House) -> None:
    now = town.clock.now()
    with transaction(town.engine) as session:
        closure = ask(session, town)
        assert refused(propose_undo, session, closure.id, LIN, now) == "not_confirmed"
        confirm_closure(session, closure.id, CHEN, now)
        assert refused(confirm_undo, session, closure.id, LIN, now) == "answered"
        closure = propose_undo(session, closure.id, CHEN, now)
        assert state_of(closure, now) is ClosureState.UNDO_PROPOSED
        assert refused(propose_undo, session, closure.id, LIN, now) == "already_proposed"
        assert refused(confirm_undo, session, closure.id, CHEN, now) == "own_confirm"
        closure = confirm_undo(session, closure.id, LIN, now)
        assert state_of(closure, now) is ClosureState.UNDONE
        assert refused(propose_undo, session, closure.id, LIN, now) == "answered"
        ask(session, town)


def test_half_of_a_day_that_was_closed_meanwhile_is_not_closed_once_more(town: House) -> None:
    with transaction(town.engine) as session:
        morning = ask(session, town, part=DayPart.MORNING)
        closed(session, town)
        now = town.clock.now()
        assert refused(confirm_closure, session, morning.id, CHEN, now) == "already_closed"


def test_undoing_waits_for_somebody_else_than_who_asked_for_it(town: House) -> None:
    now = town.clock.now()
    with transaction(town.engine) as session:
        closure = propose_undo(session, closed(session, town).id, CHEN, now)
        waits = [waits_for_another(closure, [one], now) for one in (LIN, CHEN)]
    assert waits == [True, False]


def test_closure_of_yesterday_is_undone_by_nobody(town: House) -> None:
    late = datetime(2026, 11, 24, 23, 50, tzinfo=TAIPEI)
    with transaction(town.engine) as session:
        closure_id = closed(session, town).id
        propose_undo(session, closure_id, LIN, late)
        after = late + timedelta(minutes=20)
        assert refused(confirm_undo, session, closure_id, CHEN, after) == "past"


def test_undoing_lapses_or_is_declined_and_can_be_asked_again(town: House) -> None:
    with transaction(town.engine) as session:
        closure = closed(session, town, day=date(2026, 11, 27))
        now = town.clock.now()
        propose_undo(session, closure.id, CHEN, now)
        later = now + timedelta(minutes=60)
        assert state_of(closure, later) is ClosureState.CONFIRMED
        assert refused(confirm_undo, session, closure.id, LIN, later) == "expired"
        propose_undo(session, closure.id, LIN, later)
        kept = decline_undo(session, closure.id, CHEN, later)
        assert state_of(kept, later) is ClosureState.CONFIRMED
        assert refused(decline_undo, session, closure.id, CHEN, later) == "answered"


def test_day_that_is_over_stays_as_it_was(town: House) -> None:
    with transaction(town.engine) as session:
        closure = closed(session, town)
        over = datetime(2026, 11, 25, tzinfo=TAIPEI)
        assert refused(propose_undo, session, closure.id, LIN, over) == "past"


def test_closure_that_is_not_there_is_not_found(town: House) -> None:
    with transaction(town.engine) as session, pytest.raises(AccessError):
        confirm_closure(session, uuid4(), CHEN, town.clock.now())
