"""Commands about the roster: look through a file, and take it over."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
from sqlmodel import Session

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, no_school, opened
from core.house import House
from core.people.tables import School
from core.roster.comparing import compare, complete
from core.roster.faults import RosterError
from core.roster.rows import RosterRow, read_roster
from core.roster.taking_over import take_over
from core.roster.teachers import teachers_to_review
from core.roster.words import say
from core.settings import Settings

# More lines than anybody reads; the count is told in full.
MOST_SHOWN = 200


@click.group(name="roster")
def roster_commands() -> None:
    """Students as the schools' rosters say."""


@roster_commands.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", help="only this school's rows; its column may then be missing")
@click.option("--dry-run", is_flag=True, help="look, and change nothing")
@click.pass_obj
def import_roster(settings: Settings, file: Path, school: str | None, dry_run: bool) -> None:
    """Take over a roster (CSV, XLS, XLSX or ODS): all of it, or nothing.

    Students who are not in the file stay as they are.
    """
    with opened(settings) as house:
        today = school_day_of(house.clock.now())
        try:
            # Before the transaction: nobody waits for a writer who is still reading.
            rows = read_roster(file.read_bytes(), file.name, today=today, school_code=school)
            with transaction(house.engine) as session:
                if school is not None and session.get(School, school) is None:
                    no_school(school)
                counts, classes = _take_over(session, house, rows, dry_run)
        except RosterError as refused:
            with snapshot(house.engine) as session:
                _fail_with(complete(session, house.vault, refused))
    for word, count in counts.items():
        click.echo(f"{word:<10} {count}")
    if classes:
        click.echo(f"Teachers to review, most of their children leave: {', '.join(classes)}")
    click.echo("Nothing was written (dry run)." if dry_run else "The roster is taken over.")


def _take_over(
    session: Session, house: House, rows: Sequence[RosterRow], is_dry: bool
) -> tuple[dict[str, int], list[str]]:
    plan = compare(session, house.vault, rows)
    teachers = teachers_to_review(session, plan)
    classes = [f"{one.school_code} {one.homeroom}" for one in teachers]
    if not is_dry:
        liff_id, now = house.settings.liff_id, house.clock.now()
        take_over(session, house.vault, liff_id, plan, by=OPERATOR, now=now)
    counts = {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "unchanged": plan.unchanged,
        "left out": plan.left_out,
    }
    return counts, classes


def _fail_with(refused: RosterError) -> NoReturn:
    for fault in refused.faults[:MOST_SHOWN]:
        click.echo(f"✗ {say(fault)}", err=True)
    more = len(refused.faults) - MOST_SHOWN
    if more > 0:
        click.echo(f"… and {more} more", err=True)
    fail(f"The roster has {len(refused.faults)} problems; nothing was written.")
