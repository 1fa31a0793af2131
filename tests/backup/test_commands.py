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
    assert "What was done since is not in it" in done.stdout
    assert run_warm("check", DATABASE_URL=new, **files).returncode == 0
    seeded = run_warm("seed", "--to", f"{tmp_path}/again.json", DATABASE_URL=new)
    assert "There are schools already" in seeded.stdout


def test_database_that_came_back_by_other_means_is_settled_in_place(
    url: str, files: dict[str, str]
) -> None:
    done = run_warm("restore", "--here", "2026-11-23T07:20", DATABASE_URL=url, **files)
    assert done.stdout.startswith("The database stands as of 2026-11-23 07:20:00.\n")


def test_restore_without_the_file_of_the_deleted_says_what_that_means(
    url: str, files: dict[str, str]
) -> None:
    arguments = ("restore", "--here", "2026-11-23T07:20")
    without = run_warm(*arguments, DATABASE_URL=url, **files)
    assert f"{files['TOMBSTONES_FILE']} is not there" in without.stdout
    Path(files["TOMBSTONES_FILE"]).touch()
    assert "is not there" not in run_warm(*arguments, DATABASE_URL=url, **files).stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Name the backup"),
        (["--here", "yesterday"], "Write the moment"),
        (["nowhere.db"], "is not there"),
    ],
)
def test_what_was_not_said_clearly_is_asked_for(
    url: str, files: dict[str, str], arguments: list[str], complaint: str
) -> None:
    refused = run_warm("restore", *arguments, DATABASE_URL=url, **files)
    assert (refused.returncode, complaint in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr
