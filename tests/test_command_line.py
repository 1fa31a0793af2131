"""The command line as an operator uses it: real processes, clear answers."""

import re
import socket
from pathlib import Path

import pytest

from bench.programs import free_pair
from tests.commands import run_cold, run_warm
from tests.ground.test_settings import PRODUCTION
from tests.roster.files import MING, QING, as_xlsx, row

SCHOOL = (
    "--code", "353607", "--name", "臺北市立榕光國民小學", "--short-name", "榕光國小",
    "--district", "中正區", "--level", "國小",
)  # fmt: skip


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gate.db"


@pytest.fixture
def ready(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of a migrated database; that the command makes one is tried in one place."""
    path = tmp_path / "gate.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


def test_check_asks_for_migrations_and_then_is_content(url: str) -> None:
    before = run_cold("check", DATABASE_URL=url)
    assert before.returncode == 1
    assert "python app.py migrate" in before.stderr
    assert run_cold("migrate", DATABASE_URL=url).returncode == 0
    after = run_cold("check", DATABASE_URL=url)
    assert (after.returncode, after.stdout) == (0, "Everything fits (development).\n")


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        # A closure of 士林區 would not cover it, and its children would be asked after.
        ("--district", "天母", "'天母' is not one of '中正區'"),
        ("--name", " ", "A school's name has 1 to 40 characters"),
        ("--name", "榕" * 41, "A school's name has 1 to 40 characters"),
        ("--short-name", "www.example.com", "no address in it"),
    ],
)
def test_school_that_guardians_could_not_read_of_is_refused(
    ready: str, option: str, value: str, complaint: str
) -> None:
    facts = [*SCHOOL]
    facts[facts.index(option) + 1] = value
    refused = run_warm("school", "add", *facts, DATABASE_URL=ready)
    assert (refused.returncode != 0, complaint in refused.stderr) == (True, True), refused.stderr
    assert "no school yet" in run_warm("school", "list", DATABASE_URL=ready).stdout


def test_schools_are_listed_and_a_wrong_code_leads_there(ready: str) -> None:
    run_warm("school", "add", *SCHOOL, DATABASE_URL=ready)
    listed = run_warm("school", "list", DATABASE_URL=ready).stdout
    times = "cut-off 08:30, departures from 11:30"
    assert listed == f"353607  榕光國小  中正區 國小  {times}\n"
    for arguments in (("reader", "list"), ("staff", "list"), ("policy", "list")):
        refused = run_warm(*arguments, "--school", "353608", DATABASE_URL=ready)
        assert refused.stderr == (
            "✗ There is no school 353608. python app.py school list shows them.\n"
        )


def test_what_was_written_of_a_school_is_corrected(ready: str) -> None:
    run_warm("school", "add", *SCHOOL, DATABASE_URL=ready)
    change = ("school", "change", "--code")
    told = run_warm(*change, "353607", "--phone", "02-2300-0001", DATABASE_URL=ready)
    assert told.stdout.endswith("departures from 11:30  02-2300-0001\n")
    run_warm(*change, "353607", "--district", "大安", "--short-name", "榕光", DATABASE_URL=ready)
    listed = run_warm("school", "list", DATABASE_URL=ready).stdout
    assert listed.startswith("353607  榕光  大安區 國小  ")
    assert listed.endswith("  02-2300-0001\n")
    for wrong in (("353607",), ("353607", "--phone", "ask me"), ("353608", "--phone", "110")):
        refused = run_warm(*change, *wrong, DATABASE_URL=ready)
        assert (refused.returncode, refused.stderr[:2]) == (1, "✗ ")
    assert run_warm("school", "list", DATABASE_URL=ready).stdout == listed


def test_production_with_defaults_lists_every_fault_with_a_hint(url: str) -> None:
    refused = run_cold("check", DATABASE_URL=url, APP_ENV="production")
    assert refused.returncode == 2
    faults = [line for line in refused.stderr.splitlines() if line.startswith("✗")]
    assert len(faults) >= 9
    assert any(line.startswith("✗ DATA_KEYS:") for line in faults)


@pytest.mark.parametrize("command", ["seed", "demo"])
def test_nothing_invented_comes_into_a_production_database(
    ready: str, tmp_path: Path, command: str
) -> None:
    here = {"DATABASE_URL": ready, "PORT": str(free_pair())}
    # Should it ever go on, it talks to nobody.
    far = dict.fromkeys(("LINE_API_BASE", "LINE_DATA_API_BASE"), "https://line.invalid")
    real = {name.upper(): str(value) for name, value in PRODUCTION.items()}
    option = ["--folder"] if command == "demo" else ["--to"]
    refused = run_warm(command, *option, str(tmp_path / command), **real, **far, **here)
    assert (refused.returncode, "production" in refused.stderr) == (1, True)
    listed = run_warm("school", "list", DATABASE_URL=ready)
    assert "no school yet" in listed.stdout


def test_database_that_does_not_answer_is_named_without_its_password() -> None:
    url = "postgresql+psycopg://gate:topsecret@127.0.0.1:1/gate"
    refused = run_cold("check", DATABASE_URL=url)
    assert refused.returncode == 1
    assert "Check DATABASE_URL" in refused.stderr
    assert "topsecret" not in refused.stderr + refused.stdout


@pytest.mark.parametrize("key_id", ["", "two words", "a" * 17])
def test_key_that_no_setting_would_take_is_not_made(ready: str, key_id: str) -> None:
    refused = run_warm("keys", "new", "--id", key_id, DATABASE_URL=ready)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "1 to 16 letters" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [("migrate",), ("backup",), ("restore", "--here", "2026-11-23T07:20"), ("reader", "list")],
)
def test_command_says_why_no_connection_comes_about(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    address = {"DATABASE_URL": "postgresql+psycopg://gate:topsecret@127.0.0.1:1/gate"}
    places = {"BACKUP_FOLDER": f"{tmp_path}/backups", "TOMBSTONES_FILE": f"{tmp_path}/stones"}
    places["CLOCK_NOW"] = "2026-11-23T07:40"
    refused = run_warm(*arguments, **address, **places)
    assert refused.returncode == 1
    assert "does not answer (nothing listens there). Check DATABASE_URL." in refused.stderr
    assert "pg_stat_activity" not in refused.stderr
    assert "topsecret" not in refused.stderr


@pytest.mark.parametrize(
    "arguments", [("school", "add", *SCHOOL), ("reader", "list"), ("purge", "--dry-run")]
)
def test_command_on_an_empty_database_names_what_is_missing(
    url: str, arguments: tuple[str, ...]
) -> None:
    refused = run_warm(*arguments, DATABASE_URL=url)
    assert refused.returncode == 1
    assert refused.stderr == (
        "✗ migrations: the database lacks some. Run: python app.py migrate.\n"
    )


def test_command_without_its_database_says_so_without_a_trace() -> None:
    url = "postgresql+psycopg://gate:topsecret@127.0.0.1:1/gate"
    refused = run_warm("reader", "list", DATABASE_URL=url)
    assert (refused.returncode, "Check DATABASE_URL" in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr
    assert "topsecret" not in refused.stderr


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    "command",
    [
        "notices why 353607/11510001 {}",
        "policy show --school 353607 --date {}",
        "calendar day set {} --closed --reason 校慶 --source 學校",
        "calendar show --school 353607 --month {:.7}",
        "closure list --from {}",
        "closure read 停止上課 --announced {}_00:00",
        "export 353607 --day {}",
        "incident report --all --since {}",
    ],
)
def test_year_that_is_a_slip_of_the_pen_is_refused(ready: str, command: str, day: str) -> None:
    words = [word.replace("_", " ") for word in command.format(day).split()]
    done = run_warm(*words, DATABASE_URL=ready)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert day[:7] in done.stderr or "Write moments as" in done.stderr


@pytest.mark.parametrize("command", ["serve", "web"])
def test_server_on_a_taken_port_says_so_and_ends(ready: str, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run_warm(command, DATABASE_URL=ready, PORT=str(port))
    assert refused.returncode == 1
    assert f"port {port}: Address already in use" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", ["serve", "web", "worker", "clock"])
def test_program_says_that_it_can_not_read_who_was_deleted(
    ready: str, command: str, tmp_path: Path
) -> None:
    refused = run_warm(command, DATABASE_URL=ready, TOMBSTONES_FILE=str(tmp_path))
    assert (refused.returncode, refused.stderr[:19]) == (1, "✗ TOMBSTONES_FILE: ")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_web_server_without_processes_is_refused(ready: str, workers: str) -> None:
    # It would hold the port and answer nobody.
    refused = run_warm("web", "--workers", workers, DATABASE_URL=ready)
    assert (refused.returncode, "--workers" in refused.stderr) == (2, True)


def test_demo_on_a_taken_port_says_so_and_ends(tmp_path: Path) -> None:
    # The lower one is to be free: it would be named first.
    port = free_pair()
    with socket.create_server(("127.0.0.1", port + 1)):
        database = tmp_path / "demo.db"
        database.write_text("in use")
        refused = run_cold("demo", "--folder", str(tmp_path), PORT=str(port))
    assert refused.returncode == 1
    assert f"Port {port + 1} is taken" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert database.read_text() == "in use"


def test_roster_is_looked_through_then_taken_over_and_a_bad_one_changes_nothing(
    ready: str, tmp_path: Path
) -> None:
    place = ("--district", "中正區", "--level", "primary")
    run_warm(
        "school", "add", "--code", "353607", "--name", "榕光國民小學", *place, DATABASE_URL=ready
    )
    file = tmp_path / "603.xlsx"
    file.write_bytes(as_xlsx([MING, QING]))
    looked = run_warm("roster", "import", str(file), "--dry-run", DATABASE_URL=ready)
    assert (looked.returncode, looked.stdout.split()[:2]) == (0, ["added", "2"])
    taken = run_warm("roster", "import", str(file), DATABASE_URL=ready)
    assert taken.stdout.split()[:2] == ["added", "2"], "looking wrote nothing"
    file.write_bytes(as_xlsx([row(grade="13", homeroom="701"), row(QING, school_code="999999")]))
    refused = run_warm("roster", "import", str(file), DATABASE_URL=ready)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "✗ 第 2 列、年級：年級應是 1–12",
        "✗ 第 3 列、學校代碼：沒有這所學校（999999），請先登錄學校",
        "✗ The roster has 2 problems; nothing was written.",
    ]
    file.write_bytes(as_xlsx([MING, QING]))
    again = run_warm("roster", "import", str(file), "--school", "353607", DATABASE_URL=ready)
    assert again.stdout.split()[:6] == ["added", "0", "changed", "0", "unchanged", "2"]


def test_menus_say_that_line_does_not_answer(ready: str) -> None:
    refused = run_warm("line-setup", DATABASE_URL=ready, LINE_API_BASE="http://127.0.0.1:1")
    assert (refused.returncode, "✗ LINE does not answer" in refused.stderr) == (1, True)


def test_reader_is_added_to_a_school_and_its_secret_is_shown_once(ready: str) -> None:
    assert run_warm("school", "add", *SCHOOL, DATABASE_URL=ready).returncode == 0
    again = run_warm("school", "add", *SCHOOL, DATABASE_URL=ready)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    reader = ("reader", "add", "--gate", "正門")
    added = run_warm(*reader, "--school", "353607", DATABASE_URL=ready)
    assert re.search(r"reader id  [0-9a-f-]{36}\nsecret     whsec_\S{44}\n", added.stdout)
    unknown = run_warm(*reader, "--school", "999999", DATABASE_URL=ready)
    assert (unknown.returncode, "no school 999999" in unknown.stderr) == (1, True)


def test_sample_is_loaded_once_and_its_file_is_private(ready: str, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    first = run_warm("seed", "--to", str(sample), DATABASE_URL=ready)
    assert "Loaded 3 schools and 90 students" in first.stdout
    assert sample.stat().st_mode & 0o077 == 0
    second = run_warm("seed", "--to", str(sample), DATABASE_URL=ready)
    assert second.stdout == "There are schools already; nothing was changed.\n"


def test_purge_counts_first_and_then_says_what_is_gone(ready: str, tmp_path: Path) -> None:
    files = {"DATABASE_URL": ready, "TOMBSTONES_FILE": str(tmp_path / "stones")}
    counted = run_warm("purge", "--dry-run", **files)
    assert counted.returncode == 0
    assert re.search(r"^audit +before \d{4}-\d\d-\d\d  0 over age$", counted.stdout, re.MULTILINE)
    done = run_warm("purge", **files)
    assert done.returncode == 0
    assert re.search(r"^audit .* 1 removed, 0 left, canary gone$", done.stdout, re.MULTILINE)
    assert done.stderr == "", "the log's lines are not for who reads this"
