"""A machine's finds: taken over by one person, confirmed by another, or turned down."""

from datetime import timedelta

from sqlmodel import Session

from core.calendar.closure_finds import store_finds
from core.calendar.closure_text import ClosureFind
from core.calendar.closures import (
    ClosureState,
    adopt_find,
    confirm_closure,
    decline_closure,
    state_of,
)
from core.calendar.scopes import ClosureScope
from core.calendar.tables import Closure
from core.db import transaction
from core.house import House
from core.kinds import DayPart
from tests.calendar.asking import CHEN, EVENING, LIN, TUESDAY, ask, refused


def find_of(session: Session, house: House) -> Closure:
    find = Closure(
        day=TUESDAY,
        source="行政院人事行政總處",
        source_at=EVENING,
        found_in="臺北市:明天停止上班、停止上課",
        proposed_at=house.clock.now(),
    )
    session.add(find)
    session.flush()
    return find


def test_find_counts_only_after_two_people(town: House) -> None:
    now = town.clock.now()
    with transaction(town.engine) as session:
        find = find_of(session, town)
        assert state_of(find, now) is ClosureState.FOUND
        assert refused(confirm_closure, session, find.id, CHEN, now) == "not_proposed"
        adopt_find(session, find.id, LIN, now)
        assert refused(adopt_find, session, find.id, CHEN, now) == "answered"
        assert refused(confirm_closure, session, find.id, LIN, now) == "own_confirm"
        assert confirm_closure(session, find.id, CHEN, now).confirmed_by == CHEN


def test_find_is_turned_down_by_one_person(town: House) -> None:
    """An untrue notice once went out to whole cities; nothing may follow from it."""
    now = town.clock.now()
    with transaction(town.engine) as session:
        find = decline_closure(session, find_of(session, town).id, LIN, now)
        assert state_of(find, now) is ClosureState.DECLINED
        assert refused(adopt_find, session, find.id, LIN, now) == "answered"


def test_lapsed_find_may_be_taken_over_again(town: House) -> None:
    with transaction(town.engine) as session:
        find = find_of(session, town)
        adopt_find(session, find.id, LIN, town.clock.now())
        later = town.clock.now() + timedelta(hours=2)
        assert adopt_find(session, find.id, CHEN, later).proposed_by == CHEN
        assert refused(confirm_closure, session, find.id, CHEN, later) == "own_confirm"


def test_find_waits_where_somebody_asked_for_the_same(town: House) -> None:
    with transaction(town.engine) as session:
        find = find_of(session, town)
        ask(session, town)
        now = town.clock.now()
        assert refused(adopt_find, session, find.id, CHEN, now) == "already_proposed"


def test_find_of_a_later_announcement_is_kept_though_one_was_turned_down(town: House) -> None:
    find = ClosureFind(ClosureScope(), TUESDAY, DayPart.WHOLE, "臺北市:明天停止上班、停止上課")
    now = town.clock.now()
    with transaction(town.engine) as session:
        facts = {"source": "行政院人事行政總處", "now": now}
        (first,) = store_finds(session, [find], announced_at=EVENING, **facts)  # type: ignore[arg-type]
        assert store_finds(session, [find], announced_at=now, **facts) == []  # type: ignore[arg-type]
        decline_closure(session, first.id, LIN, now)
        assert store_finds(session, [find], announced_at=EVENING, **facts) == []  # type: ignore[arg-type]
        assert len(store_finds(session, [find], announced_at=now, **facts)) == 1  # type: ignore[arg-type]


def test_find_that_is_past_or_asked_for_is_not_kept(town: House) -> None:
    now = town.clock.now()
    past, asked = (
        ClosureFind(ClosureScope(), day, DayPart.WHOLE, "停止上課")
        for day in (TUESDAY - timedelta(days=2), TUESDAY)
    )
    with transaction(town.engine) as session:
        ask(session, town)
        facts = {"source": "行政院人事行政總處", "announced_at": EVENING, "now": now}
        assert store_finds(session, [past, asked], **facts) == []  # type: ignore[arg-type]
