"""Commands about keys: make one, see what stands under which, write everything anew."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlmodel import Session

from core.audit import record_audit
from core.clock import TAIPEI
from core.crypto import KEY_ID, new_key
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, opened
from core.house import House
from core.secrecy.rotation import Rotated, rotate, rows_to_rotate
from core.secrecy.standing import (
    UNKNOWN,
    ColumnStanding,
    KeyStanding,
    columns_standing,
    keys_standing,
)
from core.settings import Settings

# Rows that traffic changes under our hands are met again; each round leaves fewer.
ROUNDS = 5


@click.group(name="keys")
def key_commands() -> None:
    """The keys personal data is sealed and found with."""


@key_commands.command(name="new")
@click.option("--id", "key_id", help="its name; without it one of today's date")
@click.pass_obj
def make_key(settings: Settings, key_id: str | None) -> None:
    """Print a fresh key as DATA_KEYS and INDEX_KEYS hold it."""
    if key_id is not None and not KEY_ID.fullmatch(key_id):
        fail("A key's id has 1 to 16 letters, digits, hyphens or underscores, such as k2026.")
    with opened(settings) as house:
        today = f"{house.clock.now().astimezone(TAIPEI):%Y%m%d}"
    click.echo(new_key(key_id or f"k{today}{token_hex(2)}"))


@key_commands.command(name="status")
@click.pass_obj
def show_keys(settings: Settings) -> None:
    """Show how many values each key holds, and which keys may go."""
    with opened(settings) as house, snapshot(house.engine) as session:
        columns = columns_standing(session, house)
        keys = keys_standing(house.vault, columns, house.clock.now())
    Console(width=100).print(_table(columns))
    for one in keys:
        click.echo(_sentence(one))
    if not keys:
        click.echo("There are no older keys.")
    lost = sum(one.counts[UNKNOWN] for one in columns)
    if lost:
        fail(f"{lost} values stand under keys that are in no setting. Put the missing keys back.")


@key_commands.command(name="rotate")
@click.pass_obj
def rotate_keys(settings: Settings) -> None:
    """Write everything anew under the newest keys; the program may run on meanwhile.

    May be stopped and begun again at any time.
    """
    with opened(settings) as house:
        _note(house, "keys.rotate")
        done = _rotate(house)
        left = rows_to_rotate(house.engine, house.vault)
    click.echo(f"{done.changed} rows written anew; {left} still stand under an older key.")
    for place, count in done.broken.items():
        click.echo(f"✗ {place}: no key opens {count} values.", err=True)
    if left:
        fail("Run it again; what stays even so is listed by: python app.py keys status")
    click.echo("See which keys may go: python app.py keys status")


def _rotate(house: House) -> Rotated:
    done = Rotated(0, 0, {})
    with Progress() as bar:
        task = bar.add_task("rotating", total=rows_to_rotate(house.engine, house.vault))
        for _ in range(ROUNDS):
            one = rotate(house.engine, house.vault, lambda rows: bar.advance(task, rows))
            done = Rotated(done.changed + one.changed, one.missed, one.broken)
            if not one.missed:
                break
    return done


def _note(house: House, action: str) -> None:
    newest = f"{house.vault.data_key_ids[0]}/{house.vault.index_key_ids[0]}"
    with transaction(house.engine) as session:
        _record(session, action, f"keys:{newest}", house.clock.now())


def _record(session: Session, action: str, subject: str, now: datetime) -> None:
    record_audit(session, actor=OPERATOR, action=action, subject=subject, now=now)


def _table(columns: Sequence[ColumnStanding]) -> Table:
    table = Table("column", "purpose", "kind", "values by key")
    for one in columns:
        kind = "index" if one.column.is_index else "sealed"
        held = ", ".join(f"{key}: {count}" for key, count in one.counts.items() if count)
        table.add_row(f"{one.column.table.name}.{one.column.name}", one.column.purpose, kind, held)
    return table


def _sentence(key: KeyStanding) -> str:
    name = f"{key.setting} {key.key_id}"
    if key.is_free:
        return f"{name}: nothing needs it any more. Take it out of the setting."
    if key.until is not None:
        until = f"{key.until.astimezone(TAIPEI):%Y-%m-%d %H:%M}"
        return f"{name}: {key.values} values fade by themselves; take it out after {until}."
    return f"{name}: {key.values} values. Run: python app.py keys rotate"
