"""How long a small town is away while its backup is put back: counted, never judged."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import assemble
from bench.history import build_history
from bench.town import Town, build_town
from core.backup.making import make_backup
from core.backup.restoring import restore
from core.db import snapshot, table_of
from core.gate.tables import Reader
from core.house import House
from tests.factories import card_uid_of
from tests.gate.conftest import SigningReader

pytestmark = pytest.mark.timeout(400)
TOWN = Town(schools=3, children=1000, bound_every=1)
SCHOOL_DAYS = 5


def live_through(house: House, now: datetime) -> None:
    """Let three schools of a thousand have had a week in which everybody came and was told."""
    url = house.settings.database_url
    build_town(url, house.vault, TOWN)
    for days in range(1, SCHOOL_DAYS + 1):
        at = now - timedelta(days=days)
        build_history(url, TOWN, at.date(), at)


def test_restored_town_takes_taps_and_how_long_it_was_away_is_counted(
    full: House,
    make_empty: Callable[[], House],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    live_through(full, full.clock.now())
    with snapshot(full.engine) as session:
        # The bench's schools have codes of their own.
        reader = table_of(Reader).c
        reader_id = session.scalars(select(reader.id).where(reader.school_code == "353607")).one()
    path, manifest = make_backup(full, tmp_path / "backups")
    assert manifest.counts["notice"] == 3000 * SCHOOL_DAYS
    empty = make_empty()
    began = time.monotonic()
    restore(empty, path)
    gate = SigningReader(assemble(empty).test_client(), empty, reader_id)
    tap = (1, card_uid_of("11510001"), empty.clock.now().isoformat())
    assert gate.statuses(tap) == ["recorded"]
    took = round((time.monotonic() - began) * 1000)
    engine = empty.engine.dialect.name
    record_property(f"ms from a backup of 3,000 children to the first tap ({engine})", took)
