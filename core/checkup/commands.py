"""The command `check`."""

import sys
from collections.abc import Iterator

import click

from core.checkup.database import database_faults
from core.checkup.machine import machine_faults
from core.checkup.outside import outside_faults
from core.checkup.secrets import liff_faults, secret_faults
from core.duty.commands import opened
from core.errors import Fault
from core.house import House
from core.settings import Settings


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
    for fault in faults:
        click.echo(f"✗ {fault}.", err=True)
    if faults:
        sys.exit(1)
    click.echo(f"Everything fits ({settings.app_env.value}).")


def _faults(house: House, *, asks_outside: bool) -> Iterator[Fault]:
    settings = house.settings
    yield from liff_faults(settings)
    if settings.is_production:
        yield from secret_faults(settings)
    yield from machine_faults(settings, house.clock.now())
    yield from database_faults(house.engine)
    if asks_outside:
        yield from outside_faults(settings)
