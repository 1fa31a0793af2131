"""A town in which things go wrong."""

from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from alembic.config import Config

from core.duty.migrate import applied_revision
from core.house import House
from tests.faults.crashing import HASTE
from tests.faults.line import TroubledLine, troubled_line
from tests.faults.programs import warm_forks
from tests.faults.releases import write_release
from tests.faults.town import Town, build_town


@pytest.fixture(scope="session")
def forks() -> ForkServerContext:
    """Where programs are forked from."""
    return warm_forks()


@pytest.fixture
def line() -> Iterator[TroubledLine]:
    """A LINE that has troubles when told to."""
    with troubled_line() as line:
        yield line


@pytest.fixture
def town(
    request: pytest.FixtureRequest,
    house: House,
    line: TroubledLine,
    forks: ForkServerContext,
    tmp_path: Path,
    database_url: str,
) -> Iterator[Town]:
    """A school with one reader; nothing runs yet. What happens in it is counted."""
    town = build_town(house, line, forks, tmp_path, database_url)
    yield town
    request.node.user_properties += town.counts().items()


@pytest.fixture
def next_release(tmp_path: Path, house: House) -> Config:
    """The migrations as the release after this one would bring them."""
    return write_release(tmp_path / "migrations", applied_revision(house.engine))


@pytest.fixture
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases and pauses short enough to wait for, in this process too."""
    for where, name, value in HASTE:
        if isinstance(where, dict):
            monkeypatch.setitem(where, name, value)
        else:
            monkeypatch.setattr(where, name, value)
