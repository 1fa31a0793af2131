"""`check` on a PostgreSQL and a machine that do not fit: each fault with what to do."""

import resource
import struct
import zoneinfo
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.checkup import machine
from core.checkup.database import Server, server_faults
from core.checkup.machine import machine_faults
from core.clock import Clock
from core.settings import load_settings
from tests.conftest import MONDAY_MORNING

# A zone file of one zone without an offset. Source: RFC 9636, section 3.
UTC_ZONE = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + bytes(6) + b"UTC\0"
WELL = Server(17, "UTF8", 100, False, MONDAY_MORNING)


@pytest.mark.parametrize(
    ("wrong", "problem", "hint"),
    [
        ({"version": 13}, "version 13 is too old", "Take version 14 or newer"),
        ({"encoding": "SQL_ASCII"}, "its encoding is SQL_ASCII", "ENCODING 'UTF8'"),
        ({"is_standby": True}, "names a standby", "Name the primary"),
        ({"connections": 99}, "takes only 99 connections", "Raise max_connections: 100 are for"),
        ({"clock": MONDAY_MORNING + timedelta(seconds=3)}, "3 s off the database's", "chrony"),
        ({"clock": MONDAY_MORNING - timedelta(seconds=3)}, "3 s off the database's", "chrony"),
    ],
)
def test_server_that_does_not_fit_is_named_with_what_to_do(
    wrong: dict[str, Any], problem: str, hint: str
) -> None:
    assert list(server_faults(WELL, MONDAY_MORNING)) == []
    (fault,) = server_faults(replace(WELL, **wrong), MONDAY_MORNING)
    assert fault.problem == problem
    assert hint in fault.hint


def test_full_disk_is_named_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LEAST_ROOM", 1 << 62)
    given = load_settings(
        _env_file=None, backup_folder=f"{tmp_path}/backups", tombstones_file=f"{tmp_path}/stones"
    )
    faults = [one for one in machine_faults(given, Clock().now()) if one.name == "BACKUP_FOLDER"]
    assert [one.hint for one in faults] == ["Make room, or move it"]
    assert f"MB are left at {tmp_path}" in faults[0].problem


def test_zone_data_that_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Taipei").write_bytes(UTC_ZONE)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path])
    ZoneInfo.clear_cache(only_keys=["Asia/Taipei"])
    try:
        faults = list(machine_faults(load_settings(_env_file=None), Clock().now()))
    finally:
        zoneinfo.reset_tzpath(before)
        ZoneInfo.clear_cache(only_keys=["Asia/Taipei"])
    assert ("time zone", "Install tzdata") in [(one.name, one.hint) for one in faults]


def test_few_open_files_are_named() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        faults = list(machine_faults(load_settings(_env_file=None), Clock().now()))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "LimitNOFILE=" in next(one.hint for one in faults if one.name == "open files")
