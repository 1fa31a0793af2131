"""Taps, leaves, closures and the cut-off at the same moment: no deadlock, no false no-show."""

import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select

from core.attendance.closing import close_day
from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import AttendanceDay, Leave, LeaveReason, NoShowRun, NoShowState
from core.calendar.closures import propose_closure
from core.calendar.policy import NewRule, add_rule
from core.calendar.scopes import ClosureScope
from core.calendar.tables import Closure
from core.db import transaction
from core.duty.no_show_tick import run_no_show_tick
from core.gate.intake import make_blueprint
from core.gate.tables import Reader
from core.house import House
from core.kinds import DayPart, NoticeState
from core.notices.tables import Notice
from core.people.tables import Guardian, Student
from tests.factories import card_uid_of, make_binding, make_reader, make_staff, make_student
from tests.gate.conftest import SECRET, SigningReader

CUTOFF = datetime.fromisoformat("2026-11-23T08:30:00+08:00")
NUMBERS = [f"1152{n:04d}" for n in range(40)]


def _side_by_side(*works: Callable[[], Any]) -> list[Any]:
    results: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(place: int) -> None:
        barrier.wait()
        results[place] = works[place]()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _tapping(house: House, reader: Reader, numbers: list[str], boot: str) -> Callable[[], int]:
    app = Flask("racing")
    app.register_blueprint(make_blueprint(house))
    own = SigningReader(app.test_client(), house, reader.id, name=boot)
    taps = [(seq, card_uid_of(number), CUTOFF.isoformat()) for seq, number in enumerate(numbers)]
    return lambda: own.taps(*taps, boot_id=boot).status_code


@pytest.fixture
def readers(house: House, reader: SigningReader) -> list[Reader]:
    """Two readers heard just now, at a school of forty children without grace."""
    house.clock.move_to(CUTOFF)
    with transaction(house.engine) as session:
        mei = session.exec(select(Guardian)).one()
        for number in NUMBERS:
            make_binding(session, mei, make_student(session, house, name="王小明", number=number))
        add_rule(session, "353607", NewRule(grace_minutes=0), by="operator", now=CUTOFF)
        session.get_one(Reader, reader.reader_id).last_contact_at = CUTOFF
        other = make_reader(session, house, secret=SECRET, contact_at=CUTOFF)
        return [session.get_one(Reader, reader.reader_id), other]


def test_taps_and_sweep_at_the_same_moment_leave_no_false_no_show(
    house: House, readers: list[Reader]
) -> None:
    chance = random.Random(7)
    for turn in range(6):
        _forget_the_day(house)
        came = chance.sample(NUMBERS, 30)
        shuffled = came[:]
        chance.shuffle(shuffled)
        # One boot a reader all along: a boot that comes back would be a clone's.
        statuses = _side_by_side(
            _tapping(house, readers[0], came[:20], f"a{turn}"),
            _tapping(house, readers[1], shuffled[:20], f"b{turn}"),
            lambda: run_no_show_tick(house),
            lambda: run_no_show_tick(house),
        )
        assert statuses[:2] == [200, 200]
        _check_the_day(house, set(came[:20]) | set(shuffled[:20]))


def test_leaves_and_sweep_at_the_same_moment_leave_no_false_no_show(
    house: House, readers: list[Reader]
) -> None:
    chance = random.Random(8)
    with transaction(house.engine) as session:
        ids = {one.student_number: one.id for one in session.exec(select(Student))}

    def file_all(numbers: Sequence[str]) -> None:
        for number in numbers:
            with transaction(house.engine) as session:
                file_leave(
                    session,
                    "liff",
                    student_id=ids[number],
                    first_day=CUTOFF.date(),
                    last_day=CUTOFF.date(),
                    part=DayPart.WHOLE,
                    reason=LeaveReason.SICK,
                    filer=Filer("staff:x"),
                    now=CUTOFF,
                )

    for _ in range(3):
        _forget_the_day(house)
        excused = chance.sample(NUMBERS, 10)
        _side_by_side(lambda names=excused: file_all(names), lambda: run_no_show_tick(house))
        _check_the_day(house, set(excused))


def test_closure_and_sweep_at_the_same_moment_leave_no_no_show(
    house: House, readers: list[Reader]
) -> None:
    with transaction(house.engine) as session:
        first, second = (make_staff(session, house, f"U{n:032d}") for n in range(2))
    for _ in range(4):
        _forget_the_day(house)
        with transaction(house.engine) as session:
            closure = propose_closure(
                session,
                scope=ClosureScope(),
                day=CUTOFF.date(),
                part=DayPart.WHOLE,
                source="臺北市政府",
                source_at=CUTOFF - timedelta(minutes=5),
                by=f"staff:{first.id}",
                now=CUTOFF,
            )

        def confirm(closure: Closure = closure) -> None:
            with transaction(house.engine) as session:
                close_day(session, closure.id, f"staff:{second.id}", CUTOFF)

        _side_by_side(confirm, lambda: run_no_show_tick(house))
        with transaction(house.engine) as session:
            waiting = select(Notice).where(
                Notice.kind == "no_show", Notice.state == NoticeState.PENDING
            )
            assert session.exec(waiting).all() == []


def _forget_the_day(house: House) -> None:
    with transaction(house.engine) as session:
        for table in (Notice, AttendanceDay, NoShowRun, Leave, Closure):
            for row in session.exec(select(table)):
                session.delete(row)


def _check_the_day(house: House, came: set[str]) -> None:
    with transaction(house.engine) as session:
        numbers = {one.id: one.student_number for one in session.exec(select(Student))}
        days = {numbers[day.student_id]: day for day in session.exec(select(AttendanceDay))}
        notices = session.exec(select(Notice)).all()
    waiting = {
        numbers[one.student_id]
        for one in notices
        if one.kind == "no_show" and one.state == NoticeState.PENDING and one.student_id
    }
    assert not waiting & came, "no no-show waits for a child who came"
    told = {number for number, day in days.items() if day.no_show == NoShowState.TOLD}
    assert not told & came
    assert set(NUMBERS) - came <= waiting, "every child who did not come is told of"
