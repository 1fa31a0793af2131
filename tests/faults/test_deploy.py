"""A release is rolled out while taps come in: the one before goes on over the new tables."""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from core.duty.migrate import SCRIPTS, applied_revision, is_fit, migrate_in_traffic
from core.house import House
from tests.faults.gate import Gate
from tests.faults.programs import Program
from tests.faults.town import SIBLINGS, Child, Town
from tests.waiting import wait_for

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
TAPS_A_SECOND = 50
CROWD = 5
# Up and down so often, and the taps go on until that is done.
MOVES, MOST_SECONDS = 4, 60
# What a stop may take.
DRAINED_SECONDS = 10
NEXT = '''
"""What the release after this one could bring."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    for table in ("tap", "notice", "reader", "attendance_day"):
        op.add_column(table, sa.Column("later", sa.String))
    op.create_index("ix_tap_later", "tap", ["later"])


def downgrade() -> None:
    op.drop_index("ix_tap_later", "tap")
    for table in ("tap", "notice", "reader", "attendance_day"):
        op.drop_column(table, "later")
    op.drop_table("later")
'''


@pytest.fixture
def next_release(tmp_path: Path, house: House) -> Config:
    """The migrations as the release after this one would bring them."""
    scripts = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    head = applied_revision(house.engine)
    (scripts / "versions" / "9999_bring_later.py").write_text(NEXT.format(head=head))
    config = Config()
    config.set_main_option("script_location", str(scripts))
    return config


def _move(config: Config, engine: Engine, to: str) -> None:
    """Migrate up or down, giving way to traffic as the command does."""
    for _ in range(20):
        try:
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                (command.downgrade if to != "9999" else command.upgrade)(config, to)
            return
        except OperationalError:
            time.sleep(0.2)
    raise AssertionError(f"never reached {to}")


def test_database_that_is_ahead_is_fit_and_one_that_lacks_tables_is_not(
    house: House, next_release: Config
) -> None:
    head = applied_revision(house.engine)
    assert head is not None
    try:
        _move(next_release, house.engine, "9999")
        assert is_fit(house.engine)
    finally:
        _move(next_release, house.engine, head)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0025'")
    try:
        assert not is_fit(house.engine)
    finally:
        with house.engine.begin() as connection:
            back = f"UPDATE alembic_version SET version_num = '{head}'"  # noqa: S608
            connection.exec_driver_sql(back)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_migration_gives_way_to_a_long_transaction(house: House) -> None:
    with house.engine.connect() as other, house.engine.begin() as connection:
        other.exec_driver_sql("BEGIN; LOCK TABLE tap")
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            connection.exec_driver_sql("ALTER TABLE tap ADD COLUMN x int")
        other.exec_driver_sql("ROLLBACK")
    migrate_in_traffic(house.engine)


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
    children = town.enrol(*[("小明",)] * (MOST_SECONDS * TAPS_A_SECOND))
    head = applied_revision(town.house.engine)
    assert head is not None
    wait_for(town.web_answers, "the web server")
    moves = 0
    try:
        tap_on_time(gate, children, crowd, lambda: moves >= MOVES)
        while is_tapping(crowd):
            for to in ("9999", head):
                _move(next_release, town.house.engine, to)
                moves += 1
                time.sleep(0.1)
    finally:
        web.kill()
    assert moves >= MOVES
    assert len(gate.answered) > TAPS_A_SECOND
    assert gate.repeats == 0


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
