"""Commands about the database's content: migrations, schools, the sample; and what all share."""

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlmodel import col, select

from core.calendar.closure_text import DISTRICTS
from core.calendar.school_days import is_school_day
from core.db import snapshot, transaction
from core.duty.demo import next_school_morning
from core.duty.migrate import migrate_in_traffic
from core.duty.months import run_month_tick
from core.duty.sample import invite_sample_staff, seed_sample, write_sample
from core.duty.silence import silence_of
from core.house import House, build_house
from core.kinds import Level
from core.people.names import clean_line, short_school_name
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School
from core.settings import Settings

SAMPLE = Path("var/sample.json")
SAMPLE_SCHOOL = "353607"
# As guardians read it in a line of a bubble.
MAX_SCHOOL_NAME = 40
# How the audit names whoever sits at the keyboard.
OPERATOR = "operator"
LEVELS = click.Choice([*(one.value for one in Level), *(one.name.lower() for one in Level)])
# A number a person mistyped must not reach a column it does not fit.
ROC_YEAR = click.IntRange(100, 999)
BILLING_DAYS = click.IntRange(1, 366)
CLOCK_TIME = click.DateTime(["%H:%M"])


@click.command(name="migrate")
@click.pass_obj
def run_migrations(settings: Settings) -> None:
    """Bring the database to the shape this version needs."""
    house = build_house(settings)
    try:
        migrate_in_traffic(house.engine)
    except OperationalError as error:
        if fault := silence_of(house.engine):
            fail(f"Not migrated. {fault}.")
        hint = "Nothing was changed. Look for a long transaction in pg_stat_activity; try again."
        fail(f"Not migrated ({type(error.orig).__name__}). {hint}")
    except ProgrammingError as error:
        hint = "Does the role of DATABASE_URL own the database and its schema?"
        fail(f"Not migrated ({type(error.orig).__name__}). {hint}")
    run_month_tick(house)
    click.echo("The database is up to date.")


@click.command()
@click.option("--to", "path", type=click.Path(path_type=Path), default=SAMPLE, show_default=True)
@click.pass_obj
def seed(settings: Settings, path: Path) -> None:
    """Load three invented schools, and write what the sandbox's gate needs."""
    if settings.is_production:
        fail("Sample data does not belong in production.")
    click.echo(seed_database(build_house(settings), path))


@click.group(name="school")
def school_commands() -> None:
    """Schools."""


@school_commands.command(name="add")
@click.option("--code", required=True, help="school code, six characters")
@click.option("--name", required=True, help="official name")
@click.option("--short-name", help="as guardians read it, such as 榕光國小; made from the name")
@click.option("--district", required=True, type=click.Choice(DISTRICTS.split("|")))
@click.option("--level", required=True, type=LEVELS)
@click.option("--phone", default="", help="for guardians who have a question")
@click.option("--cutoff", type=CLOCK_TIME, default="08:30", show_default=True)
@click.option("--departure-from", type=CLOCK_TIME, default="11:30", show_default=True)
@click.pass_obj
def add_one_school(
    settings: Settings,
    /,
    level: str,
    short_name: str | None,
    cutoff: datetime,
    departure_from: datetime,
    **facts: str,
) -> None:
    """Register a school; times of day are Taipei's."""
    facts["name"] = _line_of(facts["name"])
    school = School(
        level=Level.__members__.get(level.upper(), level),
        short_name=_line_of(short_name or short_school_name(facts["name"])),
        cutoff=cutoff.time(),
        departure_from=departure_from.time(),
        **facts,
    )
    if not re.fullmatch(r"[0-9A-Z]{6}", school.code, re.ASCII):
        fail("A school code has six digits or capital letters, such as 353607.")
    if not school.cutoff < school.departure_from:
        fail("The cut-off comes before the time from which a tap means leaving.")
    with transaction(build_house(settings).engine) as session:
        if session.get(School, school.code) is not None:
            fail(f"There is a school {school.code} already.")
        session.add(school)
    click.echo(f"school {school.code}")


def _line_of(name: str) -> str:
    """Return the name as guardians may read it; what is none ends the program."""
    line = clean_line(name)
    if not line or len(line) > MAX_SCHOOL_NAME:
        fail(f"A school's name has 1 to {MAX_SCHOOL_NAME} characters, and no address in it.")
    return line


@school_commands.command(name="list")
@click.pass_obj
def list_schools(settings: Settings) -> None:
    """Print each school with its code, district, level and usual times of day."""
    with opened(settings) as house, snapshot(house.engine) as session:
        # The canary's school is nobody's; no list shows it.
        real = select(School).where(col(School.code) != CANARY_SCHOOL).order_by(col(School.code))
        lines = [_school_line(one) for one in session.scalars(real)]
    click.echo("\n".join(lines) or "There is no school yet. Add one: python app.py school add")


def _school_line(school: School) -> str:
    times = f"cut-off {school.cutoff:%H:%M}, departures from {school.departure_from:%H:%M}"
    return f"{school.code}  {school.short_name}  {school.district} {school.level}  {times}"


def seed_database(house: House, path: Path) -> str:
    """Load the sample and return a line for the person at the keyboard."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        sample = seed_sample(session, house.vault, now)
        if sample is None:
            return "There are schools already; nothing was changed."
        # The demonstration begins on the next school morning; the codes must live then.
        is_open = functools.partial(is_school_day, session, SAMPLE_SCHOOL)
        morning = next_school_morning(now, is_open)
        sample["staff"] = invite_sample_staff(session, house.vault, morning)
        # Before the commit: the readers' secrets exist nowhere else.
        write_sample(sample, path)
    schools, students = len(sample["readers"]), len(sample["students"])
    return f"Loaded {schools} schools and {students} students; wrote {path}."


@contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """Build the house for one command, and let go of its database afterwards."""
    house = build_house(settings)
    try:
        yield house
    finally:
        house.engine.dispose()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file for its owner's eyes only; a place that takes none ends the program."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
    except OSError as error:
        fail(f"Can't write {path.absolute()}: {error.strerror}. Name another place with --to.")


def no_school(code: str) -> NoReturn:
    """End the program because no school has this code."""
    fail(f"There is no school {code}. python app.py school list shows them.")


def fail(problem: str) -> NoReturn:
    """End the program with what is wrong and what to do."""
    click.echo(f"✗ {problem}", err=True)
    sys.exit(1)
