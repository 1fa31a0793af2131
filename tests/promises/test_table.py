"""The table of promises is whole: no row without a test or a reason, no name that is not there."""

from dataclasses import replace

import pytest

from tests.promises.table import Fault, Promise, Table, names_in, problems, read_table

FAULT = Fault(1, "a", "b", tests=("faults/test_token.py",))
PROMISE = Promise("P1", "says", "承諾", "mark", (1,), ())
GOOD = Table((PROMISE,), (FAULT,))


def test_table_of_the_product_is_whole() -> None:
    assert problems(read_table()) == []


def test_promises_are_all_there() -> None:
    assert [promise.id for promise in read_table().promises] == [f"P{n}" for n in range(1, 15)]


def test_every_fault_belongs_to_a_promise() -> None:
    table = read_table()
    assert len(table.faults) >= 53
    assert all(fault.what and fault.holds for fault in table.faults)
    assert {number for one in table.promises for number in one.faults} == {
        fault.number for fault in table.faults
    }


def test_wrong_clocks_of_servers_count_for_what_they_endanger() -> None:
    of = [promise.id for promise in read_table().promises if 35 in promise.faults]
    assert of == ["P5", "P8"]


def test_good_table_has_no_problem() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault(1, "a", "b"), "takes tests or a reason"),
        (replace(FAULT, skipped="no"), "takes tests or a reason"),
        (replace(FAULT, tests=("faults/test_nothing.py",)), "no such file"),
        (replace(FAULT, tests=("faults/test_token.py::test_nothing",)), "no such test"),
        (replace(FAULT, number=2), "numbered from 1"),
    ],
)
def test_bad_fault_is_refused(fault: Fault, problem: str) -> None:
    assert any(problem in one for one in problems(replace(GOOD, faults=(fault,))))


@pytest.mark.parametrize(
    ("promise", "problem"),
    [
        (replace(PROMISE, faults=()), "P1 has no test"),
        (replace(PROMISE, faults=()), "fault 1 belongs to no promise"),
        (replace(PROMISE, faults=(1, 7)), "faults that are not there"),
        (replace(PROMISE, tests=("nowhere.py",)), "no such file"),
    ],
)
def test_bad_promise_is_refused(promise: Promise, problem: str) -> None:
    assert any(problem in one for one in problems(replace(GOOD, promises=(promise,))))


def test_tests_of_a_promise_are_its_own_and_those_of_its_faults() -> None:
    own = replace(PROMISE, tests=("faults/test_backup.py",))
    assert Table((own,), (FAULT,)).tests_of(own) == [
        "faults/test_backup.py",
        "faults/test_token.py",
    ]


def test_names_ask_for_promises_and_faults() -> None:
    assert GOOD.tests_named(["P1", "1"]) == ["faults/test_token.py"]
    with pytest.raises(LookupError, match="P99"):
        GOOD.tests_named(["P99"])


def test_tests_of_a_file_are_found() -> None:
    assert "test_tests_of_a_file_are_found" in names_in("promises/test_table.py")
