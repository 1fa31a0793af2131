"""`backup` and `restore` as an operator uses them."""

from pathlib import Path

import pytest

from tests.commands import run_warm


@pytest.fixture
def url(tmp_path: Path, sqlite_template: Path) -> str:
    path = tmp_path / "gate.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return {
        "BACKUP_FOLDER": f"{tmp_path}/backups",
        "TOMBSTONES_FILE": f"{tmp_path}/stones",
    }


def test_backup_is_made_and_put_back_and_what_is_left_to_do_is_said(
    url: str, files: dict[str, str], tmp_path: Path
) -> None:
    run_warm("seed", "--to", f"{tmp_path}/sample.json", DATABASE_URL=url)
    made = run_warm("backup", DATABASE_URL=url, **files)
    assert (made.returncode, "checked." in made.stdout) == (0, True)
    assert "Needs the keys d0 and i0" in made.stdout
    (backup,) = tmp_path.glob("backups/*.db")
    refused = run_warm("restore", str(backup), DATABASE_URL=url, **files)
    assert (refused.returncode, "holds rows" in refused.stderr) == (1, True)
    new = f"sqlite:///{tmp_path}/new/gate.db"
    done = run_warm("restore", str(backup), DATABASE_URL=new, **files)
    assert done.returncode == 0, done.stderr
    assert "readers are asked" in done.stdout
    assert "0 ended since and stay so" in done.stdout
    assert "What else was done since is not in it" in done.stdout
    assert run_warm("check", DATABASE_URL=new, **files).returncode == 0
    seeded = run_warm("seed", "--to", f"{tmp_path}/again.json", DATABASE_URL=new)
    assert "There are schools already" in seeded.stdout


def test_database_that_came_back_by_other_means_is_settled_in_place(
    url: str, files: dict[str, str]
) -> None:
    at = {"DATABASE_URL": url, "CLOCK_NOW": "2026-11-23T07:40"}
    done = run_warm("restore", "--here", "2026-11-23T07:20", **at, **files)
    assert done.stdout.startswith("The database stands as of 2026-11-23 07:20:00.\n")


def test_restore_without_the_file_of_the_deleted_says_what_that_means(
    url: str, files: dict[str, str]
) -> None:
    arguments = ("restore", "--here", "2026-11-23T07:20")
    files = {**files, "CLOCK_NOW": "2026-11-23T07:40"}
    without = run_warm(*arguments, DATABASE_URL=url, **files)
    assert f"{files['TOMBSTONES_FILE']} is not there" in without.stdout
    assert without.stdout.endswith("restore --here 2026-11-23T07:20:00+08:00\n")
    Path(files["TOMBSTONES_FILE"]).touch()
    assert "is not there" not in run_warm(*arguments, DATABASE_URL=url, **files).stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Name the backup"),
        (["--here", "yesterday"], "Write the moment"),
        (["--here", "0001-01-01"], "Write the moment"),
        # What waits would be tried for longer than LINE knows it again.
        (["--here", "2036-11-23T07:20"], "is still to come"),
        (["nowhere.db"], "is not there"),
    ],
)
def test_what_was_not_said_clearly_is_asked_for(
    url: str, files: dict[str, str], arguments: list[str], complaint: str
) -> None:
    refused = run_warm("restore", *arguments, DATABASE_URL=url, **files)
    assert (refused.returncode, complaint in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr


def test_disk_that_takes_no_copy_is_said_and_left_as_it_was(
    url: str, files: dict[str, str], tmp_path: Path
) -> None:
    run_warm("backup", DATABASE_URL=url, **files)
    (backup,) = tmp_path.glob("backups/*.db")
    (tmp_path / "new.db.restoring").mkdir()
    new = f"sqlite:///{tmp_path}/new.db"
    refused = run_warm("restore", str(backup), DATABASE_URL=new, **files)
    assert (refused.returncode, refused.stderr[:16]) == (1, "✗ Not restored: ")
    assert "Traceback" not in refused.stderr
    nowhere = run_warm("backup", "--to", f"{backup}/folder", DATABASE_URL=url, **files)
    assert f"Not a directory ({backup}/folder)" in nowhere.stderr


@pytest.mark.parametrize("command", [("reader", "list"), ("check",), ("migrate",)])
def test_place_where_no_database_can_be_is_said(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = run_warm(*command, DATABASE_URL=f"sqlite:///{tmp_path}/file/gate.db")
    assert refused.returncode == 1
    assert "its file can't be opened" in refused.stderr
    assert "Traceback" not in refused.stderr
