"""A backup holds one state whatever goes on meanwhile, and is checked before it counts."""

import os
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.audit import AuditEntry, record_audit
from core.backup.making import make_backup
from core.backup.manifest import BackupFault, file_name, manifest_path, read_manifest
from core.backup.restoring import restore, settle_here
from core.crypto import Vault, new_key, parse_keys
from core.db import snapshot, table_of, transaction
from core.duty.migrate import is_current, migrate
from core.duty.tick_log import last_ticks
from core.house import House
from core.people.tables import Student
from core.watch.metrics import metrics_page
from tests.databases import open_house

Make = Callable[[], House]


def write_pairs(house: House, stop: threading.Event) -> None:
    """Write two rows at a time, which no state may hold one of."""
    number = 0
    while not stop.is_set():
        number += 1
        with transaction(house.engine) as session:
            for half in ("first", "second"):
                record_audit(
                    session,
                    actor="writer",
                    action=half,
                    subject=str(number),
                    now=house.clock.now(),
                )


def halves(house: House) -> list[int]:
    entry = table_of(AuditEntry).c
    with snapshot(house.engine) as session:
        return [
            session.scalar(select(func.count()).where(entry.actor == "writer", entry.action == one))
            for one in ("first", "second")
        ]


def test_backup_under_writes_is_one_state_and_comes_back_whole(
    full: House, make_empty: Make, tmp_path: Path
) -> None:
    stop = threading.Event()
    writers = [threading.Thread(target=write_pairs, args=[full, stop]) for _ in range(3)]
    for one in writers:
        one.start()
    try:
        while halves(full)[0] < 20:
            pass
        path, manifest = make_backup(full, tmp_path / "backups")
    finally:
        stop.set()
        for one in writers:
            one.join()
    restored = make_empty()
    restore(restored, path)
    first, second = halves(restored)
    assert first == second >= 20
    assert first + second < manifest.counts["audit_entry"]
    assert first + second < sum(halves(full)), "they went on meanwhile"
    assert is_current(restored.engine)
    with snapshot(restored.engine) as session:
        assert session.scalar(select(table_of(Student).c.name)) == "王小明"


def test_backup_is_its_owners_alone_and_leaves_no_parts(full: House, tmp_path: Path) -> None:
    path, _ = make_backup(full, tmp_path / "backups")
    assert sorted(tmp_path.glob("backups/*")) == sorted([path, manifest_path(path)])
    assert [one.stat().st_mode & 0o077 for one in (path.parent, path, manifest_path(path))] == [
        0
    ] * 3


def test_backup_begun_twice_at_once_is_written_by_one(full: House, tmp_path: Path) -> None:
    name = file_name(full.engine.dialect.name, full.clock.now())
    part = tmp_path / f"{name}.part"
    part.write_bytes(b"the other's")
    with pytest.raises(BackupFault, match="Another backup writes"):
        make_backup(full, tmp_path)
    assert part.read_bytes() == b"the other's"


def test_metrics_tell_how_old_the_last_backup_is(full: House, tmp_path: Path) -> None:
    assert b"gate_backup_age_seconds" not in metrics_page(full)
    make_backup(full, tmp_path)
    full.clock.move_to(full.clock.now() + timedelta(minutes=9))
    assert b"gate_backup_age_seconds 540.0" in metrics_page(full)
    with snapshot(full.engine) as session:
        assert last_ticks(session) == {}, "a backup is no tick"


def test_filled_database_is_refused_and_stays_as_it_is(full: House, tmp_path: Path) -> None:
    path, _ = make_backup(full, tmp_path)
    with pytest.raises(BackupFault, match="in use"):
        restore(full, path)
    with snapshot(full.engine) as session:
        assert session.scalar(select(table_of(Student).c.name)) == "王小明"


def test_migrated_empty_database_is_filled(full: House, make_empty: Make, tmp_path: Path) -> None:
    path, _ = make_backup(full, tmp_path)
    empty = make_empty()
    migrate(empty.engine)
    restore(empty, path)
    with snapshot(empty.engine) as session:
        assert session.scalar(select(table_of(Student).c.name)) == "王小明"


