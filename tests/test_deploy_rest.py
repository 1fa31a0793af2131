"""Of files no reader of ours takes whole: what they name is there, and their numbers add up."""

import re
from configparser import ConfigParser
from datetime import timedelta

import pytest

from app import main
from core.checkup.database import LEAST_CONNECTIONS
from core.db import POOL
from core.duty.migrate import SCRIPTS
from tests.test_deploy_files import DEPLOY, ROOT, text_of

GROWN = (ROOT / "docs/operations/grown.md").read_text(encoding="utf-8")
# What the example runs: 2 web machines, 3 workers, 2 clocks.
WEB_UNITS, WORKERS, CLOCKS = 2, 3, 2


def ini(name: str) -> ConfigParser:
    """The file, as whoever reads ini files takes it: a doubled name or section is refused."""
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # case counts
    parser.read_string(text_of(name))
    return parser


def max_connections() -> int:
    return int(re.findall(r"^max_connections = (\d+)$", GROWN, re.MULTILINE)[0])


def test_every_file_that_operators_copy_is_named_by_the_guide() -> None:
    files = {one.name for one in DEPLOY.iterdir() if one.is_file()} - {"Dockerfile.dockerignore"}
    assert files == set(re.findall(r"\(\.\./deploy/([^)]+)\)", GROWN))


def test_journal_keeps_what_the_guide_says_and_never_the_whole_disk() -> None:
    journal = ini("journald.conf")
    assert journal.sections() == ["Journal"]
    kept = dict(journal["Journal"])
    # Source: journald.conf(5).
    assert set(kept) == {
        "Storage",
        "SystemMaxUse",
        "SystemKeepFree",
        "MaxRetentionSec",
        "RateLimitIntervalSec",
    }
    assert f"keeps {kept['MaxRetentionSec'].removesuffix('day')} days" in GROWN
    assert kept["SystemKeepFree"].endswith("G")


def test_rotated_log_is_the_one_nginx_writes() -> None:
    text = text_of("gate.logrotate")
    lines = [one.strip() for one in text.splitlines() if one.strip() and one[0] != "#"]
    place, _, brace = lines[0].partition(" ")
    assert (brace, lines[-1]) == ("{", "}")
    assert f"access_log {place}" in text_of("nginx.conf")
    assert lines.index("postrotate") < lines.index("endscript")
    # A day a file, for no longer than the journal keeps our own.
    rotated = int(re.findall(r"^ *rotate (\d+)$", text, re.MULTILINE)[0])
    journal = ini("journald.conf")["Journal"]["MaxRetentionSec"]
    assert "daily" in lines
    assert timedelta(days=rotated) <= timedelta(days=int(journal.removesuffix("day")))


def test_pgbouncer_leads_to_the_database_in_sessions_and_leaves_room() -> None:
    given = ini("pgbouncer.ini")
    pool = given["pgbouncer"]
    assert pool["pool_mode"] == "session"
    [database] = given["databases"]
    assert f"/{database}?" in text_of("gate.env")
    assert f"port {pool['listen_port']}" in GROWN
    # Some are for migrate, backup, standbys and people, who go past it.
    assert int(pool["default_pool_size"]) + 10 <= max_connections()
    assert int(pool["max_client_conn"]) >= most_at_once()


def most_at_once() -> int:
    """The connections of the example, all of its processes at their most."""
    a_unit = int(re.findall(r"web --workers (\d+)", text_of("gate-web@.service"))[0])
    processes = WEB_UNITS * a_unit + WORKERS
    return processes * (POOL + 1) + CLOCKS * POOL


def test_connections_of_the_example_are_those_of_the_code() -> None:
    assert f"| one of `web --workers N` | {POOL + 1} |" in GROWN
    assert f"| `worker` | {POOL + 1} |" in GROWN
    assert f"| `clock` | {POOL} |" in GROWN
    assert f"at most {most_at_once()}" in GROWN
    assert f"fewer than {LEAST_CONNECTIONS}" in GROWN
    without = int(re.findall(r"PgBouncer in front,\s+(\d+) without", GROWN)[0])
    assert most_at_once() < without
    # The machine of the compose file has one of each.
    compose = text_of("compose.yaml")
    a_web = int(re.findall(r"web --workers (\d+)", compose)[0])
    allowed = int(re.findall(r"max_connections=(\d+)", compose)[0])
    assert (a_web + 1) * (POOL + 1) + POOL < allowed


def test_image_starts_a_command_that_exists_from_files_that_do() -> None:
    text = text_of("Dockerfile")
    assert re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE) == ['["python", "app.py"]']
    [command] = re.findall(r'^CMD \["(\w+)"\]$', text, re.MULTILINE)
    assert command in main.commands
    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    assert all((ROOT / one).exists() for one in copied)
    # Nobody is root, and pg_dump is of the server's version.
    assert re.findall(r"^USER (\w+)$", text, re.MULTILINE) == ["gate"]
    [client] = re.findall(r"postgresql-client-(\d+)", text)
    assert f'image: "postgres:{client}"' in text_of("compose.yaml")


@pytest.mark.parametrize("secret", [".env", "docs/deploy/secrets", ".git", "var"])
def test_image_holds_no_secrets(secret: str) -> None:
    left_out = text_of("Dockerfile.dockerignore").split()
    assert secret in left_out
    # What it needs is not left out by mistake.
    needed = [one.name for one in ROOT.iterdir() if one.is_dir() and (one / "__init__.py").exists()]
    assert {"core", "bot", "liff"} <= set(needed)
    assert set(left_out).isdisjoint({*needed, SCRIPTS.name, "requirements.txt", "app.py"})


def test_image_has_a_python_we_run_on() -> None:
    [image] = re.findall(r"^FROM python:3\.(\d+)-", text_of("Dockerfile"), re.MULTILINE)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [least] = re.findall(r'^target-version = "py3(\d+)"$', project, re.MULTILINE)
    assert int(image) >= int(least)
