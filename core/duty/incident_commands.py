"""The command for the hour after a leak: whose data was touched, and how to tell them."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlmodel import Session

from core.attendance.export import harmless
from core.audit import record_audit
from core.clock import TAIPEI, YEARS
from core.crypto import Vault
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, opened, write_private
from core.house import House
from core.secrecy.incident import Span, Touch, contacts, touched_by_actor, touched_by_key
from core.settings import Settings

REPORT = "incident.report"
UNKNOWN = (
    "What was read straight from the database, a backup or a copy of the disk leaves no record.",
    "Guardians' own looks at their own children are not recorded one by one.",
    "Values that stood under the key before a rotation, and rows deleted since, are not listed.",
)


@click.group(name="incident")
def incident_commands() -> None:
    """After a leak."""


@incident_commands.command(name="report")
@click.option("--since", required=True, help="ISO moment; without a zone it is Taipei's")
@click.option("--until", help="ISO moment; now without it")
@click.option("--key", "key_id", help="id of a data or index key that leaked")
@click.option("--actor", help="account such as staff:<uuid>")
@click.option("--all", "everybody", is_flag=True, help="whatever anybody touched in that time")
@click.option("--contacts", "with_contacts", is_flag=True, help="guardians' names and addresses")
@click.option("--to", "path", type=click.Path(path_type=Path), help="a CSV file; else printed")
@click.pass_obj
def report(
    settings: Settings,
    since: str,
    until: str | None,
    key_id: str | None,
    actor: str | None,
    everybody: bool,
    with_contacts: bool,
    path: Path | None,
) -> None:
    """List whose data a key, an account or a span of time touched. That you asked is recorded."""
    if [bool(key_id), bool(actor), everybody].count(True) != 1:
        fail("Name one of --key, --actor and --all.")
    if path is not None and path.exists():
        # Whoever may read that one would read this, too.
        fail(f"{path} is there already. Name a new file with --to.")
    with opened(settings) as house:
        span = _span(since, until, house.clock.now())
        what = f"key:{key_id}" if key_id else actor or "all"
        if key_id and key_id not in (*house.vault.data_key_ids, *house.vault.index_key_ids):
            click.echo(f"✗ {key_id} is in no setting; rows are listed all the same.", err=True)
        _note(house, what, with_contacts)
        with snapshot(house.engine) as session:
            found = touched_by_key(session, key_id) if key_id else None
            touched = list(found or touched_by_actor(session, actor, span))
            rows = (
                _contact_rows(session, house.vault, touched)
                if with_contacts
                else _touch_rows(touched)
            )
            _write(rows, path)
        _summarise(touched, span)
        if actor and not touched:
            # One that is misspelt did nothing either, and nobody would be told.
            click.echo(f"Is {actor} written as staff:<id>, by an id of staff list?", err=True)
        _say_deadline(house)


def _span(since: str, until: str | None, now: datetime) -> Span:
    try:
        begin, end = _moment(since), _moment(until) if until else now + timedelta(seconds=1)
    except ValueError:
        fail("Write moments as 2026-11-23T07:20 or 2026-11-23T07:20+08:00.")
    if begin >= end:
        fail("--since has to lie before --until.")
    return Span(begin, end)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.year not in YEARS:
        raise ValueError(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=TAIPEI)


def _note(house: House, what: str, with_contacts: bool) -> None:
    subject = f"{what}{'/contacts' if with_contacts else ''}"
    with transaction(house.engine) as session:
        record_audit(session, actor=OPERATOR, action=REPORT, subject=subject, now=house.clock.now())


def _touch_rows(touched: Sequence[Touch]) -> Iterator[Sequence[object]]:
    yield ("whose", "how", "times", "first", "last")
    for one in touched:
        yield (one.whose, one.how, one.times, _shown(one.first), _shown(one.last))


def _contact_rows(
    session: Session, vault: Vault, touched: Sequence[Touch]
) -> Iterator[Sequence[object]]:
    yield ("guardian", "name", "email", "phone")
    for one in contacts(session, vault, {touch.whose for touch in touched}):
        yield astuple(one)


def _shown(at: datetime | None) -> str:
    return at.astimezone(TAIPEI).isoformat(timespec="seconds") if at else ""


def _write(rows: Iterator[Sequence[object]], path: Path | None) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    if path is None:
        sys.stdout.write(text.getvalue())
        return
    # A byte-order mark, without which Excel takes UTF-8 for Big5.
    write_private(path, text.getvalue().encode("utf-8-sig"))


def _say_deadline(house: House) -> None:
    # Source: drafts of January 2026 to the Personal Data Protection Act; the setting follows it.
    by = house.clock.now() + timedelta(hours=house.settings.incident_report_hours)
    click.echo(
        f"If you learned of it now: report to the authority by {_shown(by)} and tell those "
        "concerned (INCIDENT_REPORT_HOURS; confirm with counsel).",
        err=True,
    )


def _summarise(touched: Sequence[Touch], span: Span) -> None:
    whose = {one.whose for one in touched}
    kinds = sorted({one.partition(":")[0] for one in whose})
    counts = ", ".join(f"{sum(w.startswith(f'{kind}:') for w in whose)} {kind}" for kind in kinds)
    click.echo(f"\n{_shown(span.since)} to {_shown(span.until)}: {counts or 'nothing'}.", err=True)
    for one in UNKNOWN:
        click.echo(f"Not known: {one}", err=True)
