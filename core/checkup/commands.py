"""The command `check`."""

import sys
from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from core.checkup.database import database_faults, faults_of_the_shape
from core.checkup.machine import machine_faults
from core.checkup.names import name_faults
from core.checkup.outside import outside_faults
from core.checkup.secrets import liff_faults, secret_faults
from core.duty.commands import opened
from core.errors import Fault
from core.house import House
from core.settings import Settings


class Commands(click.Group):
    """Commands of which none ends in a trace where the database is away or lacks its tables."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; where the database is to blame, end with what to do about it."""
        try:
            return super().invoke(context)
        except (OperationalError, ProgrammingError):
            with opened(context.obj) as house:
                faults = list(faults_of_the_shape(house.engine))
            _end_with(faults)
            raise


@click.command()
@click.option(
    "--outside/--no-outside",
    default=None,
    help="ask LINE, the mail server and the SMS firm too; in production this is so",
)
@click.pass_obj
def check(settings: Settings, outside: bool | None) -> None:
    """Check settings, machine, database and the way outside, with a hint for each fault."""
    asks_outside = settings.is_production if outside is None else outside
    with opened(settings) as house:
        faults = list(_faults(house, asks_outside=asks_outside))
    _end_with(faults)
    click.echo(f"Everything fits ({settings.app_env.value}).")


def _faults(house: House, *, asks_outside: bool) -> Iterator[Fault]:
    settings = house.settings
    yield from name_faults()
    yield from liff_faults(settings)
    if settings.is_production:
        yield from secret_faults(settings)
    yield from machine_faults(settings, house.clock.now())
    yield from database_faults(house.engine)
    if asks_outside:
        yield from outside_faults(settings)


def _end_with(faults: list[Fault]) -> None:
    """End the program where there are any."""
    for fault in faults:
        click.echo(f"✗ {fault}.", err=True)
    if faults:
        sys.exit(1)
