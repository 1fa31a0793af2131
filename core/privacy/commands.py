"""The command of the purge: what is over age goes now, or is only counted."""

import click

from core.duty.commands import fail, opened
from core.privacy.purge import Done, over_age, purge
from core.settings import Settings


@click.command(name="purge")
@click.option("--dry-run", is_flag=True, help="only count what would go")
@click.pass_obj
def purge_command(settings: Settings, dry_run: bool) -> None:
    """Remove what was kept long enough, and erase again whom a restored backup brought back.

    The clock does this each night; running it again changes nothing.
    """
    with opened(settings) as house:
        done = over_age(house, house.clock.now()) if dry_run else purge(house)
    if done is None:
        fail("Another purge is at work. Wait until it is done; after a crash, ten minutes.")
    for one in done:
        click.echo(_line(one, dry_run=dry_run))
    if not dry_run and not all(one.is_proven for one in done):
        fail("Some rows over age are still there; the log says why.")


def _line(done: Done, *, dry_run: bool) -> str:
    kept = f"{done.limit:24} before {done.cutoff:%Y-%m-%d}"
    if dry_run:
        return f"{kept}  {done.before} over age"
    canary = {None: "", True: ", canary gone", False: ", CANARY STILL THERE"}[done.canary_gone]
    return f"{kept}  {done.before} over age, {done.removed} removed, {done.after} left{canary}"
