"""A disk that is full or fails, a database that is only read: taps are refused, none is lost."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import assemble
from core.db import snapshot, table_of, transaction
from core.gate.intake import make_blueprint
from core.gate.tables import Tap
from core.house import House
from core.watch.readiness import readiness
from core.watch.writing import WriteProbe, write_problem
from tests.conftest import MONDAY_MORNING, FixedClock
from tests.databases import migrated_file, open_house, run_on, with_database
from tests.factories import card_uid_of, make_reader, make_school, make_student
from tests.gate.conftest import SigningReader

MING = card_uid_of("11510001")


def reader_at(house: House) -> SigningReader:
    """A reader of a school with one child, before the house's intake."""
    with transaction(house.engine) as session:
        make_school(session)
        reader_id = make_reader(session, house).id
        make_student(session, house)
    app = Flask("gate-test")
    app.register_blueprint(make_blueprint(house))
    return SigningReader(app.test_client(), house, reader_id)


def tap(reader: SigningReader, seq: int) -> tuple[int, str | None]:
    """Tap and return the status and how long to wait."""
    moment = reader.house.clock.now() + timedelta(minutes=seq)
    answer = reader.taps((seq, MING, moment.isoformat()))
    return answer.status_code, answer.headers.get("Retry-After")


def stored(house: House) -> list[int]:
    with snapshot(house.engine) as session:
        return list(session.scalars(select(table_of(Tap).c.seq).order_by("seq")))


@pytest.fixture
def own(database_url: str) -> Iterator[House]:
    """A house by connections of its own, which may be spoilt."""
    house = replace(open_house(database_url), clock=FixedClock(MONDAY_MORNING))
    yield house
    house.engine.dispose()


def fill(house: House) -> Callable[[], None]:
    """Let the database take nothing more, and return what makes room."""
    if house.engine.dialect.name == "postgresql":
        name = house.engine.url.database
        # From another database: in this one nothing can be changed then.
        url = with_database(house.engine.url.render_as_string(hide_password=False), "postgres")
        run_on(url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        house.engine.dispose()

        def make_room() -> None:
            run_on(url, f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            house.engine.dispose()

        return make_room

    def take_none(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(house.engine, "connect", take_none)
    house.engine.dispose()

    def take_again() -> None:
        event.remove(house.engine, "connect", take_none)
        house.engine.dispose()

    return take_again


def test_database_that_can_only_be_read_refuses_taps_until_it_can_be_written(own: House) -> None:
    reader = reader_at(own)
    assert tap(reader, 1) == (200, None)
    make_room = fill(own)
    try:
        status, wait = tap(reader, 2)
        assert (status, wait in ("1", "2", "3", "4", "5")) == (503, True)
        assert readiness(own)["database"] == "read_only"
    finally:
        make_room()
    assert write_problem(own) is None
    assert tap(reader, 2) == (200, None)
    assert stored(own) == [1, 2]


def test_readiness_writes_once_in_a_while_however_often_it_is_asked(own: House) -> None:
    probe = WriteProbe()
    assert probe.problem(own) is None
    make_room = fill(own)
    try:
        assert probe.problem(own) is None, "remembered"
        assert WriteProbe().problem(own) == "read_only"
    finally:
        make_room()


def test_readyz_says_why_and_liveness_stays(own: House) -> None:
    client: FlaskClient = assemble(own).test_client()
    make_room = fill(own)
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["database"]) == (503, "read_only")
        assert client.get("/healthz").status_code == 200
    finally:
        make_room()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_refuses_taps_keeps_those_it_has_and_goes_on_once_there_is_room(
    small_disk: Path,
) -> None:
    house = open_house(f"sqlite:///{migrated_file(small_disk / 'gate.db')}")
    house = replace(house, clock=FixedClock(MONDAY_MORNING))
    reader = reader_at(house)
    assert tap(reader, 1) == (200, None)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536):
                pass
        except OSError:
            pass
    answers = [tap(reader, seq)[0] for seq in range(2, 30)]
    taken = 1 + answers.count(200)
    assert set(answers) <= {200, 503}
    assert answers[-1] == 503
    assert write_problem(house) == "disk_full"
    assert len(stored(house)) == taken, "what was answered 200 and nothing else"
    ballast.unlink()
    assert write_problem(house) is None
    assert tap(reader, 40) == (200, None)
    house.engine.dispose()


FAILING = """
import sys
from tests.watch.test_full_disk import *

house = replace(open_house(f"sqlite:///{sys.argv[1]}"), clock=FixedClock(MONDAY_MORNING))
reader = reader_at(house)
print(tap(reader, 1)[0], flush=True)
# From here on the disk says that it could not keep what was written.
sys.stdin.readline()
print(tap(reader, 2)[0], write_problem(house), flush=True)
"""


def test_tap_the_disk_could_not_keep_is_never_answered_well(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace, which lets fsync fail, is not there")
    path = migrated_file(tmp_path / "gate.db")
    program = [sys.executable, "-W", "ignore", "-c", FAILING, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, **pipes) as gate:  # type: ignore[call-overload]
        assert gate.stdout.readline() == "200\n"
        inject = "inject=fsync,fdatasync:error=EIO"
        trace = ["strace", "-f", "-p", str(gate.pid), "-e", "trace=fsync,fdatasync", "-e", inject]
        with subprocess.Popen(trace, stderr=subprocess.PIPE, text=True) as tracer:
            if "attached" not in tracer.stderr.readline():
                gate.kill()
                pytest.skip("nobody may be traced here")
            said, _ = gate.communicate("go on\n", timeout=60)
            tracer.terminate()
            tracer.communicate()
    assert said == "503 disk_fails\n"
    house = open_house(f"sqlite:///{path}")
    assert stored(house) == [1]
    house.engine.dispose()
