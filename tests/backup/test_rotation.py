"""Which backups stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backup.making import forget_old
from core.backup.manifest import file_name, manifest_path, moment_of
from core.backup.rotation import superfluous

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
KEPT = timedelta(days=35)
FIVE_MINUTES = timedelta(minutes=5)


def stay(taken: list[datetime]) -> list[datetime]:
    return sorted(set(taken) - superfluous(taken, NOW, KEPT))


def test_all_of_the_last_hour_one_an_hour_of_the_day_and_one_a_day_stay() -> None:
    taken = [NOW - FIVE_MINUTES * step for step in range(12 * 24 * 40)]
    ages = [NOW - at for at in stay(taken)]
    assert sum(age <= timedelta(hours=1) for age in ages) == 13
    assert 23 <= sum(timedelta(hours=1) < age <= timedelta(days=1) for age in ages) <= 25
    assert 34 <= sum(age > timedelta(days=1) for age in ages) <= 36
    assert max(ages) <= KEPT


def test_newest_stays_however_old() -> None:
    old = [NOW - timedelta(days=50), NOW - timedelta(days=40)]
    assert stay(old) == [NOW - timedelta(days=40)]
    assert superfluous([], NOW, KEPT) == set()


@given(st.lists(st.integers(0, 40 * 24 * 60), max_size=60))
def test_none_older_than_was_promised_stays_but_the_newest(minutes: list[int]) -> None:
    taken = [NOW - timedelta(minutes=one) for one in minutes]
    kept = stay(taken)
    assert all(NOW - at <= KEPT for at in kept if at != max(taken))
    assert set(kept) >= {at for at in taken if NOW - at <= timedelta(hours=1)}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_old_backups_go_with_their_manifests_and_nothing_else_does(
    tmp_path: Path, engine: str
) -> None:
    old, new = NOW - timedelta(days=60), NOW
    for at in (old, new):
        path = tmp_path / file_name(engine, at)
        path.write_text("")
        manifest_path(path).write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert [moment_of(path) for path in forget_old(tmp_path, NOW, KEPT)] == [old]
    new_path = tmp_path / file_name(engine, new)
    assert {one.name for one in tmp_path.iterdir()} == {
        "notes.txt",
        new_path.name,
        manifest_path(new_path).name,
    }
