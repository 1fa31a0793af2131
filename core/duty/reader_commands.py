"""Commands about the readers at the gates."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import click
from sqlmodel import Session

from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, no_school, opened
from core.errors import InputError
from core.gate.health import ReaderState, all_readers, reader_states
from core.gate.readers import (
    MAX_GATE,
    add_reader,
    finish_rotation,
    next_secret_seen_at,
    revoke_reader,
    rotate_secret,
)
from core.house import House
from core.kinds import Direction, HoldReason
from core.people.tables import School
from core.settings import Settings

HINTS = {
    "unknown": "There is no reader {id}. python app.py reader list shows them.",
    "revoked": "Reader {id} is revoked already. Add a new one for another device.",
    "rotating": "Reader {id} has a next secret already. Install it and add --finish; if it was "
    "lost, add --again to make another one.",
    "not_rotating": "Reader {id} has only one secret. Make the next one first, without --finish.",
    "unseen": "Reader {id} has not signed with its next secret yet, and would be locked out. "
    "Install the secret first, or add --unseen.",
}
# A clock that is farther off deserves a word.
CLOCK_WORTH_TELLING_SECONDS = 5


@click.group(name="reader")
def reader_commands() -> None:
    """Readers at the gates."""


@reader_commands.command(name="add")
@click.option("--school", required=True, help="school code, six characters")
@click.option("--gate", required=True, help="where it stands, such as 正門")
@click.option("--direction", type=click.Choice([one.value for one in Direction]), default="both")
@click.pass_obj
def add_one_reader(settings: Settings, school: str, gate: str, direction: str) -> None:
    """Register a reader and print its id and secret, this once."""
    if not 0 < len(gate.strip()) <= MAX_GATE:
        fail(f"Say where the reader stands in 1 to {MAX_GATE} characters, such as 正門.")
    with opened(settings) as house, transaction(house.engine) as session:
        if session.get(School, school) is None:
            no_school(school)
        reader, secret = add_reader(
            session,
            house.vault,
            school_code=school,
            gate=gate.strip(),
            direction=Direction(direction),
            now=house.clock.now(),
            by=OPERATOR,
        )
    click.echo(f"reader id  {reader.id}\nsecret     {secret}")


@reader_commands.command(name="rotate")
@click.argument("reader_id", type=click.UUID)
@click.option("--finish", is_flag=True, help="drop the old secret; only the next one is good")
@click.option("--again", is_flag=True, help="make another next secret; the last one was lost")
@click.option("--unseen", is_flag=True, help="finish although the next secret was never used")
@click.pass_obj
def rotate(settings: Settings, reader_id: UUID, finish: bool, again: bool, unseen: bool) -> None:
    """Give a reader its next secret; until --finish the old one is good as well."""
    with opened(settings) as house, _change(house, reader_id) as session:
        now = house.clock.now()
        if finish:
            finish_rotation(session, reader_id, by=OPERATOR, now=now, unseen=unseen)
            answer = f"Only the next secret of reader {reader_id} is good now."
        else:
            secret = rotate_secret(
                session, house.vault, reader_id, by=OPERATOR, now=now, again=again
            )
            answer = (
                f"next secret  {secret}\nBoth secrets are good. Install this one on the device; "
                "reader list tells when it is in use. Then add --finish."
            )
    click.echo(answer)


@reader_commands.command(name="revoke")
@click.argument("reader_id", type=click.UUID)
@click.pass_obj
def revoke(settings: Settings, reader_id: UUID) -> None:
    """Refuse a reader from its next request on, for good."""
    with opened(settings) as house, _change(house, reader_id) as session:
        revoke_reader(session, reader_id, by=OPERATOR, now=house.clock.now())
    click.echo(f"Reader {reader_id} is refused from now on. Its taps are kept.")


@reader_commands.command(name="list")
@click.option("--school", help="only this school's, by its code")
@click.pass_obj
def list_readers(settings: Settings, school: str | None) -> None:
    """Show every reader and how it is."""
    with opened(settings) as house, snapshot(house.engine) as session:
        now = house.clock.now()
        if school is not None and session.get(School, school) is None:
            no_school(school)
        states = reader_states(session, all_readers(session, school), now)
        lines = [_line(session, state, now) for state in states]
    click.echo("\n".join(lines) or "There is no reader yet. Add one: python app.py reader add")


@contextmanager
def _change(house: House, reader_id: UUID) -> Iterator[Session]:
    try:
        with transaction(house.engine) as session:
            yield session
    except InputError as error:
        fail(HINTS[error.code].format(id=reader_id))


def _line(session: Session, state: ReaderState, now: datetime) -> str:
    reader = state.reader
    notes = "; ".join(_notes(session, state, now))
    return f"{reader.id}  {reader.school_code} {reader.gate} ({reader.direction})  {notes}"


def _notes(session: Session, state: ReaderState, now: datetime) -> Iterator[str]:
    reader = state.reader
    if reader.revoked_at is not None:
        yield f"revoked {_moment(reader.revoked_at, now)}"
        return
    yield _health(state, now)
    offset = reader.clock_offset_seconds or 0
    if abs(offset) > CLOCK_WORTH_TELLING_SECONDS:
        yield f"clock {abs(offset):.0f} s {'slow' if offset > 0 else 'fast'}"
    if reader.next_secret_sealed is not None:
        seen_at = next_secret_seen_at(session, reader.id)
        yield (
            f"next secret in use since {_moment(seen_at, now)}"
            if seen_at
            else ("next secret not used yet")
        )


def _health(state: ReaderState, now: datetime) -> str:
    reader, contact = state.reader, state.reader.last_contact_at
    if contact is None:
        return "never heard"
    match state.hold:
        case HoldReason.SILENT:
            return f"silent since {_moment(contact, now)}"
        case HoldReason.BUFFERED:
            return f"still holds {reader.buffered} taps"
        case HoldReason.GAP:
            return f"{state.missing} numbers missing today"
        case HoldReason.CLONED:
            return "two devices use this id"
    return f"well, heard {(now - contact).total_seconds():.0f} s ago"


def _moment(moment: datetime, now: datetime) -> str:
    is_today = school_day_of(moment) == school_day_of(now)
    return f"{moment.astimezone(TAIPEI):{'%H:%M' if is_today else '%Y-%m-%d %H:%M'}}"
