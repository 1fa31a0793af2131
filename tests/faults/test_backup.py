"""A backup from before the pushes is put back: LINE knows every key already."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.delivery.sender import Sender
from core.house import build_house
from core.settings import load_settings
from tests.faults.line import TroubledLine
from tests.faults.town import SIBLINGS, Town

pytestmark = pytest.mark.xdist_group("faults")


def send(town: Town, database_url: str) -> None:
    """Send what is due from this database."""
    settings = load_settings(
        _env_file=None,
        database_url=database_url,
        line_api_base=town.line.origin,
        clock_now=town.now(),
    )
    house = build_house(settings)
    while Sender(house).drain():
        pass
    house.engine.dispose()


@pytest.fixture
def backup(town: Town, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Copies the database as it is and returns the copy's address."""
    url = make_url(town.database_url)
    copies: list[str] = []

    def copy() -> str:
        town.house.engine.dispose()
        name = f"backup_{uuid.uuid4().hex[:12]}"
        if url.get_backend_name() == "sqlite":
            target = tmp_path / f"{name}.db"
            with town.house.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql(f"VACUUM INTO '{target}'")
                connection.exec_driver_sql("BEGIN")
            return f"sqlite:///{target}"
        # What a test before this one left open in the worker's database is no part of this.
        leave = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        _run(town.database_url, f"{leave}'{url.database}'")
        _run(town.database_url, f"CREATE DATABASE {name} TEMPLATE {url.database}")
        copies.append(name)
        return url.set(database=name).render_as_string(hide_password=False)

    yield copy
    for name in copies:
        _run(town.database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(database_url: str, statement: str) -> None:
    # From another database: the one that is copied may have no connection.
    other = make_url(database_url).set(database="postgres")
    engine = create_engine(other, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_restored_backup_sends_nothing_a_second_time(
    town: Town, line: TroubledLine, backup: Callable[[], str]
) -> None:
    children = town.enrol(SIBLINGS, ("小明",), SIBLINGS)
    town.announce(children)
    restored = backup()
    send(town, town.database_url)
    told, first = line.told(), len(line.attempts)
    assert set(told.values()) == {1}
    send(town, restored)
    assert {attempt.status for attempt in line.attempts[first:]} == {409}
    assert len(line.attempts) == 2 * first
    assert line.told() == told


def test_backup_from_between_two_siblings_sends_nothing_a_second_time(
    town: Town, line: TroubledLine, backup: Callable[[], str]
) -> None:
    older, younger = town.enrol(SIBLINGS)
    town.announce([older])
    restored = backup()
    town.announce([younger])
    send(town, town.database_url)
    send(town, restored)
    assert set(line.told().values()) == {1}
