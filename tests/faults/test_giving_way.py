"""A migration under a lock somebody holds: it gives way, says so, and comes through later."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from alembic.config import Config
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, inspect

from core.duty import migrate
from core.duty.commands import run_migrations
from core.duty.migrate import SCRIPTS, applied_revision, migrate_in_traffic
from core.house import House
from core.settings import Settings
from tests.faults.releases import move

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
# A migration's patience with a lock, and how often it gives way here.
LOCK_SECONDS, GIVES_WAY = 2, 2


@pytest.fixture
def pending(
    next_release: Config, house: House, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """The program is the release after this one, whose migration is not applied yet."""
    monkeypatch.setattr(migrate, "SCRIPTS", next_release.get_main_option("script_location"))
    monkeypatch.setattr(migrate, "TRIES", GIVES_WAY)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", (0, 0))
    head = applied_revision(house.engine)
    assert head is not None
    url = house.engine.url.render_as_string(hide_password=False)
    yield house.settings.model_copy(update={"database_url": url})
    if applied_revision(house.engine) != head:
        move(next_release, house.engine, head)


@contextmanager
def read_for_long(engine: Engine) -> Iterator[Connection]:
    """Hold what somebody holds who reads the taps, such as a dump."""
    with engine.connect() as other:
        other.exec_driver_sql("LOCK TABLE tap IN ACCESS SHARE MODE")
        yield other
        other.rollback()


@on_postgresql
def test_migration_under_a_lock_gives_way_changes_nothing_and_says_so(
    house: House, pending: Settings
) -> None:
    head = applied_revision(house.engine)
    begun = time.monotonic()
    with read_for_long(house.engine):
        done = CliRunner().invoke(run_migrations, obj=pending)
        took = time.monotonic() - begun
    assert done.exit_code == 1
    assert "Not migrated (LockNotAvailable). Nothing was changed." in done.output
    # Each try lets those behind it go on after two seconds; a busy machine is no failure.
    assert GIVES_WAY * LOCK_SECONDS <= took < GIVES_WAY * LOCK_SECONDS + 20
    assert applied_revision(house.engine) == head
    assert not inspect(house.engine).has_table("later")


@on_postgresql
def test_migration_that_gave_way_goes_through_once_the_lock_is_free(
    house: House, pending: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with read_for_long(house.engine) as other:
        let_go = SimpleNamespace(sleep=lambda _seconds: other.rollback())
        monkeypatch.setattr(migrate, "time", let_go)
        migrate_in_traffic(house.engine)
    assert applied_revision(house.engine) == "9999"
    assert inspect(house.engine).has_table("later")


def test_limits_are_those_the_guide_for_a_release_names() -> None:
    guide = (SCRIPTS.parent / "docs/operations/deploying.md").read_text(encoding="utf-8")
    assert "Migrations wait for a lock two seconds at most and give way, up to ten times" in guide
    environment = (SCRIPTS / "env.py").read_text(encoding="utf-8")
    assert f'"lock_timeout": "{LOCK_SECONDS}s"' in environment
    assert migrate.TRIES == 10
