"""Several people answer a closure at once: one acts, the others hear that it is answered."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlmodel import select

from core.audit import AuditEntry
from core.calendar.closures import (
    confirm_closure,
    confirm_undo,
    decline_closure,
    get_closure,
    propose_undo,
)
from core.db import transaction
from core.errors import InputError
from core.house import House
from tests.calendar.asking import CHEN, LIN, WANG, ask, closed


def test_of_two_people_who_press_at_once_one_acts(town: House) -> None:
    with transaction(town.engine) as session:
        closure_id = ask(session, town).id
    results = at_once(
        town,
        *[(confirm_closure, closure_id, by) for by in (CHEN, WANG)],
        *[(decline_closure, closure_id, by) for by in (CHEN, WANG)],
    )
    assert sorted(results) == ["answered", "answered", "answered", "done"]
    with transaction(town.engine) as session:
        closure = get_closure(session, closure_id)
        assert (closure.confirmed_at is None) is not (closure.declined_at is None)
        actions = [entry.action for entry in session.exec(select(AuditEntry))]
        assert len(actions) == 2


def test_of_two_people_who_undo_at_once_one_acts(town: House) -> None:
    with transaction(town.engine) as session:
        closure_id = closed(session, town).id
        propose_undo(session, closure_id, LIN, town.clock.now())
    results = at_once(town, *[(confirm_undo, closure_id, by) for by in (CHEN, WANG)])
    assert sorted(results) == ["answered", "done"]


def at_once(house: House, *steps: tuple[Callable[..., Any], UUID, str]) -> list[str]:
    """Take every step in a thread of its own and return what each came to."""
    gate = threading.Barrier(len(steps))
    results: list[str] = []

    def take(step: Callable[..., Any], closure_id: UUID, by: str) -> None:
        gate.wait()
        try:
            with transaction(house.engine) as session:
                step(session, closure_id, by, house.clock.now())
            results.append("done")
        except InputError as error:
            results.append(error.code)

    threads = [threading.Thread(target=take, args=step) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
