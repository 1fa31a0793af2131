"""Nothing is sent or ticked out of a database that lacks tables, as while a backup is put back."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core.duty.migrate import applied_revision
from core.duty.server import Background, after_migrations, start_background
from core.house import House
from tests.waiting import wait_for


@pytest.fixture
def unfinished(house: House) -> Iterator[str]:
    """The migration a database will stand at; until then it stands at none."""
    revision = applied_revision(house.engine)
    assert revision is not None
    with house.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    yield revision
    put_back(house, revision)


def put_back(house: House, revision: str) -> None:
    with house.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        statement = text("INSERT INTO alembic_version (version_num) VALUES (:revision)")
        connection.execute(statement, {"revision": revision})


def test_loop_begins_once_the_database_has_its_tables(house: House, unfinished: str) -> None:
    begun = threading.Event()
    running = start_background(Background([after_migrations(house, lambda _: begun.set())]))
    try:
        assert not begun.wait(0.2)
        put_back(house, unfinished)
        wait_for(begun.is_set, "the loop")
    finally:
        running.stop()


def test_loop_that_never_began_ends_when_told_to(house: House, unfinished: str) -> None:
    begun = threading.Event()
    running = start_background(Background([after_migrations(house, lambda _: begun.set())]))
    running.stop()
    assert unfinished
    assert not begun.is_set()
