"""The commands `backup` and `restore`."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from core.backup.making import forget_old, make_backup
from core.backup.manifest import BackupFault
from core.backup.restoring import restore, settle_here
from core.backup.settling import Settled
from core.clock import TAIPEI, YEARS
from core.duty.commands import fail, opened
from core.duty.silence import silence_of
from core.settings import Settings

REDO = (
    "What else was done since is not in it: guardians kept away, readers revoked, codes, boxes "
    "unticked, leaves, closures, rosters, orders and what was paid for them; nor who was enrolled, "
    "linked or bound since. Ask the schools, and do it again."
)

# Nobody may ever have asked for it: then there is none, and nothing is wrong.
NO_STONES = (
    "{path} is not there (TOMBSTONES_FILE). By it whoever deleted their data is deleted again, and "
    "staff, links, bindings and lost cards that ended since are ended again. If there is one, put "
    "it there before anything starts, and run: restore --here {since}"
)


@click.command(name="backup")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def backup_command(settings: Settings, folder: Path | None) -> None:
    """Copy the database while everything runs, check the copy, and let old ones go.

    The keys are not in it: keep them elsewhere.
    """
    where = folder or Path(settings.backup_folder)
    with opened(settings) as house:
        try:
            path, manifest = make_backup(house, where)
            kept = timedelta(days=settings.retention_backups_days)
            gone = forget_old(where, house.clock.now(), kept)
        except BackupFault as fault:
            fail(str(fault))
        except OSError as error:
            fail(f"No backup was made: {_of_the_disk(error)}.")
        except sqlite3.Error as error:
            fail(f"No backup was made: {error}. Look at the disks of the database and of {where}.")
        except SQLAlchemyError as error:
            if away := silence_of(house.engine):
                fail(f"No backup was made. {away}.")
            fail(f"No backup was made ({type(error).__name__}). Look at the disk and the database.")
    rows = sum(manifest.counts.values())
    click.echo(f"{path}: {rows} rows at migration {manifest.revision}, checked.")
    click.echo(f"Needs the keys {manifest.data_key} and {manifest.index_key}, which are not in it.")
    if gone:
        click.echo(f"{len(gone)} older ones went.")


@click.command(name="restore")
@click.argument("backup", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--is-last", is_flag=True, help="nothing ran after the backup was made (a move)")
@click.option("--here", "taken_at", help="the database came back by other means, as of this moment")
@click.pass_obj
def restore_command(
    settings: Settings, backup: Path | None, is_last: bool, taken_at: str | None
) -> None:
    """Put a backup into an empty database; stop web, worker and clock before.

    Nothing is told twice: what was on its way goes again only where LINE knows it again.
    """
    if (backup is None) == (taken_at is None):
        fail("Name the backup, or --here with the moment the database stands at.")
    with opened(settings) as house:
        try:
            if backup is None:
                since = _moment(taken_at or "", house.clock.now())
                settled: Settled | None = settle_here(house, since)
            else:
                manifest, settled = restore(house, backup, is_last=is_last)
                since = manifest.taken_at
        except BackupFault as fault:
            fail(str(fault))
        except OSError as error:
            fail(f"Not restored: {_of_the_disk(error)}.")
        except sqlite3.Error as error:
            fail(f"Not restored: {error}. Look at the disk of DATABASE_URL.")
        except SQLAlchemyError as error:
            if away := silence_of(house.engine):
                fail(f"Not restored. {away}.")
            fail(f"Not restored ({type(error).__name__}). Is anything still running on it?")
    click.echo(f"The database stands as of {since.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}.")
    if settled is not None:
        _tell(settled)
    stones = Path(settings.tombstones_file)
    if not stones.exists():
        moment = since.astimezone(TAIPEI).isoformat(timespec="seconds")
        click.echo(NO_STONES.format(path=stones.absolute(), since=moment))


def _of_the_disk(error: OSError) -> str:
    place = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or type(error).__name__}{place}. Make room, or name another place"


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        fail("Write the moment as 2026-11-23T07:20 or 2026-11-23T07:20+08:00.")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=TAIPEI)
    if moment > now:
        fail(f"{text} is still to come (now: {now.astimezone(TAIPEI):%Y-%m-%dT%H:%M}).")
    return moment


def _tell(settled: Settled) -> None:
    click.echo(f"{settled.again} notices go again; LINE knows those it has.")
    click.echo(f"{settled.unknown} may be out or not, and stay as they are (outcome: restored).")
    click.echo(f"{settled.unanswered} chat messages were put aside. See: events dead")
    click.echo(f"{settled.ended} ended since and stay so: staff, links, bindings, cards, seals.")
    click.echo(f"{settled.readers} readers are asked for what came since; no-shows wait for it.")
    click.echo(REDO)
