"""The command that writes a school's sheet to a file, as the staff page 匯出 does."""

from datetime import date, datetime, timedelta
from pathlib import Path

import click
from sqlmodel import Session

from core.attendance.export import WRITERS, file_name
from core.attendance.sheets import SheetRow, record_download, sheet
from core.clock import school_day_of
from core.db import transaction
from core.duty.commands import DATE, OPERATOR, fail, no_school, opened, write_private
from core.house import House
from core.people.tables import School
from core.settings import Settings

# A month: more would be held in memory at once, and is more than one question needs.
MOST_DAYS = 31


@click.command(name="export")
@click.argument("school")
@click.option("--day", type=DATE, help="first day; today if none")
@click.option("--until", type=DATE, help="last day; the first one if none")
@click.option("--homeroom", help="one class only, such as 502")
@click.option("--format", "extension", type=click.Choice(list(WRITERS)), default="xlsx")
@click.option("--to", "path", type=click.Path(path_type=Path), help="a file or folder")
@click.pass_obj
def export_command(
    settings: Settings,
    school: str,
    day: datetime | None,
    until: datetime | None,
    homeroom: str | None,
    extension: str,
    path: Path | None,
) -> None:
    """Write who came and went at a school to a file. That you looked is recorded.

    Its children's guardians see it where they see who looked.
    """
    with opened(settings) as house:
        first = day.date() if day else school_day_of(house.clock.now())
        last = until.date() if until else first
        _refuse_span(first, last)
        path = _free_path(path or Path(), file_name(school, first, last, extension))
        with transaction(house.engine) as session:
            rows = _looked_up(session, house, school, (first, last), homeroom)
    write_private(path, WRITERS[extension](rows))
    click.echo(f"{len(rows)} rows in {path}. Delete it once it has served.")


def _refuse_span(first: date, last: date) -> None:
    if last < first:
        fail("--until lies before --day.")
    if last - first >= timedelta(days=MOST_DAYS):
        fail(f"Not more than {MOST_DAYS} days at once.")


def _free_path(path: Path, name: str) -> Path:
    path = path / name if path.is_dir() else path
    if path.exists():
        fail(f"{path} is there already; name another with --to.")
    if not path.parent.is_dir():
        fail(f"There is no folder {path.parent}.")
    return path


def _looked_up(
    session: Session, house: House, school: str, span: tuple[date, date], homeroom: str | None
) -> list[SheetRow]:
    now = house.clock.now()
    if session.get(School, school) is None:
        no_school(school)
    rows = sheet(session, school, *span, homeroom, now=now)
    if not rows:
        fail("Nobody was at school then, or there is no such class.")
    record_download(session, rows, (school, *span, homeroom or ""), by=OPERATOR, now=now)
    return rows
