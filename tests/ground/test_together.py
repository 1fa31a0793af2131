"""Requests that wait together are worked on together, and fall one by one."""

import threading
from collections.abc import Sequence

import pytest
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from core.together import Together

# What 13 runs into, unless told otherwise: its own data.
OWN_FAULT = OSError("nothing was written")
DATABASE_FAULTS = [
    OperationalError("INSERT", None, LockNotAvailable("lock timeout")),
    InterfaceError("INSERT", None, ValueError("connection lost")),
    TimeoutError("no connection is free"),
]


class Works:
    """Record the groups; the first one waits until it is let go."""

    def __init__(self, fault: BaseException = OWN_FAULT) -> None:
        self.fault = fault
        self.groups: list[list[int]] = []
        self.began = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(items))
        self.began.set()
        assert self.go_on.wait(60)
        if 13 in items:
            raise self.fault
        return [KeyError(item) if item < 0 else item * 10 for item in items]


def _hand_in(line: Together[int, int], items: Sequence[int], works: Works) -> dict[int, object]:
    """Hand in the first item, and all the others while it is being worked on."""
    answers: dict[int, object] = {}

    def submit(item: int) -> None:
        try:
            answers[item] = line.submit(item)
        except BaseException as error:
            answers[item] = type(error)

    threads = [threading.Thread(target=submit, args=[item]) for item in items]
    threads[0].start()
    assert works.began.wait(60)
    for place, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(line) < place:
            pass
    works.go_on.set()
    for thread in threads:
        thread.join(60)
    return answers


def test_who_waits_meanwhile_is_worked_on_together_in_turn() -> None:
    works = Works()
    answers = _hand_in(Together(works, most=3), [1, 2, 3, 4, 5], works)
    assert works.groups == [[1], [2, 3, 4], [5]]
    assert answers == {1: 10, 2: 20, 3: 30, 4: 40, 5: 50}


def test_as_many_as_last_time_are_waited_for() -> None:
    works = Works()
    line: Together[int, int] = Together(works, most=20, patience=60)
    _hand_in(line, [1, 2, 3], works)
    pair = [threading.Thread(target=line.submit, args=[item]) for item in (4, 5)]
    pair[0].start()
    while len(line) < 1:
        pass
    assert works.groups == [[1], [2, 3]]
    pair[1].start()
    for thread in pair:
        thread.join(60)
    assert works.groups == [[1], [2, 3], [4, 5]]


def test_who_comes_alone_waits_for_nobody() -> None:
    works = Works()
    works.go_on.set()
    line: Together[int, int] = Together(works, most=20, patience=3600)
    assert [line.submit(1), line.submit(2)] == [10, 20]


def test_others_that_do_not_come_are_not_waited_for_again() -> None:
    works = Works()
    line: Together[int, int] = Together(works, most=20, patience=0.01)
    _hand_in(line, [1, 2, 3], works)
    assert [line.submit(4), line.submit(5)] == [40, 50]
    assert works.groups == [[1], [2, 3], [4], [5]]


def test_each_gets_its_own_refusal() -> None:
    works = Works()
    answers = _hand_in(Together(works, most=20), [1, 2, -3, 4], works)
    assert answers == {1: 10, 2: 20, -3: KeyError, 4: 40}


def test_one_that_cannot_be_written_takes_nobody_with_it() -> None:
    works = Works()
    answers = _hand_in(Together(works, most=20), [1, 2, 13, 4], works)
    assert works.groups == [[1], [2, 13, 4], [2], [13], [4]]
    assert answers == {1: 10, 2: 20, 13: OSError, 4: 40}


@pytest.mark.parametrize("fault", DATABASE_FAULTS)
def test_where_the_database_does_not_answer_nobody_is_tried_again(fault: Exception) -> None:
    works = Works(fault)
    answers = _hand_in(Together(works, most=20), [1, 2, 13, 4], works)
    assert works.groups == [[1], [2, 13, 4]]
    assert answers == {1: 10, 2: type(fault), 13: type(fault), 4: type(fault)}


def test_after_a_deadlock_each_is_tried_alone() -> None:
    works = Works(OperationalError("INSERT", None, DeadlockDetected("deadlock detected")))
    answers = _hand_in(Together(works, most=20), [1, 2, 13, 4], works)
    assert works.groups == [[1], [2, 13, 4], [2], [13], [4]]
    assert answers == {1: 10, 2: 20, 13: OperationalError, 4: 40}


def test_nobody_counts_as_done_where_the_leader_is_torn_away() -> None:
    works = Works(SystemExit("the worker is told to go"))
    answers = _hand_in(Together(works, most=20), [1, 13, 2, 3], works)
    assert answers == {1: 10, 13: SystemExit, 2: RuntimeError, 3: RuntimeError}


def test_line_goes_on_after_a_failure() -> None:
    works = Works()
    works.go_on.set()
    line = Together(works, most=20)
    with pytest.raises(OSError, match="nothing"):
        line.submit(13)
    assert line.submit(1) == 10
