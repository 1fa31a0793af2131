"""The table of promises and faults in promises.toml, and what is wrong with it."""

import ast
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FILE = Path(__file__).with_name("promises.toml")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, what must hold then, and what tries it or why nothing does.

    `how` says by what means it is tried, where the tests' names do not.
    """

    number: int
    what: str
    holds: str
    tests: tuple[str, ...] = ()
    skipped: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, its pass mark, the faults it must outlive, and tests beside theirs.

    With `needs_load` it also takes a load that went well.
    """

    id: str
    says: str
    says_zh: str
    mark: str
    faults: tuple[int, ...]
    tests: tuple[str, ...]
    needs_load: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """All of it."""

    promises: tuple[Promise, ...]
    faults: tuple[Fault, ...]

    def faults_of(self, promise: Promise) -> list[Fault]:
        """Return the faults a promise must outlive, in their order."""
        return [fault for fault in self.faults if fault.number in promise.faults]

    def tests_of(self, promise: Promise) -> list[str]:
        """Return every test of a promise and of its faults, each once."""
        of_faults = (fault.tests for fault in self.faults_of(promise))
        return list(dict.fromkeys(chain(promise.tests, *of_faults)))

    def all_tests(self) -> list[str]:
        """Return every test that is named anywhere, each once."""
        named = (one.tests for one in (*self.promises, *self.faults))
        return list(dict.fromkeys(chain(*named)))

    def tests_named(self, names: Iterable[str]) -> list[str]:
        """Return the tests of promises such as P3 and faults such as 12. Raises LookupError."""
        known = {promise.id: self.tests_of(promise) for promise in self.promises}
        known |= {str(fault.number): list(fault.tests) for fault in self.faults}
        if unknown := [name for name in names if name not in known]:
            raise LookupError(f"no such promise or fault: {', '.join(unknown)}")
        return list(dict.fromkeys(chain(*(known[name] for name in names))))


def read_table(path: Path = FILE) -> Table:
    """Return what the file says."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    promises = (
        Promise(
            one["id"],
            one["says"],
            one["says_zh"],
            one["pass"],
            tuple(one.get("faults", ())),
            tuple(one.get("tests", ())),
            one.get("needs_load", False),
        )
        for one in raw["promise"]
    )
    faults = (Fault(**{**one, "tests": tuple(one.get("tests", ()))}) for one in raw["fault"])
    return Table(tuple(promises), tuple(faults))


def problems(table: Table) -> list[str]:
    """Return what is wrong: rows nobody tries, tests that are not there, faults out of order."""
    return [*_of_rows(table), *_of_names(table), *_of_numbers(table)]


def _of_rows(table: Table) -> Iterator[str]:
    for fault in table.faults:
        if bool(fault.tests) is bool(fault.skipped):
            yield f"fault {fault.number} takes tests or a reason, one of the two"
        if not any(fault.number in promise.faults for promise in table.promises):
            yield f"fault {fault.number} belongs to no promise: one that is red would not show"
    for promise in table.promises:
        if not table.tests_of(promise):
            yield f"{promise.id} has no test"


def _of_names(table: Table) -> Iterator[str]:
    for name in table.all_tests():
        path, _, test = name.partition("::")
        if not (TESTS / path).is_file():
            yield f"{name}: there is no such file"
        elif test and test not in names_in(path):
            yield f"{name}: there is no such test"


def _of_numbers(table: Table) -> Iterator[str]:
    numbers = [fault.number for fault in table.faults]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "faults are not numbered from 1 on"
    for promise in table.promises:
        if strange := set(promise.faults) - set(numbers):
            yield f"{promise.id} names faults that are not there: {sorted(strange)}"


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file below tests/."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    names = (node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))
