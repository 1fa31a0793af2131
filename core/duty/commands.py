"""Commands about the database's content: migrations and the sample; and what all share."""

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from core.calendar.school_days import is_school_day
from core.clock import YEARS
from core.db import transaction
from core.duty.demo import next_school_morning
from core.duty.migrate import migrate_in_traffic
from core.duty.months import run_month_tick
from core.duty.sample import invite_sample_staff, seed_sample, write_sample
from core.duty.silence import silence_of
from core.duty.timekeeper import heed_database
from core.house import House, build_house
from core.settings import Settings

SAMPLE = Path("var/sample.json")
SAMPLE_SCHOOL = "353607"
# How the audit names whoever sits at the keyboard.
OPERATOR = "operator"
# A number a person mistyped must not reach a column it does not fit.
ROC_YEAR = click.IntRange(100, 999)
BILLING_DAYS = click.IntRange(1, 366)
CLOCK_TIME = click.DateTime(["%H:%M"])


class Day(click.DateTime):
    """A date or a month of this time; another year is a slip of the pen, and nobody's to count."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the moment it begins, naive. Raises BadParameter for another year."""
        moment = super().convert(value, param, ctx)
        if moment.year not in YEARS:
            self.fail(f"{value} is too far off. Was the year meant?", param, ctx)
        return moment


DATE = Day(["%Y-%m-%d"])


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
        if house.engine.dialect.name == "sqlite":
            fail(f"Not migrated ({error.orig}). Nothing was changed; mend that and try again.")
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
        # What else goes wrong with it the command itself will say.
        with suppress(SQLAlchemyError):
            heed_database(house)
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
