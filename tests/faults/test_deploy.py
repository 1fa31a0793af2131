"""A release is rolled out while taps come in: the one before goes on over the new tables."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from alembic.config import Config

from core.duty.migrate import applied_revision, is_fit
from core.house import House
from tests.faults.gate import Gate
from tests.faults.programs import Program
from tests.faults.releases import move
from tests.faults.town import SIBLINGS, Child, Town
from tests.faults.visiting import sign_in, visited
from tests.waiting import wait_for

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
TAPS_A_SECOND = 50
CROWD = 5
# Up and down so often, and the taps go on until that is done.
MOVES, MOST_SECONDS = 4, 60
# A busy machine reaches less than is meant, so the pace is compared with its own before a move.
# Here move follows on move, each of them a wait of some taps.
CALM_TAPS, LEAST_TAPS, LEAST_SHARE = 100, 400, 0.25
# What a stop may take.
DRAINED_SECONDS = 10


def test_database_that_is_ahead_is_fit_and_one_that_lacks_tables_is_not(
    house: House, next_release: Config
) -> None:
    head = applied_revision(house.engine)
    assert head is not None
    try:
        move(next_release, house.engine, "9999")
        assert is_fit(house.engine)
    finally:
        move(next_release, house.engine, head)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0025'")
    try:
        assert not is_fit(house.engine)
    finally:
        with house.engine.begin() as connection:
            back = f"UPDATE alembic_version SET version_num = '{head}'"  # noqa: S608
            connection.exec_driver_sql(back)


@pytest.fixture
def crowd() -> Iterator[list[threading.Thread]]:
    """Threads that are waited for at the end."""
    threads: list[threading.Thread] = []
    yield threads
    for one in threads:
        one.join()


def tap_on_time(
    gate: Gate,
    children: Sequence[Child],
    crowd: list[threading.Thread],
    is_enough: Callable[[], bool] = lambda: False,
) -> None:
    """Let the children tap at the intended moments, whatever becomes of the taps before."""
    begun = time.monotonic()

    def walk(first: int) -> None:
        for place in range(first, len(children), CROWD):
            if is_enough():
                return
            time.sleep(max(0.0, begun + place / TAPS_A_SECOND - time.monotonic()))
            gate.tap(children[place].card_uid)

    crowd += [threading.Thread(target=walk, args=[first]) for first in range(CROWD)]
    for one in crowd:
        one.start()


def is_tapping(crowd: Sequence[threading.Thread]) -> bool:
    return any(one.is_alive() for one in crowd)


@on_postgresql
@pytest.mark.flow
def test_migrations_up_and_down_under_fifty_taps_a_second_refuse_none(
    town: Town, next_release: Config, crowd: list[threading.Thread]
) -> None:
    web, gate = town.start("web", "--workers", "2"), town.gate()
    # To the gate a card's next tap is a tap like any other; to enrol a child takes longer than one.
    children = town.enrol(*[("小明",)] * 300) * (MOST_SECONDS * TAPS_A_SECOND // 300)
    cookie, head = sign_in(town, children[0]), applied_revision(town.house.engine)
    assert head is not None
    wait_for(town.web_answers, "the web server")
    moves = 0

    def is_enough() -> bool:
        return moves >= MOVES and len(gate.answered) >= LEAST_TAPS

    try:
        begun = time.monotonic()
        tap_on_time(gate, children, crowd, is_enough)
        with visited(town, cookie) as answers:
            wait_for(lambda: len(gate.answered) >= CALM_TAPS, "the calm before")
            calm, begun = CALM_TAPS / (time.monotonic() - begun), time.monotonic()
            while is_tapping(crowd):
                for to in ("9999", head):
                    move(next_release, town.house.engine, to)
                    moves += 1
                    time.sleep(0.1)
            rate = (len(gate.answered) - CALM_TAPS) / (time.monotonic() - begun)
    finally:
        web.kill()
    assert moves >= MOVES
    assert gate.repeats == 0
    assert rate > calm * LEAST_SHARE, f"{rate:.1f} taps a second of {calm:.1f} without a move"
    asked, well = answers.total(), answers["page 200"] + answers["webhook 200"]
    # On a machine that does much else a lock may be waited for longer than callers are kept: they
    # are told to come again, and nothing worse.
    assert all(answer.endswith((" 200", " 503")) for answer in answers), answers
    assert asked - well <= asked // 20, answers


def stop_kindly(program: Program) -> float:
    """Ask a program to end, and return the seconds that took."""
    begun = time.monotonic()
    program.send(signal.SIGTERM)
    wait_for(lambda: not program.is_alive, "the program's end")
    return time.monotonic() - begun


@pytest.mark.flow
def test_stop_in_a_rush_ends_in_time_and_loses_and_doubles_nothing(
    town: Town, crowd: list[threading.Thread]
) -> None:
    web, worker, gate = town.start("web", "--workers", "1"), town.start("worker"), town.gate()
    children = town.enrol(*[SIBLINGS, ("小明",)] * 30)
    wait_for(town.web_answers, "the web server")
    try:
        tap_on_time(gate, children, crowd)
        wait_for(lambda: len(gate.answered) > len(children) / 4, "the rush")
        took = [stop_kindly(web), stop_kindly(worker)]
        web, worker = town.start("web", "--workers", "1"), town.start("worker")
        for one in crowd:
            one.join()
        town.wait_until_settled()
    finally:
        web.kill()
        worker.kill()
    assert max(took) < DRAINED_SECONDS
    town.check(gate)