def test_two_restores_at_once_are_one_and_a_clear_refusal(
    full: House, make_empty: Make, tmp_path: Path
) -> None:
    path, _ = make_backup(full, tmp_path / "backups")
    empty, both = make_empty(), threading.Barrier(2)
    other = replace(empty, engine=open_house(empty.settings.database_url).engine)
    said: list[str] = []

    def put_back(house: House) -> None:
        both.wait()
        try:
            restore(house, path)
        except BackupFault as fault:
            said.append(str(fault))
        else:
            said.append("done")

    threads = [threading.Thread(target=put_back, args=[one]) for one in (empty, other)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    other.engine.dispose()
    assert sorted(said)[1] == "done"
    assert re.match("Another restore|The database is in use", sorted(said)[0]), said
    with snapshot(empty.engine) as session:
        assert session.scalar(select(table_of(Student).c.name)) == "王小明"


def test_backup_in_a_folder_that_is_only_read_is_put_back(
    full: House, make_empty: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = make_backup(full, tmp_path / "backups")

    def only_read(self: Path, *_: object, **__: object) -> int:
        assert self.parent != path.parent, "nothing may be written beside the backup"
        return write(self, *_, **__)  # type: ignore[arg-type]

    write = Path.write_text
    monkeypatch.setattr(Path, "write_text", only_read)
    restore(make_empty(), path)


def test_file_of_the_deleted_that_can_not_be_read_stops_a_restore_before_it_begins(
    full: House, make_empty: Make, tmp_path: Path
) -> None:
    path, _ = make_backup(full, tmp_path)
    empty = make_empty()
    wrong = empty.settings.model_copy(update={"tombstones_file": str(tmp_path)})
    with pytest.raises(BackupFault, match="Mend TOMBSTONES_FILE first"):
        restore(replace(empty, settings=wrong), path)
    with pytest.raises(BackupFault, match="Mend TOMBSTONES_FILE first"):
        settle_here(replace(empty, settings=wrong), full.clock.now())
    restore(empty, path)


def test_changed_backup_is_refused(full: House, make_empty: Make, tmp_path: Path) -> None:
    path, _ = make_backup(full, tmp_path)
    with path.open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"X" * 10)
    with pytest.raises(BackupFault, match="manifest"):
        restore(make_empty(), path)


def test_backup_whose_key_is_missing_is_refused_before_anything_is_written(
    full: House, make_empty: Make, tmp_path: Path
) -> None:
    path, manifest = make_backup(full, tmp_path)
    other = Vault(parse_keys(new_key("other")), parse_keys(new_key("other")))
    with pytest.raises(BackupFault, match=f"{manifest.data_key}.*DATA_KEYS"):
        restore(replace(make_empty(), vault=other), path)


def test_backup_of_a_newer_release_is_refused(
    full: House, make_empty: Make, tmp_path: Path
) -> None:
    path, _ = make_backup(full, tmp_path)
    told = manifest_path(path)
    told.write_text(told.read_text().replace(read_manifest(path).revision, "9999"))
    with pytest.raises(BackupFault, match="newer release"):
        restore(make_empty(), path)


def test_missing_programs_of_postgresql_are_named_with_a_way_out(
    full: House, tmp_path: Path
) -> None:
    if full.engine.dialect.name == "sqlite":
        pytest.skip("SQLite needs none")
    nowhere = full.settings.model_copy(update={"postgresql_bin": str(tmp_path)})
    with pytest.raises(BackupFault, match="POSTGRESQL_BIN"):
        make_backup(replace(full, settings=nowhere), tmp_path / "backups")
    assert list(tmp_path.glob("backups/*")) == []


def test_full_disk_is_said_before_it_is_filled(
    full: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BackupFault, match="Make room"):
        make_backup(full, tmp_path / "backups")
