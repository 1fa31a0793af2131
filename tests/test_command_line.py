"""The command line as an operator uses it: real processes, clear answers."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gate.db"


def test_check_asks_for_migrations_and_then_is_content(url: str) -> None:
    before = _run("check", DATABASE_URL=url)
    assert before.returncode == 1
    assert "python app.py migrate" in before.stderr
    assert _run("migrate", DATABASE_URL=url).returncode == 0
    after = _run("check", DATABASE_URL=url)
    assert (after.returncode, after.stdout) == (0, "Everything fits (development).\n")


def test_production_with_defaults_lists_every_fault_with_a_hint(url: str) -> None:
    refused = _run("check", DATABASE_URL=url, APP_ENV="production")
    assert refused.returncode == 2
    faults = [line for line in refused.stderr.splitlines() if line.startswith("✗")]
    assert len(faults) >= 9
    assert any(line.startswith("✗ DATA_KEYS:") for line in faults)


def test_database_that_does_not_answer_is_named_without_its_password() -> None:
    url = "postgresql+psycopg://gate:topsecret@127.0.0.1:1/gate"
    refused = _run("check", DATABASE_URL=url)
    assert refused.returncode == 1
    assert "Check DATABASE_URL" in refused.stderr
    assert "topsecret" not in refused.stderr + refused.stdout


def test_demo_on_a_taken_port_says_so_and_ends(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        database = tmp_path / "demo.db"
        database.write_text("in use")
        port = taken.getsockname()[1] - 1
        refused = _run("demo", "--folder", str(tmp_path), PORT=str(port))
    assert refused.returncode == 1
    assert f"Port {port + 1} is taken" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert database.read_text() == "in use"


def test_reader_is_added_to_a_school_and_its_secret_is_shown_once(url: str) -> None:
    _run("migrate", DATABASE_URL=url)
    school = ("--code", "353607", "--name", "臺北市立榕光國民小學", "--short-name", "榕光國小")
    place = ("--district", "中正區", "--level", "國小")
    assert _run("school", "add", *school, *place, DATABASE_URL=url).returncode == 0
    again = _run("school", "add", *school, *place, DATABASE_URL=url)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    reader = ("reader", "add", "--gate", "正門")
    added = _run(*reader, "--school", "353607", DATABASE_URL=url)
    assert re.search(r"reader id  [0-9a-f-]{36}\nsecret     whsec_\S{44}\n", added.stdout)
    unknown = _run(*reader, "--school", "999999", DATABASE_URL=url)
    assert (unknown.returncode, "no school 999999" in unknown.stderr) == (1, True)


def test_sample_is_loaded_once_and_its_file_is_private(url: str, tmp_path: Path) -> None:
    _run("migrate", DATABASE_URL=url)
    sample = tmp_path / "sample.json"
    first = _run("seed", "--to", str(sample), DATABASE_URL=url)
    assert "Loaded 3 schools and 90 students" in first.stdout
    assert sample.stat().st_mode & 0o077 == 0
    second = _run("seed", "--to", str(sample), DATABASE_URL=url)
    assert second.stdout == "There are schools already; nothing was changed.\n"
