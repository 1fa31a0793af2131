"""The export command: the file it writes, the record it leaves, and what it refuses."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import col, select

from core.attendance.tables import AttendanceDay
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.duty.export_commands import MOST_DAYS, export_command
from core.house import House
from core.privacy.looks import looks_at
from core.settings import Settings, load_settings
from tests.factories import make_school, make_student

MONDAY = date(2026, 11, 23)
ARRIVED = datetime(2026, 11, 22, 23, 41, tzinfo=UTC)


@pytest.fixture
def settings(house: House, database_url: str) -> Settings:
    """One school; its one child came at 07:41 on Monday, which is today."""
    with transaction(house.engine) as session:
        make_school(session)
        child = make_student(session, house)
        session.add(AttendanceDay(student_id=child.id, school_day=MONDAY, arrived_at=ARRIVED))
    return load_settings(
        _env_file=None, database_url=database_url, clock_now="2026-11-23T09:00:00+08:00"
    )


def run(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(export_command, words, obj=settings)


def test_sheet_of_today_is_written_for_its_owner_alone(settings: Settings, tmp_path: Path) -> None:
    done = run(settings, "353607", "--format", "csv", "--to", str(tmp_path))
    assert done.exit_code == 0, done.output
    file = tmp_path / "到離校_353607_2026-11-23.csv"
    assert f"1 rows in {file}" in done.output
    assert file.stat().st_mode & 0o777 == 0o600
    head, row = file.read_text(encoding="utf-8-sig").splitlines()
    assert head.startswith("日期,班級,座號")
    assert "07:41,刷卡" in row


def test_workbook_takes_the_name_it_is_given(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "one.xlsx"
    words = ("353607", "--day", "2026-11-23", "--until", "2026-11-27", "--to", str(file))
    assert run(settings, *words).exit_code == 0
    assert file.read_bytes().startswith(b"PK")


def test_place_that_takes_no_file_is_named(settings: Settings, tmp_path: Path) -> None:
    # Where a link leads nowhere a new file is refused to root as well.
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    refused = run(settings, "353607", "--to", str(link))
    assert (refused.exit_code, type(refused.exception)) == (1, SystemExit)
    assert "Name another place with --to" in refused.output


def test_guardians_see_the_look_and_the_audit_keeps_it(
    settings: Settings, house: House, tmp_path: Path
) -> None:
    run(settings, "353607", "--to", str(tmp_path))
    with snapshot(house.engine) as session:
        (day,) = session.exec(select(AttendanceDay)).all()
        (look,) = looks_at(session, day.student_id).looks
        kept = session.exec(
            select(AuditEntry.subject).where(col(AuditEntry.action) == "sheet.download")
        ).all()
    assert (look.what, look.role) == ("student", None)
    assert kept == ["sheet:353607/2026-11-23/2026-11-23"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["999999"], "There is no school 999999"),
        (["353607", "--day", "2026-11-23", "--until", "2026-11-20"], "--until lies before --day"),
        (["353607", "--day", "2026-10-01", "--until", "2026-11-20"], f"more than {MOST_DAYS} days"),
        (["353607", "--homeroom", "999"], "no such class"),
        (["353607", "--to", "/nowhere/sheet.xlsx"], "There is no folder /nowhere"),
    ],
)
def test_refusal_writes_and_records_nothing(
    settings: Settings, house: House, tmp_path: Path, words: list[str], hint: str
) -> None:
    done = run(settings, *words, *([] if "--to" in words else ["--to", str(tmp_path)]))
    assert (done.exit_code, hint in done.output) == (1, True), done.output
    assert list(tmp_path.iterdir()) == []
    with snapshot(house.engine) as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_file_that_is_there_is_not_written_over(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "kept.csv"
    file.write_text("kept")
    done = run(settings, "353607", "--format", "csv", "--to", str(file))
    assert (done.exit_code, "is there already" in done.output) == (1, True)
    assert file.read_text() == "kept"
