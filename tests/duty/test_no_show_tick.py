"""The cut-off tick: on school days, once, by a healthy gate, not too late."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.calendar.tables import CalendarDay
from core.clock import school_day_of
from core.db import transaction
from core.duty.no_show_tick import run_no_show_tick, sweep_school
from core.duty.tables import JobRun
from core.house import House
from core.notices.tables import Notice
from tests.factories import make_binding, make_guardian, make_reader, make_school, make_student


@pytest.fixture
def ready(house: House) -> House:
    """Mei is bound to Ming, whose gate was heard at 08:29; it is 08:30."""
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:30:00+08:00"))
    with transaction(house.engine) as session:
        make_school(session)
        make_binding(session, make_guardian(session, house), make_student(session, house))
        make_reader(session, house, contact_at=house.clock.now() - timedelta(minutes=1))
    return house


def _told(house: House) -> int:
    with transaction(house.engine) as session:
        return len(session.exec(select(Notice)).all())


def _outcome(session: Session) -> str:
    return session.exec(select(JobRun)).one().outcome


def test_before_the_cutoff_nothing_happens(ready: House) -> None:
    ready.clock.move_to(ready.clock.now() - timedelta(seconds=1))
    run_no_show_tick(ready)
    assert _told(ready) == 0


def test_at_the_cutoff_the_missing_child_is_told_of_once(ready: House) -> None:
    for _ in range(3):
        run_no_show_tick(ready)
    assert _told(ready) == 1
    with transaction(ready.engine) as session:
        assert _outcome(session) == "told"


def test_no_lessons_no_notice(ready: House) -> None:
    now = ready.clock.now()
    with transaction(ready.engine) as session:
        session.add(
            CalendarDay(
                scope="city",
                day=school_day_of(now),
                is_open=False,
                reason="停課",
                source="test",
                recorded_at=now,
            )
        )
    run_no_show_tick(ready)
    assert _told(ready) == 0


def test_silent_gate_holds_and_a_heard_one_releases(ready: House) -> None:
    ready.clock.move_to(ready.clock.now() + timedelta(minutes=5))
    run_no_show_tick(ready)
    assert _told(ready) == 0
    with transaction(ready.engine) as session:
        assert _outcome(session) == "held"
        make_reader(session, ready, contact_at=ready.clock.now())
    run_no_show_tick(ready)
    assert _told(ready) == 0, "one of the two readers is still silent"


def test_later_than_ninety_minutes_it_says_so_instead_of_telling(ready: House) -> None:
    ready.clock.move_to(ready.clock.now() + timedelta(minutes=91))
    run_no_show_tick(ready)
    assert _told(ready) == 0
    with transaction(ready.engine) as session:
        assert _outcome(session) == "skipped_late"


def test_four_clocks_at_once_run_the_cutoff_once(ready: House) -> None:
    barrier = threading.Barrier(4)

    def tick() -> None:
        barrier.wait()
        run_no_show_tick(ready)

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _told(ready) == 1


def test_finished_cutoff_stays_finished(ready: House) -> None:
    run_no_show_tick(ready)
    with transaction(ready.engine) as session:
        liff_id = ready.settings.liff_id
        assert sweep_school(session, liff_id, "353607", ready.clock.now()) == (None, 0)
