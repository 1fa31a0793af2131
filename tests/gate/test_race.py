"""Taps and the cut-off at the same moment: nobody deadlocks, nobody is accused wrongly."""

import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask
from sqlmodel import select

from core.attendance.tables import AttendanceDay, NoShowState
from core.db import transaction
from core.duty.no_show_tick import run_no_show_tick
from core.duty.tables import JobRun
from core.gate.intake import make_blueprint
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.people.tables import Guardian, Student
from tests.factories import card_uid_of, make_binding, make_student
from tests.gate.conftest import SigningReader

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


def _tapping(
    house: House, reader: SigningReader, numbers: list[str], boot: str
) -> Callable[[], int]:
    app = Flask("racing")
    app.register_blueprint(make_blueprint(house))
    own = SigningReader(app.test_client(), house, reader.reader_id, name=boot)
    taps = [(seq, card_uid_of(number), CUTOFF.isoformat()) for seq, number in enumerate(numbers)]
    return lambda: own.taps(*taps, boot_id=boot).status_code


def test_taps_and_sweep_at_the_same_moment_leave_no_false_no_show(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        mei = session.exec(select(Guardian)).one()
        for number in NUMBERS:
            make_binding(session, mei, make_student(session, house, name="王小明", number=number))
    house.clock.move_to(CUTOFF)
    reader.taps((999, "0411223344AABB", CUTOFF.isoformat()))
    chance = random.Random(7)
    for turn in range(6):
        _forget_the_day(house)
        came = chance.sample(NUMBERS, 30)
        shuffled = came[:]
        chance.shuffle(shuffled)
        statuses = _side_by_side(
            _tapping(house, reader, came[:20], f"a{turn}"),
            _tapping(house, reader, shuffled[:20], f"b{turn}"),
            lambda: run_no_show_tick(house),
        )
        assert statuses[:2] == [200, 200]
        _check_the_day(house, set(came[:20]) | set(shuffled[:20]))


def _forget_the_day(house: House) -> None:
    with transaction(house.engine) as session:
        for table in (Notice, AttendanceDay, JobRun):
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
